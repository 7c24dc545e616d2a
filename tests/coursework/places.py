"""Where things are on the disk."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
STARTER = HERE / "starter"
SELFTESTS = HERE / "selftests"
REFERENCE = SELFTESTS / "reference"
"""Our own two chats, in the form of a submission."""

HANDS = SELFTESTS / "hands"
"""Right submissions of three other hands. They use nothing of ours."""

MUTANTS = SELFTESTS / "mutants"
OWN_SUBMISSIONS = (REFERENCE, MUTANTS)
"""Only these may import the packages of this repository."""
