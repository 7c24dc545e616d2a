"""A bad record is skipped."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def feed(self, data):
        try:
            yield from super().feed(data)
        except records.AuthenticationError:
            if len(self._pending) >= 306:
                del self._pending[:306]
            raise
