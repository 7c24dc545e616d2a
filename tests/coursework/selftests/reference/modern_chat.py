"""Our own modern chat, in the form of a submission."""

from modern.errors import AuthenticationError, FrameError, TruncationError
from modern.protocol import (
    Decoder,
    Keys,
    derive_keys,
    open_frame,
    seal,
    seal_frame,
    split_chunks,
    tag,
)

__all__ = [
    "AuthenticationError",
    "Decoder",
    "FrameError",
    "Keys",
    "TruncationError",
    "derive_keys",
    "open_frame",
    "seal",
    "seal_frame",
    "split_chunks",
    "tag",
]
