"""Each length is that of the whole line."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal


def seal(message, keys):
    return right(message, keys, lambda chunks: [len(b"".join(chunks))] * len(chunks))


protocol.seal = seal
