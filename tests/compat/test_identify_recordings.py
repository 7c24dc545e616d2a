"""Twenty-four recorded programs, described by what their bytes prove; noise proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.identify.hints import explain
from compat.identify.search import identify
from modern.dialects import DIALECTS
from tests.originals import wire_peer
from tests.programs import AUTHKEY, CONFKEY, ROOT, run
from tests.recorded import load

LINES = ("hi\n", "typed at the console\n")
PROGRAMS = load("wild")["programs"]
NAMES = ["chained", "independent", *list(DIALECTS)[2:]]
PROVEN = {
    "w16": ("a tag: HMAC-SHA1 under SHA-256(authkey), over bytes 0–79.", "AES-CBC"),
    "w17": ("a tag: HMAC-SHA256 under authkey, not hashed, over bytes 32–63.", "AES-CBC"),
    "w18": ("HMAC-SHA1 under authkey, not hashed, over the plain text", "SHA-1(confkey)"),
    "w19": ("HMAC-SHA256 with key and message swapped", "3, 4 bytes, little-endian"),
    "w20": ("over nothing at all, written as hexadecimal digits", "SHA-256(confkey)"),
    "w21": (
        "Bytes 0–127 are base64",
        "HMAC-SHA256 under SHA-256(authkey), over the plain text 'hi",
    ),
    "w22": ("decrypt to a tag: HMAC-MD5 under authkey, not hashed", "The typed line is in it."),
    "w23": ("a tag: HMAC-MD5 under the first 16 bytes of SHA-1(authkey)", "decimal"),
    "w24": ("HMAC-MD5 under the first 16 hex digits of SHA-1(authkey)", "SHA-1(confkey)"),
}
"""What must be said of each that speaks no dialect of ours: its tag, and how it encrypts."""


def describe(program: dict, typed: str | None = "hi") -> str:
    wire = bytes.fromhex(program["sent"][0]["wire"])
    return str(identify(wire, program["confkey"], program["authkey"], typed))


@pytest.mark.parametrize(
    ("program", "name"), zip(PROGRAMS, NAMES, strict=False), ids=[p["id"] for p in PROGRAMS[:15]]
)
def test_a_dialect_is_named(program, name):
    said = describe(program)
    assert f"frames of the dialect `{name}`" in said
    for _, rule in DIALECTS[name].differences():
        assert rule.rpartition(": ")[0] in said


@pytest.mark.parametrize("program", PROGRAMS[15:], ids=lambda program: program["id"])
def test_another_wire_is_described_by_what_its_bytes_prove(program):
    said = describe(program)
    for words in PROVEN[program["id"]]:
        assert words in said
    assert "dialect" not in said


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["id"])
def test_with_other_keys_nothing_is_proven_under_them(program):
    wire = bytes.fromhex(program["sent"][0]["wire"])
    said = str(identify(wire, "x" * 32, "y" * 32, "hi"))
    assert "a tag:" not in said
    assert "encrypted: AES" not in said


@given(st.binary(min_size=1, max_size=300))
@settings(max_examples=15)
def test_noise_proves_nothing_about_tags_and_encryption(noise):
    said = str(identify(noise, CONFKEY, AUTHKEY, "a typed line"))
    assert "a tag:" not in said
    assert "encrypted: AES" not in said
    assert "dialect" not in said


def test_the_program_says_it_of_a_file(tmp_path):
    capture = tmp_path / "capture.hex"
    capture.write_text(PROGRAMS[2]["sent"][0]["wire"])
    keys = ("--confkey", PROGRAMS[2]["confkey"], "--authkey", PROGRAMS[2]["authkey"])
    done = run("-m", "compat.identify", str(capture), *keys, "--typed", "hi", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "frames of the dialect `big-endian`, and say 'hi\\n'" in done.stdout


HINTS = {
    "chained": "your authentication key is SHA-256(confkey followed by authkey)",
    "big-endian": "the length is 8 bytes, big-endian",
    "zero-padded": "the length is 16 bytes, big-endian",
    "zero-padded-no-newline": "the length is 4 bytes, big-endian",
    "little-endian-no-newline": "the length is 16 bytes, little-endian",
    "raw-authkey": "your authentication key is authkey itself",
    "data-twice": "your tags are HMAC-SHA256 over the data twice",
    "hash-for-hmac": "your tags are SHA-256(data followed by the key)",
    "hex-keys": "your authentication key is the first 16 hex digits",
    "running-tags": "your authentication key is authkey itself",
    "two-block-length": "then a block of PKCS#7",
    "size-in-the-clear": "before the IV, your program sends 4 bytes",
    "second-iv": "the length is 4 bytes, big-endian",
    "untagged-second-iv": "a second IV",
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_hint_names_the_axis_on_which_a_program_differs(name):
    """From programs written from the facts; `independent` is the rules themselves."""
    wire = wire_peer.Wire(name, CONFKEY, AUTHKEY)
    sent = b"".join(frame for line in LINES for frame in wire.frames(line))
    hint = explain(sent, CONFKEY, AUTHKEY, "".join(LINES))
    assert HINTS.get(name, "").lower() in hint.lower()
    assert (hint == "") == (name == "independent")
