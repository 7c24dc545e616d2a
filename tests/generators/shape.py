"""The shape that Project Wycheproof gave its cases: what both files of them have in common."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

Case = dict[str, Any]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def number_cases(subject: str, notes: dict[str, str], groups: list[Case]) -> Case:
    """Give each case its id, and tell how many there are."""
    number = itertools.count(1)
    for group in groups:
        group["tests"] = [{"tcId": next(number), **case} for case in group["tests"]]
    total = sum(len(group["tests"]) for group in groups)
    return {
        "subject": subject,
        "generator": "tests/generators/wycheproof.py",
        "numberOfTests": total,
        "notes": notes,
        "testGroups": groups,
    }


def render(vectors: Case) -> str:
    return json.dumps(vectors, indent=1) + "\n"
