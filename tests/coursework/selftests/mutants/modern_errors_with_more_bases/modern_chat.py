"""Its TruncationError is also an EOFError."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


class ChatError(Exception):
    pass


class TruncationError(ChatError, EOFError):
    pass


protocol.TruncationError = TruncationError
