"""What 24 public programs sent, described: every sentence is listed here, and no other is said."""

from __future__ import annotations

import pytest

from compat.identify.findings import DialectFound, Span
from compat.identify.search import identify
from modern.dialects import DIALECTS
from tests.recorded import load

WILD = {program["id"]: program for program in load("wild")["programs"]}
FAMILY = dict(zip(["w02", "w01", *list(WILD)[2:15]], DIALECTS, strict=True))
"""The dialects are listed in the order of the recordings; our own comes first."""


def describe(program, lines=slice(0, 1), typed="hi"):
    wire = b"".join(bytes.fromhex(sent["wire"]) for sent in program["sent"][lines])
    return wire, identify(wire, program["confkey"], program["authkey"], typed)


class TestFamily:
    @pytest.mark.parametrize("typed", ["hi", None])
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


BEFORE = "its IV, or a block before it"
IN_IT = " The typed line is in it."
OTHERS = {
    "w16": [
        "Bytes 16–79 are encrypted: AES-CBC under SHA-256(confkey), the first block under bytes "
        f"0–15: {BEFORE}. The plain text is 'hi', then PKCS#7 padding of 62 bytes to a multiple "
        f"of 64 bytes.{IN_IT}",
        "Bytes 80–99 are a tag: HMAC-SHA1 under SHA-256(authkey), over bytes 0–79.",
    ],
    "w17": [
        "Bytes 0–31 are a tag: HMAC-SHA256 under authkey, not hashed, over bytes 32–63.",
        "Bytes 48–63 are encrypted: AES-CBC under SHA-256(confkey), the first block under bytes "
        rf"32–47: {BEFORE}. The plain text is 'hi\n', then 13 zero bytes.{IN_IT}",
    ],
    "w18": [
        r"Bytes 0–31 are a tag: HMAC-SHA1 under authkey, not hashed, over the plain text 'hi\n', "
        "of which the first 16 of 20 bytes are here, written as hexadecimal digits.",
        "Bytes 48–63 are encrypted: AES-CBC under the first 32 hex digits of SHA-1(confkey), the "
        rf"first block under bytes 32–47: {BEFORE}. The plain text is 'hi\n', then PKCS#7 padding "
        f"of 13 bytes.{IN_IT}",
    ],
    "w19": [
        "Bytes 0–31 are a tag: HMAC-SHA256 with key and message swapped; the key: "
        "SHA-256(authkey), over bytes 36–51.",
        "Bytes 32–35 are a length in the clear: 3, 4 bytes, little-endian; the plain text has this "
        "many bytes.",
        "Bytes 36–51 are encrypted: AES-CBC under SHA-256(confkey), the first block under bytes "
        rf"52–67, its IV. The plain text is 'hi\n', then 13 zero bytes.{IN_IT}",
    ],
    "w20": [
        "Bytes 16–79 decrypt to a tag: HMAC-SHA256 under the hex digits of SHA-256(authkey), over "
        "nothing at all, written as hexadecimal digits.",
        "Bytes 16–95 are encrypted: AES-CBC under the first 16 hex digits of SHA-256(confkey), "
        f"the first block under bytes 0–15: {BEFORE}. The plain text is "
        r"'b8d9b09f6ef8db719ef43b79…d590872e50101hi\n', then PKCS#7 padding of 13 bytes.",
    ],
    "w21": [
        "Bytes 0–127 are base64; offsets below count what they say.",
        "Bytes 16–95 of what they say are encrypted: AES-CBC under SHA-256(confkey), the first "
        f"block under bytes 0–15 of what they say: {BEFORE}. The plain text is "
        r"'hi\n|312d0c24a2f8483a158d…4dbf85692245b278', then PKCS#7 padding of 12 bytes." + IN_IT,
        "Bytes 20–83 of what they say decrypt to a tag: HMAC-SHA256 under SHA-256(authkey), over "
        r"the plain text 'hi\n', written as hexadecimal digits.",
    ],
    "w22": [
        "Bytes 16–31 decrypt to a tag: HMAC-MD5 under authkey, not hashed, over the plain text "
        "with its padding, 16 bytes.",
        "Bytes 16–47 are encrypted: AES-CBC under SHA-256(confkey), the first block under bytes "
        rf"0–15: {BEFORE}. The plain text is 'hi\n', then PKCS#7 padding of 13 bytes.{IN_IT}",
    ],
    "w23": [
        "Bytes 0–15 are a length in the clear: 16, decimal digits and filling; the encrypted part "
        "has this many bytes.",
        "Bytes 32–47 are encrypted: AES-CBC under the first 16 bytes of SHA-1(confkey), the first "
        rf"block under bytes 16–31: {BEFORE}. The plain text is 'hi\n', then 13 zero bytes.{IN_IT}",
        "Bytes 48–63 are a tag: HMAC-MD5 under the first 16 bytes of SHA-1(authkey), over the "
        "plain text with its padding, 16 bytes.",
    ],
    "w24": [
        "Bytes 0–31 are a tag: HMAC-MD5 under the first 16 hex digits of SHA-1(authkey), over the "
        r"plain text 'hi\n', written as hexadecimal digits.",
        "Bytes 48–63 are encrypted: AES-CBC under the first 16 hex digits of SHA-1(confkey), the "
        rf"first block under bytes 32–47: {BEFORE}. The plain text is 'hi\n', then 13 times ' '."
        f"{IN_IT}",
    ],
}


class TestOthers:
    def test_all_are_here(self):
        assert sorted([*FAMILY, *OTHERS]) == list(WILD)

    @pytest.mark.parametrize("wire_id", OTHERS)
    def test_what_is_proven(self, wire_id):
        """Nothing is left unexplained, and nothing else is said."""
        _, report = describe(WILD[wire_id])
        assert [each.sentence for each in report.statements] == OTHERS[wire_id]
        assert report.unexplained == ()

    @pytest.mark.parametrize("wire_id", ["w19", "w23"])
    def test_a_conversation_without_what_was_typed(self, wire_id):
        """Three lines one behind the other; what was typed is not needed."""
        _, report = describe(WILD[wire_id], slice(None), typed=None)
        assert report.unexplained == ()
        lines = {sent["line"] for sent in WILD[wire_id]["sent"]}
        texts = "".join(each.text.decode() for each in report.statements if hasattr(each, "text"))
        assert all(line[:5] in texts for line in lines)

    def test_other_keys_prove_nothing(self):
        program = WILD["w17"] | {"confkey": "another key", "authkey": "and another"}
        _, report = describe(program)
        assert report.statements == ()
        assert report.unexplained == (Span(0, 64),)
        assert "Nothing could be proven" in str(report)
