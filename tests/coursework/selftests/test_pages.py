"""What the pages say is true: their numbers, and their examples of what the grader prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coursework import __main__ as front_door
from tests.coursework import handout
from tests.coursework.checks import hardened_receiving, hardened_sending, hardened_streaming
from tests.coursework.grading import PROTOCOLS, ROLES, Assignment
from tests.coursework.places import HERE, MUTANTS, REPOSITORY
from tests.coursework.selftests.test_handout import UNSEEN
from tests.coursework.selftests.test_mutants import TABLE

LEGACY, MODERN, HARDENED = (Assignment((protocol,)) for protocol in PROTOCOLS)
LEGACY_SERVER, MODERN_SERVER = (
    Assignment(each.protocols, {"server": ""}) for each in (LEGACY, MODERN)
)
ALL = LEGACY.points + MODERN.points
WRONG = [name for name, caught_by in TABLE.items() if caught_by]

NUMBERS = {
    r"(\d+) \[?mutants": (len(WRONG),),
    r"student's grader sees (\d+) of the (\d+)": (len(WRONG) - len(UNSEEN), len(WRONG)),
    r"(\d+) submissions with one mistake": (len(WRONG),),
    r"legacy (?:chat )?is worth (\d+) points?, (?:the )?modern (?:chat )?(\d+)": (
        LEGACY.points,
        MODERN.points,
    ),
    r"(\d+) points (?:in|for) each role": (LEGACY_SERVER.points,),
    r"(\d+) of (\d+) points, and the tests": (ALL, ALL),
    r"our own chats: (\d+) of (\d+) points": (ALL, ALL),
    r"(\d+) checks for the legacy chat, (\d+) checks for the modern chat and (\d+)": (
        len(LEGACY.checks),
        len(MODERN.checks),
        len(HARDENED.checks),
    ),
    r"records of the third chat are worth (\d+) points": (HARDENED.points,),
    r"\| sending \| (\d+) \|.*\| receiving \| (\d+) \|.*\| streaming \| (\d+) \|": tuple(
        sum(check.points for check in part.CATALOGUE.checks)
        for part in (hardened_sending, hardened_receiving, hardened_streaming)
    ),
    r"A program is graded by (\d+) checks \(legacy\) or (\d+) checks \(modern\) in each role": (
        len(LEGACY_SERVER.checks),
        len(MODERN_SERVER.checks),
    ),
}
"""What a page may count, as a pattern, and the numbers that are right."""

PAGES = [
    HERE / "README.md",
    MUTANTS / "README.md",
    REPOSITORY / "README.md",
    REPOSITORY / "tests" / "README.md",
]


def counts_in(text: str) -> list[tuple[tuple[int, ...], tuple[int, ...], str]]:
    """Return all counts in a text: the numbers it says, the right ones, and its words."""
    return [
        (tuple(map(int, found.groups())), right, found[0])
        for pattern, right in NUMBERS.items()
        for found in re.finditer(pattern, " ".join(text.split()), re.I)
    ]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.exists()],
    ids=lambda page: page.relative_to(REPOSITORY).as_posix(),
)
def test_a_number_on_a_page_is_right(page: Path) -> None:
    wrong = [words for said, right, words in counts_in(page.read_text("utf-8")) if said != right]
    assert not wrong


def test_our_own_pages_say_every_number() -> None:
    """If a sentence is reworded, its number must still be compared."""
    text = "\n".join(page.read_text("utf-8") for page in PAGES[:2])
    assert len({right for _, right, _ in counts_in(text)}) == len(set(NUMBERS.values()))


def test_a_wrong_number_is_found() -> None:
    ((said, right, words),) = counts_in("Do they? 68 [mutants](x) say so")
    assert (said, words) == ((68,), "68 [mutants")
    assert said != right


def test_both_roles_are_worth_the_same() -> None:
    for protocol in ("legacy", "modern"):
        assert len({Assignment((protocol,), {role: ""}).points for role in ROLES}) == 1


EXAMPLE = """
import hashlib
import json

def derive_key(passphrase):
    return hashlib.sha256(passphrase.encode()).digest()

def build_envelope(message, timestamp):
    digest = hashlib.sha256(message.encode()).hexdigest()
    return json.dumps({"timestamp": timestamp, "message": message, "hash": digest})

def process_text(text):
    padded = text + "~" * (16 - len(text) % 16)
    return [list(map(ord, padded[i:i + 16])) for i in range(0, len(padded), 16)]

def encrypt_blocks(blocks, key):
    raise NotImplementedError
"""
"""The student of the page's examples has written the first three functions."""


def test_the_page_shows_what_the_students_grader_prints(tmp_path: Path) -> None:
    handout.write(tmp_path / "for-students", ("legacy",))
    work = tmp_path / "for-students" / handout.WORK / "legacy_chat.py"
    work.write_text(EXAMPLE, "utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "grade.py"],
        cwd=tmp_path / "for-students",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    shown = re.findall(r"```text\n(.*?)```", (HERE / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(shown) == 2
    for piece in (piece for example in shown for piece in example.split("…\n")):
        assert piece in done.stdout


def test_the_page_shows_what_the_front_door_says() -> None:
    assert f"$ {front_door.PROGRAM}\n{front_door.overview()}\n```" in PAGES[0].read_text("utf-8")


@pytest.mark.parametrize(
    "page", PAGES[:2], ids=lambda page: page.relative_to(REPOSITORY).as_posix()
)
def test_a_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert links
    files = [link for link in links if not link.startswith("https://")]
    assert not [link for link in files if not (page.parent / link).exists()]
