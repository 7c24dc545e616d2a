"""Its TruncationError is also an EOFError."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class ChatError(Exception):
    pass


class TruncationError(ChatError, EOFError):
    pass


records.TruncationError = TruncationError
