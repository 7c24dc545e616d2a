"""Our own Wycheproof-shaped cases, against every receiver of both wires."""

from __future__ import annotations

import json
import socket

import pytest

from compat.aes import FastAES
from compat.careful.envelopes import Reader
from legacy import protocol as legacy_protocol
from legacy.chat import OriginalWire
from legacy.protocol import Envelope
from modern import bulk, errors
from modern import protocol as modern_protocol
from modern.dialects import DIALECTS
from tests.decoders import RecognisingDecoder
from tests.generators.shape import render
from tests.generators.wycheproof import FILES
from tests.recorded import load

MODERN = load("wycheproof_modern")
LEGACY = load("wycheproof_legacy")


def each_kind(vectors):
    """Parametrize with the cases of each kind, each with its group. Its first flag says its kind.

    A test for each of the hundreds of cases would take longer than the cases do.
    """
    kinds = {}
    for group in vectors["testGroups"]:
        for case in group["tests"]:
            kinds.setdefault(case["flags"][0], []).append((group, case))
    return pytest.mark.parametrize("cases", kinds.values(), ids=kinds)


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_generator_makes(name):
    made = json.loads(render(FILES[name]()))
    assert made == load(name)


@pytest.mark.parametrize("vectors", [MODERN, LEGACY], ids=["modern", "legacy"])
def test_every_case_is_explained(vectors):
    tests = [case for group in vectors["testGroups"] for case in group["tests"]]
    assert len(tests) == vectors["numberOfTests"]
    assert [case["tcId"] for case in tests] == list(range(1, len(tests) + 1))
    assert {flag for case in tests for flag in case["flags"]} == set(vectors["notes"])
    assert {case["result"] for case in tests} == {"valid", "acceptable", "invalid"}
    assert all(case["comment"] for case in tests)


def test_there_are_enough():
    assert MODERN["numberOfTests"] + LEGACY["numberOfTests"] >= 150


# Modern --------------------------------------------------------------------------------------


def modern_receivers(group):
    """Return every decoder of ours, by name."""
    secrets = group["confkey"], group["authkey"]
    keys = DIALECTS[group["dialect"]].derive_keys(*secrets)
    receivers = {"plain": modern_protocol.Decoder(keys), "bulk": bulk.Decoder(keys)}
    return receivers | {"auto": RecognisingDecoder(*secrets)}


def receive(decoder, pieces):
    """Return the text that a stream gives and the name of the error that it ends in."""
    shown = b""
    try:
        for piece in pieces:
            for text in decoder.feed(piece):
                shown += text
        decoder.close()
    except errors.ModernError as error:
        return shown.decode(), type(error).__name__
    return shown.decode(), None


def is_only_another_dialect(case):
    """Whether a receiver that recognises dialects rightly takes what this case is about."""
    return case["comment"].startswith("tags of the ")


@each_kind(MODERN)
def test_modern(cases):
    """Whole, in pieces, and byte by byte."""
    for group, case in cases:
        stream = bytes.fromhex(case["stream"])
        for size in (1 << 16, 113, 1):
            pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
            check_all(modern_receivers(group), pieces, case)


def check_all(receivers, pieces, case):
    """Hold that each receiver shows of these pieces what the case says, and ends as it says."""
    automatic = receivers.pop("auto")
    for name, decoder in receivers.items():
        assert receive(decoder, pieces) == (case["text"], case["error"]), (name, case)
    if not is_only_another_dialect(case):
        text, error = receive(automatic, pieces)
        assert text == case["text"], case
        # A first frame that is refused in all dialects is refused in the words of one of them.
        assert error == case["error"] or (not text and error and case["error"]), case


# Legacy --------------------------------------------------------------------------------------


@each_kind(LEGACY)
def test_legacy(cases):
    for group, case in cases:
        key = legacy_protocol.derive_key(group["passphrase"])
        one_end, other_end = socket.socketpair()
        with one_end, other_end:
            wire = OriginalWire(one_end, key)
            lines = [line for data in case["recvs"] for line in wire.display(bytes.fromhex(data))]
        assert lines == case["lines"], case


NO_SENDER_WRITES = {
    "a block of padding in the middle",
    "spaces around",
    "not escaped, as latin-1",
}
"""What the careful reader gives up, to find its feet after noise: envelopes are ASCII and whole."""


@each_kind(LEGACY)
def test_the_careful_reader_loses_no_message_that_the_original_shows(cases):
    for group, case in cases:
        reader = Reader(FastAES(legacy_protocol.derive_key(group["passphrase"])))
        items = [item for data in case["recvs"] for item in reader.feed(bytes.fromhex(data))]
        items += reader.close()
        messages = [item.message for item in items if isinstance(item, Envelope)]
        shown = [line for line in case["lines"] if line != legacy_protocol.UNRECOGNISED]
        if case["flags"] == ["Tilde"]:
            assert all("~" in message for message in messages), case
        elif case["comment"] in NO_SENDER_WRITES:
            assert messages == [], case
        else:
            assert len(messages) >= len(shown), (case, items)
