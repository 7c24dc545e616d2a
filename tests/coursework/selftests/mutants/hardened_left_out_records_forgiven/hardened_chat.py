"""If a record does not fit, the next number is tried."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def feed(self, data):
        try:
            yield from super().feed(data)
        except records.AuthenticationError:
            if records.measure(self._pending) > len(self._pending):
                raise
            self._direction.counter += 1
            try:
                yield from super().feed(b"")
            except records.AuthenticationError:
                self._direction.counter -= 1
                raise
