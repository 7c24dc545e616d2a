"""Checks of the legacy notebooks: filled in by the next commits."""

from __future__ import annotations

from collections.abc import Callable

CHECKS: dict[str, Callable[..., None]] = {}
