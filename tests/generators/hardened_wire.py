"""The third chat computed once more, in the plainest way and with other code.

From the RFCs' words alone: whole numbers for the curve, hashlib and hmac, and pyaes for AES. It is
slow, and its times leak its secrets. It makes the recorded cases, and checks modern/hardened.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

import pyaes

# The curve P-256: y^2 = x^3 - 3x + b modulo p (NIST SP 800-186, 3.2.1.3) ----------------------

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None
"""None is the neutral element."""


def is_on_curve(x: int, y: int) -> bool:
    return (y * y - (x**3 - 3 * x + B)) % PRIME == 0


def add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % PRIME == 0:
        return None
    rise, run = (3 * x1 * x1 - 3, 2 * y1) if one == other else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, PRIME)
    x = (slope * slope - x1 - x2) % PRIME
    return x, (slope * (x1 - x) - y1) % PRIME


def multiply(number: int, point: Point) -> Point:
    result: Point = None
    for bit in f"{number:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def negate(point: Point) -> Point:
    return point and (point[0], -point[1] % PRIME)


def decompress(compressed: str) -> Point:
    """Return the point of a sign byte (2: y is even, 3: odd) and x."""
    raw = bytes.fromhex(compressed)
    x = int.from_bytes(raw[1:], "big")
    y = pow(x**3 - 3 * x + B, (PRIME + 1) // 4, PRIME)  # a root, since the prime is 3 modulo 4
    return (x, y) if y % 2 == raw[0] % 2 else (x, PRIME - y)


M = decompress("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N = decompress("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")


def encode(point: Point) -> bytes:
    assert point
    return b"\x04" + b"".join(number.to_bytes(32, "big") for number in point)


def decode(share: bytes) -> Point:
    return int.from_bytes(share[1:33], "big"), int.from_bytes(share[33:], "big")


# SPAKE2 (RFC 9382) ---------------------------------------------------------------------------


class Agreed(NamedTuple):
    share_a: bytes
    share_b: bytes
    shared: bytes
    key: bytes
    confirmation_a: bytes
    confirmation_b: bytes


def hkdf(secret: bytes, info: bytes, size: int, salt: bytes = b"") -> bytes:
    """RFC 5869, both steps."""
    pseudorandom = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    result = block = b""
    number = 1
    while len(result) < size:
        block = hmac.new(pseudorandom, block + info + bytes([number]), hashlib.sha256).digest()
        result += block
        number += 1
    return result[:size]


def stretch(passphrase: bytes) -> int:
    """Return w: scrypt (RFC 7914) by OpenSSL, modulo the order."""
    hashed = hashlib.scrypt(
        passphrase, salt=b"tilde-to-tag hardened 1", n=1 << 17, r=8, p=1, dklen=40, maxmem=1 << 28
    )
    return int.from_bytes(hashed, "big") % ORDER


def agree(w: int, x: int, y: int, names: tuple[bytes, bytes], aad: bytes) -> Agreed:
    """Play both sides of RFC 9382, and return all that is sent and computed."""
    of_a = add(multiply(x, G), multiply(w, M))
    of_b = add(multiply(y, G), multiply(w, N))
    shared = multiply(x, add(of_b, negate(multiply(w, N))))
    assert shared == multiply(y, add(of_a, negate(multiply(w, M))))
    parts = (*names, encode(of_a), encode(of_b), encode(shared), w.to_bytes(32, "big"))
    transcript = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    digest = hashlib.sha256(transcript).digest()
    keys = hkdf(digest[16:], b"ConfirmationKeys" + aad, 32)
    macs = [hmac.new(key, transcript, hashlib.sha256).digest() for key in (keys[:16], keys[16:])]
    return Agreed(parts[2], parts[3], parts[4], digest[:16], *macs)


def four_keys(agreed: Agreed, version: int = 1) -> list[bytes]:
    """Return encryption and authentication of the client's direction, then of the server's."""
    hellos = bytes([version]) + agreed.share_a + bytes([version]) + agreed.share_b
    info = b"tilde-to-tag hardened keys" + hashlib.sha256(hellos).digest()
    keys = hkdf(agreed.key, info, 128)
    return [keys[start : start + 32] for start in range(0, 128, 32)]


def next_keys(encryption: bytes, authentication: bytes) -> tuple[bytes, bytes]:
    """Return the keys after a renewal."""
    keys = hkdf(encryption + authentication, b"tilde-to-tag hardened renewal", 64)
    return keys[:32], keys[32:]


# Records -------------------------------------------------------------------------------------


def seal(  # noqa: PLR0917 - a record has as many parts as it has
    kind: int, text: bytes, counter: int, encryption: bytes, authentication: bytes, iv: bytes,
    fill: int = 256,
) -> bytes:  # fmt: skip
    """Return one record, as the table in the README says."""
    content = bytes([kind]) + text + b"\x80"
    content += bytes(-len(content) % fill)
    cipher = pyaes.AESModeOfOperationCBC(encryption, iv=iv)
    body = b"".join(cipher.encrypt(content[at : at + 16]) for at in range(0, len(content), 16))
    record = (16 + len(body) + 32).to_bytes(2, "big") + iv + body
    message = counter.to_bytes(8, "big") + record
    return record + hmac.new(authentication, message, hashlib.sha256).digest()


def read(stream: bytes, encryption: bytes, authentication: bytes) -> list[tuple[int, bytes]]:
    """Return kind and text of each record of an honest stream; fail on any other."""
    found = []
    while stream:
        size = 2 + int.from_bytes(stream[:2], "big")
        record, stream = stream[:size], stream[size:]
        message = len(found).to_bytes(8, "big") + record[:-32]
        assert record[-32:] == hmac.new(authentication, message, hashlib.sha256).digest()
        cipher = pyaes.AESModeOfOperationCBC(encryption, iv=record[2:18])
        body = record[18:-32]
        content = b"".join(cipher.decrypt(body[at : at + 16]) for at in range(0, len(body), 16))
        content = content.rstrip(b"\0")
        assert content.endswith(b"\x80")
        found.append((content[0], content[1:-1]))
    return found
