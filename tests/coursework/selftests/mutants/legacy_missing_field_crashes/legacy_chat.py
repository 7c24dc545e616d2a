"""A missing key in the JSON raises KeyError."""

import json

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.parse_envelope


def parse_envelope(text):
    fields = _read(text)
    return protocol.Envelope(fields["timestamp"], fields["message"], fields["hash"])


def _read(text):
    try:
        return json.loads(text)
    except ValueError:
        raise protocol.UnrecognisedData from None


protocol.parse_envelope = parse_envelope
