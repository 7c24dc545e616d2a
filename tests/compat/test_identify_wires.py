"""Wires that no recording has: other modes, coatings and hashes; mixtures; and random bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import replace

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compat.identify import search
from compat.identify.search import identify
from compat.identify.wires import Secrets
from legacy import protocol as legacy
from modern import axes
from modern.construction import Sealer
from modern.dialects import DIALECTS, INDEPENDENT
from tests import rarely
from tests.originals import wire_peer
from tests.programs import AUTHKEY, CONFKEY

KEY = hashlib.sha256(CONFKEY.encode()).digest()
AUTH = hashlib.sha256(AUTHKEY.encode()).digest()
LINE = "shall-we-meet-at-the-usual-place?"  # each space would add data that a tag may cover
TEXT = f"{LINE}\n".encode()
IV = os.urandom(16)


def said(data: bytes, typed: str | None = LINE) -> str:
    return str(identify(data, CONFKEY, AUTHKEY, typed))


def cipher(mode, **options):
    return AES.new(KEY, mode, **options)


class TestModes:
    def test_ecb_and_its_equal_blocks(self):
        text = said(cipher(AES.MODE_ECB).encrypt(pad(b"sixteen letters!" * 2 + TEXT, 16)))
        assert "AES-ECB; the key is SHA-256(confkey)." in text
        assert "The 16 bytes at 0 and 16 are equal." in text

    @rarely.each("typed", {"typed": LINE, "not typed": None}, daily=["not typed"])
    def test_cfb_of_whole_blocks(self, typed):
        sealed = cipher(AES.MODE_CFB, iv=IV, segment_size=128).encrypt(pad(TEXT, 16))
        assert "AES-CFB; the key is SHA-256(confkey)" in said(IV + sealed, typed)

    @rarely.each(
        "stream",
        {
            "CFB8": (AES.MODE_CFB, {"iv": IV}, "AES-CFB with segments of 8 bits"),
            "OFB": (AES.MODE_OFB, {"iv": IV}, "AES-OFB"),
            "CTR": (AES.MODE_CTR, {"nonce": b"", "initial_value": IV}, "AES-CTR, counting from"),
            "CTR-nonce": (AES.MODE_CTR, {"nonce": IV[:8]}, "AES-CTR with a nonce of 8 bytes"),
        },
        daily=["OFB", "CTR-nonce"],
    )
    def test_streams(self, stream):
        mode, options, words = stream
        start = options.get("nonce") or IV
        text = said(start + cipher(mode, **options).encrypt(TEXT))
        assert f"{words}" in text
        assert "Not explained" not in text

    @pytest.mark.parametrize("mode", [AES.MODE_GCM, AES.MODE_EAX], ids=["GCM", "EAX"])
    def test_modes_with_a_tag_prove_also_a_short_text(self, mode):
        sealer = cipher(mode)
        sealed, tag = sealer.encrypt_and_digest(b"hi\n")
        text = said(sealer.nonce + sealed + tag, "hi")
        assert "Bytes 16–18 are encrypted" in text
        assert "Bytes 19–34 are a tag" in text

    def test_a_stream_of_three_letters_proves_nothing(self):
        sealed = cipher(AES.MODE_CTR, nonce=b"", initial_value=IV).encrypt(b"hi\n")
        assert "Nothing could be proven" in said(IV + sealed, "hi")

    def test_an_iv_of_zero_bytes(self):
        text = said(cipher(AES.MODE_CBC, iv=bytes(16)).encrypt(pad(TEXT, 16)))
        assert "Bytes 0–47 are encrypted with AES-CBC" in text
        assert "the IV is 16 zero bytes" in text

    def test_one_block_cannot_tell_ecb_from_cbc_with_zeros(self):
        assert "with one block, both are equal" in said(
            cipher(AES.MODE_ECB).encrypt(pad(b"hi\n", 16)), "hi"
        )


CONSTRUCTIONS = {  # what the report says, and how such a tag is made
    "the data and then the key, which": lambda data: hashlib.sha256(data + AUTH).digest(),
    "the key and then the data, which": lambda data: hashlib.sha256(AUTH + data).digest(),
    "SHA-256 without any key": lambda data: hashlib.sha256(data).digest(),
    "with key and message swapped": lambda data: hmac.digest(data, AUTH, "sha256"),
    "HMAC-SHA256 of the data, taken twice": lambda data: hmac.digest(AUTH, data * 2, "sha256"),
    "the first 10 of the tag's 32 bytes": lambda data: hmac.digest(AUTH, data, "sha256")[:10],
    "in capital": lambda data: hmac.digest(AUTH, data, "md5").hex().upper().encode(),
}


class TestTags:
    @rarely.each(
        "algorithm",
        ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"],
        daily=["md5", "sha384"],
    )
    def test_each_hash(self, algorithm):
        sealed = IV + cipher(AES.MODE_CBC, iv=IV).encrypt(pad(TEXT, 16))
        text = said(sealed + hmac.digest(AUTH, sealed, algorithm))
        name = algorithm.upper() if algorithm == "md5" else f"SHA{algorithm[3:]}"
        assert f"a tag over bytes 0–63: HMAC-{name}; the key is SHA-256(authkey)." in text
        assert "Not explained" not in text

    @rarely.each(
        "words",
        list(CONSTRUCTIONS),
        daily=[
            "the data and then the key, which",
            "the first 10 of the tag's 32 bytes",
            "in capital",
        ],
    )
    def test_each_construction(self, words):
        sealed = IV + cipher(AES.MODE_CBC, iv=IV).encrypt(pad(TEXT, 16))
        text = said(CONSTRUCTIONS[words](sealed) + sealed)
        assert words in text
        assert "Not explained" not in text

    def test_a_tag_of_seven_bytes_is_not_said(self):
        sealed = IV + cipher(AES.MODE_CBC, iv=IV).encrypt(pad(TEXT, 16))
        text = said(hmac.digest(AUTH, sealed, "sha256")[:7] + sealed)
        assert "tag" not in text
        assert "Not explained: bytes 0–6." in text
        assert "Nothing here is encrypted" not in text


class TestInTheClear:
    def test_a_line_with_its_tag(self):
        text = said(TEXT + hmac.digest(AUTH, TEXT, "sha256"))
        assert f"Bytes 0–{len(TEXT) - 1} are the typed line, in the clear" in text
        assert "HMAC-SHA256; the key is SHA-256(authkey)" in text
        assert text.endswith("Nothing here is encrypted.")

    def test_base64_under_other_keys_is_not_taken_for_text(self):
        assert "Nothing could be proven" in said(base64.b64encode(os.urandom(18)))

    @rarely.each(
        "write",
        {"base64": base64.b64encode, "hexadecimal": lambda data: data.hex().encode()},
        daily=["base64"],
    )
    def test_coatings(self, write):
        sealed = IV + cipher(AES.MODE_CBC, iv=IV).encrypt(pad(TEXT, 16))
        text = said(write(sealed) + b"\n")
        assert "the offsets in the decoded bytes begin at 0" in text
        assert "Bytes 16–63 of the decoded bytes are encrypted with AES-CBC" in text
        assert "Nothing here is encrypted" not in text


class TestLegacy:
    WIRE = b"".join(
        legacy.seal(text, "12:34:56", legacy.derive_key("tea")) for text in ("hello ~", "two")
    )

    def test_each_message(self):
        text = str(identify(self.WIRE, None, None, passphrase="tea"))
        assert text.count("are a message of the legacy chat") == 2
        assert "'two', with the time 12:34:56; its hash fits" in text
        assert "are equal" in text

    def test_another_passphrase(self):
        assert not identify(self.WIRE, None, None, passphrase="coffee").statements


class TestMixtures:
    MIXED = replace(
        DIALECTS["chained"],
        name="mixed",
        padding=axes.ZEROS_1_TO_16,
        cut=axes.WHOLE_LINE,
        newline=axes.NOT_SENT,
        body_iv=axes.SAME_IV,
    )

    def test_rules_of_several_dialects(self):
        sealer = Sealer(self.MIXED, self.MIXED.derive_keys(CONFKEY, AUTHKEY))
        (found,) = identify(
            b"".join(sealer.seal(["hi\n", f"{LINE}\n"])), CONFKEY, AUTHKEY
        ).statements
        assert "none of our dialects" in found.sentence
        for rule in (axes.SHA256_CHAINED.rule, axes.SAME_IV.rule, axes.WHOLE_LINE.rule):
            assert any(rule in each for each in found.shown)

    @pytest.mark.parametrize("name", wire_peer.WIRES)
    def test_noise_before_a_frame_is_left_unexplained(self, name):
        wire = wire_peer.Wire(name, CONFKEY, AUTHKEY)
        report = identify(b"noise" + b"".join(wire.frames("hi\n")), CONFKEY, AUTHKEY)
        assert report.statements[0].name == name
        assert [str(each) for each in report.unexplained] == ["bytes 0–4"]


TYPED = st.sampled_from(["hi", LINE, None])


def prove_nothing(data, typed):
    report = identify(data, CONFKEY, AUTHKEY, typed)
    claims = [each for each in report.statements if type(each).__name__ != "EqualBlocks"]
    assert claims == [] or data.isascii()


class TestNothing:
    @settings(max_examples=2)
    @given(st.binary(min_size=1, max_size=24), TYPED)
    @example(b"\x10" * 32, LINE)
    def test_random_bytes_prove_nothing(self, data, typed):
        prove_nothing(data, typed)

    @pytest.mark.soak
    @settings(max_examples=50)
    @given(st.binary(min_size=1, max_size=64), TYPED)
    @example(bytes(64), "hi")
    @example(b"\x10" * 64, LINE)
    def test_many_random_bytes_prove_nothing(self, data, typed):
        prove_nothing(data, typed)

    def test_no_bytes(self):
        assert str(identify(b"", CONFKEY, AUTHKEY)) == "0 bytes."

    def test_much_more_is_not_searched_and_it_says_so(self, monkeypatch):
        monkeypatch.setattr(search, "MOST_BYTES", 20)
        report = identify(os.urandom(20 + 100), CONFKEY, AUTHKEY)
        assert "Not searched: the last 100 bytes." in str(report)

    def test_secrets_do_not_show(self):
        assert CONFKEY not in repr(Secrets(CONFKEY, AUTHKEY, LINE))
        sealer = Sealer(INDEPENDENT, INDEPENDENT.derive_keys(CONFKEY, AUTHKEY))
        report = identify(b"".join(sealer.seal(["hi\n"])), CONFKEY, AUTHKEY)
        for text in (repr(report), str(report)):
            assert not {CONFKEY, AUTHKEY, KEY.hex(), AUTH.hex(), repr(KEY)[2:-1]} & {
                *text.split("'")
            }
            assert CONFKEY not in text
