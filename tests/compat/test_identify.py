"""What 24 public programs sent, described: every sentence is listed here, and no other is said."""

from __future__ import annotations

import pytest

from compat.identify.findings import DialectFound, Span
from compat.identify.search import identify
from modern.dialects import DIALECTS
from tests import rarely
from tests.recorded import load

WILD = {program["id"]: program for program in load("wild")["programs"]}
FAMILY = dict(zip(["w02", "w01", *list(WILD)[2:15]], DIALECTS, strict=True))
"""The dialects are listed in the order of the recordings; our own comes first."""


def describe(program, lines=slice(0, 1), typed="hi"):
    wire = b"".join(bytes.fromhex(sent["wire"]) for sent in program["sent"][lines])
    return wire, identify(wire, program["confkey"], program["authkey"], typed)


class TestFamily:
    @rarely.each("typed", ["hi", None], daily=[None])
    @pytest.mark.parametrize("lines", [slice(0, 1), slice(None)], ids=["one", "all"])
    @pytest.mark.parametrize("wire_id", FAMILY)
    def test_the_dialect_is_named(self, wire_id, lines, typed):
        wire, report = describe(WILD[wire_id], lines, typed)
        (found,) = report.statements
        assert isinstance(found, DialectFound)
        assert (found.name, found.span) == (FAMILY[wire_id], Span(0, len(wire)))
        assert report.unexplained == ()
        sent = WILD[wire_id]["sent"][lines]
        assert found.text == "".join(line["line"] + "\n" for line in sent)

    @pytest.mark.parametrize("wire_id", FAMILY)
    def test_each_rule_is_said_once_as_proven_or_as_not_shown(self, wire_id):
        _, report = describe(WILD[wire_id], slice(None))
        (found,) = report.statements
        said = [rule.partition(": ")[0] for rule in (*found.shown, *found.open)]
        assert len(said) == len(set(said)) == 9

    def test_a_short_line_does_not_show_where_long_ones_are_cut(self):
        (found,) = describe(WILD["w03"])[1].statements
        assert "tag: HMAC-SHA256" in found.shown
        assert "cut" not in " ".join(found.shown)
        assert any(each.startswith("cut: the whole line in one frame") for each in found.open)
        (found,) = describe(WILD["w03"], slice(None))[1].statements
        assert "cut: the whole line in one frame" in found.shown

    def test_one_frame_does_not_show_that_a_tag_runs_on(self):
        (found,) = describe(WILD["w11"])[1].statements
        assert any(each.startswith("tag: HMAC-SHA256, where each") for each in found.open)
        (found,) = describe(WILD["w11"], slice(None))[1].statements
        assert any(each.startswith("tag: HMAC-SHA256, where each") for each in found.shown)


BEFORE = "are the IV of the first block, or the encrypted block before it. The plain text is"
IN_IT = " The typed line is in it."
HEX = " The tag is written in hexadecimal digits."
OTHERS = {
    "w16": [
        "Bytes 16–79 are encrypted with AES-CBC; the key is SHA-256(confkey), and bytes 0–15 "
        f"{BEFORE} "
        f"'hi', then PKCS#7 padding of 62 bytes to a multiple of 64 bytes.{IN_IT}",
        "Bytes 80–99 are a tag over bytes 0–79: HMAC-SHA1; the key is SHA-256(authkey).",
    ],
    "w17": [
        "Bytes 0–31 are a tag over bytes 32–63: HMAC-SHA256; the key is authkey, not hashed.",
        "Bytes 48–63 are encrypted with AES-CBC; the key is SHA-256(confkey), and bytes 32–47 "
        rf"{BEFORE} 'hi\n', then 13 zero bytes.{IN_IT}",
    ],
    "w18": [
        r"Bytes 0–31 are a tag over the plain text 'hi\n': HMAC-SHA1; the key is authkey, not "
        "hashed. "
        f"Only the first 16 of the tag's 20 bytes are here.{HEX}",
        "Bytes 48–63 are encrypted with AES-CBC; the key is the first 32 hex digits of "
        rf"SHA-1(confkey), and bytes 32–47 {BEFORE} 'hi\n', then PKCS#7 padding of 13 "
        f"bytes.{IN_IT}",
    ],
    "w19": [
        "Bytes 0–31 are a tag over bytes 36–51: HMAC-SHA256 with key and message swapped; the key "
        "is "
        "SHA-256(authkey).",
        "Bytes 32–35 are a length in the clear: 3, written as 4 bytes, little-endian; the plain "
        "text "
        "has this many bytes.",
        "Bytes 36–51 are encrypted with AES-CBC; the key is SHA-256(confkey), and bytes 52–67 are "
        "the "
        rf"IV of the first block. The plain text is 'hi\n', then 13 zero bytes.{IN_IT}",
    ],
    "w20": [
        "Bytes 16–79 decrypt to a tag over nothing at all: HMAC-SHA256; the key is the hex digits "
        "of "
        f"SHA-256(authkey).{HEX}",
        "Bytes 16–95 are encrypted with AES-CBC; the key is the first 16 hex digits of "
        rf"SHA-256(confkey), and bytes 0–15 {BEFORE} "
        r"'b8d9b09f6ef8db719ef43b79…d590872e50101hi\n', then PKCS#7 padding of 13 bytes.",
    ],
    "w21": [
        "Bytes 0–127 are base64; the offsets in the decoded bytes begin at 0.",
        "Bytes 16–95 of the decoded bytes are encrypted with AES-CBC; the key is SHA-256(confkey), "
        "and "
        rf"bytes 0–15 of the decoded bytes {BEFORE} "
        r"'hi\n|312d0c24a2f8483a158d…4dbf85692245b278', then PKCS#7 padding of 12 bytes." + IN_IT,
        r"Bytes 20–83 of the decoded bytes decrypt to a tag over the plain text 'hi\n': "
        "HMAC-SHA256; "
        f"the key is SHA-256(authkey).{HEX}",
    ],
    "w22": [
        "Bytes 16–31 decrypt to a tag over the plain text with its padding, 16 bytes: HMAC-MD5; "
        "the "
        "key is authkey, not hashed.",
        "Bytes 16–47 are encrypted with AES-CBC; the key is SHA-256(confkey), and bytes 0–15 "
        rf"{BEFORE} 'hi\n', then PKCS#7 padding of 13 bytes.{IN_IT}",
    ],
    "w23": [
        "Bytes 0–15 are a length in the clear: 16, written as decimal digits and filling; the "
        "encrypted part has this many bytes.",
        "Bytes 32–47 are encrypted with AES-CBC; the key is the first 16 bytes of SHA-1(confkey), "
        "and "
        rf"bytes 16–31 {BEFORE} 'hi\n', then 13 zero bytes.{IN_IT}",
        "Bytes 48–63 are a tag over the plain text with its padding, 16 bytes: HMAC-MD5; the key "
        "is "
        "the first 16 bytes of SHA-1(authkey).",
    ],
    "w24": [
        r"Bytes 0–31 are a tag over the plain text 'hi\n': HMAC-MD5; the key is the first 16 hex "
        f"digits of SHA-1(authkey).{HEX}",
        "Bytes 48–63 are encrypted with AES-CBC; the key is the first 16 hex digits of "
        rf"SHA-1(confkey), and bytes 32–47 {BEFORE} 'hi\n', then 13 times ' '.{IN_IT}",
    ],
}


class TestOthers:
    def test_all_are_here(self):
        assert sorted([*FAMILY, *OTHERS]) == list(WILD)

    @rarely.each("wire_id", list(OTHERS), daily=["w16", "w19", "w20", "w21", "w24"])
    def test_what_is_proven(self, wire_id):
        """Nothing is left unexplained, and nothing else is said."""
        _, report = describe(WILD[wire_id])
        assert [each.sentence for each in report.statements] == OTHERS[wire_id]
        assert report.unexplained == ()

    @rarely.each("number", [2, 3], daily=[2])
    @rarely.each("wire_id", ["w19", "w23"], daily=["w23"])
    def test_a_conversation_without_what_was_typed(self, wire_id, number):
        """Lines one behind the other; what was typed is not needed."""
        _, report = describe(WILD[wire_id], slice(number), typed=None)
        assert report.unexplained == ()
        lines = {sent["line"] for sent in WILD[wire_id]["sent"][:number]}
        texts = "".join(each.text.decode() for each in report.statements if hasattr(each, "text"))
        assert all(line[:5] in texts for line in lines)

    def test_other_keys_prove_nothing(self):
        program = WILD["w17"] | {"confkey": "another key", "authkey": "and another"}
        _, report = describe(program)
        assert report.statements == ()
        assert report.unexplained == (Span(0, 64),)
        assert "Nothing could be proven" in str(report)
