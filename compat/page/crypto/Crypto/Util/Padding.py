"""Padding to complete blocks: PKCS#7 (RFC 5652, 6.3), ISO/IEC 7816-4, ANSI X9.23."""

from __future__ import annotations

_MARK = b"\x80"
_NAMES = {"pkcs7": "PKCS#7", "iso7816": "ISO 7816-4", "x923": "ANSI X.923"}


def pad(data_to_pad: bytes, block_size: int, style: str = "pkcs7") -> bytes:
    """Fill up to a multiple of the block size: by one byte at least, by a whole block at most."""
    size = block_size - len(data_to_pad) % block_size
    return data_to_pad + _padding(size, style)


def unpad(padded_data: bytes, block_size: int, style: str = "pkcs7") -> bytes:
    """Remove the padding. Raises ValueError if it is none."""
    if not padded_data:
        raise ValueError("Zero-length input cannot be unpadded")
    if len(padded_data) % block_size:
        raise ValueError("Input data is not padded")
    marked = style == "iso7816"
    size = len(padded_data) - padded_data.rfind(_MARK) if marked else padded_data[-1]
    if not 1 <= size <= min(block_size, len(padded_data)):
        raise ValueError("Padding is incorrect.")
    if padded_data[-size:] != _padding(size, style):
        raise ValueError(f"{_NAMES[style]} padding is incorrect.")
    return padded_data[:-size]


def _padding(size: int, style: str) -> bytes:
    if style == "pkcs7":
        return bytes([size]) * size
    if style == "iso7816":
        return _MARK + bytes(size - 1)
    if style == "x923":
        return bytes(size - 1) + bytes([size])
    raise ValueError("Unknown padding style")
