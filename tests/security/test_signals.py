"""A program that is told to end breaks off as after Ctrl-C: no peer takes a part for the whole."""

from __future__ import annotations

import _thread
import os
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from unittest import mock

import pytest

import legacy.signals
import modern.signals
from tests import rarely
from tests.programs import (
    KEYS,
    LEGACY_CLIENT,
    ROOT,
    Program,
    environment,
    legacy_pair,
    modern_client,
    modern_pair,
    modern_port,
    modern_server,
    run,
)

if os.name != "posix":
    pytest.skip("Windows sends no signal to one process", allow_module_level=True)

SIDES = ("server", "client")
ENDING = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGQUIT: 131, signal.SIGXCPU: 152}
EITHER = {number.name: (number, status) for number, status in ENDING.items()}
term_daily, hup_daily = (
    rarely.each(("number", "status"), EITHER, daily=[name]) for name in ("SIGTERM", "SIGHUP")
)
"""One of these signals every day, all in the long runs."""


def end(program: Program, number: signal.Signals) -> int:
    """Send a signal to a program; return its exit status."""
    program.process.send_signal(number)
    status = program.wait()
    assert "Traceback" not in program.stderr
    return status


@term_daily
class TestModern:
    def test_in_the_middle_of_a_file(self, tmp_path: Path, number: signal.Signals, status: int):
        """The server is stopped meanwhile, so that it is the middle wherever this is run."""
        path = tmp_path / "long.txt"
        path.write_text("a line of this file\n" * 150_000)
        with path.open("rb") as file, modern_pair({}, {"stdin": file}) as (server, client):
            server.wait_for("a line of this file\n")
            server.process.send_signal(signal.SIGSTOP)
            ended = end(client, number)
            server.process.send_signal(signal.SIGCONT)
            assert (ended, server.wait()) == (status, 1)
        assert client.stderr.splitlines()[-1] == f"modern-chat: ended by {number.name}"
        assert "the peer broke off" in server.stderr
        assert len(server.stdout_bytes) < path.stat().st_size

    def test_while_waiting_for_a_peer(self, number: signal.Signals, status: int):
        with modern_server() as server:
            modern_port(server)
            assert end(server, number) == status

    def test_one_that_is_ignored_ends_nothing(self, number: signal.Signals, status: int):
        code = f"import signal, runpy; signal.signal({int(number)}, signal.SIG_IGN)\n"
        code += "runpy.run_module('modern', run_name='__main__')"
        with Program("-c", code, "--server", "--port", "0", *KEYS) as server:
            with modern_client(modern_port(server)) as client:
                server.process.send_signal(number)
                client.type("still here\n")
                server.wait_for("^still here\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)


@hup_daily
@rarely.each(
    ("package", "ended"),
    {f"{p} {who}": (p, e) for p in ("legacy", "compat") for e, who in enumerate(SIDES)},
    daily=["legacy server", "compat client"],
)
def test_a_legacy_chat_delivers_what_was_said(
    package: str, ended: int, number: signal.Signals, status: int
) -> None:
    programs = (("-m", f"{package}.Server"), ("-m", f"{package}.Client"))
    with legacy_pair("secret", *programs) as pair:
        victim, survivor = pair[ended], pair[1 - ended]
        victim.type("said before\n")
        survivor.wait_for("Received : said before ")
        assert end(victim, number) == status
        assert survivor.wait() == 0
    assert victim.stderr == ""
    assert survivor.stdout.endswith("Unrecognised Data or Broken PIPE \n")


@term_daily
def test_a_server_that_has_not_said_a_word_sends_no_empty_file(number, status):
    with modern_server() as server, modern_client(modern_port(server)) as client:
        server.wait_for("connected by", "stderr")
        client.wait_for("connected to", "stderr")
        assert end(server, number) == status
        client.end_input()
        assert client.wait() == 1
    assert "the peer broke off" in client.stderr


SIGNAL_BEFORE_THE_CHAT = """
import runpy, signal, sys
from modern import network, terminal

setattr({}, lambda *_: signal.raise_signal(signal.SIGTERM))
sys.argv[0] = "modern"
runpy.run_module("modern", run_name="__main__", alter_sys=True)
"""
"""Is told to end in a moment between its connection and its chat."""


@pytest.mark.parametrize("moment", ["network, 'name_peer'", "terminal.Seat, 'say_hint'"])
def test_a_client_that_has_only_connected_sends_no_empty_file(moment):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        place = ("--client", "127.0.0.1", "--port", port)
        with Program("-c", SIGNAL_BEFORE_THE_CHAT.format(moment), *place, *KEYS) as client:
            peer, _ = listener.accept()
            assert client.wait() == 143
            with peer, pytest.raises(ConnectionResetError):
                peer.recv(1)


@hup_daily
def test_a_bridge_that_waits_for_its_other_side_sends_no_empty_file(number, status):
    ends = ("--legacy", "listen:0", "--modern", "listen:0")
    with Program("-m", "compat.bridge", *ends, "--passphrase", "secret", *KEYS) as bridge:
        port = bridge.wait_for(r"modern: waiting for a peer on port (\d+)", "stderr")[1]
        with modern_client(port) as client:
            bridge.wait_for("modern: connected by", "stderr")
            client.wait_for("connected to", "stderr")
            assert end(bridge, number) == status
            client.end_input()
            assert client.wait() == 1


@term_daily
def test_the_bridge_resets_its_modern_side(number: signal.Signals, status: int):
    ends = ("--legacy", "listen:0", "--modern", "listen:0")
    with Program("-m", "compat.bridge", *ends, "--passphrase", "secret", *KEYS) as bridge:
        old_port = bridge.wait_for(r"legacy: waiting for a peer on port (\d+)", "stderr")[1]
        new_port = bridge.wait_for(r"modern: waiting for a peer on port (\d+)", "stderr")[1]
        with Program(*LEGACY_CLIENT) as old, modern_client(new_port) as new:
            old.type(f"127.0.0.1\n{old_port}\nsecret\nsaid before\n")
            new.wait_for("said before\n")
            assert end(bridge, number) == status
            assert (new.wait(), old.wait()) == (1, 0)
    assert bridge.stderr.splitlines()[-1] == f"bridge: ended by {number.name}"


@contextmanager
def tapped_modern_chat() -> Iterator[tuple[Program, Program, Program]]:
    """Start a modern pair with a wiretap between."""
    with modern_server() as server:
        ends = ("--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{modern_port(server)}")
        with Program("-m", "compat.wiretap", *ends) as wiretap:
            port = wiretap.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]
            with modern_client(port) as client:
                client.type("said before\n")
                server.wait_for("said before\n")
                yield server, wiretap, client


@hup_daily
def test_the_wiretap_resets_both_sides(number: signal.Signals, status: int):
    with tapped_modern_chat() as (server, wiretap, client):
        assert end(wiretap, number) == status
        assert (server.wait(), client.wait()) == (1, 1)
    assert wiretap.stderr.splitlines()[-1] == f"wiretap: ended by {number.name}"


@term_daily
def test_a_wiretap_whose_screen_nobody_reads_can_be_ended(
    tmp_path: Path, number: signal.Signals, status: int
):
    """Its conversation has ended, and it waits for the screen to take the rest."""
    path = tmp_path / "long.txt"
    path.write_text("a line of this file\n" * 20_000)
    reading, writing = socket.socketpair()
    writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # what is shown is far more
    with reading, writing, path.open("rb") as file, modern_server() as server:
        server.end_input()
        ends = ("--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{modern_port(server)}")
        with Program("-m", "compat.wiretap", *ends, stdout=writing.fileno()) as wiretap:
            port = wiretap.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]
            with modern_client(port, stdin=file) as client:
                assert (client.wait(), server.wait()) == (0, 0)
            time.sleep(0.3)  # the wiretap has noticed as well
            assert end(wiretap, number) == status


@hup_daily
def test_the_tour_leaves_no_program_behind(number: signal.Signals, status: int):
    with Program("-m", "compat", "--paced") as tour:
        tour.wait_for("alice types")
        children = Path(f"/proc/{tour.process.pid}/task/{tour.process.pid}/children")
        actors = children.read_text().split() if children.exists() else []
        assert end(tour, number) == status
    assert not [actor for actor in actors if Path(f"/proc/{actor}").exists()]


HEEDED = {"legacy": legacy.signals.Heeded, "modern": modern.signals.Heeded}


class Whatever:
    """Something to which a weak reference can point."""


def wait_after(
    heeded: Callable[[], AbstractContextManager[None]],
    callback: Callable[[object], object],
    seconds: float,
) -> None:
    """Heed signals, let a weak reference call `callback`, and wait."""
    there = Whatever()
    _watch = weakref.ref(there, callback)
    with heeded():
        del there
        time.sleep(seconds)


@pytest.mark.parametrize("package", HEEDED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_is_not_lost_where_python_drops_exceptions(package, number, capfd):
    """Python loads modules with such callbacks: a Ctrl-C there was lost, and so were all others."""
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt):
        wait_after(HEEDED[package], lambda _: os.kill(os.getpid(), number), seconds=10)
    assert sys.unraisablehook is hook
    assert capfd.readouterr().err == ""


def end_with_a_free_lock(number: signal.Signals) -> None:
    """Get a signal while a lock is free for a moment, as `threading.Thread.start` may."""
    condition = threading.Condition()
    with condition:
        condition.release()
        signal.raise_signal(number)


@pytest.mark.parametrize("package", HEEDED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_what_code_raises_that_a_signal_has_disturbed_is_the_signal(package, number):
    with pytest.raises(KeyboardInterrupt), HEEDED[package]():
        end_with_a_free_lock(number)


@pytest.mark.parametrize("package", HEEDED)
def test_what_code_raises_that_no_signal_has_disturbed_stays(package):
    with pytest.raises(RuntimeError, match="un-acquired"), HEEDED[package]():
        threading.Condition().notify()


CTRL_C_AT_THE_END = """
import atexit, signal, sys
atexit.register(signal.raise_signal, signal.SIGINT)
from {} import run
sys.argv[1:] = ["--help"]
sys.exit(run({}))
"""


CTRL_C_AFTERWARDS = """
import signal, sys
from {} import run
sys.argv[1:] = ["--help"]
try:
    run({})
except SystemExit:
    pass
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    sys.exit(5)
"""
each_start = pytest.mark.parametrize(
    ("start", "program"),
    [("legacy.start", "'legacy.programs', 'run_client'"), ("modern.start", "'modern.program'")],
)


@each_start
def test_where_python_goes_on_after_a_program_ctrl_c_still_works(start, program):
    """As in IDLE, in IPython, or after `python -i`."""
    assert run("-c", CTRL_C_AFTERWARDS.format(start, program)).returncode == 5


@each_start
def test_ctrl_c_while_python_cleans_up_is_no_traceback(start, program):
    done = run("-c", CTRL_C_AT_THE_END.format(start, program))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", HEEDED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_that_interrupts_no_wait_is_not_lost(package, number):
    """As one that comes just before the wait: the system gives it to another thread here."""
    reading, writing = os.pipe()
    ended, was_late = threading.Event(), []

    def signal_this_thread() -> None:
        signal.pthread_kill(threading.get_ident(), number)
        if not ended.wait(10):
            was_late.append(True)
            os.write(writing, b"the wait is over")

    other = threading.Timer(0.1, signal_this_thread)

    def wait() -> None:
        with HEEDED[package]():
            other.start()
            os.read(reading, 1)

    with pytest.raises(KeyboardInterrupt):
        wait()
    ended.set()
    other.join()
    os.close(reading)
    os.close(writing)
    assert not was_late


@pytest.fixture
def opened(monkeypatch) -> list[int]:
    """Return the ends of all pipes that are opened from now on."""
    ends, pipe = [], os.pipe

    def note() -> tuple[int, int]:
        ends.extend(pipe())
        return ends[-2], ends[-1]

    monkeypatch.setattr(os, "pipe", note)
    return ends


def is_open(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        return True
    return False


@pytest.mark.timeout(30)
@pytest.mark.parametrize("package", HEEDED)
def test_the_watch_for_signals_leaves_nothing_behind(package, opened):
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    for _ in range(3):
        with HEEDED[package]():
            assert signal.set_wakeup_fd(-1) != before
    assert signal.set_wakeup_fd(before) == before
    assert len(opened) == 6
    while any(map(is_open, opened)):  # each thread ends as soon as it sees that nobody writes
        time.sleep(0.001)


@pytest.mark.parametrize("package", HEEDED)
def test_where_no_thread_can_start_signals_are_heeded_too(package, opened, monkeypatch):
    """As in a browser. What needs no thread, such as `--help`, still works there."""
    start = mock.Mock(side_effect=RuntimeError("can't start new thread"))
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    monkeypatch.setattr(_thread, "start_new_thread", start)
    with pytest.raises(KeyboardInterrupt), HEEDED[package]():
        signal.raise_signal(signal.SIGTERM)
    assert start.called
    assert signal.set_wakeup_fd(before) == before
    assert not [*filter(is_open, opened)]


@pytest.mark.parametrize("package", HEEDED)
def test_what_python_drops_otherwise_is_still_reported(package, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append(args.exc_type))
    wait_after(HEEDED[package], lambda _: 1 // 0, seconds=0)
    assert reported == [ZeroDivisionError]


@pytest.mark.parametrize("package", HEEDED)
@pytest.mark.parametrize("number", ENDING, ids=EITHER)
def test_each_signal_that_would_end_a_program_is_heeded(package, number):
    with HEEDED[package]():
        with pytest.raises(KeyboardInterrupt) as ended:
            signal.getsignal(number)(number, None)
    assert ended.value.status == 128 + number


LOADING = """
import importlib.abc, os, signal, sys

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == os.environ.get("INTERRUPT_AT"):
            os.environ.pop("INTERRUPT_AT")
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""
PLACES = {
    "legacy.Server": ("legacy.chat", "pyaes", "legacy.signals"),
    "legacy.Client": ("legacy.chat", "pyaes"),
    "compat.Server": ("compat.careful.conversation", "Crypto", "legacy.programs", "pyaes"),
    "compat.Client": ("compat.careful.conversation", "Crypto", "legacy.programs"),
    "compat": ("compat.tour.command_line", "asyncio", "rich", "Crypto"),
    "compat.tour": ("compat.tour.command_line", "rich"),
    "compat.wiretap": ("compat.wiretap.command_line", "asyncio", "rich"),
    "compat.bridge": ("compat.bridge.command_line", "selectors", "Crypto"),
    "modern": ("modern.program", "argparse", "modern.command_line", "modern.signals"),
    "modern.hardened": (
        "modern.hardened.command_line",
        "modern.signals",
        "modern.hardened.pake",
        "modern.chat",
    ),
    "notebooks.handout": ("compat.command_line", "modern.command_line"),
    "tests.coursework": ("tests.coursework.grade_class", "modern.missing", "rich"),
}
ARGUMENTS = {
    "modern.hardened": ("--server", "--port", "0"),
    "compat.wiretap": ("--listen", "127.0.0.1:0", "--forward", "127.0.0.1:1"),
    "compat.bridge": ("--legacy", "listen:0", "--modern", "listen:0", "--passphrase", "x", *KEYS),
    "tests.coursework": ("class", "nothing-is-here", "--csv", "points.csv"),
}
"""What a program needs to come as far as loading all that it uses."""


def test_ctrl_c_while_the_third_chat_loads_under_its_other_name(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(LOADING)
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    for module in ("modern.hardened", "modern.hardened.command_line"):
        variables = environment(PYTHONPATH=path, INTERRUPT_AT=module)
        with Program("-m", "modern", "--hardened", "--server", env=variables) as started:
            assert started.wait() == 130
        assert started.stderr == ""


@rarely.each(
    ("program", "module"),
    {f"{name} {place}": (name, place) for name, places in PLACES.items() for place in places},
    daily=["legacy.Server pyaes", "compat asyncio", "compat.wiretap rich", "modern modern.program",
           "modern.hardened modern.chat", "notebooks.handout compat.command_line",
           "tests.coursework tests.coursework.grade_class"],
)  # fmt: skip
def test_ctrl_c_while_modules_load_is_no_traceback(tmp_path: Path, program: str, module: str):
    (tmp_path / "sitecustomize.py").write_text(LOADING)
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    variables = environment(PYTHONPATH=path, INTERRUPT_AT=module)
    with Program("-m", program, *ARGUMENTS.get(program, ()), env=variables) as started:
        status = started.wait()
    assert status == (255 if program.endswith(("Server", "Client")) else 130)
    assert "Traceback" not in started.stderr
