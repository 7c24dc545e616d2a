"""All records have the same number."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def advance(self):
        pass
