"""SPAKE2 (RFC 9382): from a passphrase that two people know to a strong key that only they have.

This is a *PAKE*, a password-authenticated key exchange. Order and letters are those of the RFC, so
that you can read both side by side. The suite is the first of its section 6: P-256, SHA-256,
HKDF (RFC 5869) and HMAC (RFC 2104). The client is A, and the server is B.

Why it is needed: in the modern chat, an attacker who has recorded one frame can try all passphrases
at home, each with one hash (M8). Here nothing that is sent can be used to test a guess. An attacker
must take part in a connection, once for each guess, and the peer notices it.

Letters for numbers are lower case (w, x), letters for points of the curve are upper case (M, X).
Adding a point to itself n times is easy. To find n is hard, also for somebody who sees n*G.
"""

from __future__ import annotations

import hmac
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import randbelow

from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF, scrypt
from Crypto.PublicKey import ECC
from Crypto.PublicKey.ECC import EccPoint  # type: ignore[attr-defined]

from modern.hardened.errors import AgreementError
from modern.hardened.sizes import SHARE_SIZE

IDENTITIES = (b"client", b"server")
"""A and B."""

_COORDINATE_SIZE = 32
_UNCOMPRESSED = b"\x04"


# 3.2 Setup -----------------------------------------------------------------------------------

P = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256, a prime: the number of multiples of the base point G."""
G = EccPoint(
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    curve="P-256",
)
"""The base point (NIST SP 800-186, 3.2.1.3). Every point of the curve is a multiple of it (the
*cofactor* is 1). So no peer can send a point that has only a few multiples."""


def _decode_constant(compressed: str) -> EccPoint:
    return ECC.import_key(bytes.fromhex(compressed), curve_name="P-256").pointQ


M = _decode_constant("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N = _decode_constant("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")
"""Two points (section 6). Nobody knows which multiples of G they are."""

SCRYPT_LABEL = "tilde-to-tag hardened 1"
"""In the place of a salt. Both sides need the same one before they have said a word, so it is
fixed. The price: one table of hashed guesses serves against all users. But this table does
not help somebody who only listens. It helps only somebody who has broken the curve, or stolen w."""
SCRYPT_N = 1 << 17
"""128 MiB of memory and some tenths of a second for each guess (RFC 7914)."""


def derive_w(passphrase: str) -> int:
    """Return w, the number that a passphrase stands for: scrypt, modulo the order.

    With 40 bytes instead of 32, all results are nearly equally likely: their probabilities differ
    by one part in 2^64. The text is brought to one form first (Unicode's NFC), because keyboards
    differ in how they write an é.
    """
    text = unicodedata.normalize("NFC", passphrase).encode(errors="surrogateescape")
    hashed = scrypt(text, SCRYPT_LABEL, key_len=40, N=SCRYPT_N, r=8, p=1)
    return int.from_bytes(hashed, "big") % P


# 3.3 SPAKE2 ----------------------------------------------------------------------------------


class Exchange:
    """One side of one exchange. Its secret number is drawn here and forgotten in `finish`."""

    def __init__(
        self, w: int, *, is_client: bool, aad: bytes = b"", draw: Callable[[], int] | None = None
    ):
        """Take `w`, below the order, and `aad`: what else both sides must agree about.

        `draw` gives this side's secret number, from 1 to the order minus 1, for tests.
        """
        self._w, self._is_client, self._aad = w, is_client, aad
        self._blind, self._unblind = (M, N) if is_client else (N, M)
        self._secret = draw() if draw else randbelow(P - 1) + 1
        self.share = encode(G * self._secret + self._blind * w)
        """pA = x*G + w*M, or pB = y*G + w*N: 65 bytes, to be sent."""

    def finish(self, peer_share: bytes) -> Agreement:
        """Return what follows from the peer's share of 65 bytes. To be called once.

        Raises AgreementError if the share is no point of the curve, or if it is w*N (for the server
        w*M) alone, because K would then be no secret.
        """
        secret, self._secret = self._secret, 0
        peer = decode(peer_share)
        shared = (peer + -(self._unblind * self._w)) * secret  # K = x*y*G, if both have the same w
        if shared.is_point_at_infinity():  # the peer sent w*N itself: K would be no secret
            raise AgreementError
        shares = (self.share, peer_share) if self._is_client else (peer_share, self.share)
        transcript = build_transcript(*shares, encode(shared), self._w)
        self._w = 0
        return derive_agreement(transcript, self._aad, is_client=self._is_client)


def encode(point: EccPoint) -> bytes:
    """Return a point in 65 bytes (SEC 1, 2.3.3, uncompressed)."""
    x, y = (int(number).to_bytes(_COORDINATE_SIZE, "big") for number in point.xy)
    return _UNCOMPRESSED + x + y


def decode(share: bytes) -> EccPoint:
    """Return the point of a share. Raises AgreementError unless it is a point of P-256.

    Without this check, a peer could choose a point of a weaker curve and learn our secret number
    piece by piece. The library takes x = y = 0 for the neutral element (*point at infinity*); it
    is refused as well, because it would make K known to all.
    """
    if len(share) != SHARE_SIZE or share[:1] != _UNCOMPRESSED:
        raise AgreementError
    x, y = share[1 : 1 + _COORDINATE_SIZE], share[1 + _COORDINATE_SIZE :]
    try:
        point = EccPoint(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve="P-256")
    except ValueError:
        raise AgreementError from None
    if point.is_point_at_infinity() or encode(point) != share:  # the latter: x or y over the prime
        raise AgreementError
    return point


# 4. Key Schedule and Key Confirmation --------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """What one side has after the exchange. To be used only after the peer has confirmed."""

    key: bytes = field(repr=False)
    """Ke, 16 bytes: a secret that both sides have, if both had the same w."""
    confirmation: bytes = field(repr=False)
    """32 bytes to send: they prove that we have the key."""
    expected: bytes = field(repr=False)
    """The 32 bytes that prove that the peer has it."""

    def check(self, confirmation: bytes) -> None:
        """Check the peer's confirmation, in constant time. Raises AgreementError."""
        if not hmac.compare_digest(confirmation, self.expected):
            raise AgreementError


def build_transcript(share_a: bytes, share_b: bytes, shared: bytes, w: int) -> bytes:
    """Return TT: everything that both sides must have seen alike, each part with its length."""
    parts = (*IDENTITIES, share_a, share_b, shared, w.to_bytes(_COORDINATE_SIZE, "big"))
    return b"".join(struct.pack("<Q", len(part)) + part for part in parts)


def derive_agreement(transcript: bytes, aad: bytes, *, is_client: bool) -> Agreement:
    """Return the keys and confirmations that follow from TT."""
    digest = sha256(transcript).digest()
    key, confirmation_key = digest[:16], digest[16:]
    info = b"ConfirmationKeys" + aad
    of_both = HKDF(confirmation_key, 32, b"", SHA256, context=info)
    keys = of_both[:16], of_both[16:]
    of_a, of_b = (hmac.digest(each, transcript, "sha256") for each in keys)
    return Agreement(key, of_a, of_b) if is_client else Agreement(key, of_b, of_a)
