"""One slip costs its own points, its hint fits it, and both graders give the same points."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.coursework import student_grader
from tests.coursework.advice import hint_of
from tests.coursework.answers import Raised
from tests.coursework.grading import total
from tests.coursework.model import Check, Grader, Outcome, Result
from tests.coursework.places import HANDS
from tests.coursework.recording import record
from tests.coursework.selftests.in_process import InProcess, grade
from tests.coursework.submission import Submission

PLAIN = (HANDS / "plain" / "legacy_chat.py").read_text("utf-8")
PADDING = '    while len(text) % 16 != 0:\n        text = text + "~"\n'
OF_ENVELOPE = '.encode("utf-8")).hexdigest()\n    return json.dumps'
WHOLE_BLOCKS = "    number = len(received) // 16\n"


class Slip(NamedTuple):
    """What is written instead of what, the checks that fail, the points, and words of the hint."""

    old: str
    new: str
    failed: str
    points: int
    hint: str


SLIPS = {
    "digest for hexdigest, in the envelope": Slip(
        OF_ENVELOPE, OF_ENVELOPE.replace("hexd", "d"), "hash", 38, "hexdigest() is text"
    ),
    "neither of them": Slip(
        OF_ENVELOPE, OF_ENVELOPE.replace(".hexdigest()", ""), "hash", 38, "not the type HASH"
    ),
    "digest for hexdigest, when received": Slip(
        ".hexdigest() == digest", ".digest() == digest", "crossed-box", 37, "Hash the received"
    ),
    "nothing encoded": Slip(
        OF_ENVELOPE, OF_ENVELOPE.replace('.encode("utf-8")', ""), "envelope", 32, "takes bytes"
    ),
    "no return": Slip(
        "return json.dumps(envelope)", "json.dumps(envelope)", "envelope", 32, "`return`"
    ),
    "no JSON": Slip("json.dumps(envelope)", "str(envelope)", "envelope", 32, "Return what json"),
    "JSON of many lines": Slip(
        "json.dumps(envelope)", "json.dumps(envelope, indent=1)", "envelope", 37, "separators"
    ),
    "a field of another name": Slip(
        'envelope["hash"] =', 'envelope["Hash"] =', "envelope hash", 35, "order of a dict's keys"
    ),
    "a block of padding": Slip(
        PADDING, '    text += "~" * (16 - len(text) % 16)\n', "full-block", 39, "adds a block of ~"
    ),
    "no parentheses": Slip(
        PADDING, '    text += "~" * 16 - len(text) % 16\n', "blocks", 35, "`*` comes before `-`"
    ),
    "as many ~ as there are characters": Slip(
        PADDING, '    text += "~" * (len(text) % 16)\n', "padding", 38, "(-len(text)) % 16"
    ),
    "blocks of bytes": Slip(
        "blocks.append(block)", "blocks.append(bytes(block))", "blocks", 35, "ord gives"
    ),
    "no block as bytes": Slip(
        "bytes(aes.encrypt(block))", "aes.encrypt(block)", "encryption", 36, "do not fit together"
    ),
    "the last block dropped": Slip(
        WHOLE_BLOCKS,
        f"    received = received[: len(received) - (16 - len(received) % 16)]\n{WHOLE_BLOCKS}",
        "decryption",
        36,
        "16 - len(received) % 16 is 16",
    ),
    "padding kept": Slip('if chr(value) != "~":', "if True:", "tildes", 39, "text.replace"),
    "a column too far": Slip(
        "- len(message) - 12", "- len(message) - 11", "display longest-line", 34, "80 - len"
    ),
    "printed, not returned": Slip(
        "    return line\n", "    print(line)\n", "display", 35, "return"
    ),
    "None for an error": Slip(
        "raise UnrecognisedData(text[:20])", "return None", "unrecognised", 38, "Raise Unrec"
    ),
    "arguments exchanged": Slip(
        "encrypt_blocks(blocks, key)\n\n", "encrypt_blocks(key, blocks)\n\n", "seal", 37, "32 bytes"
    ),
}


@lru_cache(maxsize=1)
def student_checks() -> list[Check]:
    return student_grader.checks_of(record("legacy"))


def graded_by_student(folder: Path) -> list[Result]:
    submission = Submission(folder / "legacy_chat.py", start=InProcess)
    return Grader({"legacy": submission}, student_checks()).results()


def graded_by_both(folder: Path) -> tuple[list[Result], list[Result]]:
    return grade(folder, "legacy", 1), graded_by_student(folder)


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_costs_its_own_points_in_both_graders(slip: Slip, tmp_path: Path) -> None:
    assert PLAIN.count(slip.old) == 1
    (tmp_path / "legacy_chat.py").write_text(PLAIN.replace(slip.old, slip.new), "utf-8")
    for results in graded_by_both(tmp_path):
        failed = [each for each in results if each.outcome is Outcome.FAILED]
        names = [each.check.id.removeprefix("legacy-") for each in failed]
        assert (" ".join(names), total(results)) == (slip.failed, (slip.points, 40))
        assert slip.hint in failed[0].hint


def test_a_chat_with_two_slips_is_not_worth_less_to_the_student(tmp_path: Path) -> None:
    code = PLAIN
    for name in ("a field of another name", "a column too far"):
        code = code.replace(SLIPS[name].old, SLIPS[name].new)
    (tmp_path / "legacy_chat.py").write_text(code, "utf-8")
    assert [total(results)[0] for results in graded_by_both(tmp_path)] == [29, 29]


# The hint fits the exception ---------------------------------------------------------------------

FITTING = {
    "NotImplementedError: ": "Write this function",
    "TypeError: Object of type bytes is not JSON serializable": "hexdigest() is text",
    "TypeError: Strings must be encoded before hashing": '.encode("utf-8")',
    "TypeError: 'NoneType' object is not subscriptable": "without `return`",
    "AttributeError: 'NoneType' object has no attribute 'encode'": "without `return`",
    "AttributeError: 'bytes' object has no attribute 'encode'": "of the other type already",
    "TypeError: seal() takes 2 positional arguments but 3 were given": "parameters",
    "NameError: name 'jsno' is not defined": "spelled",
    "ModuleNotFoundError: No module named 'aes'": "Install that library",
    "KeyError: 'hash'": "print what the dict",
    "ValueError: Incorrect AES key length (64 bytes)": "32 bytes",
    "ValueError: Data must be padded to 16 byte boundary in CBC mode": "whole blocks",
    "SyntaxError: invalid syntax": "bracket",
    "ZeroDivisionError: division by zero": "ZeroDivisionError in line 7",
}


@pytest.mark.parametrize("said", FITTING)
def test_a_hint_fits_the_exception(said: str) -> None:
    kind, _, text = said.partition(": ")
    assert FITTING[said] in hint_of(Raised((kind,), text, 7))


def test_of_a_students_own_exception_the_check_knows_more() -> None:
    assert hint_of(Raised(("AuthenticationError", "ValueError"), "Padding is incorrect", 7)) == ""
