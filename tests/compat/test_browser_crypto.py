"""The `Crypto` of a browser does what pycryptodome does, and what the standards say."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from Crypto.Cipher import AES as REAL_AES
from Crypto.Hash import SHA256 as REAL_SHA256
from Crypto.Protocol import KDF as REAL_KDF
from Crypto.PublicKey import ECC as REAL_ECC
from Crypto.PublicKey.ECC import EccPoint as RealPoint  # type: ignore[attr-defined]
from Crypto.Util import Padding as RealPadding
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.page import wheels
from compat.page.crypto.Crypto.Cipher import AES
from compat.page.crypto.Crypto.Hash import HMAC, SHA256
from compat.page.crypto.Crypto.Protocol import KDF
from compat.page.crypto.Crypto.Protocol.romix import romix_in_python
from compat.page.crypto.Crypto.PublicKey import ECC
from compat.page.crypto.Crypto.Util import Padding
from compat.page.crypto.Crypto.Util.strxor import strxor

KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
IV = bytes(range(16))
COUNTER = bytes(range(0xF0, 0x100))

NIST = {  # SP 800-38A, F.1.5, F.2.5 and F.5.5
    "ECB": (
        lambda of: of.new(KEY, of.MODE_ECB),
        "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
        "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
    ),
    "CBC": (
        lambda of: of.new(KEY, of.MODE_CBC, iv=IV),
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
    ),
    "CTR": (
        lambda of: of.new(KEY, of.MODE_CTR, nonce=b"", initial_value=COUNTER),
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
    ),
}

each_mode = pytest.mark.parametrize(("new", "sealed"), NIST.values(), ids=NIST)
keys = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
blocks = st.integers(0, 4).flatmap(lambda n: st.binary(min_size=16 * n, max_size=16 * n))
ivs = st.binary(min_size=16, max_size=16)
few = settings(max_examples=12, deadline=None)


def both(call: Callable[..., Any], mine: Any, real: Any) -> tuple[Any, Any]:
    """Return what a call gives here and in pycryptodome; of an error, its type."""

    def outcome(module: Any) -> Any:
        try:
            return call(module)
        except Exception as error:
            return type(error)

    return outcome(mine), outcome(real)


class TestAES:
    @each_mode
    def test_it_gives_what_the_standard_prints(
        self, new: Callable[[Any], Any], sealed: str
    ) -> None:
        assert new(AES).encrypt(PLAIN).hex() == sealed
        assert new(AES).decrypt(bytes.fromhex(sealed)) == PLAIN

    @each_mode
    def test_a_text_may_come_in_pieces(self, new: Callable[[Any], Any], sealed: str) -> None:
        cipher = new(AES)
        assert (cipher.encrypt(PLAIN[:16]) + cipher.encrypt(PLAIN[16:])).hex() == sealed

    @few
    @given(keys, ivs, blocks)
    def test_it_agrees_with_pycryptodome(self, key: bytes, iv: bytes, text: bytes) -> None:
        calls: list[Callable[[Any], Any]] = [
            lambda of: of.new(key, of.MODE_ECB).encrypt(text),
            lambda of: of.new(key, of.MODE_ECB).decrypt(text),
            lambda of: of.new(key, of.MODE_CBC, iv=iv).encrypt(text),
            lambda of: of.new(key, of.MODE_CBC, iv).decrypt(text),
            lambda of: of.new(key, of.MODE_CTR, nonce=iv[:8]).encrypt(text + b"odd"),
            lambda of: of.new(key, of.MODE_GCM, nonce=iv[:12]).encrypt_and_digest(text + b"odd"),
            lambda of: of.new(key, of.MODE_GCM, nonce=iv).update(b"head").encrypt_and_digest(text),
        ]
        for call in calls:
            mine, real = both(call, AES, REAL_AES)
            assert mine == real

    @pytest.mark.parametrize(
        "call",
        [
            pytest.param(lambda of: of.new(b"short", of.MODE_ECB), id="key"),
            pytest.param(lambda of: of.new(KEY, of.MODE_CBC, iv=b"short"), id="IV"),
            pytest.param(lambda of: of.new(KEY, of.MODE_CBC, iv=IV).encrypt(b"odd"), id="half"),
            pytest.param(lambda of: of.new(KEY, of.MODE_CTR, nonce=bytes(16)), id="nonce"),
            pytest.param(lambda of: of.new(KEY, of.MODE_ECB).encrypt("text"), id="text"),
            pytest.param(lambda of: of.new(KEY, 77), id="mode"),
            pytest.param(
                lambda of: (
                    c := of.new(KEY, of.MODE_CBC, iv=IV),
                    c.encrypt(PLAIN),
                    c.decrypt(PLAIN),
                ),
                id="both ways",
            ),
            pytest.param(
                lambda of: of.new(KEY, of.MODE_GCM, nonce=IV).decrypt_and_verify(PLAIN, IV),
                id="tag",
            ),
        ],
    )
    def test_it_refuses_as_pycryptodome_does(self, call: Callable[[Any], Any]) -> None:
        mine, real = both(call, AES, REAL_AES)
        assert isinstance(mine, type)
        assert mine is real

    def test_gcm_opens_what_it_sealed_and_nothing_else(self) -> None:
        sealed, tag = AES.new(KEY, AES.MODE_GCM, nonce=IV).encrypt_and_digest(PLAIN)
        assert AES.new(KEY, AES.MODE_GCM, nonce=IV).decrypt_and_verify(sealed, tag) == PLAIN
        with pytest.raises(ValueError, match="MAC check failed"):
            AES.new(KEY, AES.MODE_GCM, nonce=IV).decrypt_and_verify(sealed[:-1], tag)

    def test_an_iv_that_is_not_given_is_random(self) -> None:
        one, two = AES.new(KEY, AES.MODE_CBC), AES.new(KEY, AES.MODE_CBC)
        assert one.iv != two.iv
        assert AES.new(KEY, AES.MODE_CBC, one.iv).decrypt(one.encrypt(PLAIN)) == PLAIN


@few
@given(st.binary(max_size=40), st.sampled_from(["pkcs7", "iso7816", "x923"]))
def test_padding_is_the_same(text: bytes, style: str) -> None:
    for call in (
        lambda of: of.pad(text, 16, style),
        lambda of: of.unpad(of.pad(text, 16, style), 16, style),
        lambda of: of.unpad(text, 16, style),
        lambda of: of.unpad(text.ljust(48, b"\2"), 16, style),
    ):
        mine, real = both(call, Padding, RealPadding)
        assert mine == real


def test_hash_and_hmac_are_those_of_python() -> None:
    assert SHA256.new(b"ab").update(b"c").hexdigest() == hashlib.sha256(b"abc").hexdigest()
    tag = HMAC.new(b"key", b"text", SHA256).digest()
    HMAC.new(b"key", b"text", SHA256).verify(tag)
    with pytest.raises(ValueError, match="MAC check failed"):
        HMAC.new(b"key", b"another", SHA256).verify(tag)


def test_strxor_wants_equal_lengths() -> None:
    assert strxor(b"\1\2", b"\3\3") == b"\2\1"
    with pytest.raises(ValueError, match="equal length"):
        strxor(b"\1", b"")


class TestKeys:
    def test_hkdf_gives_what_the_rfc_prints(self) -> None:
        """RFC 5869, A.1."""
        key = KDF.HKDF(b"\x0b" * 22, 42, bytes(range(13)), SHA256, context=bytes(range(0xF0, 0xFA)))
        assert isinstance(key, bytes)
        assert key.hex() == (
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )

    @few
    @given(st.binary(min_size=1), st.binary(max_size=40), st.integers(1, 40), st.integers(1, 4))
    def test_hkdf_agrees_with_pycryptodome(
        self, secret: bytes, salt: bytes, size: int, count: int
    ) -> None:
        real = REAL_KDF.HKDF(secret, size, salt, REAL_SHA256, count, b"info")
        assert list(KDF.HKDF(secret, size, salt, SHA256, count, b"info")) == list(real)

    def test_scrypt_gives_what_the_rfc_prints(self) -> None:
        """RFC 7914, section 12, the first one; in Python, for here is no browser."""
        key = KDF.scrypt("", "", 64, N=16, r=1, p=1)
        assert isinstance(key, bytes)
        assert key.hex() == (
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        )

    def test_scrypt_agrees_with_hashlib(self) -> None:
        options = {"salt": b"salt", "n": 8, "r": 3, "p": 2, "dklen": 70}
        assert KDF.hashlib_scrypt(b"no", **options) == hashlib.scrypt(b"no", **options)

    def test_the_javascript_agrees_with_the_python(self, tmp_path: Path) -> None:
        block = bytes(range(256)) * 2  # r = 4
        source = Path(KDF.__file__).with_name("romix.js").read_text(encoding="utf-8")
        program = tmp_path / "romix.mjs"
        program.write_text(
            f"{source}\nconst block = Buffer.from('{block.hex()}', 'hex');\n"
            "console.log(Buffer.from(romix(new Uint8Array(block), 32, 4)).toString('hex'));",
            encoding="utf-8",
        )
        try:
            done = subprocess.run(
                ["node", str(program)], capture_output=True, text=True, check=True
            )
        except FileNotFoundError:
            pytest.skip("no JavaScript outside of a browser here")
        assert done.stdout.strip() == romix_in_python(block, 32, 4).hex()


class TestPoints:
    G = (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    )
    ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    @few
    @given(st.integers(0, 2**256 + 5), st.integers(0, 2**64))
    def test_they_are_added_and_multiplied_as_in_pycryptodome(self, a: int, b: int) -> None:
        found = []
        for point in (ECC.EccPoint(*self.G), RealPoint(*self.G)):
            p, q = point * a, point * b
            sums = p + q, p + p, p + -p, -q, q + p.point_at_infinity()
            found.append([tuple(map(int, each.xy)) for each in sums])
        assert found[0] == found[1]

    def test_a_point_that_is_multiplied_often_gives_the_same(self) -> None:
        often = ECC.EccPoint(*self.G)
        for scalar in (0, 1, 16, self.ORDER - 1, self.ORDER, 2**255 + 12345, 2**256 + 5):
            expected = ECC.EccPoint(*self.G) * scalar
            assert [often * scalar for _ in range(3)] == [expected] * 3

    def test_the_order_leads_to_infinity(self) -> None:
        point = ECC.EccPoint(*self.G)
        assert (point * self.ORDER).is_point_at_infinity()
        assert point * (self.ORDER - 1) == -point
        assert (point * (self.ORDER - 1) + point).is_point_at_infinity()

    @pytest.mark.parametrize("kind", ["02", "03"])
    def test_a_point_is_read_from_one_coordinate(self, kind: str) -> None:
        encoded = bytes.fromhex(
            kind + "886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
        )
        real = REAL_ECC.import_key(encoded, curve_name="P-256").pointQ
        assert ECC.import_key(encoded, curve_name="P-256").pointQ.xy == tuple(map(int, real.xy))

    @pytest.mark.parametrize(
        "call",
        [
            pytest.param(lambda point: point(1, 1), id="off the curve"),
            pytest.param(lambda point: point(1 << 256, 1), id="too long"),
            pytest.param(lambda point: point(1, 1, curve="no curve"), id="another curve"),
        ],
    )
    def test_others_are_refused(self, call: Callable[[Any], Any]) -> None:
        mine, real = both(call, ECC.EccPoint, RealPoint)
        assert mine is real is ValueError

    def test_a_coordinate_over_the_prime_is_taken_modulo_it(self) -> None:
        """As in pycryptodome: whoever reads a share compares it with what was sent."""
        (x, y), over = (0, pow(ECC._B, (ECC.PRIME + 1) // 4, ECC.PRIME)), ECC.PRIME
        assert ECC.EccPoint(over, y).xy == tuple(map(int, RealPoint(over, y).xy)) == (x, y)


class TestWheels:
    def test_crypto_is_a_wheel_of_its_own(self, tmp_path: Path) -> None:
        wheel = wheels.pack_crypto(tmp_path)
        program = (
            "import sys\n"
            f"sys.path.insert(0, {str(wheel.path)!r})\n"
            "import Crypto.Cipher.AES, Crypto.Util.Padding, Crypto.Protocol.KDF\n"
            "import Crypto.PublicKey.ECC, Crypto.Hash.HMAC, Crypto.Util.strxor\n"
            "from Crypto.Cipher._mode_cbc import CbcMode\n"
            "print(Crypto.__file__)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], check=False, capture_output=True, text=True
        )
        assert done.stdout.startswith(str(wheel.path)), done.stderr

    def test_the_same_content_gives_the_same_wheel(self, tmp_path: Path) -> None:
        one, two = (wheels.pack_crypto(tmp_path / name) for name in "ab")
        assert one.path.read_bytes() == two.path.read_bytes()

    def test_the_project_has_its_code_and_data_and_no_crypto_at_the_top(
        self, tmp_path: Path
    ) -> None:
        names = zipfile.ZipFile(wheels.pack_project(tmp_path).path).namelist()
        assert {"legacy/wordlist.txt", "modern/protocol.py", "notebooks/lab.py"} <= set(names)
        assert not [name for name in names if name.startswith(("Crypto", "tests"))]
        assert not [name for name in names if name.endswith((".ipynb", ".pyc"))]

    def test_an_installed_package_can_be_packed(self, tmp_path: Path) -> None:
        wheel = wheels.pack_installed(tmp_path, "pyaes")
        assert "pyaes/aes.py" in zipfile.ZipFile(wheel.path).namelist()

    @pytest.mark.parametrize(
        ("name", "why"), [("no-such-thing", "is missing"), ("pycryptodome", "not pure Python")]
    )
    def test_what_cannot_be_packed_is_said_in_one_line(
        self, tmp_path: Path, name: str, why: str
    ) -> None:
        with pytest.raises(wheels.WheelError, match=why):
            wheels.pack_installed(tmp_path, name)
