"""A class of 60 students who hand in as students do: well, packed oddly, misnamed, broken, copied.

    python -m tests.coursework.selftests.a_class FOLDER

writes it, so that anybody can try the grader on it.
"""

from __future__ import annotations

import io
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.coursework.places import SELFTESTS, STARTER

NAME = "legacy_chat.py"
SIZE = 60

Files = dict[str, "str | bytes"]

HANDS = {
    hand: (SELFTESTS / "hands" / hand / NAME).read_text("utf-8")
    for hand in ("classes", "compact", "plain")
}
UNWRITTEN = (STARTER / NAME).read_text("utf-8")
FUNCTIONS = re.findall(r"(?m)^def (\w+)", UNWRITTEN)

SLIPS = [
    ('.encode("utf-8")).hexdigest()', '.encode("utf-8")).hexdigest().upper()'),
    ('text + "~"', 'text + " "'),
    ("hasher.digest()", "hasher.hexdigest()"),
    ("80 - len(message) - 12", "80 - len(message) - 11"),
    ('return "☑"', 'return "☒"'),
    ("ord(character)", "ord(character) % 128"),
    ('chr(value) != "~"', "True"),
    ("bytes(aes.encrypt(block))", "bytes(aes.decrypt(block))"),
]
"""What a student can get wrong in the plain file, and what stands there then."""


def half_done(functions: int) -> str:
    """Return a file in which only so many functions are written."""
    written = dict(_functions_of(HANDS["plain"]))
    unwritten = dict(_functions_of(UNWRITTEN))
    done = [written[name] for name in FUNCTIONS[:functions]]
    head = (
        "import hashlib\nimport json\n\nimport pyaes\n\n\nclass UnrecognisedData(Exception): ...\n"
    )
    return "\n\n".join([head, *done, *(unwritten[name] for name in FUNCTIONS[functions:])])


def _functions_of(code: str) -> Iterator[tuple[str, str]]:
    for piece in re.split(r"(?m)^(?=def )", code)[1:]:
        yield piece[4:].split("(")[0], piece


def with_slip(number: int) -> str:
    old, new = SLIPS[number % len(SLIPS)]
    return HANDS["plain"].replace(old, new)


def renamed(code: str) -> str:
    """Return a copy as somebody makes it who does not want to be found."""
    names = sorted(set(re.findall(r"(?m)^    (\w+) = ", code)), key=len, reverse=True)
    for number, name in enumerate(names):
        code = re.sub(rf"\b{name}\b", f"my_value_{number}", code)
    return "# all my own work\n" + code.replace("\n\n", "\n\n# a thought\n")


def zipped(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def locked(files: Files) -> bytes:
    """Return an archive that says that it has a password."""
    content = bytearray(zipped(files))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    return bytes(content)


PLAIN, CLASSES, COMPACT = HANDS["plain"], HANDS["classes"], HANDS["compact"]
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'

PACKED: dict[str, Files] = {
    "alice": {NAME: PLAIN},
    "bob": {"bob-final/src/legacy_chat.py": CLASSES, "bob-final/README.md": "my chat"},
    "one zip": {"work.zip": zipped({f"work/{NAME}": COMPACT})},
    "mallory": {NAME: renamed(PLAIN)},
    "zip in a zip": {"upload.zip": zipped({"inner.zip": zipped({NAME: with_slip(0)})})},
    "Mac zip": {"work.zip": zipped({f"w/{NAME}": half_done(2), f"__MACOSX/w/._{NAME}": b"\0"})},
    "clutter": {NAME: half_done(3), ".vscode/settings.json": "{}", "__pycache__/x.pyc": b"\0"},
    "helper": {NAME: half_done(1).replace("import hashlib", "from helper import hashlib"),
               "helper.py": "import hashlib"},
    "old copy": {NAME: with_slip(1), f"old/{NAME}": "1 / 0"},
    "starter": {f"mywork/{NAME}": half_done(4), f"starter/{NAME}": UNWRITTEN},
}  # fmt: skip
"""Folders of students, all of which can be graded."""

BROKEN: dict[str, Files] = {
    "empty": {},
    "capitals": {"Legacy_Chat.py": PLAIN},
    "hyphen in a zip": {"w.zip": zipped({"legacy-chat.py": PLAIN})},
    "notebook": {"legacy_chat.ipynb": NOTEBOOK},
    "rar": {"legacy.rar": b"Rar!"},
    "no zip": {"work.zip": b"PK\x03\x04"},
    "way out": {"work.zip": zipped({f"../../{NAME}": PLAIN})},
    "locked": {"work.zip": locked({NAME: PLAIN})},
    "two files": {f"a/{NAME}": PLAIN, f"b/{NAME}": COMPACT},
    "syntax": {NAME: "def derive_key(passphrase:\n    return 1\n"},
    "encoding": {NAME: '"""Für die Prüfung."""\n'.encode("latin-1")},
    "never ends": {NAME: "import time\nwhile True: time.sleep(1)"},
    "exits": {NAME: "import sys\nsys.exit(0)"},
    "other name": {"solution.py": PLAIN},
    "null bytes": {NAME: b"\0" * 100},
}
"""Folders of students, none of which can be graded."""

IMAGE = "<img src=x onerror=alert(1)>" if os.name == "posix" else "&lt;img src=x&gt;"
"""Windows allows no `<` in a name."""

HOSTILE: dict[str, Files] = {
    IMAGE: {NAME: half_done(1)},
    "=1+1": {NAME: half_done(2)},
    "+cmd": {NAME: half_done(1)},
    "@SUM(A1)": {NAME: UNWRITTEN},
    "-2": {NAME: UNWRITTEN},
    "naïve café": {NAME: half_done(3)},
    "学生": {NAME: half_done(2)},
    "mallory \u202etxt": {NAME: half_done(1)},
    "script in words": {
        NAME: "def derive_key(text): raise ValueError('</pre><script>alert(1)</script>')"
    },
    "formula in words": {NAME: "raise ValueError('=HYPERLINK(1)')"},
    "flood": {NAME: "def derive_key(text):\n    while True: print('x' * 10 ** 6)"},
    "long words": {NAME: f"def derive_key(text): raise ValueError('{'w' * 5000}')"},
}
"""Names and words that mean harm, or look as if they did."""

KILLER = """
import os, signal
parent = os.getppid()
about = f"/proc/{parent}"
if os.path.exists(about) and b"nursery" in open(f"{about}/cmdline", "rb").read():
    parent = int(open(f"{about}/stat").read().rpartition(")")[2].split()[1])
os.kill(parent, signal.SIGKILL)
"""
"""Ends the process that grades it."""

LOOSE: Files = {
    "twice_101_9001_legacy_chat.py": "1 / 0",
    "twice_101_9002_legacy_chat-1.py": half_done(5),
    "late_LATE_102_9003_legacy_chat.py": with_slip(2),
    "zipped_103_9004_mywork.zip": zipped({f"mywork/{NAME}": half_done(2)}),
    "loose_104_legacy_chat-1.py": half_done(1),
    "misnamed_105_9005_legacychat.py": PLAIN,
    "A File_106_assignsubmission_file_legacy_chat.py": half_done(4),
    "A Folder_107_assignsubmission_file_/legacy_chat.py": with_slip(3),
    "archive.zip": zipped({"archive/chat/legacy_chat.py": with_slip(4)}),
    "archive of another kind.7z": b"7z",
}
"""Files beside the folders: of Canvas, of Moodle, and archives."""

NOBODYS: Files = {
    ".DS_Store": b"\0",
    "__MACOSX/._alice": b"\0",
    "notes.txt": "remember to mark these",
    "legacy_chat.py": PLAIN,
}
"""What belongs to no student."""

IN_LOOSE = 9
"""So many students handed in the loose files: one of them handed in twice."""


def students() -> dict[str, Files]:
    """Return all folders: those above, and students who have got so far or made a slip."""
    folders = PACKED | BROKEN | HOSTILE | {"killer": {NAME: KILLER}}
    folders["bomb"] = {"work.zip": zipped({"zeros": bytes(51 << 20)})}  # it takes a moment
    others = SIZE - len(folders) - IN_LOOSE - 1  # and the one with the link
    for number in range(others):
        code = with_slip(number) if number % 3 == 0 else half_done(number % 7)
        folders[f"student{number:02}"] = {NAME: code}
    return folders


def write(folder: Path) -> None:
    """Write the class into a folder, with a link that leads out of it where links are possible."""
    for name, files in students().items():
        (folder / name).mkdir(parents=True)
        _write_files(folder / name, files)
    _write_files(folder, LOOSE | NOBODYS)
    link = folder / "linker"
    link.mkdir()
    if os.name == "posix":
        (link / NAME).symlink_to(folder / "alice" / NAME)


def _write_files(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
