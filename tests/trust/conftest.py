"""Shares the table of figures with the long runs of this folder."""

from tests.trust.figures import figures, pytest_terminal_summary, scaled

__all__ = ["figures", "pytest_terminal_summary", "scaled"]
