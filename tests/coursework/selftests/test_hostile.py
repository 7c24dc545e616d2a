"""Whatever one function of a submission does, the grader survives and grades the others."""

from __future__ import annotations

import os
import sys
import tempfile
import types
from functools import partial
from pathlib import Path

import pytest

from tests import rarely
from tests.coursework import worker
from tests.coursework.checks import modern_wire
from tests.coursework.grading import Assignment, total
from tests.coursework.model import GRADER_FAULT, Catalogue, Failure, Grader, Outcome, Result
from tests.coursework.places import STARTER
from tests.coursework.selftests.jobs import Graded, Job
from tests.coursework.submission import Submission

SOUND = """
def process_text(text):
    padded = text + "~" * (-len(text) % 16)
    return [list(map(ord, padded[i:i + 16])) for i in range(0, len(padded), 16)]
"""
TIME_LIMIT = 10
SHORT = 2 if os.name == "posix" else 8  # a program starts slowly on Windows
"""Seconds, for a submission that is meant to reach the limit."""


def write(folder: Path, body: str, head: str = "") -> Path:
    code = f"{head}\ndef derive_key(passphrase):\n    {body}\n{SOUND}"
    (folder / "legacy_chat.py").write_text(code, "utf-8")
    return folder


def grade(body: str, time_limit: float, folder: Path) -> list[Result]:
    """Grade a submission whose `derive_key` has this body; return its check and a later one."""
    grader = Assignment(("legacy",), time_limit=time_limit).grader(write(folder, body))
    results = [grader.result("legacy-key"), grader.result("legacy-padding")]
    grader.close()
    return results


JUNK = (
    "import contextlib, os\n"
    "    for pipe in range(3, 8):\n"
    "        with contextlib.suppress(OSError): os.write(pipe, b'junk' + b'\\n')"
)
HOSTILE = {
    "an endless loop": ("while True: pass", f"did not come back within {SHORT} seconds"),
    "sleeping": ("import time; time.sleep(3600)", f"did not come back within {SHORT} seconds"),
    "sys.exit": ("import sys; sys.exit(0)", "it ended the program"),
    "os._exit": ("import os; os._exit(3)", "ended during the call (exit status 3)"),
    "input": ("return input('key? ')", "nobody is there to type"),
    "a flood": ("while True: print('x' * 1000)", "printed more than 1 MiB"),
    "recursion": ("return derive_key(passphrase)", "called itself without end"),
    "an exception": ("return {}['no such key']", "KeyError: 'no such key' (legacy_chat.py, line "),
    "words without end": ("raise ValueError('x' * 10**6)", "raised ValueError: xxx"),
    "an exception of its own": ("raise type('Odd', (BaseException,), {})", "raised Odd"),
    "another type": ("return 'text'", "expected  a value of type bytes"),
    "nothing": ("pass", "actual    None"),
    "printing instead": ("print(b'key')", "printing it is not returning it"),
    "words that drive a terminal": (
        "raise ValueError('bad \\udcff \\x1b[2J \\0 text')", r"bad \udcff \x1b[2J \x00 text"
    ),
    "a name that drives a terminal": (
        "raise type('\\x1b[2J', (Exception,), {})", r"raised \x1b[2J"
    ),
    "a type that drives a terminal": ("return type('\\x1b[2J', (), {})()", r"of type \x1b[2J"),
    "junk in the grader's pipe": (JUNK, "it wrote into the grader's pipe"),
    "deep junk in the grader's pipe": (
        JUNK.replace("b'junk'", "b'[' * 10 ** 5"), "it wrote into the grader's pipe"
    ),
    "junk without end in the grader's pipe": (
        JUNK.replace("b'junk'", "b'x' * 10 ** 7"), "it wrote into the grader's pipe"
    ),
    "a forged answer": (JUNK.replace("b'junk'", "b'{}'"), "it wrote into the grader's pipe"),
    "a huge text": ("return 'x' * (8 << 20)", "what it returned takes more than 1 MiB"),
    "an endless generator": ("return iter(int, 1)", "it never stops yielding values"),
    "an object": ("return object()", "a value of type object"),
    "an endless list": ("x = []; x.append(x); return x", "called itself without end"),
    "a huge number": ("return 10 ** 10000", "a value of type int"),
    "closed streams": ("import os; os.close(1); os.close(2); return 1", "a value of type bytes"),
    "the grader's own packages": (
        "import legacy.protocol", "you may not import this project's packages"
    ),
    "a program to be left behind": (
        "import subprocess, sys; code = 'import time; time.sleep(60)'; "
        "subprocess.Popen([sys.executable, '-c', code]); return 1",
        "may not start other programs",
    ),
}  # fmt: skip
if os.name == "posix":
    HOSTILE["a crash"] = ("import ctypes; ctypes.string_at(0)", "ended during the call")
if sys.platform == "linux":
    HOSTILE["all memory"] = ("return bytes(1 << 40)", "wanted more than 2 GiB of memory")


def job(name: str, body: str, words: str) -> Job:
    limit = SHORT if f"{SHORT} seconds" in words else TIME_LIMIT
    return Job(f"function: {name}", partial(grade, body, limit))


JOBS = {name: (job(name, body, words), words) for name, (body, words) in HOSTILE.items()}


@rarely.each(("job", "words"), JOBS, daily=[name for name in JOBS if name != "an endless loop"])
def test_a_hostile_function_fails_its_check_and_the_rest_go_on(
    job: Job, words: str, graded: Graded
) -> None:
    failed, passed = graded(job)
    assert failed.outcome is Outcome.FAILED
    assert words in failed.detail
    assert GRADER_FAULT not in failed.detail
    assert len(failed.report) < 3000
    assert "Traceback" not in failed.report
    assert GRADER_FAULT not in failed.report
    assert failed.report.replace("\n", "").isprintable()
    assert passed.outcome is Outcome.PASSED


AT_IMPORT = {
    "a syntax error": ("def broken(:", "SyntaxError"),
    "an exception": ("1 / 0", "ZeroDivisionError: division by zero (legacy_chat.py, line 1)"),
    "sys.exit": ("raise SystemExit", "it ended the program"),
    "a missing module": ("import no_such_module", "No module named 'no_such_module'"),
    "a chat that starts at once": ("input('port? ')", "nobody is there to type"),
}


@pytest.mark.parametrize(("head", "words"), AT_IMPORT.values(), ids=AT_IMPORT)
def test_a_file_that_cannot_be_loaded_is_named_once(tmp_path: Path, head: str, words: str) -> None:
    results = Assignment(("legacy",), time_limit=TIME_LIMIT).grade(write(tmp_path, "pass", head))
    assert [r.check.id for r in results if r.outcome is Outcome.FAILED] == ["legacy-loads"]
    assert words in results[0].detail
    assert all(r.outcome is Outcome.NOT_REACHED for r in results[1:])


def test_an_empty_folder_is_graded_with_no_points(tmp_path: Path) -> None:
    results = Assignment().grade(tmp_path)
    failed = [r for r in results if r.outcome is Outcome.FAILED]
    assert {r.check.id for r in failed} == {"legacy-loads", "modern-loads"}
    assert "there is no legacy_chat.py" in failed[0].detail


def test_printing_while_debugging_costs_nothing(tmp_path: Path) -> None:
    hashed = "__import__('hashlib').sha256(passphrase.encode()).digest()"
    body = f"print('now hashing', flush=True); return {hashed}"
    assert grade(body, TIME_LIMIT, tmp_path)[0].outcome is Outcome.PASSED


ODD_VALUES = [
    "None",
    "0",
    "'x'",
    "b'x'",
    "[]",
    "[[]]",
    "[1]",
    "[[300]]",
    "['x']",
    "[b'']",
    "{}",
    "(1,)",
]


@rarely.each("value", ODD_VALUES, daily=["None", "b'x'", "[[300]]", "(1,)"])
def test_odd_values_everywhere_are_failures_and_no_accidents(tmp_path: Path, value: str) -> None:
    """Each function of the starters returns the same odd value, whatever its arguments."""
    for protocol in ("legacy", "modern"):
        lines = (STARTER / f"{protocol}_chat.py").read_text("utf-8").splitlines()
        code = "\n".join(
            line.replace("raise NotImplementedError", f"return {value}") for line in lines
        )
        code = code.replace(f"Keys):\n        return {value}", "Keys):\n        pass")
        (tmp_path / f"{protocol}_chat.py").write_text(code, "utf-8")
    results = Assignment(time_limit=TIME_LIMIT).grade(tmp_path)
    assert sum(result.points for result in results) <= 2
    assert all(result.detail for result in results if result.outcome is not Outcome.PASSED)
    assert not any(GRADER_FAULT in result.detail for result in results)


def _divide_by_zero(_: object) -> None:
    1 / 0  # noqa: B018


def test_a_mistake_of_the_grader_costs_one_check() -> None:
    catalogue = Catalogue("odd", first="first")
    catalogue.add("first", "Nothing", 1, "rule", "hint")(lambda _: None)
    catalogue.add("second", "A mistake", 1, "rule", "hint")(_divide_by_zero)
    catalogue.add("third", "Nothing", 1, "rule", "hint")(lambda _: None)
    results = Grader({"odd": Submission(Path("odd.py"))}, catalogue.checks).results()
    assert [result.points for result in results] == [1, 0, 1]
    assert GRADER_FAULT in results[1].detail
    assert "division by zero" in results[1].detail


def test_what_cryptography_decrypts_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classes below stand for those of the library, which need not be installed."""

    class Decryptor:
        def update(self, data: bytes) -> bytes:
            return data

        def update_into(self, data: bytes, into: bytearray) -> None:
            into[:] = data

        def finalize(self) -> bytes:
            return b""

    class Cipher:
        def decryptor(self) -> Decryptor:
            return Decryptor()

    base = types.SimpleNamespace(Cipher=Cipher)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.base", base)
    session = worker.Session("")
    counts = []
    for work in (
        lambda: Cipher().decryptor().finalize(),
        lambda: Cipher().decryptor().update(b"x"),
        lambda: Cipher().decryptor().update_into(b"x", bytearray(1)),
    ):
        monkeypatch.setattr(session, "call", work)
        answer = session.answer({"do": "call", "with": {}})
        assert answer["raised"] is None
        counts.append(answer["decryptions"])
    assert counts == [0, 1, 1]


LISTEN = "import socket; s = socket.create_server(('', {port})); c = s.accept()[0]; "
PROGRAMS = {
    "ends at once": ("raise SystemExit(7)", "connects", "it has ended, exit status 7"),
    "never listens": ("import time; time.sleep(600)", "connects", "a server that accepts"),
    "accepts and is silent": (LISTEN + "import time; time.sleep(600)", "shows", "(nothing)"),
    "hangs up": (LISTEN + "c.close()", "shows", "stdout    (nothing)"),
    "floods": (
        LISTEN + "[print('x' * 10**6) for n in range(10**6)]",
        "shows",
        "it printed more than 1 MiB",
    ),
    "crashes": (LISTEN + "raise KeyError('at last')", "shows", "KeyError: 'at last'"),
}


def grade_program(code: str, check: str, folder: Path) -> list[Result]:
    folder /= "the work of alice"  # a space in a folder's name must not split an argument
    folder.mkdir()
    (folder / "chat.py").write_text(code.replace("{port}", "int(__import__('sys').argv[1])"))
    command = f'"{Path(sys.executable).as_posix()}" {{submission}}/chat.py {{port}}'
    grader = Assignment(("modern",), {"server": command}, SHORT).grader(folder)
    return [grader.result(f"modern-server-{check}")]


def test_a_program_that_is_none_says_so(tmp_path: Path) -> None:
    results = Assignment(("legacy",), {"server": "no-such-program {port}"}).grade(tmp_path)
    assert "cannot start no-such-program" in results[0].detail
    assert total(results) == (0, 25)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(("code", "check", "words"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_hostile_program_fails_with_words(
    code: str, check: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modern_wire, "_FIRST_SECONDS", 0.1)  # none of them ever sends anything
    (failed,) = grade_program(code, check, tmp_path)
    assert failed.outcome is Outcome.FAILED
    assert words in failed.detail
    assert GRADER_FAULT not in failed.detail
    assert len(failed.report) < 3000


def test_a_temporary_file_is_no_matter(tmp_path: Path) -> None:
    """On Linux, it is a file without a name in a folder; opening the folder itself is refused."""
    code = (
        "import os, tempfile\n\n\ndef derive_key(text):\n"
        "    with tempfile.TemporaryFile() as file:\n"
        "        file.write(text.encode())\n        file.seek(0)\n        return file.read()\n\n\n"
        "def process_text(text):\n    return [os.open(text, os.O_RDONLY)]\n"
    )
    (tmp_path / "legacy_chat.py").write_text(code, "utf-8")
    submission = Submission(tmp_path / "legacy_chat.py")
    try:
        assert submission.call("derive_key", "hello", returns=bytes) == b"hello"
        for folder in (tmp_path, tempfile.gettempdir()):
            with pytest.raises(Failure, match="you may not import this project's packages"):
                submission.call("process_text", str(folder))
    finally:
        submission.close()
