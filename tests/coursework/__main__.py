"""The front door: `python -m tests.coursework` says what there is, and its subcommands do it."""

from __future__ import annotations

import sys

try:
    import importlib
    import os
    from typing import NamedTuple

    from modern.command_line import INTERRUPTED
    from modern.missing import TOO_MANY, explain
    from tests.coursework.console import write_any_character
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

PROGRAM = "python -m tests.coursework"
_INTRODUCTION = "Students write a chat from its specification. These commands grade their work."
_USED_WRONGLY = 2


class Command(NamedTuple):
    """A subcommand: how it is called, what it does, and the module with its `main`."""

    usage: str
    purpose: str
    module: str


COMMANDS = {
    "handout": Command("FOLDER", "write a folder to give to students", "handout"),
    "check": Command("FOLDER", "grade one submission", "grade_one"),
    "class": Command("FOLDER --csv FILE", "grade a whole class into one table", "grade_class"),
    "gradescope": Command("FOLDER", "write an autograder for Gradescope", "gradescope"),
    "list": Command("", "list all checks with their points and rules", "list_checks"),
}


def overview() -> str:
    """Return what there is, a line each, and what to do next."""
    calls = {f"{name} {command.usage}": command for name, command in COMMANDS.items()}
    width = max(map(len, calls))
    lines = [f"  {call:{width}}  {command.purpose}" for call, command in calls.items()]
    return "\n".join(
        [
            _INTRODUCTION,
            "",
            *lines,
            "",
            f"next:     {PROGRAM} handout for-students",
            f"options:  {PROGRAM} check --help (likewise for each command)",
            "more:     tests/coursework/README.md",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand, or say what there is; return the exit status."""
    write_any_character()
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("ended with Ctrl-C", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if error.errno in TOO_MANY:
            print(explain(error), file=sys.stderr)
            return 1
        # for example: the reader was `head`, and has ended
        print(f"cannot write to standard output: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries once more
        return 1
    return status


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    name, *rest = words
    if name not in COMMANDS:
        print(f"there is no command {name!r}\n\n{overview()}", file=sys.stderr)
        return _USED_WRONGLY
    try:
        module = importlib.import_module(f"tests.coursework.{COMMANDS[name].module}")
    except (ImportError, OSError) as error:
        print(explain(error), file=sys.stderr)
        return 1
    status: int = module.main(rest, f"{PROGRAM} {name}")
    return status


if __name__ == "__main__":
    sys.exit(main())
