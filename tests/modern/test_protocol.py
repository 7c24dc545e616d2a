"""The modern wire against recorded facts, NIST's and the RFC's numbers, and properties."""

from __future__ import annotations

import hmac
from itertools import pairwise
from unittest import mock

import pyaes
import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from hypothesis import given
from hypothesis import strategies as st

from modern import protocol
from modern.construction import Recogniser
from modern.dialects import CHAINED, DIALECTS, INDEPENDENT, derive_all_keys
from modern.errors import (
    AuthenticationError,
    FrameError,
    ModernError,
    ProtocolError,
    TruncationError,
)
from modern.protocol import Decoder, Keys
from tests.decoders import RecognisingDecoder
from tests.recorded import MODERN

CONFKEY, AUTHKEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)
OTHER_KEYS = protocol.derive_keys("other", "keys")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
DIALECT = st.sampled_from([INDEPENDENT, CHAINED])

# NIST SP 800-38A, F.2.5: CBC-AES256.
NIST_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
NIST_IV = bytes(range(16))
NIST_PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
NIST_CBC = bytes.fromhex(
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)

# RFC 4231, section 4: key, data, HMAC-SHA-256. (Case 5 is about truncated tags.)
LARGER_DATA = (
    b"This is a test using a larger than block-size key and a larger than block-size data. "
    b"The key needs to be hashed before being used by the HMAC algorithm."
)
RFC_4231 = {
    1: (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    2: (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    3: (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    4: (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    6: (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    7: (
        b"\xaa" * 131,
        LARGER_DATA,
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
}


def derive(case: dict[str, str]) -> Keys:
    """Return the keys of a recorded case."""
    return DIALECTS[case["key_schedule"]].derive_keys(case["confkey"], case["authkey"])


def read(stream: bytes, keys: Keys = KEYS) -> bytes:
    """Return the text of a whole stream."""
    decoder = Decoder(keys)
    text = b"".join(decoder.feed(stream))
    decoder.close()
    return text


def forge(length: bytes, chunk: bytes, keys: Keys = KEYS) -> bytes:
    """Return a frame whose tags fit, over whatever two 16-byte plaintext blocks are wished."""
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=bytes(16))
    header = bytes(16) + cipher.encrypt(length)
    body = cipher.encrypt(chunk)
    return header + protocol.tag(header, keys) + body + protocol.tag(body, keys)


SENT = pytest.mark.parametrize("case", MODERN["sent"], ids=lambda case: repr(case["text"]))
REJECTED = pytest.mark.parametrize(
    "case", MODERN["rejected"]["cases"], ids=lambda case: case["name"]
)
OUTCOMES = {
    "authentication error": AuthenticationError,
    "frame error": FrameError,
    "closed in the middle of a frame": TruncationError,
}


class TestRecordedFacts:
    @SENT
    def test_keys(self, case):
        keys = derive(case)
        assert keys.confidentiality.hex() == case["confidentiality_key"]
        assert keys.authentication.hex() == case["authentication_key"]

    @SENT
    def test_chunks_and_lengths(self, case):
        chunks = protocol.split_chunks(case["text"])
        assert [chunk.decode() for chunk in chunks] == [frame["chunk"] for frame in case["frames"]]
        lengths = DIALECTS[case["key_schedule"]].count_lengths(chunks)
        assert [str(length) for length in lengths] == [frame["length"] for frame in case["frames"]]

    @SENT
    def test_bytes_on_the_wire(self, case):
        ivs = iter([bytes.fromhex(frame["iv"]) for frame in case["frames"]])
        sealed = protocol.seal(
            case["text"],
            derive(case),
            DIALECTS[case["key_schedule"]].count_lengths,
            random_bytes=lambda size: next(ivs),
        )
        assert sealed.hex() == "".join(frame["frame"] for frame in case["frames"])

    @SENT
    def test_text_received(self, case):
        stream = bytes.fromhex("".join(frame["frame"] for frame in case["frames"]))
        assert read(stream, derive(case)).decode() == case["text"]

    @REJECTED
    def test_rejected(self, case):
        with pytest.raises(ProtocolError) as raised:
            read(bytes.fromhex(case["received"]), derive(MODERN["rejected"]))
        assert type(raised.value) is OUTCOMES[case["outcome"]]

    @pytest.mark.parametrize("case", MODERN["spliced"]["cases"], ids=lambda case: case["name"])
    def test_spliced_header_and_body_verify(self, case):
        """Two tags that are not bound to each other: a weakness that the notebooks show."""
        keys = derive(MODERN["spliced"])
        frame = bytes.fromhex(case["received"])
        protocol.verify(frame, keys)
        if case["decrypted_block"]:
            cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[protocol.LENGTH])
            decrypted = cipher.decrypt(frame[protocol.CHUNK])
            assert decrypted.hex() == case["decrypted_block"]
        with pytest.raises(FrameError):  # the noise is no UTF-8, or its padding is wrong
            protocol.open_frame(frame, keys)


class TestPrimitives:
    def test_nists_aes_256_cbc(self):
        cipher = AES.new(NIST_KEY, AES.MODE_CBC, iv=NIST_IV)
        assert cipher.encrypt(NIST_PLAIN) == NIST_CBC

    def test_nists_aes_256_cbc_runs_on_through_a_stream(self):
        cipher = AES.new(NIST_KEY, AES.MODE_CBC, iv=NIST_IV)
        pieces = [cipher.encrypt(NIST_PLAIN[n : n + 16]) for n in range(0, 64, 16)]
        assert b"".join(pieces) == NIST_CBC

    @pytest.mark.parametrize("number", RFC_4231)
    def test_rfc_4231(self, number):
        key, data, expected = RFC_4231[number]
        assert protocol.tag(data, Keys(b"", key)).hex() == expected


class TestKeys:
    def test_neither_shows_in_the_repr(self):
        shown = repr(KEYS)
        for key in (KEYS.confidentiality, KEYS.authentication):
            assert repr(key)[2:-1] not in shown
            assert key.hex() not in shown

    def test_bytes_that_are_no_utf8_count_as_they_were(self):
        name = b"caf\xe9".decode(errors="surrogateescape")
        assert protocol.derive_keys(name, "") != protocol.derive_keys("café", "")

    def test_chained_key_needs_both_secrets(self):
        keys = CHAINED.derive_keys("conf", "auth")
        assert keys.authentication == protocol.derive_keys("conf", "confauth").authentication
        assert keys.confidentiality == protocol.derive_keys("conf", "auth").confidentiality


class TestChunks:
    @given(TEXT)
    def test_are_cut_between_characters_and_as_long_as_can_be(self, message):
        chunks = protocol.split_chunks(message)
        assert b"".join(chunks).decode() == message
        for number, chunk in enumerate(chunks):
            following = b"".join(chunks[number + 1 :]).decode()[:1].encode()
            assert 1 <= len(chunk) <= 15
            assert chunk.decode()
            assert not following or len(chunk + following) > 15

    def test_nothing_is_no_chunk(self):
        assert protocol.split_chunks("") == []


class TestFrame:
    @given(TEXT, DIALECT)
    def test_what_is_sealed_is_read(self, message, dialect):
        sealed = protocol.seal(message, KEYS, dialect.count_lengths)
        assert len(sealed) == 112 * len(protocol.split_chunks(message))
        assert read(sealed).decode() == message

    @given(st.binary(max_size=15), st.integers(0, 10**14), st.binary(min_size=16, max_size=16))
    def test_is_one_cbc_stream_with_a_tag_over_each_part(self, chunk, length, iv):
        frame = protocol.seal_frame(chunk, length, KEYS, iv)
        cbc = pyaes.AESModeOfOperationCBC(KEYS.confidentiality, iv)
        header = iv + cbc.encrypt(pad(str(length).encode(), 16))
        body = cbc.encrypt(pad(chunk, 16))
        tags = [hmac.digest(KEYS.authentication, part, "sha256") for part in (header, body)]
        assert frame == header + tags[0] + body + tags[1]

    def test_has_a_new_iv_each_time(self):
        sealed = protocol.seal("x" * 15 * 100, KEYS)
        ivs = {sealed[n : n + 16] for n in range(0, len(sealed), 112)}
        assert len(ivs) == 100

    def test_fields_lie_side_by_side(self):
        fields = (
            protocol.IV,
            protocol.LENGTH,
            protocol.LENGTH_TAG,
            protocol.CHUNK,
            protocol.CHUNK_TAG,
        )
        frame = bytes(range(protocol.FRAME_SIZE))
        assert b"".join(frame[field] for field in fields) == frame


class TestTampering:
    FRAME = protocol.seal("hello\n", KEYS)

    def test_every_flipped_bit_is_rejected_with_nothing_decrypted(self):
        for bit in range(896):
            flipped = bytearray(self.FRAME)
            flipped[bit // 8] ^= 1 << bit % 8
            with mock.patch.object(protocol.AES, "new", side_effect=AssertionError(bit)):
                with pytest.raises(AuthenticationError):
                    list(Decoder(KEYS).feed(bytes(flipped)))

    def test_both_tags_are_compared_in_constant_time(self):
        with mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compare:
            protocol.open_frame(self.FRAME, KEYS)
        assert compare.call_count == 2

    def test_a_wrong_first_tag_does_not_spare_the_second(self):
        flipped = b"\x00" + self.FRAME[1:]
        with (
            mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compare,
            pytest.raises(AuthenticationError),
        ):
            protocol.open_frame(flipped, KEYS)
        assert compare.call_count == 2

    def test_other_keys_are_rejected(self):
        with pytest.raises(AuthenticationError, match=r"^ERROR: HMAC verification failed"):
            read(self.FRAME, OTHER_KEYS)


class TestFrameErrors:
    HELLO = pad(b"hello", 16)

    @pytest.mark.parametrize(
        "length", [b"", b"-1", b"+5", b" 5", b"5_0", b"0x5", b"5.0", "٥".encode(), b"5\n"]
    )
    def test_a_length_that_is_no_decimal_number(self, length):
        with pytest.raises(FrameError, match="no decimal number"):
            read(forge(pad(length, 16), self.HELLO))

    def test_a_length_smaller_than_the_chunk(self):
        with pytest.raises(FrameError, match="smaller than its chunk"):
            read(forge(pad(b"4", 16), self.HELLO))

    @pytest.mark.parametrize("length", [b"5", b"05", b"6", b"999999999999999"])
    def test_any_length_not_smaller_than_the_chunk_is_taken(self, length):
        assert read(forge(pad(length, 16), self.HELLO)) == b"hello"

    def test_the_length_counts_characters_or_bytes(self):
        snow = pad("☃☃".encode(), 16)
        assert read(forge(pad(b"2", 16), snow)) == read(forge(pad(b"6", 16), snow))

    @pytest.mark.parametrize(
        "block", [b"hello" + bytes(11), b"x" * 15 + b"\x11", b"x" * 14 + b"\x01\x02"]
    )
    def test_wrong_padding(self, block):
        with pytest.raises(FrameError, match="padding"):
            read(forge(pad(b"15", 16), block))
        with pytest.raises(FrameError, match="padding"):
            read(forge(block, self.HELLO))

    def test_text_that_is_not_utf8(self):
        with pytest.raises(FrameError, match="UTF-8"):
            read(forge(pad(b"5", 16), pad(b"\xff\xfe", 16)))

    def test_an_empty_chunk_is_no_error(self):
        assert read(forge(pad(b"0", 16), pad(b"", 16))) == b""


class TestStreaming:
    MESSAGE = "a stream of several frames, naïve ☃ and 🔑🔑\n"
    STREAM = protocol.seal(MESSAGE, KEYS)

    def test_a_cut_at_every_offset(self):
        for cut in range(len(self.STREAM) + 1):
            decoder = Decoder(KEYS)
            first = b"".join(decoder.feed(self.STREAM[:cut]))
            second = b"".join(decoder.feed(self.STREAM[cut:]))
            decoder.close()
            assert (first + second).decode() == self.MESSAGE
            assert first == b"".join(protocol.split_chunks(self.MESSAGE)[: cut // 112])

    def test_one_byte_at_a_time(self):
        decoder = Decoder(KEYS)
        pieces = [list(decoder.feed(bytes([byte]))) for byte in self.STREAM]
        assert b"".join(chunk for piece in pieces for chunk in piece).decode() == self.MESSAGE

    @given(st.lists(st.integers(0, len(STREAM)), max_size=12))
    def test_any_cuts(self, cuts):
        decoder = Decoder(KEYS)
        edges = [0, *sorted(cuts), len(self.STREAM)]
        pieces = [self.STREAM[a:b] for a, b in pairwise(edges)]
        assert b"".join(c for p in pieces for c in decoder.feed(p)).decode() == self.MESSAGE
        decoder.close()

    @pytest.mark.parametrize("cut", [1, 15, 16, 63, 64, 111, 113, 223])
    def test_an_end_inside_a_frame_is_a_truncation(self, cut):
        decoder = Decoder(KEYS)
        list(decoder.feed(self.STREAM[:cut]))
        with pytest.raises(TruncationError):
            decoder.close()

    @pytest.mark.parametrize("cut", [0, 112, 224])
    def test_an_end_between_frames_is_an_end(self, cut):
        decoder = Decoder(KEYS)
        list(decoder.feed(self.STREAM[:cut]))
        decoder.close()

    def test_what_came_before_a_bad_frame_is_given_and_nothing_after_it(self):
        bad = bytearray(self.STREAM)
        bad[112 + 70] ^= 1
        decoder = Decoder(KEYS)
        chunks = decoder.feed(bytes(bad))
        assert next(chunks) == protocol.split_chunks(self.MESSAGE)[0]
        with pytest.raises(AuthenticationError):
            next(chunks)
        with pytest.raises(AuthenticationError):
            list(decoder.feed(self.STREAM))


class TestDialects:
    @given(TEXT.filter(bool), DIALECT)
    def test_the_first_frame_tells_the_dialect(self, message, dialect):
        keys = dialect.derive_keys(CONFKEY, AUTHKEY)
        stream = protocol.seal(message, keys, dialect.count_lengths)
        assert Recogniser(derive_all_keys(CONFKEY, AUTHKEY)).feed(stream[:112]) is dialect

    def test_other_secrets_are_no_dialect(self):
        with pytest.raises(AuthenticationError):
            Recogniser(derive_all_keys(CONFKEY, AUTHKEY)).feed(protocol.seal("x", OTHER_KEYS))

    @given(DIALECT, st.integers(0, 336))
    def test_a_recognising_decoder_takes_any_split(self, dialect, cut):
        keys = dialect.derive_keys(CONFKEY, AUTHKEY)
        stream = protocol.seal("forty characters, which are three frames\n", keys)
        decoder = RecognisingDecoder(CONFKEY, AUTHKEY)
        text = b"".join(decoder.feed(stream[:cut])) + b"".join(decoder.feed(stream[cut:]))
        decoder.close()
        assert text == b"forty characters, which are three frames\n"
        assert decoder.dialect is dialect

    def test_a_recognising_decoder_notices_truncation(self):
        for size in (1, 111, 113):
            decoder = RecognisingDecoder(CONFKEY, AUTHKEY)
            list(decoder.feed(protocol.seal("two frames of text\n", KEYS)[:size]))
            with pytest.raises(TruncationError):
                decoder.close()
        RecognisingDecoder(CONFKEY, AUTHKEY).close()


def test_the_error_tree():
    for error in (AuthenticationError, FrameError, TruncationError):
        assert issubclass(error, ProtocolError)
    assert issubclass(ProtocolError, ModernError)
