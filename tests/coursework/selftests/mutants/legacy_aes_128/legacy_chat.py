"""Only the first half of the key is used."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.encrypt_blocks


def encrypt_blocks(blocks, key):
    return right(blocks, key[:16])


protocol.encrypt_blocks = encrypt_blocks
