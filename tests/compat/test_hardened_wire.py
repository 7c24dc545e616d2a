"""The wiretap on the third chat: what it cuts, shows and records, and each tampering refused."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.wiretap.command_line import build_parser, build_rules
from compat.wiretap.hardened_wire import cut_records, read_size
from compat.wiretap.recording import read_recording
from compat.wiretap.seat import Tamperer
from compat.wiretap.wires import HARDENED, Place, guess_protocol
from modern.errors import ModernError
from modern.hardened.session import HardenedSession
from tests import programs, rarely
from tests.programs import Program, environment

ENV = environment(HARDENED_PASSPHRASE="lamp river onion kite")
LINES = ("hi\n", "the café at eight\n", "bye\n")
RECORD = ["length", "IV", "E(text)", "tag"]
W = 1234567


def agree():
    """Return what a client sends in an agreement and three lines, in pieces, and its end."""
    client, server = HardenedSession(W, is_client=True), HardenedSession(W, is_client=False)
    hello = client.replies()
    assert not list(server.receive(hello))
    assert not list(client.receive(server.replies()))
    confirmation = client.replies()
    assert not list(server.receive(confirmation))
    assert not list(client.receive(server.replies()))
    texts = [b"".join(client.seal([line])) for line in LINES]
    return [hello, confirmation, *texts, client.farewell()]


def looks_like_two(unit):
    """Whether a block of a record happens to begin as a record does, as one in a thousand."""
    return any(read_size(2, unit[at : at + 2]) for at in range(18, len(unit), 16))


# Where a segment begins inside a record, such a block would be taken for the next one.
UNITS = next(units for units in iter(agree, None) if not any(map(looks_like_two, units[2:])))
STREAM = b"".join(UNITS)
STARTS = set(accumulate(map(len, UNITS)))


class TestCutting:
    @given(st.lists(st.integers(1, len(STREAM) - 1), max_size=6, unique=True).map(sorted))
    def test_records_are_found_however_the_stream_is_cut(self, cuts):
        splitter = HARDENED.make_splitter()
        ends = [*cuts, len(STREAM)]
        pieces = [STREAM[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
        assert [unit for piece in pieces for unit in splitter.split(piece)] == UNITS
        assert splitter.can_end

    @given(st.lists(st.integers(1, len(STREAM) - 1), max_size=6, unique=True).map(sorted))
    def test_fields_are_those_of_the_stream_however_it_is_cut(self, cuts):
        splitter, seen = HARDENED.make_splitter(), b""
        for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True):
            numbers, offset = splitter.number(STREAM[start:end])
            units = HARDENED.cut(STREAM[start:end], offset, numbers.start)
            # Behind a record that began earlier, one byte of a length tells nothing.
            assert len(units) in (len(numbers), len(numbers) - (end - 1 in STARTS))
            seen += b"".join(field.data for unit in units for field in unit)
        assert seen == STREAM

    def test_each_unit_has_its_fields(self):
        units = cut_records(STREAM, 0, 1)
        assert [[field.name for field in unit] for unit in units] == [
            ["version", "share"],
            ["confirmation"],
            *[RECORD] * 4,
        ]
        assert [len(field.data) for field in units[2]] == [2, 16, 256, 32]

    @pytest.mark.parametrize("index", range(len(UNITS)))
    def test_one_that_is_sent_once_more_is_known_by_its_bytes(self, index):
        assert cut_records(UNITS[index]) == [cut_records(STREAM, 0, 1)[index]]

    def test_it_is_recognised_by_its_first_segment(self):
        assert guess_protocol(UNITS[0]) is HARDENED

    def test_a_stream_of_other_sizes_is_left_alone_and_said_to_be(self):
        seat = Tamperer(HARDENED)
        (segment,) = seat.feed(Place.CLIENT, bytes(range(200, 255)) * 3)
        assert segment.is_uncut
        assert "a size that no record has" in " ".join(seat.news())

    def test_its_own_streams_are_never_doubted(self):
        for protocol in (HARDENED, None):
            seat = Tamperer(protocol)
            for unit in UNITS:
                seat.feed(Place.CLIENT, unit)
                seat.pause(Place.CLIENT)
            seat.finish(Place.CLIENT)
            assert seat.news() == []

    def test_a_spliced_record_says_its_own_size(self):
        short = HardenedSession(W, is_client=True, fill=16)
        assert short  # records of this session differ in size
        record = UNITS[2][:18] + UNITS[3][18 : 18 + 64]
        assert HARDENED.mend(record)[:2] == (len(record) - 2).to_bytes(2, "big")
        assert HARDENED.mend(UNITS[0]) == UNITS[0]
        assert HARDENED.mend(UNITS[1]) == UNITS[1]


@contextmanager
def three_programs(*options):
    """Start a server of the third chat, a wiretap before it, and a client behind that."""
    with ExitStack() as stack:
        server = stack.enter_context(
            Program(*programs.HARDENED, "--server", "--bind", "127.0.0.1", "--port", "0", env=ENV)
        )
        port = server.wait_for(r"on port (\d+)", "stderr")[1]
        ends = ("--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{port}")
        wiretap = stack.enter_context(Program("-m", "compat.wiretap", *ends, *options))
        port = wiretap.wait_for(r"on port (\d+)", "stderr")[1]
        client = stack.enter_context(
            Program(*programs.HARDENED, "--client", "127.0.0.1", "--port", port, env=ENV)
        )
        yield server, wiretap, client


RECORDED = {
    f"{known}-{suffix}": (suffix, protocol)
    for suffix in ("json", "pcapng")
    for known, protocol in (("guessed", ()), ("told", ("--protocol", "hardened")))
}


@rarely.each("how", RECORDED, daily=["guessed-pcapng"])
def test_records_are_laid_out_and_recorded(tmp_path, how):
    suffix, protocol = how
    path = tmp_path / f"wire.{suffix}"
    with three_programs(*protocol, "--record", str(path)) as (server, wiretap, client):
        for line in LINES:
            client.type(line)
            server.wait_for(f"^{line}")
        server.type("and you\n")
        client.wait_for("^and you\n")
        client.end_input()
        server.end_input()
        assert (client.wait(), server.wait(), wiretap.wait()) == (0, 0, 0)
    assert "no " not in wiretap.stderr.partition("wiretap: ")[2].replace("not", "")
    for words in ("record 1, 66 bytes", "share", "record 2, 32 bytes", "E\\(text\\)"):
        assert re.search(words, wiretap.stdout)
    recording = read_recording(path)
    assert recording.protocol is HARDENED
    sent = recording.sent_by(Place.CLIENT)
    splitter = HARDENED.make_splitter()
    sizes = [len(unit) for piece in sent for unit in splitter.split(piece)]
    assert sizes == [66, 32, 306, 306, 306, 306]


TAMPERINGS = {  # with the text that the server still shows
    "--flip 1:30": "",  # the client's share
    "--flip 1:0": "",  # its version
    "--flip 2:5": "",  # its confirmation
    "--flip 4:0:6": "hi\n",  # a length
    "--flip 4:40": "hi\n",
    "--drop 4": "hi\n",
    "--swap 4": "hi\n",
    "--replay 3": "hi\n",
    "--splice 4:3": "hi\n",
    "--drop 6": "".join(LINES),  # the end
}


def say_through(tamperer, client, server):
    """Let the client agree, say all lines and its end; yield what the server believes."""
    says = [client.replies, client.replies]
    says += [lambda line=line: b"".join(client.seal([line])) for line in LINES]
    for number, say in enumerate([*says, client.farewell]):
        sent = tamperer.feed(Place.CLIENT, say())
        wire = b"".join(segment.data for segment in sent if segment.receiver is Place.SERVER)
        yield from server.receive(wire)
        if number < len(says) - len(LINES):  # the server's part of the agreement
            assert not list(client.receive(server.replies()))
    server.receive_end()


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_every_tampering_is_noticed(tampering):
    options = f"--listen 0 --forward h:1 --protocol hardened {tampering}".split()
    tamperer = Tamperer(HARDENED, build_rules(build_parser().parse_args(options)))
    client, server = HardenedSession(W, is_client=True), HardenedSession(W, is_client=False)
    believed = []
    with pytest.raises(ModernError):
        believed.extend(say_through(tamperer, client, server))
    assert b"".join(believed).decode() == TAMPERINGS[tampering]


@rarely.each("tampering", list(TAMPERINGS), daily=["--flip 4:40"])
def test_every_tampering_is_noticed_by_the_program(tampering):
    shown = TAMPERINGS[tampering]
    with three_programs("--protocol", "hardened", *tampering.split()) as (server, _, client):
        client.type("".join(LINES[:1]))
        if shown:
            server.wait_for("^hi\n")
        client.type("".join(LINES[1:2]))
        if shown == "".join(LINES):
            server.wait_for("café")
        client.type("".join(LINES[2:]))
        client.end_input()
        server.end_input()
        assert server.wait() == 1
        assert server.stdout == shown
        assert "Traceback" not in server.stderr


def test_a_reflected_record_is_noticed_by_its_sender():
    tampering = ("--protocol", "hardened", "--reflect", "3")
    with three_programs(*tampering) as (_, _, client):
        client.type("hi\n")
        assert client.wait() == 1
        assert client.stdout == ""
        assert "HMAC verification failed" in client.stderr
