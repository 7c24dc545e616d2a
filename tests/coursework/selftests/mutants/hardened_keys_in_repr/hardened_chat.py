"""The keys can be read in their repr."""

from typing import NamedTuple

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Keys(NamedTuple):
    confidentiality: bytes
    authentication: bytes


records.Keys = Keys
