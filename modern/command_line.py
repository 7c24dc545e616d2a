"""What every program shares, stood in for until the move brings it here."""

from __future__ import annotations

from modern.p2p_encryption import Parser, print_text, report

CALLED_AS = ""
"""How a program was opened by another one: `tilde-to-tag wiretap`. Empty otherwise."""


def program_name(default: str) -> str:
    """Return the name by which the help of this program calls it."""
    return CALLED_AS or default


__all__ = ["CALLED_AS", "Parser", "print_text", "program_name", "report"]
