"""Fifteen wires of one family: each recorded byte, each direction, and never one for another."""

from __future__ import annotations

import contextlib
import io
import itertools
import os

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modern import axes, construction, protocol
from modern.construction import Decoder, Recogniser, Sealer, find_first_frame
from modern.dialects import CHAINED, DIALECTS, INDEPENDENT, Dialect, derive_all_keys
from modern.errors import AuthenticationError, FrameError, TruncationError, UsageError
from modern.session import FrameSession
from tests import rarely
from tests.originals.wire_peer import Wire
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    WIRE_PEER,
    Program,
    modern_client,
    modern_port,
    modern_server,
)
from tests.recorded import load

PROGRAMS = load("wild")["programs"]
NAMES = ["chained", "independent", *list(DIALECTS)[2:]]
"""The dialects of the recordings w01 to w15."""
RECORDED = pytest.mark.parametrize(
    ("program", "dialect"),
    [(program, DIALECTS[name]) for program, name in zip(PROGRAMS, NAMES, strict=False)],
    ids=NAMES,
)
EACH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
ANY = st.sampled_from(list(DIALECTS.values()))
KEYS = derive_all_keys(CONFKEY, AUTHKEY)
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\n\0")
LINE = st.text(CHARACTERS, max_size=60).map(lambda text: f"{text}\n")
SECRET = st.text(CHARACTERS, min_size=1, max_size=8)


def sealed(dialect: Dialect, *lines: str, keys=KEYS) -> bytes:
    return b"".join(Sealer(dialect, keys[dialect]).seal(lines))


def opened(decoder: Decoder, *pieces: bytes) -> str:
    text = b"".join(text for piece in pieces for text in decoder.feed(piece))
    decoder.close()
    return text.decode()


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


# Recorded ------------------------------------------------------------------------------------


@RECORDED
def test_every_recorded_byte_is_opened(program, dialect):
    keys = dialect.derive_keys(program["confkey"], program["authkey"])
    decoder = Decoder(dialect, keys)
    for sent in program["sent"]:
        text = b"".join(decoder.feed(bytes.fromhex(sent["wire"])))
        assert text.decode() == f"{sent['line']}\n"
    decoder.close()


def recorded_ivs(dialect, wire, keys):
    """Return the IVs of recorded frames, in the order in which a sender draws them."""
    size_of_header = dialect.length.form.size
    while wire:
        wire = wire[dialect.prefix.size :]
        yield wire[:16]
        length = dialect.length.form.read(
            construction._decipher(keys, wire[:16], wire[16 : 16 + size_of_header])
        )
        wire = wire[16 + size_of_header + 32 :]
        if dialect.body_iv.own:
            yield wire[:16]
            wire = wire[16:]
        chunk = bytes(min(length, dialect.cut.most))
        size = length if dialect.length.counting.of_padded else len(dialect.padding.pad(chunk))
        wire = wire[size + 32 :]


@RECORDED
def test_with_the_recorded_ivs_the_recorded_bytes_are_sealed(program, dialect):
    keys = dialect.derive_keys(program["confkey"], program["authkey"])
    wire = bytes.fromhex("".join(sent["wire"] for sent in program["sent"]))
    ivs = list(recorded_ivs(dialect, wire, keys))
    sealer = Sealer(dialect, keys, random_bytes=lambda size: ivs.pop(0))
    lines = [f"{sent['line']}\n" for sent in program["sent"]]
    assert b"".join(sealer.seal(lines)).hex() == wire.hex()
    assert not ivs


# Both ways -----------------------------------------------------------------------------------


@given(ANY, st.lists(LINE, min_size=1, max_size=3), st.lists(st.integers(0), max_size=5))
def test_what_is_sealed_is_opened_however_it_is_cut(dialect, lines, places):
    pieces = cut(sealed(dialect, *lines), places)
    assert opened(Decoder(dialect, KEYS[dialect]), *pieces) == "".join(lines)


@given(ANY, LINE, st.lists(st.integers(0), max_size=3))
def test_the_first_frame_tells_the_dialect_however_it_is_cut(dialect, line, places):
    recogniser = Recogniser(KEYS)
    pieces = cut(sealed(dialect, line), places)
    found = [known for piece in pieces if (known := recogniser.feed(piece))]
    assert found[:1] == [dialect]


@given(ANY, SECRET, SECRET, LINE)
def test_no_dialect_is_ever_taken_for_another(dialect, confkey, authkey, line):
    keys = derive_all_keys(confkey, authkey)
    assume(dialect in keys)
    assert Recogniser(keys).feed(sealed(dialect, line, keys=keys)) is dialect


def test_without_a_confkey_two_cannot_be_told_apart_and_both_are_read():
    keys = derive_all_keys("", AUTHKEY)
    assert keys[CHAINED] == keys[INDEPENDENT]
    session = FrameSession(keys)
    text = "a line of several frames\n"
    assert b"".join(session.receive(sealed(CHAINED, text, keys=keys))).decode() == text
    assert session.dialect is INDEPENDENT


@EACH
def test_noise_before_it_is_refused_but_found_in_a_capture(dialect):
    wire = sealed(dialect, "hello\n")
    with pytest.raises(AuthenticationError):
        Recogniser(KEYS).feed(os.urandom(40) + wire)
    assert find_first_frame(os.urandom(40) + wire, KEYS) == (40, dialect)


@EACH
def test_with_bytes_made_and_read_from_the_facts(dialect):
    """In both directions, by a session that does not know the dialect."""
    session = FrameSession(KEYS)
    theirs = ("hi\n", "the café at eight, and a line of more than one frame\n")
    sending = Wire(dialect.name, CONFKEY, AUTHKEY)
    stream = b"".join(frame for line in theirs for frame in sending.frames(line))
    assert b"".join(session.receive(stream)).decode() == "".join(theirs)
    assert session.dialect is dialect
    ours = "an answer of more than one frame, naïve ☃\n"
    stream = b"".join(session.seal([ours]))
    arriving, receiving = io.BytesIO(stream), Wire(dialect.name, CONFKEY, AUTHKEY)
    shown = ""
    while arriving.tell() < len(stream):
        shown += receiving.read_frame(arriving.read)
    assert shown == ours


@rarely.each(
    ("ours", "dialect"),
    {
        f"{ours} {name}": (ours, dialect)
        for ours in ("server", "client")
        for name, dialect in DIALECTS.items()
    },
    daily=["server hash-for-hmac", "client zero-padded-no-newline"],
)
def test_with_a_program_written_from_the_facts(ours, dialect):
    theirs = "client" if ours == "server" else "server"
    with contextlib.ExitStack() as stack:
        if ours == "server":
            program = stack.enter_context(modern_server("--dialect", "auto"))
        port = modern_port(program) if ours == "server" else "0"
        peer = stack.enter_context(
            Program(*WIRE_PEER, theirs, port, dialect.name, CONFKEY, AUTHKEY)
        )
        if ours == "client":
            program = stack.enter_context(modern_client(modern_port(peer), "--dialect", "auto"))
        program.type("typed before the peer spoke, naïve ☃\n")
        peer.type("hi\nthe café at eight, and a line of more than one frame\n")
        program.wait_for("^hi\nthe café at eight, and a line of more than one frame\n")
        peer.wait_for("^typed before the peer spoke, naïve ☃\n")
        peer.end_input()
        program.end_input()
        assert (peer.wait(), program.wait()) == (0, 0)
    assert f"the peer speaks the {dialect.name} dialect" in program.stderr


# Bodies of several blocks ----------------------------------------------------------------------


def seal_by_characters(dialect, line, keys):
    """Return the frames of a program that cuts and counts characters where others mean bytes."""
    size = 15 if dialect.cut is axes.CHUNKS_OF_15 else len(line)
    texts = [line[start : start + size] for start in range(0, len(line), size)]
    sealer = Sealer(dialect, keys)
    chained = dialect.length.counting is axes.OF_REST
    return b"".join(
        sealer._seal_frame(text.encode(), len(line) - size * number if chained else len(text))
        for number, text in enumerate(texts)
    )


COUNTING_TEXT = [each for each in DIALECTS.values() if not each.length.counting.of_padded]


@pytest.mark.parametrize("dialect", COUNTING_TEXT, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("line", ["the café at eight\n", "☃🔑" * 40 + "\n"], ids=["café", "wide"])
def test_characters_for_bytes_are_read_in_every_dialect(dialect, line):
    line = line if dialect.newline.sent else line.rstrip("\n")
    wire = seal_by_characters(dialect, line, KEYS[dialect])
    for size in (1, 112, 10_000):
        session = FrameSession({dialect: KEYS[dialect]})
        pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
        text = b"".join(text for piece in pieces for text in session.receive(piece))
        session.receive_end()
        assert text.decode().rstrip("\n") == line.rstrip("\n")


def test_after_a_longer_frame_batches_go_on():
    keys = KEYS[INDEPENDENT]
    long_frames = seal_by_characters(INDEPENDENT, "the café at eight\n", keys)
    before, after = protocol.seal("a" * 15, keys) * 20, protocol.seal("b" * 15, keys) * 2000
    session = FrameSession({INDEPENDENT: keys})
    texts = list(session.receive(before + long_frames + after))
    shown = b"".join(texts).decode()
    assert shown == "a" * 300 + "the café at eight\n" + "b" * 30_000
    assert len(texts) < 100  # one by one, there would be more than 2,000


# Refused -------------------------------------------------------------------------------------


@given(ANY, st.integers(0), st.lists(st.integers(0), max_size=2))
def test_a_flipped_bit_under_a_tag_is_refused(dialect, bit, places):
    wire = bytearray(sealed(dialect, "hello, this is a line\n"))
    free = range(dialect.prefix.size)
    place = bit // 8 % len(wire)
    if dialect.body_iv.own and not dialect.body_iv.tagged:
        free = [*free, *range(64, 80)]  # what no tag covers can be changed: that is its weakness
    assume(place not in free)
    wire[place] ^= 1 << bit % 8
    with pytest.raises((AuthenticationError, TruncationError)):
        opened(Decoder(dialect, KEYS[dialect]), *cut(bytes(wire), places))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((20, 1), "changed on the way, or sealed with other keys"),
        ((70, 1), "the header's tag fits, but the chunk's tag does not"),
    ],
    ids=["header", "chunk"],
)
def test_the_words_say_which_tag(change, words):
    place, mask = change
    wire = bytearray(sealed(INDEPENDENT, "hello, world\n"))
    wire[place] ^= mask
    session = FrameSession({INDEPENDENT: KEYS[INDEPENDENT]})
    with pytest.raises(AuthenticationError, match=words):  # noqa: PT012 - either may be what fails
        list(session.receive(bytes(wire)))
        assert session.in_doubt
        session.give_up()


@EACH
def test_another_confkey_is_named_as_the_likely_cause(dialect):
    other = dialect.derive_keys("another confkey of thirty-two ch", AUTHKEY)
    keys = protocol.Keys(other.confidentiality, KEYS[dialect].authentication)
    with pytest.raises(FrameError, match="do the confkeys differ"):
        opened(Decoder(dialect, keys), sealed(dialect, "hello, this is a line\n"))


def test_a_confkey_that_is_no_aes_key_is_refused_by_the_dialect_that_needs_one():
    with pytest.raises(UsageError, match="at most 32 bytes"):
        DIALECTS["running-tags"].derive_keys("x" * 33, AUTHKEY)
    assert DIALECTS["running-tags"] not in derive_all_keys("x" * 33, AUTHKEY)
