"""The wiretap on wires of every dialect, between programs written from the facts."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack, contextmanager

from compat.wiretap.recording import read_recording
from compat.wiretap.shapes import FrameShape
from compat.wiretap.wires import MODERN, WIRE_PROTOCOLS, Place
from modern.construction import find_first_frame
from modern.dialects import DIALECTS, derive_all_keys
from tests import rarely
from tests.originals import wire_peer
from tests.programs import AUTHKEY, CONFKEY, WIRE_PEER, Program

RECORDED = {
    f"{name}-{suffix}": (name, suffix) for name in DIALECTS for suffix in ("json", "pcapng")
}
LINES = ("hi\n", "the café at eight\n", "bye\n")


@contextmanager
def pair(name, *options):
    """Start a server that speaks a dialect, a wiretap before it, and a client behind that."""
    keys = (name, CONFKEY, AUTHKEY)
    with ExitStack() as stack:
        server = stack.enter_context(Program(*WIRE_PEER, "server", "0", *keys))
        port = server.wait_for(r"on port (\d+)", "stderr")[1]
        ends = ("--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{port}")
        wiretap = stack.enter_context(Program("-m", "compat.wiretap", *ends, *options))
        port = wiretap.wait_for(r"on port (\d+)", "stderr")[1]
        client = stack.enter_context(Program(*WIRE_PEER, "client", port, *keys))
        yield server, wiretap, client


def end(server, wiretap, client):
    """Let both peers end; return the exit status of each, and of the wiretap."""
    for peer in (client, server):
        peer.end_input()
    return client.wait(), server.wait(), wiretap.wait()


def say(client, server, lines):
    """Type each line when the one before has arrived."""
    for line in lines:
        client.type(line)
        server.wait_for(f"^{line}")


# Every day: a size before the frame, and a length that only the keys tell.
@rarely.each("how", RECORDED, daily=["size-in-the-clear-json", "untagged-second-iv-pcapng"])
def test_frames_are_laid_out_and_recorded(tmp_path, how):
    name, suffix = how
    path = tmp_path / f"wire.{suffix}"
    with pair(name, "--protocol", name, "--record", str(path)) as (server, wiretap, client):
        say(client, server, LINES)
        server.type("and you\n")
        client.wait_for("^and you\n")
        assert end(server, wiretap, client) == (0, 0, 0)
    assert "are no" not in wiretap.stderr
    recording = read_recording(path)
    assert recording.protocol is WIRE_PROTOCOLS[name]
    wire = b"".join(recording.received_by(Place.SERVER))
    assert find_first_frame(wire, derive_all_keys(CONFKEY, AUTHKEY)) == (0, DIALECTS[name])
    unit = WIRE_PROTOCOLS[name].unit
    fields = [field for field, _ in FrameShape.of(DIALECTS[name]).fields]
    first = wiretap.stdout.partition(f"{unit} 1, ")[2]
    shown = re.findall(r"^    (\S.{8}) \w+ [0-9a-f]{8}", first, re.MULTILINE)
    assert [field.strip() for field in shown[: len(fields)]] == fields
    assert shown[len(fields)].strip() in ("E(chunk)", "E(line)")
    assert shown[len(fields) + 1].strip() == "tag"


@rarely.each("name", list(DIALECTS), daily=["big-endian"])
def test_a_flipped_bit_of_the_second_body_is_refused_and_the_first_arrives(name):
    fields = FrameShape.of(DIALECTS[name]).fields
    byte = sum(size for _, size in fields)
    with pair(name, "--protocol", name, "--flip", f"2:{byte}") as (server, wiretap, client):
        say(client, server, LINES[:1])
        client.type("no\n")
        server.wait_for("refused: the body's tag", "stderr")
        assert (server.stdout, server.wait()) == ("hi\n", 1)
        client.end_input()
        assert wiretap.wait() == 0
    assert f"bit 0 of byte {byte} flipped" in wiretap.stdout


def test_a_flipped_bit_of_an_iv_under_no_tag_changes_the_text_that_is_shown():
    name = "untagged-second-iv"
    byte = FrameShape.of(DIALECTS[name]).body_start
    with pair(name, "--protocol", name, "--flip", f"1:{byte}") as (server, wiretap, client):
        client.type("no\n")
        server.wait_for("^oo\n")
        assert end(server, wiretap, client) == (0, 0, 0)


@rarely.each("name", list(DIALECTS), daily=["zero-padded", "running-tags"])
def test_a_dropped_frame_never_arrives_and_a_replayed_one_twice(name):
    options = ("--protocol", name, "--drop", "2", "--replay", "3")
    with pair(name, *options) as (server, wiretap, client):
        say(client, server, LINES[:1])
        client.type("no\n")
        wiretap.wait_for("dropped")
        client.type("bye\n")
        if name == "running-tags":  # each tag covers all frames before: a missing one is noticed
            server.wait_for("refused: ", "stderr")
            client.end_input()
        else:
            server.wait_for("^bye\nbye\n")
            assert end(server, wiretap, client) == (0, 0, 0)
            assert server.stdout == "hi\nbye\nbye\n"


# Wires that are another one than was said -----------------------------------------------------


def test_a_stream_of_another_dialect_is_said_once_and_arrives_untouched():
    with pair("zero-padded", "--protocol", "modern", "--flip", "2:20") as (server, wiretap, client):
        for line in ("a line of thirty bytes or more\n", "another of them, a bit longer\n"):
            client.type(line)
            server.wait_for(f"^{line}")  # what cannot be cut waits, but not for ever
        wiretap.wait_for("the client's bytes are no frames of `modern`", "stderr")
        say(client, server, ["and one after that\n"])
        assert end(server, wiretap, client) == (0, 0, 0)
    assert wiretap.stderr.count("python -m compat.identify") == 1
    assert "frame 2 was not flipped: " in wiretap.stderr
    assert wiretap.stdout.endswith("sends no more\n")
    assert re.search(r"client → server   \d+ bytes   not cut\n    \w+ [0-9a-f]{32}", wiretap.stdout)


def test_a_stream_that_nobody_named_is_doubted_when_it_ends():
    with pair("size-in-the-clear") as (server, wiretap, client):
        say(client, server, ["hi\n"])
        assert end(server, wiretap, client) == (0, 0, 0)
    (words,) = re.findall(r"wiretap: the client's bytes are no .*", wiretap.stderr)
    assert "no messages of `legacy` and no frames of `modern` and no records of `hardened`" in words
    assert "they end inside a" in words


def test_plain_text_is_doubted_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ends = ("--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{listener.getsockname()[1]}")
        with Program("-m", "compat.wiretap", *ends) as wiretap:
            port = int(wiretap.wait_for(r"on port (\d+)", "stderr")[1])
            with socket.create_connection(("127.0.0.1", port)) as talker:
                talker.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                wiretap.wait_for("they are plain text", "stderr")
            with listener.accept()[0] as reader:
                assert reader.recv(100).startswith(b"GET / HTTP")
            assert wiretap.wait() == 0


def test_the_peers_here_are_those_of_the_list():
    assert list(wire_peer.WIRES) == list(DIALECTS)
    assert WIRE_PROTOCOLS["independent"].cut == MODERN.cut
