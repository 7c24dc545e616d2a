"""Gradescope: its `results.json`, and a ready autograder folder.

    python -m tests.coursework.gradescope FOLDER [--protocol legacy|modern] [pytest options]

writes FOLDER: zip its content and upload it as the assignment's autograder. The format is the one
of https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.coursework.model import Outcome
from tests.coursework.submission import REPOSITORY

if TYPE_CHECKING:
    from tests.coursework.plugin import Scored

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
_WORDS = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.NOT_REACHED: "failed"}

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
# A submission that loses points is no failure of the autograder: the file says what it reached.
[ -s "$autograder/results/results.json" ]
"""

_REQUIREMENTS = "pyaes>=1.6.1\npycryptodome>=3.20\npytest>=8\n"
_CONFTEST = '''\
"""Gives pytest the options of the grader."""

from tests.coursework import plugin


def pytest_addoption(parser, pluginmanager):
    pluginmanager.register(plugin, "coursework")
'''
_PYTEST_INI = "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n"
_NEEDED = (
    "legacy/*.py",
    "legacy/README.md",
    "modern/*.py",
    "modern/README.md",
    "tests/__init__.py",
    "tests/recorded.py",
    "tests/vectors/*.json",
    "tests/coursework/*.py",
)


def results(scored: Sequence[Scored], visibility: str) -> dict[str, object]:
    """Return what Gradescope reads: points and words for each check, in their order."""
    return {
        "visibility": visibility,
        "tests": [
            {
                "number": str(number),
                "name": f"{row.check.id}: {row.check.title}",
                "score": row.points,
                "max_score": row.check.points,
                "status": _WORDS[row.outcome],
                "output": row.text,
                "output_format": "text",
                "visibility": visibility,
            }
            for number, row in enumerate(scored, 1)
        ],
    }


def build(folder: Path, options: Sequence[str]) -> None:
    """Write an autograder into `folder`, which must not be there yet or be empty."""
    for pattern in _NEEDED:
        for source in sorted(REPOSITORY.glob(pattern)):
            if source.name.startswith("test_") and source.name != "test_submission.py":
                continue
            target = folder / "grader" / source.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    files = {
        "setup.sh": _SETUP,
        "run_autograder": _RUN.format(options=shlex.join(options)),
        "requirements.txt": _REQUIREMENTS,
        "grader/tests/conftest.py": _CONFTEST,
        "grader/pytest.ini": _PYTEST_INI,
    }
    for name, content in files.items():
        path = folder / name
        path.write_text(content, encoding="utf-8", newline="\n")
        if name in ("setup.sh", "run_autograder"):
            path.chmod(0o755)


def main() -> int:
    """Build the folder; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.coursework.gradescope",
        description="Write a Gradescope autograder: zip the folder's content and upload it.",
        epilog="Further options go to pytest on each run: --protocol, --visibility, --time-limit, "
        "--server-command and --client-command ({submission} is the submission's folder).",
    )
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    arguments, options = parser.parse_known_args()
    if arguments.folder.exists() and any(arguments.folder.iterdir()):
        print(f"{arguments.folder} is not empty: name a new folder", file=sys.stderr)
        return 2
    build(arguments.folder, options)
    print(f"written: zip the content of {arguments.folder}, then upload the zip as the autograder")
    return 0


if __name__ == "__main__":
    sys.exit(main())
