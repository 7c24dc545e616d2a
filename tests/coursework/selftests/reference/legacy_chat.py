"""Our own legacy chat, in the form of a submission."""

from legacy.protocol import (
    UnrecognisedData,
    build_envelope,
    derive_key,
    encrypt_blocks,
    process_bytes,
    process_text,
    seal,
    verify_and_display,
)

__all__ = [
    "UnrecognisedData",
    "build_envelope",
    "derive_key",
    "encrypt_blocks",
    "process_bytes",
    "process_text",
    "seal",
    "verify_and_display",
]
