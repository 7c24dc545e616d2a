"""The agreement: the vectors of the RFCs, and every share that must be refused."""

from __future__ import annotations

import gc
import hashlib
from unittest import mock

import pytest
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF, scrypt
from hypothesis import given
from hypothesis import strategies as st

from modern.hardened import pake
from modern.hardened.errors import AgreementError
from tests.generators import hardened_wire as plain
from tests.recorded import load

RFC_9382 = load("spake2")
VECTORS = RFC_9382["vectors"]
NUMBERS = st.integers(1, plain.ORDER - 1)
every_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['A']}-{v['B']}")


def number(text: str) -> int:
    return int(text, 16)


def side(w: int, secret: int, *, is_client: bool, aad: bytes = b"") -> pake.Exchange:
    return pake.Exchange(w, is_client=is_client, aad=aad, draw=lambda: secret)


# RFC 9382, Appendix B ------------------------------------------------------------------------


@every_vector
class TestAppendixB:
    """Our client is A and our server is B, whatever the vector calls them."""

    def names(self, vector):
        return mock.patch.object(pake, "IDENTITIES", (vector["A"].encode(), vector["B"].encode()))

    def test_shares(self, vector):
        w = number(vector["w"])
        assert side(w, number(vector["x"]), is_client=True).share.hex() == vector["pA"]
        assert side(w, number(vector["y"]), is_client=False).share.hex() == vector["pB"]

    def test_transcript(self, vector):
        parts = (bytes.fromhex(vector[name]) for name in ("pA", "pB", "K"))
        with self.names(vector):
            transcript = pake.build_transcript(*parts, number(vector["w"]))
        assert hashlib.sha256(transcript).hexdigest() == vector["hash_TT"]

    def test_both_sides(self, vector):
        w = number(vector["w"])
        with self.names(vector):
            of_a = side(w, number(vector["x"]), is_client=True).finish(bytes.fromhex(vector["pB"]))
            of_b = side(w, number(vector["y"]), is_client=False).finish(bytes.fromhex(vector["pA"]))
        assert of_a.key.hex() == of_b.key.hex() == vector["Ke"]
        assert (of_a.confirmation.hex(), of_a.expected.hex()) == (vector["MAC_A"], vector["MAC_B"])
        assert (of_b.confirmation.hex(), of_b.expected.hex()) == (vector["MAC_B"], vector["MAC_A"])
        of_a.check(of_b.confirmation)
        of_b.check(of_a.confirmation)

    def test_the_independent_computation_agrees(self, vector):
        names = (vector["A"].encode(), vector["B"].encode())
        w, x, y = (number(vector[letter]) for letter in "wxy")
        agreed = plain.agree(w, x, y, names, b"")
        expected = [vector[name] for name in ("pA", "pB", "K", "Ke", "MAC_A", "MAC_B")]
        assert [part.hex() for part in agreed] == expected


def test_the_constants_are_those_of_the_rfc():
    for ours, name in ((pake.M, "M"), (pake.N, "N")):
        assert pake.encode(ours) == plain.encode(plain.decompress(RFC_9382[name]))
    assert (pake.P, pake.encode(pake.G)) == (plain.ORDER, plain.encode(plain.G))


@given(NUMBERS, NUMBERS, NUMBERS, st.binary(max_size=3))
def test_any_numbers_as_computed_independently(w, x, y, aad):
    alice, bob = side(w, x, is_client=True, aad=aad), side(w, y, is_client=False, aad=aad)
    of_a, of_b = alice.finish(bob.share), bob.finish(alice.share)
    agreed = plain.agree(w, x, y, pake.IDENTITIES, aad)
    assert (alice.share, bob.share) == (agreed.share_a, agreed.share_b)
    assert of_a.key == of_b.key == agreed.key
    assert of_a.confirmation == of_b.expected == agreed.confirmation_a
    assert of_b.confirmation == of_a.expected == agreed.confirmation_b


# RFC 7914, RFC 5869 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passphrase", "salt", "n", "r", "p", "expected"),
    [
        ("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
         "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"),
        ("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376"
         "634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"),
        ("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbb"
         "a904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"),
    ],
    ids=["empty", "password", "pleaseletmein"],
)  # fmt: skip
def test_scrypt_as_in_rfc_7914(  # noqa: PLR0917 - as many as it has
    passphrase, salt, n, r, p, expected
):
    assert scrypt(passphrase.encode(), salt, key_len=64, N=n, r=r, p=p).hex() == expected


@pytest.mark.parametrize(
    ("secret", "salt", "info", "size", "expected"),
    [
        ("0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42,
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        ("0b" * 22, "", "", 42,
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ],
    ids=["case 1", "case 3: no salt, as here"],
)  # fmt: skip
def test_hkdf_as_in_rfc_5869(secret, salt, info, size, expected):
    parts = [bytes.fromhex(part) for part in (secret, salt, info)]
    assert HKDF(parts[0], size, parts[1], SHA256, 1, parts[2]).hex() == expected
    assert plain.hkdf(parts[0], parts[2], size, parts[1]).hex() == expected


@pytest.mark.soak  # every day, `test_session.py` holds both to the same recording
@pytest.mark.parametrize("passphrase", ["", "secret", "lamp river onion kite drum", "☃" * 30])
def test_w_is_what_openssl_makes_of_it(passphrase):
    assert pake.derive_w(passphrase) == plain.stretch(passphrase.encode())


def test_one_text_however_the_keyboard_writes_it_and_any_bytes_of_a_file():
    with mock.patch.object(pake, "SCRYPT_N", 16):
        assert pake.derive_w("caf\u00e9") == pake.derive_w("cafe\u0301")
        assert pake.derive_w("\udcff") != pake.derive_w("\udcfe")


# Shares that are refused ---------------------------------------------------------------------

W = 0x1234567
PEER = side(W, 77, is_client=False).share
X, Y = PEER[1:33], PEER[33:]
PRIME = plain.PRIME.to_bytes(32, "big")


def on_the_curve_with_a_small_x() -> bytes:
    """Return a point whose x has a second spelling: x + the prime still fits in 32 bytes."""
    x = next(x for x in range(1, 100) if plain.is_on_curve(x, y_of(x)))
    return x.to_bytes(32, "big") + y_of(x).to_bytes(32, "big")


def y_of(x: int) -> int:
    return pow(x**3 - 3 * x + plain.B, (plain.PRIME + 1) // 4, plain.PRIME)


SMALL = on_the_curve_with_a_small_x()
AGAIN = (int.from_bytes(SMALL[:32], "big") + plain.PRIME).to_bytes(32, "big")
REFUSED = {
    "neutral element, as (0, 0)": b"\x04" + bytes(64),
    "neutral element, as SEC 1 writes it": b"\x00",
    "neutral element, filled up": bytes(65),
    "off the curve": b"\x04" + X + bytes([*Y[:-1], Y[-1] ^ 1]),
    "on the twist: no y has this x": b"\x04" + X[:-1] + bytes([X[-1] ^ 1]) + Y,
    "x is the prime": b"\x04" + PRIME + Y,
    "y is the prime": b"\x04" + X + PRIME,
    "x and y are the prime: (0, 0) again": b"\x04" + PRIME + PRIME,
    "x over the prime": b"\x04" + AGAIN + SMALL[32:],
    "all ones": b"\x04" + b"\xff" * 64,
    "compressed": bytes([2 + Y[-1] % 2]) + X,
    "compressed, filled up": bytes([2 + Y[-1] % 2]) + X + bytes(32),
    "hybrid (SEC 1's 6 and 7)": bytes([6 + Y[-1] % 2]) + X + Y,
    "a byte short": PEER[:-1],
    "a byte long": PEER + b"\0",
    "empty": b"",
}


class TestRefusedShares:
    @pytest.mark.parametrize("share", REFUSED.values(), ids=REFUSED)
    @pytest.mark.parametrize("is_client", [True, False], ids=["client", "server"])
    def test_by_both_sides(self, share, is_client):
        with pytest.raises(AgreementError, match="the passphrases differ, or somebody"):
            pake.Exchange(W, is_client=is_client).finish(share)

    def test_the_point_whose_other_spelling_is_refused_is_one(self):
        assert pake.decode(b"\x04" + SMALL)

    @pytest.mark.parametrize("is_client", [True, False], ids=["client", "server"])
    def test_a_share_that_hides_nothing(self, is_client):
        """w*N, or w*M, alone: K would be the neutral element, which everybody knows."""
        blind = pake.N if is_client else pake.M
        with pytest.raises(AgreementError):
            pake.Exchange(W, is_client=is_client).finish(pake.encode(blind * W))

    @given(st.integers(0, 64), st.integers(0, 7))
    def test_every_flipped_bit_is_refused_or_gives_another_key(self, place, bit):
        flipped = bytearray(PEER)
        flipped[place] ^= 1 << bit
        alice = side(W, 5, is_client=True)
        expected = side(W, 77, is_client=False).finish(alice.share)
        try:
            agreement = alice.finish(bytes(flipped))
        except AgreementError:
            return
        with pytest.raises(AgreementError):
            agreement.check(expected.confirmation)

    def test_there_is_no_small_subgroup(self):
        """The curve has a prime number of points (cofactor 1), so each but one has that order."""
        assert all(plain.ORDER % small for small in range(2, 1000))
        assert pow(2, plain.ORDER - 1, plain.ORDER) == 1
        for point in (plain.M, plain.N, plain.G):
            assert plain.multiply(plain.ORDER, point) is None


# Confirmation --------------------------------------------------------------------------------


class TestConfirmation:
    def agreements(self):
        alice, bob = pake.Exchange(W, is_client=True), pake.Exchange(W, is_client=False)
        return alice.finish(bob.share), bob.finish(alice.share)

    def test_ones_own_sent_back_is_refused(self):
        for agreement in self.agreements():
            with pytest.raises(AgreementError):
                agreement.check(agreement.confirmation)

    @pytest.mark.parametrize("made", [b"", bytes(32), b"\xff" * 32, bytes(31), bytes(33)])
    def test_any_other_is_refused(self, made):
        for agreement in self.agreements():
            with pytest.raises(AgreementError):
                agreement.check(made)

    @given(st.integers(0, 255))
    def test_every_flipped_bit_is_refused(self, bit):
        of_a, of_b = self.agreements()
        flipped = bytearray(of_b.confirmation)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(AgreementError):
            of_a.check(bytes(flipped))

    def test_a_share_that_comes_back_to_its_sender_gives_no_confirmation(self):
        """Mallory reflects all that alice sends, and knows nothing: K is not what she confirms."""
        alice = pake.Exchange(W, is_client=True)
        agreement = alice.finish(alice.share)
        with pytest.raises(AgreementError):
            agreement.check(agreement.confirmation)

    @given(NUMBERS, NUMBERS)
    def test_another_w_or_another_aad_never_agrees(self, w, other):
        alice = pake.Exchange(w, is_client=True, aad=b"\x01")
        for bob in (
            pake.Exchange(other if other != w else w + 1, is_client=False, aad=b"\x01"),
            pake.Exchange(w, is_client=False, aad=b"\x00"),
        ):
            agreement = bob.finish(alice.share)
            ours = side(w, 9, is_client=True, aad=b"\x01").finish(bob.share)
            with pytest.raises(AgreementError):
                agreement.check(ours.confirmation)

    def test_neither_shows_its_secrets(self):
        agreement, _ = self.agreements()
        for secret in (agreement.key, agreement.confirmation, agreement.expected):
            assert repr(secret)[2:-1] not in repr(agreement)
            assert secret.hex() not in repr(agreement)


def test_an_exchange_forgets_its_numbers():
    alice, bob = pake.Exchange(W, is_client=True), pake.Exchange(W, is_client=False)
    alice.finish(bob.share)
    held = [held for held in gc.get_referents(alice.__dict__) if isinstance(held, int)]
    assert W not in held
    assert not [each for each in held if each > 1], "x or w is still there"


def test_every_exchange_draws_anew():
    shares = {pake.Exchange(W, is_client=True).share for _ in range(20)}
    assert len(shares) == 20
