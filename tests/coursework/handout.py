"""Writes a folder to give to students: the specification, the starter and how to grade oneself.

python -m tests.coursework handout FOLDER [--protocol legacy|modern]
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.coursework.grading import PROTOCOLS
from tests.coursework.places import STARTER
from tests.coursework.rules import specification

PROGRAM = "python -m tests.coursework.handout"
WORK = "mywork"
"""The folder with the student's own files, which is what the student hands in."""

_README = """\
# {title}

You write {chats}.

{table}

In `{work}` every function is already there, with its step in the specification and an example.
Write one function after the other, from top to bottom. Then hand in the folder `{work}`.

Try the examples as often as you like. A function that is not written yet fails:

{examples}

Grade yourself. The grader shows what your function returned, what was expected, the rule of the
specification, and what to do next:

{commands}

For this command you need the repository `tilde-to-tag`, which your teacher gives you. Install it
once. This also installs pyaes and pycryptodome, two AES libraries that your file may use:

    python -m pip install --editable "FOLDER-OF-THE-REPOSITORY[coursework]"

The repository also has finished chats. Your file cannot import them. Write your own chat before you
read them.
"""


class HandoutError(Exception):
    """The folder cannot be written; the text says why."""


def write(folder: Path, protocols: Sequence[str] = PROTOCOLS) -> list[Path]:
    """Write the files into `folder`, which must be new or empty; return their paths.

    Raises HandoutError.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise HandoutError(f"{folder} is not empty: name a new folder")
        return list(_write(folder, protocols))
    except OSError as error:
        raise HandoutError(f"cannot write to {folder}: {error.strerror or error}") from None


def _write(folder: Path, protocols: Sequence[str]) -> Sequence[Path]:
    texts = {f"{protocol}/README.md": _page(protocol) for protocol in protocols}
    written = [_write_text(folder / name, text) for name, text in texts.items()]
    for protocol in protocols:
        target = folder / WORK / f"{protocol}_chat.py"
        target.parent.mkdir(exist_ok=True)
        written.append(Path(shutil.copyfile(STARTER / target.name, target)))
    return [_write_text(folder / "README.md", _readme(protocols)), *written]


def _write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _page(protocol: str) -> str:
    """Return the specification without links to files that are not in the folder."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", specification(protocol))


def _readme(protocols: Sequence[str]) -> str:
    many = len(protocols) > 1
    rows = ["| file | what it is |", "| --- | --- |"]
    rows += [f"| `{name}/README.md` | the specification of the {name} chat |" for name in protocols]
    rows += [f"| `{WORK}/{name}_chat.py` | your file for the {name} chat |" for name in protocols]
    check = f"    python -m tests.coursework check {WORK} --protocol"
    return _README.format(
        title="Your chats" if many else f"Your {protocols[0]} chat",
        chats="two encrypted chats from their specifications"
        if many
        else "an encrypted chat from its specification",
        table="\n".join(rows),
        work=WORK,
        examples="\n".join(f"    python -m doctest {WORK}/{name}_chat.py" for name in protocols),
        commands="\n".join(f"{check} {name}" for name in protocols),
    )


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Write the folder that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Write a folder to give to students: specification, starter, README.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="only this chat (default: both)")
    options = parser.parse_args(arguments)
    try:
        paths = write(options.folder, (options.protocol,) if options.protocol else PROTOCOLS)
    except HandoutError as error:
        print(f"handout: {error}", file=sys.stderr)
        return 1
    print(*paths, sep="\n")
    print(f"next: read {paths[0]}, then give the folder to your students")
    return 0


if __name__ == "__main__":
    sys.exit(main())
