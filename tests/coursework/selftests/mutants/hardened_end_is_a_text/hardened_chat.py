"""A record without text is of kind TEXT, whatever was asked for."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def seal_empty(self, kind):
        return super().seal_empty(reference.Kind.TEXT)
