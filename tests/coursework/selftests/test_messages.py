"""What a student reads: the true reason, once, and short, whatever the submission does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests import rarely
from tests.coursework.grading import PROTOCOLS, Assignment, total
from tests.coursework.model import GRADER_FAULT, Outcome, Result
from tests.coursework.places import HANDS, REPOSITORY, STARTER
from tests.coursework.rules import specification
from tests.coursework.running import Running
from tests.coursework.selftests import in_process
from tests.coursework.selftests.commands import check_here, front_door_here, grade_here
from tests.coursework.worker_process import MARK
from tests.systems import with_a_start

PLAIN = (HANDS / "plain" / "legacy_chat.py").read_text("utf-8")


def write(folder: Path, code: str | bytes, protocol: str = "legacy") -> None:
    data = code.encode("utf-8") if isinstance(code, str) else code
    (folder / f"{protocol}_chat.py").write_bytes(data)


def grade(folder: Path, code: str | bytes, protocol: str = "legacy") -> dict[str, Result]:
    write(folder, code, protocol)
    return {r.check.id: r for r in in_process.grade(folder, protocol)}


def grade_in_a_process(folder: Path, code: str) -> dict[str, Result]:
    """Only there does what a submission prints come back."""
    write(folder, code)
    graded = Assignment(("legacy",), time_limit=with_a_start(10)).grade(folder)
    return {r.check.id: r for r in graded}


# A student's own file --------------------------------------------------------------------------


def test_what_a_student_prints_stands_in_the_check_that_fails(tmp_path: Path) -> None:
    looking = "    print('missing:', -len(text) % 16)\n    print(*range(9), sep='\\n')\n"
    code = PLAIN.replace("    while len(text) % 16", f"{looking}    while len(text) % 15")
    results = grade_in_a_process(tmp_path, code)
    report = results["legacy-padding"].report
    assert "  printed   missing: 12\n            0\n            1\n" in report
    assert "\n            …\n" in report
    assert "\n            8\n" not in report
    assert "printed" not in results["legacy-key"].detail


def test_what_one_check_prints_does_not_stand_in_another(tmp_path: Path) -> None:
    code = PLAIN.replace("    hasher = ", "    print('in derive_key')\n    hasher = ")
    code = code.replace("!= 0:\n        text", "!= 1:\n        text")
    results = grade_in_a_process(tmp_path, code)
    assert results["legacy-key"].outcome is Outcome.PASSED
    assert results["legacy-padding"].outcome is Outcome.FAILED
    assert "in derive_key" not in results["legacy-padding"].detail


def test_a_place_is_named_once(tmp_path: Path) -> None:
    detail = grade(tmp_path, "x = 1\ndef broken(:")["legacy-loads"].detail
    assert detail.count("line 2") == 1
    assert "it raised SyntaxError: invalid syntax (legacy_chat.py, line 2)" in detail


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("# café\n".encode("latin-1") + PLAIN.encode(), "missing encoding declaration"),
        (PLAIN.encode() + "\n# café".encode("latin-1"), "is not in utf-8"),
        (b"# coding: no-such-encoding\n" + PLAIN.encode(), "no-such-encoding"),
        (PLAIN.encode("utf-16"), "it raised"),
        (PLAIN.encode() + b"\0", "it raised"),
    ],
    ids=["first line", "last line", "no such encoding", "utf-16", "a zero byte"],
)
def test_a_file_that_python_refuses_gets_no_points(code: bytes, words: str, tmp_path: Path) -> None:
    results = grade(tmp_path, code)
    assert total(results.values())[0] == 0
    assert words in results["legacy-loads"].detail
    command = [sys.executable, "-I", "-S", "legacy_chat.py"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


def test_a_file_in_a_declared_encoding_gets_its_points(tmp_path: Path) -> None:
    code = PLAIN.replace("☑", "\\u2611").replace("☒", "\\u2612")
    results = grade(tmp_path, f"# coding: latin-1\n# café\n{code}".encode("latin-1"))
    assert total(results.values()) == (40, 40)


HUGE = {
    "a megabyte of text": "'x' * 1_000_000",
    "brackets": "'[' * 100_000",
    "emoji": "'🔑' * 80_000",
    "bytes": "b'x' * 500_000",
    "a long list": "['x'] * 90_000",
    "a list of blocks": "[[120] * 16] * 9_000",
    "chunks": "[b'x' * 15] * 9_000",
    "a deep list": "__import__('functools').reduce(lambda x, _: [x], range(9_000), 1)",
    "a number": "10 ** 18 - 1",
    "an error of a megabyte": "(_ for _ in ()).throw(ValueError('x' * 1_000_000))",
    "an error that cannot speak": "(_ for _ in ()).throw("
    "type('E' * 9_000, (Exception,), {'__str__': lambda self: 1 / 0})())",
    "keys": "Keys(b'x' * 200_000, b'y' * 200_000)",
    "keys that talk": "type('K', (), {'confidentiality': b'', 'authentication': b'', "
    "'__repr__': lambda self: 'k' * 900_000})()",
    "json": "'{\"timestamp\": 1' + ', \"x\": [[[[]]]]' * 50_000 + '}'",
}


@rarely.each("value", HUGE, daily=["keys that talk"])
def test_huge_values_are_cut_everywhere(tmp_path: Path, value: str) -> None:
    """Each function of the starters returns the same huge value, whatever its arguments."""
    for protocol in PROTOCOLS:
        code = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
        code = code.replace("raise NotImplementedError", f"return {value}")
        for kind in ("Keys", "Direction"):
            code = code.replace(f"{kind}):\n        return {value}", f"{kind}):\n        pass")
        if protocol != "legacy" or "Keys" not in value:
            (tmp_path / f"{protocol}_chat.py").write_text(code, "utf-8")
    results = Assignment(PROTOCOLS).grade(tmp_path)
    assert total(results)[0] <= 3
    for result in results:
        assert GRADER_FAULT not in result.detail
        assert len(result.report) < 6000


HARDENED = (HANDS / "plain" / "hardened_chat.py").read_text("utf-8")


def test_a_sealer_is_called_a_sealer(tmp_path: Path) -> None:
    code = HARDENED + "\n\ndef refuse(self, *_):\n    return 7\n\n\nSealer.seal = refuse\n"
    detail = grade(tmp_path, code, "hardened")["hardened-sealer"].detail
    assert "  sealer.seal(" in detail
    assert "decoder" not in detail


def test_what_came_before_is_told(tmp_path: Path) -> None:
    """A Decoder that was fed two things says which."""
    code = HARDENED + (
        "\n\nright = Decoder.feed\n\n\ndef feed(self, data):\n    try:\n"
        "        yield from right(self, data)\n    except RecordError:\n        yield b'more'\n\n\n"
        "Decoder.feed = feed\n"
    )
    results = grade(tmp_path, code, "hardened")
    said = " ".join(results["hardened-stream-after-end"].report.split())  # lines are wrapped
    assert "a Decoder that was fed the text b'" in said
    assert "a record of Kind.END, then a correct" in said


def test_a_long_line_is_wrapped_in_a_report_and_rows_are_not(tmp_path: Path) -> None:
    results = grade(tmp_path, PLAIN.replace("bytes(aes.encrypt(block))", "aes.encrypt(block)"))
    lines = results["legacy-encryption"].report.splitlines()
    assert max(map(len, lines)) <= 78
    assert len(results["legacy-encryption"].detail.splitlines()[0]) > 78


# The console -----------------------------------------------------------------------------------


COMMANDS = [
    "tests.coursework list",
    "tests.coursework.list_checks",
    "pytest tests/coursework --list-checks",
    "tests.coursework check tests/coursework/starter -pno:cacheprovider",
    "pytest tests/coursework --submission=tests/coursework/starter -pno:cacheprovider",
]
ENCODINGS = ["ascii", "cp1252", "cp932"]


def expect_every_character(shown: str, encoding: str) -> None:
    assert "Traceback" not in shown
    assert "UnicodeEncodeError" not in shown
    assert "legacy-crossed-box" in shown
    if encoding == "ascii":
        assert r"\u2612" in shown


@rarely.each("encoding", ENCODINGS, daily=["ascii"])
@rarely.each("command", COMMANDS, daily=COMMANDS[:1])
def test_every_console_can_show_every_report(command: str, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        env={name: value for name, value in environment.items() if name != "PYTHONUTF8"},
        cwd=REPOSITORY,
        capture_output=True,
        timeout=60,
        check=False,
    )
    expect_every_character((done.stdout + done.stderr).decode(encoding), encoding)


HERE = {
    "list": partial(front_door_here, "list"),
    "pytest --list-checks": partial(grade_here, "--list-checks"),
    "check": partial(check_here, STARTER, "--protocol=legacy"),
    "pytest": partial(grade_here, f"--submission={STARTER}", "--protocol=legacy"),
}


@rarely.each("encoding", ENCODINGS, daily=["ascii"])
@pytest.mark.parametrize("command", HERE.values(), ids=HERE)
def test_every_command_writes_what_a_console_can_show(
    command: Callable[..., subprocess.CompletedProcess[str]], encoding: str
) -> None:
    """What it writes, it writes here to a stream with that encoding, which refuses all others."""
    done = command(encoding=encoding)
    expect_every_character(done.stdout + done.stderr, encoding)


@pytest.mark.parametrize("option", ["-k=key", "-x"])
def test_points_that_are_missing_from_the_maximum_are_named(option: str) -> None:
    option = option.replace("=", "")
    done = check_here(STARTER, "--protocol=legacy", option)
    line = next(line for line in done.stdout.splitlines() if line.startswith("not run: "))
    assert line.endswith("points, which are missing from the maximum of 40")


def test_nothing_is_said_of_missing_points_if_none_are_missing() -> None:
    done = check_here(STARTER, "--protocol=legacy")
    assert "not run: " not in done.stdout
    assert "\nseed " in done.stdout


def test_in_a_pipe_each_mistake_is_shown_once_and_each_check_has_one_row() -> None:
    shown = check_here(STARTER, "--protocol=legacy", "-kkey-unicode or legacy-key]").stdout
    assert shown.count("legacy-key: A passphrase becomes a 32-byte key (0 of 2 points)") == 1
    row = "not reached   0 of  1  legacy-key-unicode              A passphrase may contain any"
    assert f"\n{row} character\n" in shown


# The pages -------------------------------------------------------------------------------------


def test_the_specification_names_the_exceptions() -> None:
    names = {
        "legacy": ["UnrecognisedData"],
        "modern": ["AuthenticationError", "FrameError", "TruncationError"],
        "hardened": ["AuthenticationError", "RecordError", "TruncationError"],
    }
    for protocol, wanted in names.items():
        assert all(f"`{name}`" in specification(protocol) for name in wanted)
    again = "If a program gives the `Decoder` (step 5) more bytes, it gets the error again"
    assert again in specification("modern")


# Programs --------------------------------------------------------------------------------------

TALK = """
import os, socket, sys, time
server = socket.create_server(("", int(sys.argv[1])))
peer = server.accept()[0]
"""


def grade_program(folder: Path, code: str, *checks: str, seconds: float = 2) -> list[Result]:
    (folder / "chat.py").write_text(TALK + code, "utf-8")
    command = f'"{Path(sys.executable).as_posix()}" {{submission}}/chat.py {{port}}'
    limit = with_a_start(seconds)
    grader = Assignment(("modern",), {"server": command}, limit).grader(folder)
    return [grader.result(f"modern-server-{check}") for check in checks]


def test_too_few_bytes_are_counted(tmp_path: Path) -> None:
    code = "for line in sys.stdin: peer.sendall(bytes(8))"
    (result,) = grade_program(tmp_path, code, "sends")
    assert "bytes came; a frame has 112" in result.hint


IGNORES = f"""
sys.path.insert(0, {str(HANDS / "plain")!r})
import modern_chat as chat
keys = chat.derive_keys(os.environ["MODERN_CONFKEY"], os.environ["MODERN_AUTHKEY"])
pending = b""
while data := peer.recv(4096):
    pending += data
    while len(pending) >= 112:
        try:
            print(chat.open_frame(pending[:112], keys).decode(), end="", flush=True)
        except chat.AuthenticationError:
            ON_ERROR
        pending = pending[112:]
"""


def test_the_field_is_named_when_a_program_stays(tmp_path: Path) -> None:
    (result,) = grade_program(tmp_path, IGNORES.replace("ON_ERROR", "pass"), "rejects")
    assert result.outcome is Outcome.FAILED
    assert result.hint == (
        "After a frame in which the last bit of the IV was flipped, your program must close the "
        "connection and end; it stays"
    )


def test_a_wrong_status_after_the_right_words_is_named(tmp_path: Path) -> None:
    leave = "print('ERROR: HMAC verification failed', file=sys.stderr); sys.exit(3)"
    results = grade_program(
        tmp_path, IGNORES.replace("ON_ERROR", leave), "rejects", "says-so", seconds=10
    )
    assert results[0].outcome is Outcome.PASSED
    assert "All but the exit status is right after a forged frame" in results[1].hint
    assert "it is 3 and must be 1" in results[1].hint


def test_we_had_to_end_it(tmp_path: Path) -> None:
    flood = "while True: print('x' * 9999)"
    shows, *_ = grade_program(tmp_path, flood, "shows", seconds=0.5)
    assert "we had to end it" in shows.detail
    assert "-9" not in shows.detail


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_signal_has_its_name(tmp_path: Path) -> None:
    code = "import signal; os.kill(os.getpid(), signal.SIGTERM)"
    (result,) = grade_program(tmp_path, code, "shows")
    assert "a signal has ended it: SIGTERM" in result.detail


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process was given")
def test_a_child_in_a_session_of_its_own_is_ended() -> None:
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)'], start_new_session=True); print(child.pid, flush=True)"
    )
    program = Running([sys.executable, "-c", code], 10, {})
    program.wait_until(lambda: program.stdout.endswith("\n"), "a number")
    child = Path("/proc", program.stdout.strip())
    deadline = time.monotonic() + 10
    while MARK.encode() not in (child / "environ").read_bytes():  # it is only being started
        assert time.monotonic() < deadline
    program.kill()
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < deadline
