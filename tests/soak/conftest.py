"""Gives the long runs their table of figures, which ../conftest.py prints."""

from tests.soak.figures import figures, scaled

__all__ = ["figures", "scaled"]
