"""Fuzz one parser, in a folder of its own: `python -m tests.soak.fuzz TARGET [options]`.

The options are those of libFuzzer. It starts from `tests/soak/fuzz/corpus/TARGET`, and writes what
it finds to the folder that it is run in.
"""

from __future__ import annotations

import sys
import tempfile

import atheris

from tests.soak.fuzz import CORPUS

with atheris.instrument_imports(include=["legacy", "modern", "compat"]):
    from tests.soak.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until told to stop."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.soak.fuzz {{{','.join(TARGETS)}}} [libFuzzer options]")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as found:  # what is new stays out of the repository
        atheris.Setup([*sys.argv, found, str(CORPUS / name)], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
