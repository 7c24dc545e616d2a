"""All records of a text have the same IV."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def seal(self, text):
        iv = super().new_iv()
        self.new_iv = lambda: iv
        return list(super().seal(text))
