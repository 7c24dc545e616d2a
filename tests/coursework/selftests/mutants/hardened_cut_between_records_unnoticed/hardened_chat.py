"""A stream that ends between two records raises no error."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def close(self):
        if self._pending:
            super().close()
