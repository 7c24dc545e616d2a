"""One slip costs its own points, its hint fits it, and both graders give the same points."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import rarely
from tests.coursework import student_grader, student_hardened, student_modern
from tests.coursework.advice import hint_of
from tests.coursework.answers import Answer, Kind, Raised
from tests.coursework.grading import PROTOCOLS, total
from tests.coursework.model import GRADER_FAULT, Check, Grader, Outcome, Result
from tests.coursework.places import HANDS
from tests.coursework.recording import record
from tests.coursework.selftests.in_process import InProcess, grade
from tests.coursework.submission import Submission

PLAIN = {
    protocol: (HANDS / "plain" / f"{protocol}_chat.py").read_text("utf-8") for protocol in PROTOCOLS
}
PADDING = '    while len(text) % 16 != 0:\n        text = text + "~"\n'
OF_ENVELOPE = '.encode("utf-8")).hexdigest()\n    return json.dumps'
WHOLE_BLOCKS = "    number = len(received) // 16\n"


class Slip(NamedTuple):
    """What is written instead of what, the checks that fail, the points, and words of the hint."""

    old: str | tuple[str, ...]
    new: str | tuple[str, ...]
    failed: str
    points: int
    hint: str

    @property
    def edits(self) -> Iterable[tuple[str, str]]:
        old, new = ((each,) if isinstance(each, str) else each for each in (self.old, self.new))
        return zip(old, new, strict=True)


LEGACY = {
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
    "another word in the line": Slip('"Received : "', '"received : "', "display", 35, "80 - len"),
    "that, and spaces printed to find it": Slip(
        ('"Received : "', "    spaces = 80"),
        ('"received : "', '    print("spaces", len(message))\n    spaces = 80'),
        "display",
        35,
        "80 - len",
    ),
    "None for an error": Slip(
        "raise UnrecognisedData(text[:20])", "return None", "unrecognised", 38, "Raise Unrec"
    ),
    "arguments exchanged": Slip(
        "encrypt_blocks(blocks, key)\n\n", "encrypt_blocks(key, blocks)\n\n", "seal", 37, "32 bytes"
    ),
}


MODERN_TAG = "hashlib.sha256).digest()"
BAD_TAG = 'raise AuthenticationError("ERROR: HMAC verification failed")'
CHUNKS = '    chunks = []\n    current = b""\n'
MODERN = {
    "chunks of 16 bytes": Slip("> 15:", "> 16:", "chunks", 58, "PKCS#7"),
    "cut anywhere": Slip(
        CHUNKS,
        "    data = message.encode()\n    size = 15\n"
        f"    return [data[i : i + size] for i in range(0, len(data), size)]\n{CHUNKS}",
        "characters",
        58,
        "no chunk may begin",
    ),
    "chunks of 15 characters": Slip(
        CHUNKS,
        "    return [message[i : i + 15].encode() for i in range(0, len(message), 15)]\n" + CHUNKS,
        "characters",
        58,
        "Count bytes",
    ),
    "chunks of text": Slip(
        CHUNKS,
        "    return [message[i : i + 15] for i in range(0, len(message), 15)]\n" + CHUNKS,
        "chunks",
        58,
        ".encode()",
    ),
    "no chunks returned": Slip("    return chunks\n", "", "chunks", 55, "`return`"),
    "tags in hex": Slip(
        MODERN_TAG, "hashlib.sha256).hexdigest().encode()", "tag", 58, "hexdigest() has 64"
    ),
    "tags in hex, as text": Slip(
        MODERN_TAG, "hashlib.sha256).hexdigest()", "tag", 58, "digest() is bytes"
    ),
    "the other key for tags": Slip(
        "keys.authentication, data", "keys.confidentiality, data", "tag wrong-keys", 55,
        "keys.authentication",
    ),
    "no IV under the tag": Slip(
        "iv + encrypted_length, keys", "encrypted_length, keys", "length-tag open reject-iv", 53,
        "tag of the 32 bytes",
    ),
    "no IV under the tag when received": Slip(
        "first_tag, tag(iv + ", "first_tag, tag(", "open reject-iv", 55, "five fields"
    ),
    "only the IV under the first tag when received": Slip(
        "first_tag, tag(iv + encrypted_length", "first_tag, tag(iv", "open reject-length", 51,
        "five fields",
    ),
    "all under the second tag when received": Slip(
        "second_tag, tag(", "second_tag, tag(iv + encrypted_length + ", "open", 57, "five fields"
    ),
    "the first tag under the second when received": Slip(
        "second_tag, tag(", "second_tag, tag(first_tag + ", "open", 57, "five fields"
    ),
    "no IV in the frame": Slip(
        "return iv + encrypted_length", "return encrypted_length", "frame", 59, "IV, E(length)"
    ),
    "padding left on": Slip(
        "chunk = unpad(cipher.decrypt(encrypted_chunk), 16)",
        "chunk = cipher.decrypt(encrypted_chunk)",
        "open lengths bad-padding",
        55,
        "five fields",
    ),
    "the length beside the chunk": Slip(
        "    return chunk\n", "    return int(length), chunk\n", "open", 57, "Return bytes, not"
    ),
    "the length beside the chunk, left out later": Slip(
        ("    return chunk\n", "chunk = open_frame("),
        ("    return length, chunk\n", "_, chunk = open_frame("),
        "open",
        57,
        "Return bytes, not",
    ),
    "the IV at the end": Slip(
        "return iv + encrypted_length + first_tag + encrypted_chunk + second_tag",
        "return encrypted_length + first_tag + encrypted_chunk + second_tag + iv",
        "frame",
        59,
        "IV, E(length)",
    ),
    "a frame in pieces": Slip(
        "return iv + encrypted_length + first_tag + encrypted_chunk + second_tag",
        "return [iv, encrypted_length, first_tag, encrypted_chunk, second_tag]",
        "frame",
        52,
        "joins",
    ),
    "a list from seal": Slip("    return result\n", "    return [result]\n", "seal", 58, "joins"),
    "printed, not sealed": Slip(
        "    return result\n", "    print(result)\n", "seal", 58, "`return`"
    ),
    "text from open_frame": Slip(
        "    return chunk\n", "    return text\n", "open", 57, ".encode()"
    ),
    "printed, not opened": Slip(
        "    return chunk\n", "    print(text)\n", "open", 57, "`return`"
    ),
    "the length is the chunk's alone": Slip(
        "int(length) < len(text)", "int(length) != len(text)", "lengths", 59, "not with =="
    ),
    "None for a wrong tag": Slip(
        BAD_TAG, "return None", "wrong-keys stream-bad-frame", 55, "raise AuthenticationError"
    ),
    "printed, not raised": Slip(
        BAD_TAG, "return print('wrong')", "wrong-keys stream-bad-frame", 55,
        "raise AuthenticationError",
    ),
    "another exception": Slip(
        "raise AuthenticationError(", "raise ValueError(", "wrong-keys", 57,
        "raise AuthenticationError",
    ),
    "printed, not yielded": Slip(
        "            yield chunk", "            print(chunk)", "stream-pieces", 57, "`yield` each"
    ),
    "printed, not yielded, beside other things": Slip(
        "            yield chunk", "            print('{{}}')\n            print(chunk)",
        "stream-pieces", 57, "`yield` each",
    ),
    "text yielded": Slip(
        "yield chunk", "yield chunk.decode()", "stream-pieces", 57, ".encode()"
    ),
    "no buffer": Slip(
        "self.buffer = self.buffer + data", "self.buffer = data",
        "stream-pieces stream-bad-frame", 55, "in a buffer",
    ),
    "one frame for each feed": Slip(
        "while len(self.buffer) >= 112", "if len(self.buffer) >= 112", "stream-joined", 58, "loop"
    ),
}  # fmt: skip

NUMBERED = "number + record, hashlib.sha256).digest()"
SEALED_TAG = "    return record + tag(counter, record, keys)\n"
OPENED_TAG = "tag(counter, length + iv + encrypted, keys)"
HARDENED = {
    "a tag in hex": Slip(
        NUMBERED, NUMBERED.replace("digest()", "hexdigest().encode()"), "tag", 39, "has 64"
    ),
    "a tag in hex, as text": Slip(
        NUMBERED, NUMBERED.replace("digest", "hexdigest"), "tag", 39, "digest() is bytes"
    ),
    "the other key for tags": Slip(
        "hmac.new(keys.authentication, number", "hmac.new(keys.confidentiality, number",
        "tag wrong-keys", 38, "keys.authentication",
    ),
    "no counter under the tag": Slip(
        NUMBERED, NUMBERED.removeprefix("number + "), "tag reject-moved stream-moved", 37,
        "counter.to_bytes",
    ),
    "no length under the tag": Slip(
        (SEALED_TAG, OPENED_TAG),
        ("    return record + tag(counter, iv + encrypted, keys)\n",
         "tag(counter, iv + encrypted, keys)"),
        "one-tag open reject-changed", 36, "also of the length",
    ),
    "no IV under the tag": Slip(
        (SEALED_TAG, OPENED_TAG),
        ("    return record + tag(counter, record[:2] + encrypted, keys)\n",
         "tag(counter, length + encrypted, keys)"),
        "one-tag open reject-changed", 34, "all 274 bytes",
    ),
    "no IV under the tag when received": Slip(
        OPENED_TAG, "tag(counter, length + encrypted, keys)", "open reject-changed", 36,
        "all before it",
    ),
    "no length under the tag when received": Slip(
        OPENED_TAG, "tag(counter, iv + encrypted, keys)", "open reject-changed", 38,
        "all before it",
    ),
    "another order under the tag when received": Slip(
        OPENED_TAG, "tag(counter, iv + length + encrypted, keys)", "open", 39, "all before it"
    ),
    "keys that are replaced one record too late": Slip(
        "counter % 2**20 == 0", "counter % 2**20 == 1", "sealer-renewal stream-renewal", 38,
        "multiple of 2**20",
    ),
    "keys that are replaced one record too early": Slip(
        "counter % 2**20 == 0", "counter % 2**20 == 2**20 - 1", "sealer-renewal stream-renewal",
        38, "multiple of 2**20",
    ),
    "keys that are replaced too often": Slip(
        "2**20", "2**19", "sealer-renewal stream-renewal", 38, "multiple of 2**20"
    ),
    "keys that are replaced only once": Slip(
        "counter % 2**20 == 0", "counter == 2**20", "sealer-renewal stream-renewal", 38,
        "multiple of 2**20",
    ),
    "a tag of 16 bytes": Slip(
        (SEALED_TAG, "length = 16 + len(encrypted) + 32", "record[18:-32]", "record[-32:]",
         OPENED_TAG),
        (SEALED_TAG.replace("keys)", "keys)[:16]"), "length = 16 + len(encrypted) + 16",
         "record[18:-16]", "record[-16:]", f"{OPENED_TAG}[:16]"),
        "record open", 38, "Behind it are the IV",
    ),
    "the IV behind the ciphertext": Slip(
        '"big") + iv + encrypted', '"big") + encrypted + iv', "record", 39, "Behind it are the IV"
    ),
    "the length counts itself": Slip(
        "length = 16 +", "length = 18 +", "record", 39, "The length is 304"
    ),
    "one byte is missing": Slip("(content) < 256", "(content) < 255", "fill", 39, "zero bytes"),
    "ECB": Slip(
        "AES.MODE_CBC, iv", "AES.MODE_ECB", "ciphertext open", 38, "MODE_CBC"
    ),
    "the text alone": Slip("return kind, text", "return text", "plaintext", 39, "Return the kind"),
    "text and kind": Slip(
        "return kind, text", "return text, kind", "plaintext", 39, "Return the kind"
    ),
    "None for a wrong tag": Slip(
        BAD_TAG, "return None", "wrong-keys stream-moved stream-bad-record", 37,
        "raise AuthenticationError",
    ),
    "two bytes are not measured": Slip(
        "return 2 + length", "return length", "measure", 39, "on top"
    ),
    "no size for a short start": Slip(
        "        return 0\n", "        return None\n", "measure", 39, "Less than two bytes"
    ),
    "pieces of text": Slip("in text.decode(\"utf-8\")", "in text", "pieces", 38, "the other type"),
    "records joined": Slip(
        "        return records\n", '        return b"".join(records)\n', "sealer", 39,
        "Do not join",
    ),
    "no records returned": Slip("        return records\n", "", "sealer", 37, "`yield` each"),
    "a record in a list": Slip(
        "        return record\n", "        return [record]\n", "sealer-kinds", 39, "joins"
    ),
    "printed, not yielded": Slip("yield text", "print(text)", "stream-pieces", 39, "`yield` each"),
    "text yielded": Slip("yield text", "yield text.decode()", "stream-pieces", 39, ".encode()"),
    "a receiver that never counts": Slip(
        "[size:]\n            self.direction.advance()\n", "[size:]\n",
        "stream-pieces stream-kinds stream-moved stream-renewal", 36, "Is it counted",
    ),
    "no buffer": Slip(
        "self.buffer = self.buffer + data", "self.buffer = data", "stream-pieces", 38, "Keep the"
    ),
}  # fmt: skip

SLIPS = {
    f"{protocol}: {name}": (protocol, slip)
    for protocol, table in (("legacy", LEGACY), ("modern", MODERN), ("hardened", HARDENED))
    for name, slip in table.items()
}
DAILY = [
    *(name for name in SLIPS if name.startswith("legacy")),
    "modern: chunks of 16 bytes",
    "modern: tags in hex, as text",
    "modern: no IV under the tag",
    "modern: no IV under the tag when received",
    "modern: the IV at the end",
    "modern: padding left on",
    "modern: the length beside the chunk",
    "modern: None for a wrong tag",
    "modern: printed, not yielded",
    "hardened: a tag in hex",
    "hardened: one byte is missing",
    "hardened: the text alone",
    "hardened: two bytes are not measured",
    "hardened: a receiver that never counts",
    "hardened: no IV under the tag when received",
    "hardened: keys that are replaced one record too late",
]


@lru_cache
def student_checks(protocol: str) -> list[Check]:
    return student_grader.checks_of(record(protocol))


def graded_by_student(folder: Path, protocol: str) -> list[Result]:
    submission = Submission(folder / f"{protocol}_chat.py", start=InProcess)
    return Grader({protocol: submission}, student_checks(protocol)).results()


def graded_by_both(folder: Path, protocol: str) -> tuple[list[Result], list[Result]]:
    return grade(folder, protocol, 1), graded_by_student(folder, protocol)


def with_slips(folder: Path, protocol: str, *slips: Slip) -> Path:
    """Write the plain chat with slips in it, and return its folder."""
    code = PLAIN[protocol]
    for slip in slips:
        for old, new in slip.edits:
            assert old in code
            code = code.replace(old, new)
    (folder / f"{protocol}_chat.py").write_text(code, "utf-8")
    return folder


@rarely.each("named", SLIPS, daily=DAILY)
def test_a_slip_costs_its_own_points(named: tuple[str, Slip], tmp_path: Path) -> None:
    protocol, slip = named
    results = grade(with_slips(tmp_path, protocol, slip), protocol, 1)
    failed = [each for each in results if each.outcome is Outcome.FAILED]
    names = [each.check.id.removeprefix(f"{protocol}-") for each in failed]
    assert (" ".join(names), total(results)[0]) == (slip.failed, slip.points)
    assert not [each.detail for each in results if GRADER_FAULT in each.detail]
    assert slip.hint in failed[0].hint


NOT_WRITTEN = {
    "modern": Slip("    iv = frame[0:16]\n", "    raise NotImplementedError\n", "", 0, ""),
    "hardened": Slip("    length = record[0:2]\n", "    raise NotImplementedError\n", "", 0, ""),
}
KEYS = "class Keys:\n"
SHOWN = Slip(KEYS, f"{KEYS}    def __repr__(self):\n        return str(vars(self))\n\n", "", 0, "")


@pytest.mark.parametrize("protocol", NOT_WRITTEN)
def test_secrets_are_judged_before_all_is_written(protocol: str, tmp_path: Path) -> None:
    for slips, outcome in (((), Outcome.PASSED), ((SHOWN,), Outcome.FAILED)):
        results = grade(with_slips(tmp_path, protocol, NOT_WRITTEN[protocol], *slips), protocol, 1)
        found = {each.check.id.removeprefix(f"{protocol}-"): each.outcome for each in results}
        assert (found["open"], found["no-secrets"]) == (Outcome.FAILED, outcome)


SEES_LESS = {
    "modern: chunks of 15 characters",
    "modern: tags in hex",
    "modern: tags in hex, as text",
    "modern: the other key for tags",
    "modern: no IV under the tag",
    "modern: no IV under the tag when received",
    "modern: only the IV under the first tag when received",
    "modern: all under the second tag when received",
    "modern: the first tag under the second when received",
    "modern: no IV in the frame",
    "modern: padding left on",
    "hardened: a tag in hex",
    "hardened: a tag in hex, as text",
    "hardened: the other key for tags",
    "hardened: a tag of 16 bytes",
    "hardened: no counter under the tag",
    "hardened: no length under the tag",
    "hardened: no IV under the tag",
    "hardened: no IV under the tag when received",
    "hardened: no length under the tag when received",
    "hardened: another order under the tag when received",
    "hardened: keys that are replaced one record too late",
    "hardened: one byte is missing",
    "hardened: ECB",
    "hardened: the text alone",
    "hardened: text and kind",
    "hardened: two bytes are not measured",
    "hardened: no size for a short start",
    "hardened: pieces of text",
    "hardened: no records returned",
    "hardened: a receiver that never counts",
    "hardened: no buffer",
}
"""Here the student's grader would have to make frames or records: it has no tag and no cipher."""


@rarely.each("name", list(SLIPS), daily=[name for name in DAILY if name not in SEES_LESS][::2])
def test_the_students_grader_gives_the_same_points_where_it_can(name: str, tmp_path: Path) -> None:
    protocol, slip = SLIPS[name]
    by_student = graded_by_student(with_slips(tmp_path, protocol, slip), protocol)
    points = total(by_student)[0]
    if name in SEES_LESS:
        assert 0 < points < slip.points
        return
    failed = [each for each in by_student if each.outcome is Outcome.FAILED]
    assert failed[0].check.id.removeprefix(f"{protocol}-") == slip.failed.split()[0]
    assert points == slip.points
    if protocol == "legacy":
        assert " ".join(each.check.id[7:] for each in failed) == slip.failed
        assert slip.hint in failed[0].hint


@pytest.mark.parametrize("printed", ['"{{}}"', '"-" * 3000 + "1"'], ids=["a set", "signs"])
def test_a_right_chat_may_print_anything(printed: str, tmp_path: Path) -> None:
    line = "        self.buffer = self.buffer + data\n"
    folder = with_slips(
        tmp_path, "modern", Slip(line, f"{line}        print({printed})\n", "", 60, "")
    )
    assert total(graded_by_student(folder, "modern"))[0] == 60


@pytest.mark.parametrize(
    ("took", "name", "right"),
    [
        (student_hardened.taken, "open_record", [Kind.END, b""]),
        (student_modern.taken, "open_frame", b"\n"),
    ],
    ids=["an end", "a newline"],
)
def test_another_text_does_not_count_as_one_that_is_almost_nothing(
    took: Callable[..., Answer], name: str, right: object, tmp_path: Path
) -> None:
    student = Submission(with_slips(tmp_path, "modern") / "modern_chat.py", start=InProcess)
    student.failed = student.failed | {"open"}
    came = Answer(f"{name}(…)", b"another text", None, 0)
    assert took(student, name, came, replace(came, value=right)) is came


def test_a_chat_with_two_slips_is_not_worth_less_to_the_student(tmp_path: Path) -> None:
    slips = (LEGACY[name] for name in ("a field of another name", "a column too far"))
    folder = with_slips(tmp_path, "legacy", *slips)
    assert [total(results)[0] for results in graded_by_both(folder, "legacy")] == [29, 29]


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
