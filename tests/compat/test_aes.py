"""Both AES libraries behind one face: NIST's numbers, agreement, and what each costs."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.aes import BLOCK_SIZE, FastAES, ReadableAES
from legacy import protocol

KEY_SIZES = (16, 24, 32)
CIPHERS = pytest.mark.parametrize("make", [ReadableAES, FastAES])
BLOCKS = st.integers(0, 5).flatmap(
    lambda count: st.binary(min_size=count * BLOCK_SIZE, max_size=count * BLOCK_SIZE)
)

# NIST SP 800-38A, F.1.1, F.1.3 and F.1.5: the first block of ECB under each key size.
NIST_PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
NIST = pytest.mark.parametrize(
    ("key", "encrypted"),
    [
        ("2b7e151628aed2a6abf7158809cf4f3c", "3ad77bb40d7a3660a89ecaf32466ef97"),
        (
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            "bd334f1d6e45f25ff712a214571fa5cc",
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "f3eed1bdb5d2a03c064b5a7e3db181f8",
        ),
    ],
    ids=["AES-128", "AES-192", "AES-256"],
)


@CIPHERS
@NIST
def test_the_standards_numbers(make, key, encrypted):
    cipher = make(bytes.fromhex(key))
    assert cipher.encrypt(NIST_PLAIN).hex() == encrypted
    assert cipher.decrypt(bytes.fromhex(encrypted)) == NIST_PLAIN


@pytest.mark.parametrize("size", KEY_SIZES)
@given(data=st.data())
def test_both_agree_byte_for_byte(size, data):
    key, blocks = data.draw(st.binary(min_size=size, max_size=size)), data.draw(BLOCKS)
    readable, fast = ReadableAES(key), FastAES(key)
    assert readable.encrypt(blocks) == fast.encrypt(blocks)
    assert readable.decrypt(blocks) == fast.decrypt(blocks)
    assert fast.decrypt(readable.encrypt(blocks)) == blocks


@given(blocks=BLOCKS)
def test_fast_aes_writes_what_the_legacy_chat_writes(blocks):
    key = protocol.derive_key("secret")
    cut = [blocks[start : start + BLOCK_SIZE] for start in range(0, len(blocks), BLOCK_SIZE)]
    assert FastAES(key).encrypt(blocks) == protocol.encrypt_blocks(cut, key)


@CIPHERS
@given(size=st.integers(0, 64).filter(lambda size: size not in KEY_SIZES))
def test_any_other_key_size_is_refused(make, size):
    with pytest.raises(ValueError, match=r"[Kk]ey|length"):
        make(bytes(size))


@CIPHERS
@given(size=st.integers(1, 80).filter(lambda size: size % BLOCK_SIZE))
def test_a_cut_block_is_refused(make, size):
    cipher = make(bytes(32))
    for transform in (cipher.encrypt, cipher.decrypt):
        with pytest.raises(ValueError, match=r"block"):
            transform(bytes(size))


@pytest.mark.benchmark
def test_the_legacy_wire_is_at_least_50_times_as_fast_through_pycryptodome(benchmark):
    key = protocol.derive_key("secret")
    wire = protocol.seal("hello", "20:14:15", key)
    readable, fast = ReadableAES(key), FastAES(key)
    stream = wire * 50

    assert readable.decrypt(stream) == fast.decrypt(stream)

    def decrypt_with_readable() -> float:
        start = perf_counter()
        readable.decrypt(stream)
        return perf_counter() - start

    slow = min(decrypt_with_readable() for _ in range(5))
    benchmark.pedantic(fast.decrypt, args=(stream,), rounds=50, iterations=10)
    ratio = slow / benchmark.stats.stats.min
    benchmark.extra_info["times as fast"] = round(ratio)
    print(f"\n{len(stream)} bytes decrypted {ratio:.0f} times as fast")
    assert ratio >= 50
