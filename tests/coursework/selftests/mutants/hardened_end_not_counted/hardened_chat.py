"""A record without text is not counted."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def seal_empty(self, kind):
        counter = self.direction.counter
        record = super().seal_empty(kind)
        self.direction.counter = counter
        return record
