"""Somebody types while lines arrive, at terminals that tmux draws: what stands there meanwhile.

The everyday tests look at what a program writes. Here, a real terminal obeys it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.programs import AUTHKEY, CONFKEY, HARDENED_PASSPHRASE, ROOT, environment

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux"),
]

PATIENCE_SECONDS = 30
WORDS = "what somebody types while others talk, naïve ☃ 二重幅 שלום and more"
SERVER = "--server --bind 127.0.0.1 --port 0 --peer-name alice"
PIPE = """
import time
for n in range({}):
    print("line", n, "of alice", flush=True)
    time.sleep(0.01)
"""


class Screen:
    """One program at a terminal of its own: 80 columns, 24 rows."""

    def __init__(self, folder: Path, command: str):
        self._tmux = ("tmux", "-S", str(folder / "socket"), "-f", "/dev/null")
        self._folder = folder
        self._run("new-session", "-d", "-x", "80", "-y", "24", "/bin/sh")
        line = f"stty -g > before; {command}; status=$?; stty -g > after; echo status $status"
        (folder / "run").write_text(line, encoding="utf-8")
        self.type(f"PS1=; clear; cd {shlex.quote(str(folder))}; . ./run\n")

    def _run(self, *arguments: str) -> str:
        keys = {
            "MODERN_CONFKEY": CONFKEY,
            "MODERN_AUTHKEY": AUTHKEY,
            "HARDENED_PASSPHRASE": HARDENED_PASSPHRASE,
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [*self._tmux, *arguments], env=environment(**keys), capture_output=True, check=True
        )
        return done.stdout.decode()

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def resize(self, columns: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", "24")

    def rows(self) -> list[str]:
        """Return what stands there, with what has scrolled away; without empty rows at the end."""
        return self._run("capture-pane", "-p", "-J", "-S", "-").rstrip("\n").split("\n")

    def wait(self, is_there: Callable[[list[str]], object], what: str) -> list[str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_there(rows := [row.rstrip() for row in self.rows()]):
            assert time.monotonic() < deadline, (what, rows)
            time.sleep(0.02)
        return rows

    def wait_for(self, row: str) -> list[str]:
        return self.wait(lambda rows: row in rows, row)

    def is_sane(self) -> bool:
        """Whether the terminal is as it was before the program. Call it after the end."""
        before, after = (self._folder / name for name in ("before", "after"))
        return before.read_text() == after.read_text()

    def close(self) -> None:
        self._run("kill-server")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Callable[[str], Screen]]:
    numbers = itertools.count()
    with contextlib.ExitStack() as exits:

        def open_one(command: str) -> Screen:
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            one = Screen(folder, command)
            exits.callback(one.close)
            return one

        yield open_one


def python(*arguments: str) -> str:
    return f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.join([sys.executable, *arguments])}"


def port_of(server: Screen) -> str:
    rows = server.wait(lambda rows: any("on port" in row for row in rows), "a port")
    return next(row for row in rows if "on port" in row).split("port ")[1].split()[0]


@pytest.mark.parametrize("module", ["modern", "modern.hardened"])
def test_what_is_typed_stays_whole_while_lines_arrive(screen, scaled, figures, module):
    count = scaled(1000)
    bob = screen(python("-m", module, *SERVER.split()))
    where = ("-m", module, "--client", "127.0.0.1", "--port", port_of(bob))
    alice = screen(f"{python('-c', PIPE.format(count))} | {python(*where)}")
    bob.wait_for("alice: line 0 of alice")
    moments = 0
    for end in range(1, len(WORDS) + 1):
        bob.type(WORDS[end - 1])
        lines = {f"you: {WORDS[:n]}".rstrip() for n in range(end + 1)}
        moments += bob.rows()[-1].rstrip() not in lines  # tmux may show half of what it reads
        bob.wait(lambda rows, lines=lines: rows[-1] in lines, "the line in one piece")
    assert moments <= len(WORDS) / 5
    rows = bob.wait_for("status 0")
    rows = [row for row in rows if row.startswith("alice: ")]
    assert rows == [f"alice: line {n} of alice" for n in range(count)]
    assert bob.is_sane()
    alice.wait_for("status 0")
    figures(
        f"{module}: looks at a terminal while lines arrive, each with the typed line whole",
        len(WORDS),
    )


def test_resizing_and_wide_words(screen):
    bob = screen(python("-m", "modern", *SERVER.split()))
    alice = screen(python("-m", "modern", "--client", "127.0.0.1", "--port", port_of(bob)))
    alice.wait_for("you:")
    bob.wait(lambda rows: rows[-1] == "you:", "bob's line")
    bob.type(WORDS)
    bob.wait(lambda rows: rows[-1] == f"you: {WORDS}", "the words")

    def has_words(rows: list[str]) -> bool:
        return "".join(rows).replace(" ", "").endswith(f"you: {WORDS}".replace(" ", ""))

    for columns in (30, 120, 80):
        bob.resize(columns)
        alice.type(f"at {columns}\n")
        bob.wait(lambda rows, columns=columns: f"alice: at {columns}" in rows, "a line")
        bob.wait(has_words, "the words in one piece, over several rows or not")
    bob.press("Enter")
    alice.wait_for(f"peer: {WORDS}")
    alice.press("C-c")
    alice.wait_for("status 130")
    assert alice.is_sane()
    bob.wait_for("modern-chat: alice has left")
    bob.wait_for("status 0")
    assert bob.is_sane()


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(screen):
    bob = screen("true")
    bob.wait_for("status 0")
    bob.type(f"{python('-m', 'modern', *SERVER.split())}\n")
    alice = screen(python("-m", "modern", "--client", "127.0.0.1", "--port", port_of(bob)))
    alice.wait_for("you:")
    alice.type("hello\n")
    bob.wait_for("alice: hello")
    bob.type("half ty")
    bob.wait(lambda rows: rows[-1] == "you: half ty", "half a line")
    bob.press("C-z")
    bob.wait(lambda rows: any("Stopped" in row for row in rows), "the shell")
    bob.type("stty -g > after; clear; fg\n")
    alice.type("while you were away\n")
    rows = bob.wait(lambda rows: rows[-1] == "you: half ty", "the same half line")
    assert "alice: while you were away" in bob.wait_for("alice: while you were away"), rows
    assert bob.is_sane()
    bob.type("ped\n")
    alice.wait_for("peer: half typed")


def test_the_careful_chat(screen):
    bob = screen(python("-m", "compat.Server", "0"))
    bob.wait(lambda rows: any("[+] PORT" in row for row in rows), "a port")
    port = next(row for row in bob.rows() if "[+] PORT" in row).split()[-1]
    alice = screen(python("-m", "compat.Client"))
    for prompt, answer in (("IP", "127.0.0.1"), ("Port :", port), ("Key For", "secret")):
        alice.wait(lambda rows, prompt=prompt: prompt in rows[-1], prompt)
        alice.type(f"{answer}\n")
    bob.wait(lambda rows: "Key for" in rows[-1], "the passphrase")
    bob.type("secret\n")
    for side in (alice, bob):
        side.wait_for("[+] Listening On Thread 1")
        assert not any("secret" in row for row in side.rows())
    bob.type("half ty")
    bob.wait(lambda rows: rows[-1] == "half ty", "half a line")
    alice.type("see you at ~8?\n")
    rows = bob.wait(lambda rows: "see you" in rows[-2], "alice's line")
    assert rows[-1] == "half ty"
    assert len(rows[-2]) == 80
    bob.type("ped\n")
    alice.wait(lambda rows: any("Received : half typed  " in row for row in rows), "bob's line")
    alice.type("quit()\n")
    bob.wait_for("[+] The Other Side Has Left")
    for side in (alice, bob):
        side.wait_for("status 0")
        assert side.is_sane()


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_signals_leave_a_sane_terminal(screen, name, status):
    command = python("-m", "modern", *SERVER.split())
    bob = screen(f"sh -c 'echo $$ > pid; exec env {command}'")
    alice = screen(python("-m", "modern", "--client", "127.0.0.1", "--port", port_of(bob)))
    alice.wait_for("you:")
    alice.type("hello\n")
    bob.wait_for("alice: hello")
    bob.type("half ty")
    bob.wait(lambda rows: rows[-1] == "you: half ty", "half a line")
    os.kill(int((bob._folder / "pid").read_text()), getattr(signal, name))
    bob.wait_for(f"status {status}")
    assert "you: half ty" in bob.rows()
    assert bob.is_sane()
    alice.wait_for("modern-chat: the peer has left")


def test_ctrl_c_says_what_a_steady_chat_has_not_sent(screen):
    steady = ("--steady", "60")
    bob = screen(python("-m", "modern.hardened", *SERVER.split(), *steady))
    where = ("--client", "127.0.0.1", "--port", port_of(bob))
    alice = screen(python("-m", "modern.hardened", *where, *steady))
    for side in (alice, bob):
        side.wait(lambda rows: rows[-1] == "you:", "a line to type on")
    alice.type("too late\n")
    alice.wait_for("you: too late")
    alice.press("C-c")
    alice.wait_for(
        "modern-chat --hardened: not sent, because its tick had not come: 9 bytes of text"
    )
    alice.wait_for("status 130")
