"""Where things are on the disk."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
STARTER = HERE / "starter"
SELFTESTS = HERE / "selftests"
REFERENCE = SELFTESTS / "reference"
"""Our own chats, in the form of a submission."""

FOLDERS = {"legacy": "legacy", "modern": "modern", "hardened": "modern/hardened"}
"""Where each protocol's own chat is, and the page that specifies it."""

OWN_FILES = {
    "legacy": "legacy/protocol.py",
    "modern": "modern/protocol.py",
    "hardened": "modern/hardened/records.py",
}
"""The file in which our own chat has what students write."""

HANDS = SELFTESTS / "hands"
"""Right submissions of three other hands. They use nothing of ours."""

MUTANTS = SELFTESTS / "mutants"
OWN_SUBMISSIONS = (REFERENCE, MUTANTS)
"""Only these may import the packages of this repository."""
