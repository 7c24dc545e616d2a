"""What the programs of this package share, stood in for until the move brings it here."""

from compat.entry import run

__all__ = ["run"]
