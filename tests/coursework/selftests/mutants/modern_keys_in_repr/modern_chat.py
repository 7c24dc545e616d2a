"""The keys can be read in their repr."""

from typing import NamedTuple

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


class Keys(NamedTuple):
    confidentiality: bytes
    authentication: bytes


protocol.Keys = Keys
