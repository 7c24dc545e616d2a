"""At most one record is read from what one recv returns."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def feed(self, data):
        self._rest = getattr(self, "_rest", b"") + data
        size = records.measure(self._rest)
        if not size or len(self._rest) < size:
            return iter(())
        record, self._rest = self._rest[:size], self._rest[size:]
        return super().feed(record)

    def close(self):
        if getattr(self, "_rest", b""):
            raise records.TruncationError
        super().close()
