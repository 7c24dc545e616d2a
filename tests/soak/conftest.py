"""Gives the long runs their table of figures."""

from tests.soak.figures import figures, pytest_terminal_summary, scaled

__all__ = ["figures", "pytest_terminal_summary", "scaled"]
