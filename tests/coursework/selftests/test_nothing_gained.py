"""To look past a mistake is no gift: who checks nothing, or refuses everything, gets no more.

Each of these submissions has right keys, right chunks and a right Decoder. Its frames or records
are of no use: nothing is in them, or no tag is with them. `POINTS` are what it got before the
grader looked past any mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import rarely
from tests.coursework.checks.hardened_records import Peer
from tests.coursework.checks.modern_frames import Sealer
from tests.coursework.grading import total
from tests.coursework.model import GRADER_FAULT
from tests.coursework.places import HANDS
from tests.coursework.selftests.in_process import InProcess, grade
from tests.coursework.submission import Submission

MODERN, HARDENED = (
    (HANDS / "plain" / f"{protocol}_chat.py").read_text("utf-8")
    for protocol in ("modern", "hardened")
)


def modern(sealed: str, opened: str) -> str:
    """Return a modern chat with other functions for frames, and a tag that depends on nothing."""
    head, rest = MODERN.split("def tag(")
    seal = rest[rest.index("def seal(") : rest.index("def open_frame(")]
    decoder = rest[rest.index("class Decoder") :]
    return (
        f"{head}def tag(data, keys):\n    return bytes(32)\n\n\n"
        f"def seal_frame(chunk, length, keys, iv):\n{sealed}\n\n\n{seal}"
        f"def open_frame(frame, keys):\n{opened}\n\n\n{decoder}"
    )


def hardened(sealed: str, read: str, opened: str) -> str:
    """Return a third chat with other functions for records, and a tag that depends on nothing."""
    head, rest = HARDENED.split("def fill_up(")
    return (
        f"{head}def fill_up(kind, text):\n    return bytes(256)\n\n\n"
        "def tag(counter, record, keys):\n    return bytes(32)\n\n\n"
        f"def seal_record(kind, text, counter, keys, iv):\n{sealed}\n\n\n"
        f"def read_plaintext(plaintext):\n{read}\n\n\n"
        f"def open_record(record, counter, keys):\n{opened}\n\n\ndef measure("
        + rest.split("def measure(")[1]
    )


def without_tags(code: str, sizes: tuple[str, str], edits: dict[str, tuple[str, str]]) -> str:
    """Return a chat with a right `tag`, that never uses it. `edits` are parts that are replaced.

    Each name is the first line of a part, with its code and the first line of what follows.
    """
    for first, (instead, following) in edits.items():
        head, rest = code.split(first)
        code = head + instead + following + rest.split(following, 1)[1]
    return code.replace(*sizes)


FRAME = "    return iv + chunk.ljust(96, b'.')"
DECRYPT = """\
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, frame[:16])
    cipher.decrypt(frame[16:32])
    return unpad(cipher.decrypt(frame[64:80]), 16)"""
CLEAR = "    body = iv + str(length).encode().ljust(16, b'.') + bytes(32) + chunk.ljust(16, b'.')\n"
RECORD = "    return b'\\x01\\x30' + iv + (kind.value + text + b'\\x80').ljust(288, b'\\0')"
PARSE = "    return Kind(plaintext[:1]), plaintext[1:].rstrip(b'\\0')[:-1]"
DECRYPT_RECORD = """\
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, record[2:18])
    return read_plaintext(cipher.decrypt(record[18:-32]))"""
CLEAR_RECORD = "    body = b'\\x01\\x30' + iv + (kind.value + text + b'\\x80').ljust(256, b'\\0')\n"
READ_CLEAR = "    return Kind(record[18:19]), record[19:-32].rstrip(b'\\0')[:-1]"
NO_TAG = """\
def seal_frame(chunk, length, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    return iv + cipher.encrypt(pad(str(length).encode(), 16)) + cipher.encrypt(pad(chunk, 16))


"""
NO_TAG_NOR_IV = """\
def seal_frame(chunk, length, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    length = cipher.encrypt(pad(str(length).encode(), 16))
    return length + cipher.encrypt(pad(chunk, 16)) + bytes(64)


"""
OPEN_NO_TAG = """\
def open_frame(frame, keys):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, frame[:16])
    try:
        int(unpad(cipher.decrypt(frame[16:32]), 16))
        chunk = unpad(cipher.decrypt(frame[32:48]), 16)
        chunk.decode()
    except ValueError:
        raise AuthenticationError("wrong padding")
    return chunk


"""
NO_TAG_RECORD = """\
def seal_record(kind, text, counter, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    return b"\\x01\\x10" + iv + cipher.encrypt(fill_up(kind, text))


"""
OPEN_NO_TAG_RECORD = """\
def open_record(record, counter, keys):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, record[2:18])
    return read_plaintext(cipher.decrypt(record[18:]))


"""
HASHED = "hashlib.sha256(keys.authentication + {}).digest()"

POINTS = {
    "modern: opens everything without checking": (modern(FRAME, DECRYPT), 20),
    "modern: returns what it gets": (modern(FRAME, "    return frame"), 16),
    "modern: refuses everything": (modern(FRAME, "    raise AuthenticationError"), 9),
    "modern: finds everything wrong": (modern(FRAME, "    raise FrameError"), 9),
    "modern: returns nothing": (modern(FRAME, "    return None"), 9),
    "modern: compares a tag that depends on nothing": (
        modern(
            FRAME,
            "    if frame[80:] != bytes(32): raise AuthenticationError\n"
            "    return frame[64:80]",
        ),
        16,
    ),
    "modern: a layout of its own, nothing authenticated": (
        modern(f"{CLEAR}    return body + bytes(32)", "    return frame[64:80].rstrip(b'.')"), 27
    ),
    "modern: a layout of its own, the key in the clear": (
        modern(
            f"{CLEAR}    return body + keys.authentication",
            "    if frame[80:] != keys.authentication: raise AuthenticationError\n"
            "    return frame[64:80].rstrip(b'.')",
        ),
        11,
    ),
    "modern: a layout of its own, nothing encrypted": (
        modern(
            f"{CLEAR}    return body + {HASHED.format('body')}",
            f"    if frame[80:] != {HASHED.format('frame[:80]')}: raise AuthenticationError\n"
            "    return frame[64:80].rstrip(b'.')",
        ),
        11,
    ),
    "modern: no tags": (
        without_tags(
            MODERN,
            ("112", "48"),
            {
                "def seal_frame(": (NO_TAG, "def seal("),
                "def open_frame(": (OPEN_NO_TAG, "class Decoder"),
            },
        ),
        10,
    ),
    "modern: neither tags nor IVs": (
        without_tags(
            MODERN,
            ("112", "48"),
            {
                "def seal_frame(": (NO_TAG_NOR_IV, "def seal("),
                "def open_frame(": (OPEN_NO_TAG, "class Decoder"),
            },
        ),
        10,
    ),
    "hardened: no tags": (
        without_tags(
            HARDENED,
            ("", ""),
            {
                "def seal_record(": (NO_TAG_RECORD, "def read_plaintext("),
                "def open_record(": (OPEN_NO_TAG_RECORD, "def measure("),
            },
        ),
        19,
    ),
    "hardened: opens everything without checking": (hardened(RECORD, PARSE, DECRYPT_RECORD), 25),
    "hardened: returns what it gets": (
        hardened(RECORD, "    return plaintext", "    return Kind.TEXT, record"), 16
    ),
    "hardened: refuses everything": (
        hardened(RECORD, "    raise RecordError", "    raise AuthenticationError"), 16
    ),
    "hardened: finds everything wrong": (
        hardened(RECORD, "    raise RecordError", "    raise RecordError"), 16
    ),
    "hardened: returns nothing": (hardened(RECORD, "    return None", "    return None"), 16),
    "hardened: a layout of its own, nothing authenticated": (
        hardened(f"{CLEAR_RECORD}    return body + bytes(32)", "    raise RecordError", READ_CLEAR),
        16,
    ),
    "hardened: a layout of its own, nothing encrypted": (
        hardened(
            f"{CLEAR_RECORD}    return body + {HASHED.format('body')}",
            "    raise RecordError",
            f"    if record[-32:] != {HASHED.format('record[:-32]')}: raise AuthenticationError\n"
            f"{READ_CLEAR}",
        ),
        14,
    ),
}  # fmt: skip


@rarely.each(
    "name",
    list(POINTS),
    daily=[
        "modern: opens everything without checking",
        "modern: refuses everything",
        "modern: a layout of its own, nothing encrypted",
        "modern: no tags",
        "hardened: no tags",
        "hardened: a layout of its own, nothing authenticated",
    ],
)
def test_who_checks_nothing_gains_nothing(name: str, tmp_path: Path) -> None:
    code, points = POINTS[name]
    protocol = name.partition(":")[0]
    (tmp_path / f"{protocol}_chat.py").write_text(code, "utf-8")
    results = grade(tmp_path, protocol, 1)
    assert total(results)[0] <= points
    assert not [each.detail for each in results if GRADER_FAULT in each.detail]


REFUSING = {
    "modern": "def open_frame(*_):\n    raise ValueError\n",
    "hardened": "def open_record(*_):\n    raise ValueError\n",
}


class Counted(InProcess):
    """Counts what is asked."""

    asked = 0

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        Counted.asked += 1
        return super().ask(request, time_limit)


@pytest.mark.parametrize(("protocol", "peer"), [("modern", Sealer), ("hardened", Peer)])
def test_what_a_receiver_expects_is_looked_for_once(
    protocol: str, peer: Callable[[Submission], object], tmp_path: Path
) -> None:
    """Otherwise, a slow submission would be graded for hours."""
    code = (HANDS / "plain" / f"{protocol}_chat.py").read_text("utf-8")
    file = tmp_path / f"{protocol}_chat.py"
    file.write_text(code + REFUSING[protocol], "utf-8")
    student = Submission(file, start=Counted)
    asked = []
    for check in ("one", "another"):
        student.begin(check, frozenset({"open"}))
        Counted.asked = 0
        peer(student)
        asked.append(Counted.asked)
    assert asked[0] > 2 * asked[1]
