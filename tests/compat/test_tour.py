"""The tour, run as a user runs it, and the stage on which it plays."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from compat.tour import command_line
from compat.tour import stage as stages
from compat.tour.command_line import READING_SECONDS
from compat.tour.guide import MAX_WIDTH
from compat.tour.keys import find_keys
from compat.tour.scenes import squeeze
from compat.tour.stage import Actor, StageError
from tests import rarely
from tests.in_process import run_main
from tests.programs import DOOR, Program

TOUR = ("-m", "compat")
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")


@pytest.fixture(scope="module")
def played():
    """Return what the tour prints where there is no terminal, and where its programs listened."""
    addresses = set()
    with Program(*TOUR) as tour:
        while sys.platform == "linux" and tour.process.poll() is None:
            addresses |= listening_addresses(tour.process.pid)
            time.sleep(0.005)  # to look as often as possible would take a whole core
        assert tour.wait() == 0, tour.stderr
        assert tour.stderr == ""
        return tour.stdout, addresses


@pytest.fixture
def script(played):
    return played[0]


def part(script, title):
    """Return one part of the tour."""
    found = re.search(rf"^{re.escape(title)}\n(.*?)(^\n|\Z)", script, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def test_its_parts_come_in_order(script):
    titles = re.findall(r"^\n(.*)$", script, re.MULTILINE)
    assert titles == [
        "Two encrypted chats on one wire",
        "1. The legacy chat",
        "Attack 1: equal blocks",
        "Attack 2: replay",
        "Attack 3: the clock splice",
        "2. The modern chat",
        "Attempt 1: equal blocks",
        "Attempt 2: the splice",
        "Attempt 3: replay",
        "Where to go next",
    ]


def test_equal_words_are_equal_blocks_on_the_legacy_wire(script):
    def blocks(title):
        (line,) = re.findall(r"^    (A .*)$", part(script, title), re.MULTILINE)
        return line.split()[::2]

    answers = re.findall(r"128 bytes\n    (A .*)\n", part(script, "1. The legacy chat"))
    first, again = answers[0].split()[::2], blocks("Attack 1: equal blocks")
    assert [a == b for a, b in zip(first, again, strict=True)].count(False) <= 1  # the clock's
    assert first[2:] == again[2:]
    assert "\nIt works. " in part(script, "Attack 1: equal blocks")


def test_the_replay_is_shown_twice_and_verified(script):
    attack = part(script, "Attack 2: replay")
    assert len(re.findall(r"^bob sees +Received : pay mallory 5 +☑ ", attack, re.MULTILINE)) == 2
    assert len(re.findall(r"^alice types +pay mallory 5$", attack, re.MULTILINE)) == 1
    assert "\nIt works. " in attack


def test_the_clock_splice_shows_the_time_of_message_1(script):
    (shown,) = re.findall(
        r"bob sees +Received : yes +☑  (.*)$", part(script, "1. The legacy chat"), re.MULTILINE
    )
    attack = part(script, "Attack 3: the clock splice")
    assert re.search(rf"^bob sees +Received : I am leaving +☑  {shown}$", attack, re.MULTILINE)
    verdict = re.search(
        r"^It works. Alice wrote at (.*), bob reads (.*), and", attack, re.MULTILINE
    )
    assert verdict
    assert verdict[2] == shown != verdict[1]


def test_no_letter_comes_twice_on_the_modern_wire(script):
    honest = part(script, "2. The modern chat") + part(script, "Attempt 1: equal blocks")
    letters = re.findall(r" (\w) [0-9a-f]{4}(?:\s|$)", honest)
    assert len(letters) == len(set(letters)) == 15
    assert "\nIt fails. " in honest


def test_the_splice_fails_authentication(script):
    attempt = part(script, "Attempt 2: the splice")
    assert re.search(r"^bob sees +ERROR: HMAC verification failed$", attempt, re.MULTILINE)
    assert "\nIt fails. " in attempt
    assert "status 1" in " ".join(attempt.split())


def test_the_replay_still_succeeds(script):
    attempt = part(script, "Attempt 3: replay")
    assert len(re.findall(r"^bob sees +pay mallory 5$", attempt, re.MULTILINE)) == 2
    assert "\nIt still works. " in attempt


def test_it_ends_with_where_to_go_next(script):
    names = re.findall(r"^  (\S+\.(?:md|ipynb))", part(script, "Where to go next"), re.MULTILINE)
    assert names == [
        "README.md",
        "modern/hardened/README.md",
        "compat/page/README.md",
        "compat/README.md",
        "notebooks/1_the_legacy_chat.ipynb",
        "notebooks/2_breaking_it.ipynb",
        "notebooks/3_the_modern_chat.ipynb",
        "notebooks/4_what_is_still_open.ipynb",
        "notebooks/5_closing_the_doors.ipynb",
        "tests/coursework/README.md",
    ]
    assert "No chat here is for real secrets" in script


def test_it_is_plain_text_of_80_columns_on_no_terminal(script):
    assert "\x1b" not in script
    assert max(map(len, script.splitlines())) <= 80


def test_a_step_and_the_line_with_the_keys_fit_24_rows(script):
    parts = script.split("\n\n")
    assert len(parts) == 10
    assert max(len(part.strip("\n").splitlines()) for part in parts) <= 22  # and an empty row


def test_a_reader_has_time_and_half_a_minute_is_enough(script):
    """The pauses; the programs themselves need a second or two."""
    assert 15 < len(script.splitlines()) * READING_SECONDS < 27


@rarely.each("columns", [80, 200], daily=[80])
def test_at_a_terminal_it_prints_the_same_in_colour(script, columns):
    terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
    variables = {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    with terminals.at_terminal(*DOOR, "tour", "--fast", **variables) as tour:
        shown, status = terminals.ended(tour)
    assert status == 0
    assert "\x1b[" in shown
    words = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert re.findall("It .*?works|It fails", words) == re.findall("It .*?works|It fails", script)
    assert max(map(len, words.splitlines())) <= max(MAX_WIDTH, 80)


@ON_POSIX
@pytest.mark.parametrize(
    ("steps", "key", "status"),
    [
        pytest.param(0, "q", 0, marks=pytest.mark.soak),
        (0, "\x03", 130),
        pytest.param(9, "", 0, marks=pytest.mark.soak),
    ],
    ids=["q", "Ctrl-C", "space"],
)
def test_where_a_person_sits_it_waits_for_a_key_after_each_step(steps, key, status):
    from tests.terminals import how_it_ended, in_shell  # noqa: PLC0415 - POSIX only

    with in_shell(*TOUR) as reader:
        for _ in range(steps):
            reader.expect_exact("space: go on    q: end")
            reader.send(" ")
        if key:
            reader.expect_exact("space: go on    q: end")
            reader.send(key)
        assert how_it_ended(reader) == (status, True)
        assert ("Where to go next" in reader.before) == (steps == 9)


@ON_POSIX
def test_a_key_that_is_pressed_too_early_counts_and_is_not_shown():
    from tests.terminals import how_it_ended, in_shell  # noqa: PLC0415 - POSIX only

    with in_shell(*TOUR) as reader:
        reader.logfile_read = io.StringIO()
        reader.expect_exact("Two encrypted chats")
        reader.send("ZZq")  # Z does nothing
        assert how_it_ended(reader) == (0, True)
        assert "ZZ" not in reader.logfile_read.getvalue()


class Window(io.StringIO):
    """A window such as that of IDLE: a person sits there, but it gives lines, and no keys."""

    def isatty(self) -> bool:
        return True


def test_in_a_window_that_gives_no_keys_it_plays_by_itself(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, Window())
    assert find_keys() is None


@ON_POSIX
def test_ctrl_c_ends_it_with_one_line_and_leaves_nobody_behind():
    with Program(*TOUR, "--paced") as tour:
        tour.wait_for("alice types")
        children = Path(f"/proc/{tour.process.pid}/task/{tour.process.pid}/children")
        actors = children.read_text().split() if children.exists() else []
        tour.process.send_signal(signal.SIGINT)
        assert tour.wait() == 130
        assert tour.stderr == "compat: ended with Ctrl-C\n"
        assert not [actor for actor in actors if Path(f"/proc/{actor}").exists()]


@ON_POSIX
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its sockets so easily")
def test_nobody_listens_but_on_loopback(played):
    """Every socket of every program on the stage, looked for again and again."""
    assert played[1] == {"127.0.0.1"}


def listening_addresses(parent):
    """Return where a program and its children listen."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    inodes = set()
    with contextlib.suppress(OSError):
        for process in (parent, *children.read_text().split()):
            for descriptor in Path(f"/proc/{process}/fd").iterdir():
                with contextlib.suppress(OSError):
                    inodes.add(descriptor.readlink().name.removeprefix("socket:"))
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"[{fields[9]}]" in inodes:
                words = bytes.fromhex(fields[1].partition(":")[0])
                address = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.add(socket.inet_ntop(family, address))
    return found


def test_a_reader_that_leaves_ends_it_with_one_line():
    reading, writing = os.pipe()
    os.close(reading)
    with Program(*TOUR, stdout=writing) as tour:
        os.close(writing)
        assert tour.wait() == 1
        (line,) = tour.stderr.splitlines()
        assert "cannot write to standard output" in line


@pytest.mark.parametrize("options", [["--slow"], ["--fast", "--paced"], ["now"]])
def test_wrong_use_is_one_line_and_status_2(options):
    tour = run_main(command_line.main, *options)
    assert (tour.returncode, tour.stdout) == (2, "")
    (line,) = tour.stderr.splitlines()
    assert options[-1] in line or options == ["now"]  # a word may be a secret: not repeated


@pytest.mark.parametrize(
    ("width", "squeezed"),
    [
        (40, "Received : yes            ☑  12:00:00"),
        (37, "Received : yes            ☑  12:00:00"),
        (36, "Received : yes           ☑  12:00:00"),
    ],
)
def test_a_line_is_squeezed_only_where_it_does_not_fit(width, squeezed):
    assert squeeze("Received : yes            ☑  12:00:00", width) == squeezed


def test_an_actor_that_misses_its_cue_is_named(monkeypatch):
    monkeypatch.setattr(stages, "PATIENCE_SECONDS", 0.01)

    async def play():
        actor = await Actor.enter("bob", "-c", "input()", variables={})
        try:
            await actor.prints("never")
        finally:
            await actor.fall()

    with pytest.raises(StageError, match="bob's program did not print 'never'"):
        asyncio.run(play())


def test_an_actor_that_has_left_is_named():
    async def play():
        actor = await Actor.enter("bob", "-c", "", variables={})
        await actor.leave()
        while True:
            await actor.type("are you there?")

    with pytest.raises(StageError, match="bob's program has ended"):
        asyncio.run(play())
