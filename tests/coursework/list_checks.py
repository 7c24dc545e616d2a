"""Lists the checks: the id, the points, the title and the rule of each.

python -m tests.coursework list [--protocol legacy|modern|hardened]
"""

from __future__ import annotations

import argparse
import sys

from tests.coursework.console import window, write_any_character
from tests.coursework.grading import PROTOCOLS, Assignment, table_of_checks

PROGRAM = "python -m tests.coursework.list_checks"


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=program, description="List the checks with their points, titles and rules."
    )
    parser.add_argument("--protocol", choices=PROTOCOLS, help="only this chat (default: all)")
    write_any_character()
    chosen = parser.parse_args(arguments).protocol
    assignment = Assignment((chosen,) if chosen else PROTOCOLS)
    print("\n".join(table_of_checks(assignment, window())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
