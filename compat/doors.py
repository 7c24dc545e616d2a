"""The command `tilde-to-tag`: it lists and starts all programs of this project, called doors here.

Alone, it prints the list. `tilde-to-tag NAME …` starts a program in this process, exactly as
`python -m` would. It starts fast: a program is loaded only when it is asked for.
"""

from __future__ import annotations

import os
import sys

PROGRAM = "tilde-to-tag"
INTERRUPTED = 130
"""Exit status after Ctrl-C before a program is loaded. Then the program has its own status."""

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The folder with the packages: a clone, a student's copy, or `site-packages`."""


class Door:
    """One program: its name, its module, its arguments, and what it is for."""

    def __init__(self, name: str, module: str, takes: str, words: str, absent: str = ""):
        """Take all of this, and what to say if the installation does not have the module."""
        self.name, self.module, self.takes, self.words = name, module, takes, words
        self.absent = absent

    def is_here(self) -> bool:
        """Return whether this installation has the program."""
        path = os.path.join(ROOT, *self.module.split("."))
        return os.path.isfile(f"{path}.py") or os.path.isfile(os.path.join(path, "__main__.py"))


DOORS = (
    Door("tour", "compat", "", "see both chats talk, and be attacked: ten steps"),
    Door("page", "compat.page", "[build FOLDER]", "be alice, bob and mallory in a browser"),
    Door("legacy server", "legacy.Server", "[PORT]", "the first chat: wait for a peer"),
    Door("legacy client", "legacy.Client", "", "the first chat: connect to a server"),
    Door("chat", "modern", "OPTIONS", "the second chat, called modern: one side of it"),
    Door("hardened", "modern.hardened", "OPTIONS", "the third chat: fewer open weaknesses"),
    Door("careful server", "compat.Server", "[PORT]", "talk to an old Client.py; lose nothing"),
    Door("careful client", "compat.Client", "", "talk to an old Server.py; lose nothing"),
    Door("identify", "compat.identify", "CAPTURE", "find out which protocol an old program speaks"),
    Door("bridge", "compat.bridge", "OPTIONS", "join a legacy and a modern peer"),
    Door("wiretap", "compat.wiretap", "OPTIONS", "sit between two peers, watch, and tamper"),
    Door(
        "notebooks",
        "notebooks.handout",
        "FOLDER",
        "write the five notebooks there, without solutions",
        absent="this is a student's copy: its notebooks are already in the folder notebooks",
    ),
    Door(
        "coursework",
        "tests.coursework",
        "...",
        "grade students' own chats (only in a checkout)",
        absent="it is not here: only a checkout of the project has it",
    ),
)


class Refused(Exception):  # noqa: N818 - the command was refused; nothing broke
    """The command cannot be carried out: the line to say, and the exit status."""

    def __init__(self, line: str, status: int):
        super().__init__(line)
        self.status = status


# What there is -------------------------------------------------------------------------------


def describe(doors: tuple[Door, ...] = DOORS) -> str:
    """Return one line for each door."""
    heads = [f"{door.name} {door.takes}".rstrip() for door in doors]
    width = max(map(len, heads))
    return "".join(
        f"  {head:{width}}  {door.words}\n" for head, door in zip(heads, doors, strict=True)
    )


def describe_all() -> str:
    """Return what the command prints without arguments."""
    return (
        f"usage: {PROGRAM} NAME ...\n\n"
        "Three encrypted chats to run, take apart and learn from; not for real secrets.\n\n"
        f"{describe()}\n"
        f"Begin with the tour. More about a program: {PROGRAM} NAME --help\n"
    )


def next_steps() -> list[tuple[str, str]]:
    """Return the files or commands that the tour names at its end, and what each is for."""
    if is_wheel():
        return [
            (f"{PROGRAM} legacy server", "run the first chat yourself"),
            (f"{PROGRAM} chat --help", "run the second chat yourself"),
            (f"{PROGRAM} hardened --help", "a third chat: fewer open weaknesses"),
            (f"{PROGRAM} wiretap --help", "take mallory's seat"),
            (f"{PROGRAM} notebooks lab", "how all of it works, in five notebooks"),
        ]
    return [
        ("README.md", "run all three chats yourself"),
        ("modern/hardened/README.md", "the third chat: fewer open weaknesses"),
        ("compat/page/README.md", "the attacks by hand, in a browser"),
        ("compat/README.md", "take mallory's seat, with the wiretap"),
        ("notebooks/1_the_legacy_chat.ipynb", "how it works, block by block"),
        ("notebooks/2_breaking_it.ipynb", "the attacks, and you make them work"),
        ("notebooks/3_the_modern_chat.ipynb", "what repairs which weakness, and why"),
        ("notebooks/4_what_is_still_open.ipynb", "six weaknesses that are still open"),
        ("notebooks/5_closing_the_doors.ipynb", "you repair them and see attacks fail"),
        ("tests/coursework/README.md", "write a chat yourself, and be graded"),
    ]


def is_wheel() -> bool:
    """Return whether this was installed from a wheel: then there is no README.md beside it."""
    return os.path.isdir(os.path.join(ROOT, "notebooks", "project"))


# Open one ------------------------------------------------------------------------------------


def run(words: list[str]) -> int:
    """Do what the words of the command line ask for. Raises Refused."""
    if not words or words[0] in ("-h", "--help"):
        return show(describe_all())
    for door in DOORS:
        names = door.name.split()
        if words[: len(names)] == names:
            return enter(door, words[len(names) :])
    group = tuple(door for door in DOORS if door.name.startswith(f"{words[0]} "))
    if group and words[1:] in ([], ["-h"], ["--help"]):
        return show(describe(group))
    raise Refused(f"no program has this name{suggest(words)}", 2)


def suggest(words: list[str]) -> str:
    """Return which program may have been meant.

    The given words are not printed: one of them may be a key in the wrong place.
    """
    import difflib

    names = {name: door.name for door in DOORS for name in (door.module, door.name)}
    for meant in (" ".join(words[:2]), words[0]):
        if near := difflib.get_close_matches(meant, names, n=1):
            return f"; did you mean {PROGRAM} {names[near[0]]}?"
    return f"; {PROGRAM} alone lists all names"


def enter(door: Door, arguments: list[str]) -> int:
    """Run a program as `python -m` does; its end ends this process. Raises Refused."""
    import runpy

    from modern import command_line

    if not door.is_here():
        raise Refused(f"{door.name}: {door.absent}", 1)
    command_line.CALLED_AS = f"{PROGRAM} {door.name}"
    sys.argv = [command_line.CALLED_AS, *arguments]  # `legacy` takes its name from here
    if not is_wheel():
        sys.path.insert(0, ROOT)  # a checkout's `tests`, not those of any other package
    runpy.run_module(door.module, run_name="__main__")
    return 0


def show(text: str) -> int:
    """Print to standard output. Raises Refused where that is not possible."""
    if fault := _write(text, "stdout"):
        raise Refused(f"cannot write to standard output: {fault}", 1)
    return 0


def _write(text: str, stream: str) -> str:
    """Write to a stream of `sys`; return what is wrong with it, if anything."""
    if getattr(sys, stream) is None:
        return "it is closed"
    from modern.streams import escape

    try:
        print(escape(text, getattr(sys, stream)), end="", flush=True, file=getattr(sys, stream))
    except OSError as error:
        setattr(sys, stream, None)  # otherwise Python would try once more at its end
        return error.strerror or "it failed"
    return ""


def main() -> int:
    """Run the command; return its exit status: 0 done, 1 failed, 2 used wrongly."""
    try:
        return run(sys.argv[1:])
    except Refused as refused:
        _write(f"{PROGRAM}: {refused}\n", "stderr")
        return refused.status
    except KeyboardInterrupt:
        return INTERRUPTED
