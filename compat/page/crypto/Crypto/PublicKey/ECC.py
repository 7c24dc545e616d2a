"""P-256 (NIST SP 800-186, 3.2.1.3): as much of it as the third chat's agreement needs."""

from __future__ import annotations

from typing import NamedTuple

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Coordinates are numbers modulo this prime."""
_A = PRIME - 3
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve: y^2 = x^3 + a*x + b."""
_SIZE = 32
_NAMES = ("p256", "P-256", "NIST P-256", "prime256v1", "secp256r1", "nistp256")

_Projective = tuple[int, int, int]
"""X, Y and Z of a point at x = X / Z^2, y = Y / Z^3 (*Jacobian coordinates*): no division needed
while points are added. Z = 0 is the point at infinity."""
_INFINITY: _Projective = (1, 1, 0)

_DIGITS = 2 * _SIZE
"""Of four bits, in a number below the order."""
_WORTH_A_TABLE = 4
"""A table takes as long as three multiplications, and makes the next ones four times as fast."""


class EccPoint:
    """A point of P-256. x = y = 0 stands for the point at infinity, as in pycryptodome."""

    def __init__(self, x: int, y: int, curve: str = "p256"):
        """Take coordinates of at most 32 bytes. Raises ValueError for a point off the curve."""
        if curve not in _NAMES:
            raise ValueError(f"Unknown curve name {curve}")
        if max(x, y) >> 8 * _SIZE:
            raise ValueError("Incorrect coordinate length")
        self._x, self._y, self.curve = x % PRIME, y % PRIME, "NIST P-256"
        self._uses = 0
        self._table: list[list[_Projective]] = []
        off = (self._y**2 - self._x**3 - _A * self._x - _B) % PRIME
        if off and not self.is_point_at_infinity():
            raise ValueError("The EC point does not belong to the curve")

    @property
    def xy(self) -> tuple[int, int]:
        """Both coordinates."""
        return self._x, self._y

    @property
    def x(self) -> int:
        """The first coordinate."""
        return self._x

    @property
    def y(self) -> int:
        """The second coordinate."""
        return self._y

    def is_point_at_infinity(self) -> bool:
        """Whether this is the neutral element."""
        return self._x == self._y == 0

    def point_at_infinity(self) -> EccPoint:
        """Return the neutral element."""
        return EccPoint(0, 0)

    def copy(self) -> EccPoint:
        """Return the same point."""
        return EccPoint(self._x, self._y)

    def size_in_bytes(self) -> int:
        """Return the size of a coordinate."""
        return _SIZE

    def __eq__(self, other: object) -> bool:
        """Compare both coordinates."""
        return isinstance(other, EccPoint) and self.xy == other.xy

    def __hash__(self) -> int:
        """Return the same for equal points."""
        return hash(self.xy)

    def __neg__(self) -> EccPoint:
        """Return the point that gives infinity together with this one."""
        return EccPoint(self._x, -self._y % PRIME)

    def __add__(self, other: EccPoint) -> EccPoint:
        """Add two points."""
        return _to_point(_add(self._projective(), other._projective()))

    def __mul__(self, scalar: int) -> EccPoint:
        """Add the point to itself so many times: four bits of the number at a time.

        A point that is multiplied again, as G is, keeps a table, and no doubling is left to do.
        """
        if scalar < 0:
            raise ValueError("Scalar multiplication is only defined for non-negative integers")
        digits = [int(digit, 16) for digit in reversed(f"{scalar:x}")]
        self._uses += 1
        if self._uses < _WORTH_A_TABLE or len(digits) > _DIGITS:
            return _to_point(_multiply(self._projective(), digits))
        self._table = self._table or _make_table(self._projective())
        total = _INFINITY
        for row, digit in zip(self._table, digits, strict=False):
            total = _add(total, row[digit])
        return _to_point(total)

    __rmul__ = __mul__

    def _projective(self) -> _Projective:
        return _INFINITY if self.is_point_at_infinity() else (self._x, self._y, 1)


def _list_multiples(point: _Projective) -> list[_Projective]:
    """Return 0 to 15 times a point."""
    multiples = [_INFINITY]
    for _ in range(15):
        multiples.append(_add(multiples[-1], point))
    return multiples


def _multiply(point: _Projective, digits: list[int]) -> _Projective:
    """Return a multiple of a point; the digits have four bits, and the lowest comes first."""
    multiples, total = _list_multiples(point), _INFINITY
    for digit in reversed(digits):
        total = _add(_raise(total), multiples[digit])
    return total


def _raise(point: _Projective) -> _Projective:
    """Return 16 times a point."""
    for _ in range(4):
        point = _double(point)
    return point


def _make_table(point: _Projective) -> list[list[_Projective]]:
    """Return a row for each digit of a number: the multiples of the point at this place."""
    table = []
    for _ in range(_DIGITS):
        table.append(_list_multiples(point))
        point = _raise(point)
    return table


def _to_point(point: _Projective) -> EccPoint:
    x, y, z = point
    if not z:
        return EccPoint(0, 0)
    inverse = pow(z, -1, PRIME)
    return EccPoint(x * inverse**2 % PRIME, y * inverse**3 % PRIME)


def _double(point: _Projective) -> _Projective:
    """Return twice a point: the tangent's third point, in projective coordinates, for a = -3."""
    x, y, z = point
    if not y:  # only infinity, since the curve's order is odd
        return _INFINITY
    square, zz = y * y % PRIME, z * z % PRIME
    corner = 4 * x * square % PRIME
    slope = 3 * (x - zz) * (x + zz) % PRIME
    new_x = (slope * slope - 2 * corner) % PRIME
    new_y = (slope * (corner - new_x) - 8 * square * square) % PRIME
    return new_x, new_y, 2 * y * z % PRIME


def _add(left: _Projective, right: _Projective) -> _Projective:
    """Return the sum: the third point of the line through both, in projective coordinates."""
    (x1, y1, z1), (x2, y2, z2) = left, right
    if not z1 or not z2:
        return right if not z1 else left
    zz1, zz2 = z1 * z1 % PRIME, z2 * z2 % PRIME
    u1, u2 = x1 * zz2 % PRIME, x2 * zz1 % PRIME
    s1, s2 = y1 * zz2 * z2 % PRIME, y2 * zz1 * z1 % PRIME
    if u1 == u2:
        return _double(left) if s1 == s2 else _INFINITY
    h, slope = u2 - u1, s2 - s1
    hh = h * h % PRIME
    hhh, corner = hh * h % PRIME, u1 * hh % PRIME
    x = (slope * slope - hhh - 2 * corner) % PRIME
    return x, (slope * (corner - x) - s1 * hhh) % PRIME, h * z1 * z2 % PRIME


class EccKey(NamedTuple):
    """A public key."""

    pointQ: EccPoint


def import_key(encoded: bytes, passphrase: None = None, curve_name: str = "") -> EccKey:
    """Read a point in SEC 1's form, with one coordinate or with both. Raises ValueError."""
    if curve_name not in _NAMES:
        raise ValueError("in a browser, only raw points of P-256 can be read")
    kind, rest = encoded[:1], encoded[1:]
    x, y = int.from_bytes(rest[:_SIZE], "big"), int.from_bytes(rest[_SIZE:], "big")
    if max(x, y) >= PRIME:
        raise ValueError("Incorrect coordinate")
    if kind == b"\4" and len(rest) == 2 * _SIZE:
        return EccKey(EccPoint(x, y))
    if kind in (b"\2", b"\3") and len(rest) == _SIZE:
        root = pow(x**3 + _A * x + _B, (PRIME + 1) // 4, PRIME)
        return EccKey(EccPoint(x, root if root % 2 == kind[0] % 2 else PRIME - root))
    raise ValueError("Incorrect EC point length or kind")
