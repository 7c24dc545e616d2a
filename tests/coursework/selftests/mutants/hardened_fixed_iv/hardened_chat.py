"""The IV is always zero."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def new_iv(self):
        return bytes(16)
