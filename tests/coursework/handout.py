"""Writes a folder to give to students: the specification, the starter and a grader of their own.

    python -m tests.coursework handout FOLDER [--protocol legacy|modern|hardened]

The students need nothing else: neither this repository nor its chats, which are the solution.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from modern.missing import TOO_MANY
from tests.coursework.grading import BOTH, PROTOCOLS
from tests.coursework.places import HERE, STARTER
from tests.coursework.recording import record
from tests.coursework.rules import page_of, specification
from tests.coursework.student_grader import CASES

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
specification, and what to do next. It shows the first mistake; `--all` shows every one:

{commands}

You need Python 3.10 or newer, and an AES library. These two are the usual ones:

    python -m pip install pyaes pycryptodome

On Windows, write `py` for `python`; on Linux and macOS it may be `python3`.

`grade.py` asks recorded questions and knows the recorded answers. Your teacher's grader asks with
other keys and texts, and asks some things more. So an answer that you copy from here is worth
nothing there. There is no finished chat in the folder `grader`.
"""

_GRADE = """\
\"\"\"Grades your work: python grade.py [--all]\"\"\"

import sys

if sys.version_info < (3, 10):
    sys.exit("Python %d.%d is too old: grade.py needs Python 3.10 or newer" % sys.version_info[:2])

from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "{grader}"))

from tests.coursework.student_grader import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(HERE / "{work}"))
"""

GRADER = "grader"


class HandoutError(Exception):
    """The folder cannot be written; the text says why."""


def write(folder: Path, protocols: Sequence[str] = BOTH) -> list[Path]:
    """Write the files into `folder`, which must be new or empty; return their paths.

    Raises HandoutError.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise HandoutError(f"{folder} is not empty: name a new folder")
        return list(_write(folder, protocols))
    except OSError as error:
        if error.errno in TOO_MANY:
            raise
        raise HandoutError(f"cannot write to {folder}: {error.strerror or error}") from None


def _write(folder: Path, protocols: Sequence[str]) -> Sequence[Path]:
    texts = {page_of(protocol): _page(protocol) for protocol in protocols}
    written = [_write_text(folder / name, text) for name, text in texts.items()]
    for protocol in protocols:
        target = folder / WORK / f"{protocol}_chat.py"
        target.parent.mkdir(exist_ok=True)
        written.append(Path(shutil.copyfile(STARTER / target.name, target)))
    written.append(_write_text(folder / "grade.py", _GRADE.format(grader=GRADER, work=WORK)))
    written += _write_grader(folder / GRADER / "tests" / "coursework", protocols)
    return [_write_text(folder / "README.md", _readme(protocols)), *written]


@cache
def machinery() -> tuple[str, ...]:
    """Return the modules that the student's grader needs: they ask, compare, and know no answer."""
    found, waiting = set[str](), ["student_grader"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported((HERE / f"{name}.py").read_text("utf-8"))
    return tuple(sorted(found))


def _imported(code: str) -> Iterator[str]:
    """Yield the modules of this package that a file imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == __package__:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(__package__):
            yield str(node.module).removeprefix(f"{__package__}.")


def _write_grader(folder: Path, protocols: Sequence[str]) -> Iterator[Path]:
    files = [f"{name}.py" for name in machinery()]
    files += [f"starter/{protocol}_chat.py" for protocol in protocols]  # to tell what is unchanged
    for name in files:
        yield _write_text(folder / name, (HERE / name).read_text("utf-8"))
    for package in (folder.parent, folder):
        yield _write_text(package / "__init__.py", "")
    cases = json.dumps({protocol: record(protocol) for protocol in protocols})
    yield _write_text(folder / CASES.name, cases)


def _write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _page(protocol: str) -> str:
    """Return what a student needs of the specification: nothing about how our own chat is built.

    It has no links to files that are not in the folder, and names only functions of the starter.
    """
    title, *sections = re.split(r"(?m)^(?=## )", specification(protocol))
    kept = [each for each in sections if not each.startswith(_NOT_FOR_STUDENTS[protocol])]
    page = "".join([_opening(title), *kept])
    page = re.sub(r"(?m)^(\| step .*\|) in .*\|$", r"\1 your function |", page)
    starter = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
    page = re.sub(
        r"(?m)^(\| \d[\d.]* [^|].*\| )([^|]*)\|$",
        lambda row: f"{row[1]}{_known(row[2], starter)}|",
        page,
    )
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", page)


_NOT_FOR_STUDENTS = {
    "legacy": ("## Dialects",),
    "modern": ("## Dialects",),
    "hardened": ("## The command line", "## What stays open"),
}


def _opening(text: str) -> str:
    """Return the title, the warning, and how one chats; not how our own programs are started."""
    paragraphs = text.split("\n\n")
    how = [text[text.index(start) :].split("\n\n", 1)[0] for start in _HOW if start in text]
    warning = [each for each in paragraphs if each.startswith(">")]
    return "\n\n".join([paragraphs[0], *warning, *how]).rstrip() + "\n\n"


_HOW = ("Both sides type the same passphrase.",)


def _known(cell: str, starter: str) -> str:
    """Return those names of a cell that the starter has."""
    names = re.findall(r"`(?:\w+\.)?(\w+)`", cell)
    kept = [f"`{name}`" for name in names if re.search(rf"(?m)^(def|class) {name}\b", starter)]
    return ", ".join(kept) + " " * bool(kept)


_NAMES = {"hardened": "records of the third chat"}
_ONE = {"hardened": "the records of the third chat: steps 4 to 7 of its specification"}


def _readme(protocols: Sequence[str]) -> str:
    many = len(protocols) > 1
    rows = ["| file | what it is |", "| --- | --- |"]
    rows += [f"| `{page_of(name)}` | the specification of the {name} chat |" for name in protocols]
    rows += [f"| `{WORK}/{name}_chat.py` | your file for the {name} chat |" for name in protocols]
    rows += ["| `grade.py` | grades your work |", f"| `{GRADER}` | what `grade.py` needs |"]
    return _README.format(
        title="Your chats" if many else f"Your {_NAMES.get(protocols[0], protocols[0] + ' chat')}",
        chats="two encrypted chats from their specifications"
        if many
        else _ONE.get(protocols[0], "an encrypted chat from its specification"),
        table="\n".join(rows),
        work=WORK,
        examples="\n".join(f"    python -m doctest {WORK}/{name}_chat.py" for name in protocols),
        commands="\n".join(
            f"    python grade.py {name}".rstrip() for name in (protocols if many else [""])
        ),
    )


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Write the folder that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f"{program} FOLDER [--protocol legacy|modern|hardened]",
        description="Write a folder to give to students: specification, starter, a grader.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    usual = " and ".join(BOTH)
    parser.add_argument("--protocol", choices=PROTOCOLS, help=f"only this chat (default: {usual})")
    options = parser.parse_args(arguments)
    try:
        paths = write(options.folder, (options.protocol,) if options.protocol else BOTH)
    except HandoutError as error:
        print(f"handout: {error}", file=sys.stderr)
        return 1
    shown = [path for path in paths if GRADER not in path.relative_to(options.folder).parts]
    print(*shown, options.folder / GRADER, sep="\n")
    print(f"next: read {paths[0]}, then give the folder to your students")
    return 0


if __name__ == "__main__":
    sys.exit(main())
