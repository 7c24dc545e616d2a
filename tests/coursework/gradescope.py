"""Writes what Gradescope needs: a folder that grades there, and the file `results.json`.

    python -m tests.coursework gradescope FOLDER [--protocol NAME] [pytest options]

The format is described at https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.coursework.model import Outcome, Result
from tests.coursework.places import REPOSITORY

PROGRAM = "python -m tests.coursework.gradescope"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
_STATUS = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.NOT_REACHED: "failed"}

_SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image.
set -euo pipefail
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv
cd "$(dirname "$0")"
python3 -m venv python
python/bin/pip install --requirement requirements.txt
"""

_RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission.
autograder="${{AUTOGRADER:-/autograder}}"
mkdir -p "$autograder/results"
cd "$autograder/source/grader" || exit 1
python=../python/bin/python
[ -x "$python" ] || python=python3
"$python" -m pytest tests/coursework -p no:cacheprovider \\
  "--submission=$autograder/submission" \\
  "--gradescope=$autograder/results/results.json" {options}
# Lost points are no failure of the autograder. It has failed only if it wrote no results.
[ -s "$autograder/results/results.json" ]
"""

_REQUIREMENTS = "pyaes>=1.6.1\npycryptodome>=3.20\npytest>=8\n"
_PYTEST_INI = "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n"
_NEEDED = (
    "compat/*.py",
    "compat/identify/*.py",
    "legacy/*.py",
    "legacy/README.md",
    "modern/*.py",
    "modern/README.md",
    "modern/hardened/README.md",
    "tests/__init__.py",
    "tests/vectors/hardened.json",
    "tests/vectors/legacy.json",
    "tests/vectors/modern.json",
    "tests/coursework/*.py",
    "tests/coursework/checks/*.py",
    "tests/coursework/starter/*.py",
)
"""The files that grading needs."""


def add_options(add: Callable[..., object]) -> None:
    """Add the options for `results.json`; `add` is argparse's or pytest's method."""
    add("--gradescope", type=Path, metavar="FILE", help="write Gradescope's results.json here")
    add(
        "--visibility",
        choices=VISIBILITIES,
        default="visible",
        help="when Gradescope shows the checks to students (default %(default)s)",
    )


def results(
    graded: Sequence[Result], visibility: str, notes: Sequence[str] = ()
) -> dict[str, object]:
    """Return what Gradescope reads: points and a text for each check, and notes above them."""
    return {
        **({"output": "\n".join(notes), "output_format": "text"} if notes else {}),
        "visibility": visibility,
        "tests": [
            {
                "number": str(number),
                "name": f"{result.check.id}: {result.check.title}",
                "score": result.points,
                "max_score": result.check.points,
                "status": _STATUS[result.outcome],
                "output": result.detail,
                "output_format": "text",
                "visibility": visibility,
            }
            for number, result in enumerate(graded, 1)
        ],
    }


def build(folder: Path, options: Sequence[str]) -> None:
    """Write an autograder into `folder`, which must be new or empty."""
    for pattern in _NEEDED:
        for source in sorted(REPOSITORY.glob(pattern)):
            target = folder / "grader" / source.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    files = {
        "setup.sh": _SETUP,
        "run_autograder": _RUN.format(options=shlex.join(options)),
        "requirements.txt": _REQUIREMENTS,
        "grader/pytest.ini": _PYTEST_INI,
    }
    for name, content in files.items():
        path = folder / name
        path.write_text(content, encoding="utf-8", newline="\n")
        if name in ("setup.sh", "run_autograder"):
            path.chmod(0o755)


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Write the folder; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f"{program} FOLDER [options for each run]",
        description="Write a Gradescope autograder. Then zip the folder's content and upload it.",
        epilog="All other options are used in each run: --protocol, --visibility, --time-limit, "
        "--server-command, --client-command ({submission} in a command is the submission's "
        "folder), and those of pytest.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    chosen, options = parser.parse_known_args(arguments)
    if chosen.folder.exists() and any(chosen.folder.iterdir()):
        print(f"{chosen.folder} is not empty: name a new folder", file=sys.stderr)
        return 2
    build(chosen.folder, options)
    print(f"written: zip the content of {chosen.folder}, then upload the zip as the autograder")
    return 0


if __name__ == "__main__":
    sys.exit(main())
