"""The table of dialects in compat/README.md: `python -m tests.generators.dialect_table` writes it.

It is made from the list of dialects, and put in the place of the table that is there.
"""

from __future__ import annotations

import re

from modern.dialects import DIALECTS, Dialect
from tests.programs import ROOT

PAGE = ROOT / "compat" / "README.md"
HEAD = "| `--dialect` | authentication key | other differences from `independent` |"
_TABLE = re.compile(re.escape(HEAD) + r"\n\| --- \| --- \| --- \|\n(?:\|.*\n)*")


def row(dialect: Dialect) -> str:
    """Return the row of one dialect."""
    others = [
        f"{axis}: {rule}"
        for axis, rule in dialect.differences()
        if axis != "authentication key" and dialect.name != "independent"
    ]
    return f"| `{dialect.name}` | {dialect.keys.rule} | {'; '.join(others) or 'nothing'} |"


def table() -> str:
    """Return the whole table."""
    rows = [row(dialect) for dialect in DIALECTS.values()]
    return "\n".join([HEAD, "| --- | --- | --- |", *rows]) + "\n"


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: table(), page), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
