"""The command `tilde-to-tag`: every door opens its program just as `python -m` does."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import signal
import subprocess
import warnings
from pathlib import Path

import pytest

from compat import doors
from compat.doors import DOORS, Door
from tests import rarely
from tests.in_process import run_main
from tests.programs import (
    DOOR,
    KEYS,
    ROOT,
    Program,
    environment,
    legacy_pair,
    modern_port,
    one_line,
    run,
)

CALL = "import sys; from compat.doors import main; sys.exit(main())"
NAMES = [door.name for door in DOORS]

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals and devices")


def call(name: str) -> tuple[str, ...]:
    """Return the start of a command line that opens a door."""
    return (*DOOR, *name.split())


def enter(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the program is loaded here already
        return run_main(doors.main, *words)


def run_module(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in this process, as `python -m` does."""

    def main() -> int:
        runpy.run_module(name, run_name="__main__")
        return 0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return run_main(main, *arguments)


def opened(name: str) -> Door:
    return next(door for door in DOORS if door.name == name)


# What there is -------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]], ids=" ".join)
def test_alone_it_prints_a_line_for_each_door(arguments):
    done = enter(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    listed = re.findall(r"^  (\S+(?: (?:server|client))?) .* {2,}\S", done.stdout, re.MULTILINE)
    assert listed == NAMES


def test_what_it_prints_fits_every_terminal():
    text = doors.describe_all()
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def test_alone_it_loads_no_program():
    heavy = (
        "Crypto",
        "argparse",
        "asyncio",
        "legacy",
        "modern.command_line",
        "pyaes",
        "rich",
        "runpy",
        "socket",
    )
    code = (
        "import sys; from compat.doors import main; sys.argv = ['tilde-to-tag']; main()\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = run("-c", code)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_it_is_the_command_of_the_installed_package():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\n{doors.PROGRAM} = "compat.doors:main"\n' in text


@pytest.mark.parametrize("arguments", [["legacy"], ["legacy", "--help"]], ids=" ".join)
def test_the_first_word_of_two_lists_what_may_follow(arguments):
    done = enter(*arguments)
    assert done.returncode == 0
    assert re.findall(r"^  (\w+ \w+)", done.stdout, re.MULTILINE) == [
        "legacy server",
        "legacy client",
    ]


# Each door opens -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "coursework"])
def test_help_calls_a_program_by_the_name_it_was_called_by(name):
    done = enter(*name.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {doors.PROGRAM} {name}")


@rarely.each("typed", ["", "--help", "unheard-of", "list"], daily=["unheard-of"])
def test_the_coursework_has_a_door_in_a_checkout(typed):
    arguments = typed.split()
    by_door = run(*call("coursework"), *arguments)
    by_module = run("-m", opened("coursework").module, *arguments)
    assert by_door.returncode == (2 if typed == "unheard-of" else 0)
    assert (by_door.returncode, by_door.stdout) == (by_module.returncode, by_module.stdout)


OTHER_NAMES = {
    "Server.py [port]": ("legacy/Server.py",),
    "Client.py": ("legacy/Client.py",),
    "python -m legacy.Server [port]": ("-m", "legacy.Server"),
    "python -m legacy.Client": ("-m", "legacy.Client"),
    "legacy-server [port]": (
        *("-c", "import sys, legacy.Server as s; sys.argv[0] = '/bin/legacy-server'; s.main()"),
    ),
    "legacy-client": (
        *("-c", "import sys, legacy.Client as c; sys.argv[0] = 'legacy-client.exe'; c.main()"),
    ),
}


@rarely.each(
    "name",
    list(OTHER_NAMES),
    daily=["Server.py [port]", "python -m legacy.Client", "legacy-client"],
)
def test_the_legacy_programs_know_their_other_names(name):
    done = run(*OTHER_NAMES[name], "--help")
    assert done.stdout.splitlines()[0] == f"usage: {name}"


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("tour", ["--no-such-option"], 2),
        ("legacy server", ["5555", "5556"], 2),
        ("legacy server", ["no port"], 2),
        ("legacy client", ["127.0.0.1"], 2),
        ("legacy client", [], 0),
        ("chat", [], 2),
        ("chat", ["--client", "", "--port", "1"], 2),
        ("chat", ["--client", "127.0.0.1", "--port", "1", *KEYS], 1),
        ("careful server", ["no port"], 2),
        ("careful client", ["127.0.0.1"], 2),
        ("bridge", ["--legacy", "listen:x y"], 2),
        ("wiretap", ["--listen", "0", "--forward", "nothing"], 2),
        ("notebooks", [], 2),
        ("notebooks", ["tests"], 1),
    ],
    ids=str,
)
def test_arguments_and_exit_statuses_are_those_of_python_m(name, arguments, status):
    by_door = enter(*name.split(), *arguments)
    by_module = run_module(opened(name).module, *arguments)
    assert by_door.returncode == by_module.returncode == status
    assert by_door.stdout == by_module.stdout
    assert _anonymous(by_door.stderr) == _anonymous(by_module.stderr)
    assert len(by_door.stderr.splitlines()) == (status != 0)


def _anonymous(line: str) -> str:
    """Return a complaint without the name of the program that tells more."""
    return re.sub(r"; see .* --help$", "", line, flags=re.MULTILINE)


@pytest.mark.soak  # every day, test_tour.py plays it at a terminal, behind this door
def test_the_tour_is_given():
    done = run(*call("tour"), "--fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert "bob sees" in done.stdout


def test_alice_and_bob_chat_behind_the_legacy_doors():
    with legacy_pair(server=call("legacy server"), client=call("careful client")) as (bob, alice):
        alice.type("about ~8?\n")
        bob.wait_for("Received : about ~8")  # the plain client would have lost the tilde
        bob.type("quit()\n")
        assert (bob.wait(), alice.wait()) == (0, 0)


def test_alice_and_bob_chat_behind_the_modern_door():
    with Program(*call("chat"), "--server", "--port", "0", *KEYS) as bob:
        port = modern_port(bob)
        with Program(*call("chat"), "--client", "127.0.0.1", "--port", port, *KEYS) as alice:
            alice.type("hello bob\n")
            bob.wait_for("hello bob")
            alice.end_input()
            bob.end_input()
            assert (bob.wait(), alice.wait()) == (0, 0)


@posix
@pytest.mark.parametrize(
    ("name", "arguments", "waits", "stream", "status"),
    [
        ("legacy server", ["0"], r"PORT \d+", "stdout", 255),
        ("chat", ["--server", "--port", "0", *KEYS], "waiting", "stderr", 130),
        ("wiretap", ["--listen", "0", "--forward", "127.0.0.1:1"], "listen|wait", "stderr", 130),
    ],
)
def test_ctrl_c_ends_a_program_in_its_own_way(name, arguments, waits, stream, status):
    with Program(*call(name), *arguments) as program:
        program.wait_for(waits, stream)
        program.process.send_signal(signal.SIGINT)
        assert program.wait() == status
        assert "Traceback" not in program.stderr


def test_ctrl_c_before_a_program_is_there_is_no_traceback():
    code = (
        "import sys, runpy; from compat.doors import main\n"
        "def interrupt(*_, **__): raise KeyboardInterrupt\n"
        "runpy.run_module = interrupt\n"
        "sys.argv = ['tilde-to-tag', 'tour']; sys.exit(main())"
    )
    done = run("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


# What cannot be done -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wiretep", "wiretap"),
        ("notebook", "notebooks"),
        ("legacy sever", "legacy server"),
        ("server", "legacy server"),
        ("modern", "chat"),
        ("compat.bridge", "bridge"),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest(typed, meant):
    done = enter(*typed.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr).endswith(f"did you mean tilde-to-tag {meant}?")


@pytest.mark.parametrize("typed", ["4f1d9c07", "--confkey=4f1d9c07", "legacy 4f1d9c07", ""])
def test_a_name_like_no_other_is_one_line_that_repeats_nothing(typed):
    done = enter(*(typed.split() or [""]))
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr).startswith("tilde-to-tag: no program has this name; ")
    assert "4f1d9c07" not in done.stderr


@posix
@pytest.mark.parametrize("name", ["", "legacy", "notebooks --help"])
def test_a_full_disk_is_one_line(name):
    with open("/dev/full", "wb") as full, Program(*call(name), stdout=full) as program:
        program.end_input()
        assert program.wait() == 1
        assert "cannot write to standard output: " in one_line(program.stderr)


@posix
def test_closed_streams_are_no_traceback():
    gone = "import os, sys; os.close(1); sys.stdout = None\n"
    done = run("-c", gone + CALL)
    assert done.returncode == 1
    assert one_line(done.stderr).endswith("cannot write to standard output: it is closed")
    done = run("-c", gone + "os.close(2); sys.stderr = None\n" + CALL, "wiretep")
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize(
    ("name", "package"), [("tour", "rich"), ("legacy server", "pyaes"), ("chat", "Crypto")]
)
def test_a_missing_package_is_one_line(name, package):
    without = f"import sys; sys.modules[{package!r}] = None\n"
    options = [*KEYS, "--server", "--port", "0"] if name == "chat" else []
    done = run("-c", without + CALL, *name.split(), *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert package in one_line(done.stderr)
    assert "Troubleshooting" in done.stderr


# What an installation has --------------------------------------------------------------------


@pytest.mark.parametrize(
    "door",
    DOORS,
    ids=NAMES,
)
def test_a_checkout_has_everything(door):
    assert door.is_here()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder that holds what a wheel does, as far as the doors look."""
    for package in ("legacy", "modern", "compat"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    (tmp_path / "notebooks" / "project").mkdir(parents=True)
    (tmp_path / "notebooks" / "handout.py").write_text("")
    return tmp_path


def test_without_a_checkout_coursework_says_so(installed):
    done = run("-c", CALL, "coursework", cwd=installed, env=environment(PYTHONPATH=str(installed)))
    assert done.returncode == 1
    assert "only a checkout" in one_line(done.stderr)


def test_a_students_copy_says_where_its_notebooks_are(installed):
    (installed / "notebooks" / "handout.py").unlink()
    options = {"cwd": installed, "env": environment(PYTHONPATH=str(installed))}
    done = run("-c", CALL, "notebooks", "lab", **options)
    assert done.returncode == 1
    assert "already in the folder notebooks" in one_line(done.stderr)
    assert not (installed / "lab").exists()


def test_in_a_checkout_the_tour_names_files_and_modules_that_are_here():
    assert not doors.is_wheel()
    steps = doors.next_steps()
    assert steps
    for step, _ in steps:
        module = re.match(r"python -m (\S+)", step)
        place = module[1].replace(".", "/") if module else step
        assert any((ROOT / f"{place}{end}").is_file() for end in ("", ".py", "/__main__.py")), step


def test_in_an_installation_the_tour_names_doors(installed, monkeypatch):
    monkeypatch.setattr(doors, "ROOT", str(installed))
    assert doors.is_wheel()
    steps = [step.split() for step, _ in doors.next_steps()]
    assert steps
    for command, *words in steps:
        assert command == doors.PROGRAM
        door = next(door for door in DOORS if words[: len(door.name.split())] == door.name.split())
        assert door.is_here()


def test_the_steps_fit_the_tour():
    assert max(len(step) for step, _ in doors.next_steps()) <= 38


def test_notebooks_writes_them(tmp_path):
    folder = tmp_path / "with a space"
    done = run(*call("notebooks"), str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [str(path) for path in sorted(folder.glob("*/*.ipynb"))]
    assert (folder / "pyproject.toml").is_file()
