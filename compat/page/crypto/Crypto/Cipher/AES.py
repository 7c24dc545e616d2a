"""AES (FIPS 197) in the modes ECB, CBC, CTR (NIST SP 800-38A) and GCM (SP 800-38D)."""

from __future__ import annotations

from typing import Any

from ._block import BLOCK_SIZE as block_size
from ._block import new_block_cipher
from ._mode_cbc import CbcMode
from ._mode_ctr import CtrMode
from ._mode_ecb import EcbMode
from ._mode_gcm import GcmMode

__all__ = ["MODE_CBC", "MODE_CTR", "MODE_ECB", "MODE_GCM", "block_size", "key_size", "new"]

MODE_ECB, MODE_CBC, MODE_CTR, MODE_GCM = 1, 2, 6, 11
"""As in pycryptodome."""

key_size = (16, 24, 32)

_MODES = {MODE_ECB: EcbMode, MODE_CBC: CbcMode, MODE_CTR: CtrMode, MODE_GCM: GcmMode}


def new(key: bytes, mode: int, *arguments: Any, **options: Any) -> Any:
    """Return a cipher with a key of 16, 24 or 32 bytes. Raises ValueError."""
    if mode not in _MODES:
        raise ValueError("Mode not supported")
    return _MODES[mode](new_block_cipher(bytes(memoryview(key))), *arguments, **options)
