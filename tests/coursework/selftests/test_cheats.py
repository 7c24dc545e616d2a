"""Points are earned: what each cheat gets, in a run whose seed it does not know."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from tests.coursework import facts, similarity
from tests.coursework.grading import PROTOCOLS, Assignment, total
from tests.coursework.model import Outcome, Result
from tests.coursework.places import HANDS, OWN_FILES, REFERENCE, REPOSITORY, SELFTESTS
from tests.coursework.selftests import in_process
from tests.systems import not_under_wine

CHEATS = SELFTESTS / "cheats"
MOST = {"legacy": 8, "modern": 12, "hardened": 8}
"""So many points a table of answers may get, of 40, of 60 and of 40."""

FORBIDDEN = "you may not import this project's packages, nor open their files"


def grade(folder: Path, protocol: str, seed: int = 1) -> list[Result]:
    return Assignment((protocol,), seed=seed).grade(folder)


def points_of(folder: Path, protocol: str, seed: int = 1) -> int:
    return total(grade(folder, protocol, seed))[0]


# Tables of answers -----------------------------------------------------------------------------


class Recorder(in_process.InProcess):
    """Notes each call of a submission and how it ended, in the way of `cheats/recorded_*.py`."""

    def __init__(self, table: dict[str, dict[str, Any]], file: Path):
        super().__init__(file)
        self._table = table
        self._objects: list[list[Any]] = []

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        line = super().ask(request, time_limit)
        answer, what = json.loads(line), request["with"]
        raised = answer["raised"] and answer["raised"]["kinds"][0]
        if request["do"] == "new":
            self._objects.append(list(what["arguments"]))
        elif request["do"] == "method":
            history = self._objects[what["number"]]
            history += what["arguments"]
            self._note(what["name"], history, answer["value"], raised)
        elif request["do"] == "call":
            self._note(what["name"], what["arguments"], answer["value"], raised)
        return line

    def _note(self, name: str, arguments: list[Any], value: Any, raised: str | None) -> None:
        self._table.setdefault(name, {})[json.dumps(arguments)] = [value, raised]


def record(protocol: str, seed: int) -> dict[str, dict[str, Any]]:
    """Return all calls of one run of our own chat."""
    table: dict[str, dict[str, Any]] = {}
    results = in_process.grade(REFERENCE, protocol, seed, partial(Recorder, table))
    assert len(set(total(results))) == 1
    return table


recorded = cache(record)
"""The same, of one run for all tests."""


def write_cheat(kind: str, protocol: str, table: object, folder: Path) -> Path:
    shutil.copyfile(CHEATS / f"{kind}_{protocol}.py", folder / f"{protocol}_chat.py")
    (folder / "table.json").write_text(json.dumps(table), "utf-8")
    return folder


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_recorded_table_is_worth_nothing_in_another_run(protocol: str, tmp_path: Path) -> None:
    cheat = write_cheat("recorded", protocol, recorded(protocol, 1), tmp_path)
    again, other = (total(in_process.grade(cheat, protocol, seed))[0] for seed in (1, 2))
    assert again >= Assignment((protocol,)).points - 6  # it knows this run, but no fresh IV
    assert other <= MOST[protocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_public_recordings_are_worth_little(protocol: str, tmp_path: Path) -> None:
    cheat = write_cheat("public", protocol, facts.PUBLIC[protocol], tmp_path)
    assert total(in_process.grade(cheat, protocol, 1))[0] <= MOST[protocol]


def test_the_same_seed_asks_the_same() -> None:
    """And another seed asks something else: a table of this run answers it, and no other one."""
    tables = recorded("legacy", 1), record("legacy", 1), recorded("legacy", 2)
    first, same, other = (set(table["seal"]) for table in tables)
    assert first == same
    assert len(first & other) < len(first)


def test_published_values_are_the_smaller_part() -> None:
    """What two runs have in common is recorded or published; most of what is asked is drawn."""
    for protocol in PROTOCOLS:
        asked = [
            {(name, key) for name, calls in recorded(protocol, seed).items() for key in calls}
            for seed in (1, 2)
        ]
        assert 0 < len(asked[0] & asked[1]) < len(asked[0]) / 2


# Our own files ---------------------------------------------------------------------------------

OURS = REPOSITORY.as_posix()
SIGNAL = """
import signal, sys
done = []
def look(number, frame):
    while frame:
        if frame.f_code.co_name == "hook":
            for each in list(frame.f_locals):
                value = frame.f_locals[each]
                owner = getattr(value, "__self__", value)
                if hasattr(owner, "clear"):
                    owner.clear()
                try:
                    value.__code__ = (lambda *_: None).__code__
                except Exception:
                    pass
                if each not in ("event", "arguments"):
                    try:
                        frame.f_locals[each] = None
                    except Exception:
                        pass
            done.append(1)
        frame = frame.f_back
signal.signal(signal.SIGALRM, look)
for number in range(5000):
    signal.setitimer(signal.ITIMER_REAL, 0.000001 + number % 50 / 1000000)
    try:
        open("/dev/null").close()
    except (OSError, TypeError):
        pass
    if len(done) > 20:
        break
signal.setitimer(signal.ITIMER_REAL, 0)
"""
"""What a signal finds in the frame of the hook, it empties or replaces."""

REACHES: dict[str, str] = {
    "an import": "from legacy.protocol import *",
    "importlib": "import importlib; legacy = importlib.import_module('legacy.protocol')",
    "the tests": "import tests.coursework.expected",
    "sys.modules": f"import sys; sys.modules.pop('legacy', 0); sys.path.insert(0, {OURS!r})\n"
    "from legacy.protocol import *",
    "runpy": f"import runpy; globals().update(runpy.run_path('{OURS}/legacy/protocol.py'))",
    "a loader": "import importlib.machinery as m; "
    f"m.SourceFileLoader('x', '{OURS}/legacy/protocol.py').load_module()",
    "reading it": f"exec(open('{OURS}/legacy/protocol.py').read())",
    "reading it as bytes": f"exec(open(b'{OURS}/legacy/protocol.py', 'rb').read())",
    "os.open": f"import os; os.open('{OURS}/legacy/protocol.py', os.O_RDONLY)",
    "pathlib": f"import pathlib; pathlib.Path('{OURS}/legacy/protocol.py').read_text()",
    "the recordings": f"open('{OURS}/tests/vectors/legacy.json')",
    "the builtins changed": "import builtins, os\n"
    "builtins.isinstance = lambda *a: False; os.stat = lambda *a: 1 / 0\n"
    f"open('{OURS}/legacy/protocol.py')",
    "the watch searched": "import gc; gc.get_objects()",
    "a failure caught": f"try: open('{OURS}/legacy/protocol.py')\nexcept BaseException: pass",
    "a path that is no text": "import io, pathlib; "
    f"io.FileIO(pathlib.Path('{OURS}/legacy/protocol.py')).read()",
    "a path that changes": "import io\n"
    "class Path:\n  def __fspath__(self): return {ours!r}\n"
    "io.FileIO(Path())".replace("{ours!r}", repr(f"{OURS}/legacy/protocol.py")),
    "a name that equals nothing": "import sys; del sys.modules['_posixsubprocess']\n"
    "class Name(str):\n  __hash__ = str.__hash__\n  def __eq__(self, other): return False\n"
    "__import__(Name('_posixsubprocess'))",
    "an event without arguments": "import sys; sys.audit('open')",
    "an event with too few": "import sys\ntry: sys.audit('import', 5)\nexcept TypeError: pass",
    "the rules in the frame of a failure": "import sys\n"
    "try: sys.audit('open')\n"
    "except TypeError as e: e.__traceback__.tb_next.tb_frame.f_locals['find'].__self__.clear()\n"
    f"open('{OURS}/legacy/protocol.py')",
    "the rules in the frame of a signal": SIGNAL + f"open('{OURS}/legacy/protocol.py')",
    "its start": "import sys; p = sys.modules['__main__'].__file__.replace('worker.py', 'facts.py')"
    "; open(p)",
}
INTERPRETER = """
try: import _interpreters as them
except ImportError: import _xxsubinterpreters as them
them.create()
"""
STARTS = {
    "a program": "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'])",
    "a shell": "import os; os.system('true')",
    "a copy of itself": "import os; os.fork()",
    "another program": "import os; os.execv('/bin/true', ['true'])",
    "a process of multiprocessing": "import multiprocessing\n"
    "multiprocessing.get_context('spawn').Process(target=print).start()",
    "what subprocess uses": "import _posixsubprocess; _posixsubprocess.fork_exec()",
    "what subprocess holds of it": "import subprocess, _posixsubprocess\n"
    "getattr(subprocess, '_fork_exec', _posixsubprocess.fork_exec)()",
    "a new one of that": "import sys; import _posixsubprocess as used\n"
    "del sys.modules['_posixsubprocess'], used; import _posixsubprocess",
    "another interpreter": INTERPRETER,
}
if sys.platform == "win32":  # has none of what these three use
    del REACHES["a name that equals nothing"], REACHES["the rules in the frame of a signal"]
    del STARTS["a copy of itself"]


def write(folder: Path, code: str) -> Path:
    (folder / "legacy_chat.py").write_text(code, "utf-8")
    return folder


def reason(results: list[Result]) -> str:
    (failed,) = [result for result in results if result.outcome is Outcome.FAILED]
    assert failed.check.id == "legacy-loads"
    assert total(results)[0] == 0
    return failed.detail


@pytest.mark.parametrize("code", REACHES.values(), ids=REACHES)
def test_our_packages_are_out_of_reach(code: str, tmp_path: Path) -> None:
    assert FORBIDDEN in reason(grade(write(tmp_path, code), "legacy"))


@pytest.mark.parametrize("code", STARTS.values(), ids=STARTS)
def test_no_other_program_is_started(code: str, tmp_path: Path) -> None:
    words = "the functions of a submission may not start other programs"
    assert words in reason(grade(write(tmp_path, code), "legacy"))


def test_honest_imports_are_let_through(tmp_path: Path) -> None:
    code = (
        "import asyncio, concurrent.futures, dataclasses, hashlib, hmac, multiprocessing, secrets\n"
        "import pathlib, subprocess, threading, typing\n"
        "from Crypto.Cipher import AES\n"
        "try: from cryptography.hazmat.primitives.ciphers import Cipher\n"
        "except ImportError: pass\n"
        "with open(pathlib.Path(__file__)) as f, open(f.fileno(), closefd=False): pass\n"
    )
    plain = (HANDS / "plain" / "legacy_chat.py").read_text("utf-8")
    assert points_of(write(tmp_path, plain + code), "legacy") == 40


@pytest.mark.skipif(sys.platform == "win32", reason="the page's example is for POSIX")
def test_what_the_page_says_is_not_held_is_not_held(tmp_path: Path) -> None:
    """Whoever leaves the interpreter can open our files, and no hook is safe from its own frame."""
    code = f"import ctypes; assert ctypes.CDLL(None).open(b'{OURS}/legacy/protocol.py', 0) > 0"
    passed = grade(write(tmp_path, code), "legacy")[0]
    assert (passed.check.id, passed.outcome) == ("legacy-loads", Outcome.PASSED)
    page = (SELFTESTS.parent / "README.md").read_text("utf-8")
    assert "`ctypes`" in page
    assert "nobody can take" not in page


def link_to_a_file(folder: Path) -> None:
    (folder / "legacy_chat.py").symlink_to(REFERENCE / "legacy_chat.py")


def link_to_a_folder(folder: Path) -> None:
    write(folder, "from more.protocol import *")
    (folder / "more").symlink_to(REPOSITORY / "legacy")


def link_in_steps(folder: Path) -> None:
    (folder / "a").symlink_to(REFERENCE)
    (folder / "legacy_chat.py").symlink_to("a/legacy_chat.py")


def another_name(folder: Path) -> None:
    (folder / "more.py").hardlink_to(REPOSITORY / "legacy" / "protocol.py")
    write(folder, "from more import *")


LINKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link": (link_to_a_file, "'legacy_chat.py' is a link that leaves the folder"),
    "a linked folder": (link_to_a_folder, "'more' is a link that leaves the folder"),
    "links in steps": (link_in_steps, "is a link that leaves the folder"),
    "another name for our file": (another_name, FORBIDDEN),
}


@not_under_wine("it says that it has made a link, and makes none")
@pytest.mark.parametrize(("make", "words"), LINKS.values(), ids=LINKS)
def test_a_link_out_of_the_folder_is_refused(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    try:
        make(tmp_path)
    except OSError:
        pytest.skip("this system or disk makes no such link")
    assert words in reason(grade(tmp_path, "legacy"))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_inside_the_folder_are_no_matter(tmp_path: Path) -> None:
    shutil.copytree(HANDS / "plain", tmp_path / "work")
    (tmp_path / "work" / "chat.py").symlink_to("legacy_chat.py")
    (tmp_path / "work" / ".venv").mkdir()
    (tmp_path / "work" / ".venv" / "python").symlink_to("/usr/bin/python3")
    assert points_of(tmp_path / "work", "legacy") == 40


def test_a_file_of_ones_own_may_be_called_like_ours(tmp_path: Path) -> None:
    shutil.copyfile(HANDS / "plain" / "legacy_chat.py", tmp_path / "modern.py")
    assert points_of(write(tmp_path, "from modern import *"), "legacy") == 40


# Copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_copy_gets_its_points_and_is_seen(protocol: str, tmp_path: Path) -> None:
    text = (REPOSITORY / OWN_FILES[protocol]).read_text("utf-8")
    errors = (REPOSITORY / "modern" / "errors.py").read_text("utf-8").partition("\n\n\n")[2]
    if protocol == "hardened":
        text = records_alone(text, errors)
    else:
        text = text.replace("from modern.errors import", f"{errors}\n#")
    (tmp_path / f"{protocol}_chat.py").write_text(text, "utf-8")
    points = total(in_process.grade(tmp_path, protocol, 1))[0]
    assert points == Assignment((protocol,)).points
    (pair,) = similarity.compare({"mallory": text})
    assert pair.right == f"ours: {OWN_FILES[protocol]}"
    assert pair.share > 0.9


def records_alone(text: str, errors: str) -> str:
    """Return our own records as one file: with what they import, and with a Sealer."""
    sealer = (REFERENCE / "hardened_chat.py").read_text("utf-8").partition("class Sealer")[2]
    keys = (REPOSITORY / "modern" / "protocol.py").read_text("utf-8")
    keys = "@dataclass" + keys.partition("@dataclass")[2].partition("def ")[0]
    future = "from __future__ import annotations\n"
    imports = f"{future}import os, sys\nfrom dataclasses import dataclass, field\n"
    errors = errors.replace("FrameError", "RecordError")
    more = f"BLOCK_SIZE, TAG_SIZE = 16, 32\n{errors}\n{keys}\n"
    kept = text.replace(future, imports).replace("from modern.errors import", f"{more}\n#")
    kept = kept.replace("from modern.", "# from modern.")
    return f"{kept}\nrecords = sys.modules[__name__]\n\n\nclass Sealer{sealer}"
