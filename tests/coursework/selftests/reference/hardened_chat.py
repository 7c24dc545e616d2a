"""Our own records of the third chat, in the form of a submission."""

from modern.errors import AuthenticationError, TruncationError
from modern.hardened.bulk import Sealer
from modern.hardened.errors import RecordError
from modern.hardened.records import (
    Decoder,
    Direction,
    Kind,
    derive_keys,
    fill_up,
    measure,
    open_record,
    read_plaintext,
    renew,
    seal_record,
    split_text,
    tag,
)
from modern.protocol import Keys

__all__ = [
    "AuthenticationError",
    "Decoder",
    "Direction",
    "Keys",
    "Kind",
    "RecordError",
    "Sealer",
    "TruncationError",
    "derive_keys",
    "fill_up",
    "measure",
    "open_record",
    "read_plaintext",
    "renew",
    "seal_record",
    "split_text",
    "tag",
]
