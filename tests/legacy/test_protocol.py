"""The legacy wire against recorded facts, NIST's numbers and properties."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy import protocol
from legacy.protocol import UnrecognisedData
from tests.recorded import LEGACY

SENT = pytest.mark.parametrize("case", LEGACY["sent"], ids=lambda case: case["name"])
RECEIVED = pytest.mark.parametrize("case", LEGACY["received"], ids=lambda case: case["name"])

KEY = protocol.derive_key("secret")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
CLOCK = st.times().map(lambda time: time.strftime("%H:%M:%S"))

# NIST SP 800-38A, F.1.5 and F.1.6: ECB-AES256.
NIST_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
NIST_BLOCKS = [
    ("6bc1bee22e409f96e93d7e117393172a", "f3eed1bdb5d2a03c064b5a7e3db181f8"),
    ("ae2d8a571e03ac9c9eb76fac45af8e51", "591ccb10d410ed26dc5ba74a31362870"),
    ("30c81c46a35ce411e5fbc1191a0a52ef", "b6ed21b99ca6f4f9f153e7b1beafed1d"),
    ("f69f2445df4f9b17ad2b417be66c3710", "23304b7a39f9f3ff067d8d8f9e24ecc7"),
]


def show(received: bytes, key: bytes) -> str:
    """Return what the console prints for one recv, as the vectors write it."""
    try:
        line = protocol.verify_and_display(protocol.process_bytes(received, key))
    except UnrecognisedData:
        line = protocol.UNRECOGNISED
    return "" if line is None else line + "\n"


class TestRecordedFacts:
    @SENT
    def test_envelope(self, case):
        assert protocol.build_envelope(case["message"], case["timestamp"]) == case["json"]

    @SENT
    def test_bytes_on_the_wire(self, case):
        key = protocol.derive_key(case["passphrase"])
        assert protocol.seal(case["message"], case["timestamp"], key).hex() == case["ciphertext"]

    @SENT
    def test_line_shown_for_the_first_recv(self, case):
        key = protocol.derive_key(case["passphrase"])
        first_recv = bytes.fromhex(case["ciphertext"])[: protocol.RECV_SIZE]
        assert show(first_recv, key) == case["receiver_prints_for_one_recv"]

    @RECEIVED
    def test_line_shown(self, case):
        key = protocol.derive_key(case["passphrase"])
        assert show(bytes.fromhex(case["received"]), key) == case["receiver_prints"]


class TestKey:
    def test_is_one_sha256_of_the_passphrase(self):
        # FIPS 180-4's own example, "abc"
        assert protocol.derive_key("abc").hex() == (
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )

    def test_takes_utf8(self):
        assert protocol.derive_key("é") == hashlib.sha256(b"\xc3\xa9").digest()


class TestEnvelope:
    def test_key_order_and_separators(self):
        envelope = protocol.build_envelope("hi", "01:02:03")
        assert envelope.startswith('{"timestamp": "01:02:03", "message": "hi", "hash": "8f434346')

    @given(TEXT, CLOCK)
    def test_is_ascii_and_begins_with_a_known_block(self, message, clock):
        envelope = protocol.build_envelope(message, clock)
        assert envelope.isascii()
        assert envelope[:15] == '{"timestamp": "'
        assert envelope[15] in "012"

    @given(TEXT, CLOCK)
    def test_is_read_back(self, message, clock):
        envelope = protocol.parse_envelope(protocol.build_envelope(message, clock))
        assert envelope[:2] == (clock, message)
        assert envelope.verified

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            '"text"',
            "null",
            "{}",
            '{"timestamp": "1", "message": "m"}',
            '{"timestamp": 1, "message": "m", "hash": "h"}',
            '{"timestamp": "1", "message": null, "hash": "h"}',
            '{"timestamp": "1", "message": "\\ud800", "hash": "h"}',
            '{"timestamp": "1", "message": "m", "hash": "h"} {}',
            "[" * 100_000,
        ],
        ids=lambda text: text[:40],
    )
    def test_anything_else_is_unrecognised(self, text):
        with pytest.raises(UnrecognisedData, match=r"^Unrecognised Data or Broken PIPE $"):
            protocol.parse_envelope(text)


class TestBlocks:
    def test_a_short_last_block_is_filled_with_tildes(self):
        assert protocol.process_text("0123456789abcdefXY") == [
            list(b"0123456789abcdef"),
            list(b"XY~~~~~~~~~~~~~~"),
        ]

    def test_a_full_last_block_is_not_padded(self):
        assert protocol.process_text("0123456789abcdef") == [list(b"0123456789abcdef")]

    def test_no_text_is_no_block(self):
        assert protocol.process_text("") == []

    @given(st.text(st.characters(max_codepoint=127)))
    def test_joined_blocks_are_the_text_and_less_than_a_block_of_tildes(self, text):
        joined = "".join(chr(value) for block in protocol.process_text(text) for value in block)
        padding = joined[len(text) :]
        assert joined.startswith(text)
        assert padding == "~" * len(padding)
        assert len(padding) < 16
        assert len(joined) % 16 == 0


class TestEncryption:
    @pytest.mark.parametrize(("plain", "cipher"), NIST_BLOCKS)
    def test_is_nists_aes_256_ecb(self, plain, cipher):
        assert protocol.encrypt_blocks([list(bytes.fromhex(plain))], NIST_KEY).hex() == cipher

    def test_is_nists_aes_256_ecb_backwards(self):
        # latin-1 text without `~` comes back as it is; one of NIST's plaintexts has a 0x7e
        for plain, cipher in NIST_BLOCKS:
            expected = bytes.fromhex(plain).replace(b"~", b"").decode("latin-1")
            assert protocol.process_bytes(bytes.fromhex(cipher), NIST_KEY) == expected

    @given(st.lists(st.binary(min_size=16, max_size=16), max_size=4))
    def test_every_block_is_encrypted_alone(self, blocks):
        one_by_one = [protocol.encrypt_blocks([list(block)], KEY) for block in blocks]
        assert protocol.encrypt_blocks([list(block) for block in blocks], KEY) == b"".join(
            one_by_one
        )

    def test_equal_blocks_give_equal_ciphertext(self):
        first, second = (protocol.seal("same", "12:00:00", KEY) for _ in range(2))
        assert first == second


class TestDecryption:
    @given(st.text(st.characters(max_codepoint=127), max_size=40))
    def test_every_tilde_is_removed(self, text):
        wire = protocol.encrypt_blocks(protocol.process_text(text), KEY)
        assert protocol.process_bytes(wire, KEY) == text.replace("~", "")

    @given(st.binary(max_size=15))
    def test_an_incomplete_last_block_is_dropped(self, stray):
        wire = protocol.seal("one", "01:00:00", KEY)
        assert protocol.process_bytes(wire + stray, KEY) == protocol.process_bytes(wire, KEY)


class TestNoise:
    @given(
        st.text(st.sampled_from(' \t\r\n~{}[]"0nx'), max_size=40)
        | st.binary(max_size=40).map(lambda data: data.decode("latin-1"))
    )
    def test_what_is_called_noise_is_no_envelope(self, text):
        wire = protocol.encrypt_blocks(protocol.process_text(text), KEY)
        if protocol.is_noise(wire, KEY):
            with pytest.raises(UnrecognisedData):
                protocol.verify_and_display(protocol.process_bytes(wire, KEY))

    @given(TEXT, CLOCK, st.text(st.sampled_from(" \t\r\n~"), max_size=40))
    def test_no_envelope_is_called_noise_whatever_comes_before_it(self, message, clock, before):
        text = before + protocol.build_envelope(message, clock)
        assert not protocol.is_noise(protocol.encrypt_blocks(protocol.process_text(text), KEY), KEY)


class TestDisplay:
    @given(TEXT.filter(lambda text: "~" not in text), CLOCK)
    def test_a_message_without_tildes_arrives_verified_or_is_too_long_to_show(self, message, clock):
        line = show(protocol.seal(message, clock, KEY), KEY)
        if len(message) > 67:
            assert line == ""
        else:
            assert line == f"Received : {message:<68}☑  {clock}\n"

    @given(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=33)] * 2, CLOCK)
    def test_a_message_with_a_tilde_arrives_shorter_and_crossed(self, before, after, clock):
        message = f"{before}~{after}"
        line = show(protocol.seal(message, clock, KEY), KEY)
        assert line == f"Received : {message.replace('~', ''):<68}☒  {clock}\n"

    def test_a_wrong_hash_is_crossed(self):
        forged = json.dumps({"timestamp": "00:00:00", "message": "x", "hash": "0" * 64})
        line = protocol.verify_and_display(forged)
        assert line is not None
        assert "☒" in line

    def test_the_hash_must_be_in_lower_case(self):
        envelope = protocol.parse_envelope(protocol.build_envelope("x", "00:00:00"))
        assert not envelope._replace(hash=envelope.hash.upper()).verified

    @given(st.binary(max_size=200))
    def test_noise_is_unrecognised_and_nothing_worse(self, noise):
        assert show(noise, KEY) == protocol.UNRECOGNISED + "\n"


def test_the_example_of_the_readme():
    wire = protocol.seal("hello", "20:14:15", KEY).hex()
    readme = (Path(protocol.__file__).parent / "README.md").read_text(encoding="utf-8")
    shown = [line.split("   ->  ") for line in readme.splitlines() if "   ->  " in line]
    assert [block for _, block in shown] == [wire[n : n + 32] for n in range(0, 128, 32)]
    envelope = protocol.build_envelope("hello", "20:14:15")
    assert [text for text, _ in shown] == [envelope[n : n + 16] for n in range(0, 64, 16)]
    assert all(a != b for a, b in pairwise(shown))
