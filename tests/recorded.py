"""Loads the recorded facts in `vectors/`: what the original programs sent, took and showed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "vectors"


def load(name: str) -> dict[str, Any]:
    """Return one vector file."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


LEGACY = load("legacy")
MODERN = load("modern")
