"""The dissector in a real tshark: what it shows is what our own layout says, and only ours.

To start tshark takes a third of a second. So one tshark shows what all tests say, one capture
behind the other, and each test looks at its own part.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import time
from functools import partial
from unittest import mock

import dpkt
import pytest

import legacy.protocol
import modern.protocol
from compat.wiretap import pcapng
from compat.wiretap.capture import read_capture
from compat.wiretap.marks import Marker
from compat.wiretap.packets import Connection, Host
from compat.wiretap.pcapng import CaptureRecorder
from compat.wiretap.seat import Tamperer
from compat.wiretap.tampering import TAMPERINGS
from compat.wiretap.wires import FRAME_SIZE, LEGACY, MODERN, Place
from tests import rarely
from tests.compat.test_capture import as_pcapng
from tests.programs import ROOT

CLIENT, SERVER, WIRETAP = Place
DISSECTOR = ROOT / "compat" / "wireshark" / "tilde_to_tag.lua"
TSHARK, LUACHECK = shutil.which("tshark"), shutil.which("luacheck")

needs_tshark = pytest.mark.skipif(not TSHARK, reason="tshark is not installed")

KEY = legacy.protocol.derive_key("two for tea")
KEYS = modern.protocol.derive_keys("one", "two")
LEGACY_PORT, MODERN_PORT, OTHER_PORT = 5555, 9999, 7777


def run_tshark(path, *options):
    """Return what tshark prints, with no plugin or setting of whoever runs this."""
    done = subprocess.run(
        [TSHARK, "-X", f"lua_script:{DISSECTOR}", "-n", "-r", str(path), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "HOME": str(path.parent),
            "WIRESHARK_CONFIG_DIR": str(path.parent / "none"),
        },
        timeout=50,
        check=True,
    )
    assert "Lua" not in done.stderr, done.stderr
    return done.stdout


def read_fields(path, show, *names, options=()):
    """Return a row for each packet that the filter shows: a list of values for each field."""
    fields = [word for name in names for word in ("-e", name)]
    layout = ("-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=,")
    rows = run_tshark(path, "-Y", show, *layout, *fields, *options).splitlines()
    return [[value.split(",") if value else [] for value in row.split("|")] for row in rows]


class Shown:
    """What tshark shows of captures, one behind the other in one file."""

    FIELDS = ("frame.number", "frame.comment", "http.request", "tls.handshake.type", "tilde",
              "tilde.wire", "tilde.letter", "tilde.same_text", "tilde.replay_of", "tilde.splice_of",
              "tilde.reflection_of", "tilde.old_clock", "tilde.message.number",
              "tilde.message.size", "tilde.odd", "tilde.expert.odd", "tilde.expert.part",
              "tilde.frame", "tilde.frame.number", "tilde.frame.iv", "tilde.frame.length",
              "tilde.frame.tag", "tilde.frame.chunk", "tilde.frame.part")  # fmt: skip
    NUMBERS = ("frame.number", "tilde.same_text")
    """Fields with numbers of packets. Here, those of each capture begin with 1."""

    def __init__(self, path, captures, *options):
        path.write_bytes(b"".join(captures.values()))
        rows = iter(read_fields(path, "frame", *self.FIELDS, options=options))
        self._rows = {}
        for name, data in captures.items():
            size = sum(1 for _ in dpkt.pcapng.Reader(io.BytesIO(data)))
            part = [
                dict(zip(self.FIELDS, row, strict=True)) for row in itertools.islice(rows, size)
            ]
            assert len(part) == size
            self._rows[name] = part
        assert not list(rows)

    def __call__(self, name, show, *names):
        """Return what `read_fields` returns for this capture alone, where `show` is a field."""
        return [
            [self._values(name, row, each) for each in names]
            for row in self._rows[name]
            if row[show]
        ]

    def _values(self, name, row, field):
        if field not in self.NUMBERS:
            return row[field]
        before = int(self._rows[name][0]["frame.number"][0]) - 1
        return [str(int(number) - before) for number in row[field]]


@pytest.fixture(scope="module")
def conversations():
    """Return what is said in this file, by name: the capture, and what a test must know of it."""
    marker = Marker()  # equal bytes have equal letters in the whole file
    said = {name: record_attack(*attack, marker) for name, attack in ATTACKS.items()}
    for name, make in CONVERSATIONS.items():
        packets, known = make()
        said[name] = as_pcapng(packets), known
    return said


@pytest.fixture(scope="module")
def shown(conversations, tmp_path_factory):
    """Return what tshark shows of all of that."""
    captures = {name: data for name, (data, _) in conversations.items()}
    return Shown(tmp_path_factory.mktemp("shown") / "wire.pcapng", captures)


@pytest.fixture(scope="module")
def shown_later(conversations, tmp_path_factory):
    """Return the same as Wireshark shows it, which looks at each packet twice."""
    captures = {name: data for name, (data, _) in conversations.items()}
    return Shown(tmp_path_factory.mktemp("later") / "wire.pcapng", captures, "-2")


SEEDS = range(4)

CONVERSATIONS = {}
"""What makes the packets of each conversation but the attacks, and what a test must know of it."""


def conversation(name):
    """Let a function make a conversation."""
    return lambda make: CONVERSATIONS.setdefault(name, make)


def a_conversation_for_each_seed(name):
    """Let a function make some conversations: each from a seed, which its name ends with."""

    def note(make):
        CONVERSATIONS.update({f"{name} {seed}": partial(make, seed) for seed in SEEDS})
        return make

    return note


def seal_legacy(*texts):
    return [
        legacy.protocol.seal(text, f"12:00:{2 * number:02}", KEY)
        for number, text in enumerate(texts)
    ]


def seal_modern(text):
    return modern.protocol.seal(text, KEYS)


def capture(path, port, chunks):
    """Write a conversation as packets; return the path."""
    path.write_bytes(as_pcapng(packets_of(port, chunks)))
    return path


client_ports = itertools.count(50_000)
"""Each conversation has a client's port of its own: TCP would take two with one port for one."""


def packets_of(port, chunks):
    client_port = next(client_ports)
    ends = {CLIENT: Host(1, client_port), SERVER: Host(2, port)}
    connection = Connection(ends[CLIENT], ends[SERVER])
    packets = connection.open()
    for sender, data in chunks:
        packets += connection.send(ends[sender], data)
    return packets


# Recorded attacks ----------------------------------------------------------------------------

NUMBERS = {"splice": (3, 1), "flip": (3, 20)}
TEXTS = ("yes", "pay mallory 5", "no", "I am leaving")

TRACES = (
    "tilde.old_clock",
    "tilde.replay_of",
    "tilde.reflection_of",
    "tilde.splice_of",
)
TRACE_OF = {
    ("legacy", "splice"): "tilde.old_clock",
    ("legacy", "replay"): "tilde.replay_of",
    ("legacy", "reflect"): "tilde.reflection_of",
    ("modern", "splice"): "tilde.splice_of",
    ("modern", "replay"): "tilde.replay_of",
    ("modern", "reflect"): "tilde.reflection_of",
}
"""What shows the attack without the comment; a drop, a swap and a flip leave no such trace."""


def record_attack(protocol, option, marker):
    """Let the client say four things, and tamper with one.

    Return the capture, the letters of each packet, and what the wiretap did.
    """
    if protocol is LEGACY:
        *said, reply = seal_legacy(*TEXTS, "a reply")
    else:
        *said, reply = [seal_modern(f"{text}\n") for text in (*TEXTS, "a reply")]
    rules = [
        rule.parse(NUMBERS.get(option, (2,)), protocol)
        for rule in TAMPERINGS
        if rule.option == option
    ]
    tamperer = Tamperer(protocol, rules)
    file = io.BytesIO()
    recorder = CaptureRecorder(file, itertools.count(1_700_000_000, 2).__next__)
    wire = [segment for data in said for segment in tamperer.feed(CLIENT, data)]
    wire += tamperer.feed(SERVER, reply)
    with mock.patch.object(pcapng, "_CLIENT_PORTS", (next(client_ports), next(client_ports))):
        for segment in wire:
            recorder.saw(segment)
    recorder.finish()
    assert not recorder.failure
    done = [segment.tampering for segment in wire if segment.tampering]
    return file.getvalue(), (letters_of(wire, marker), done)


def letters_of(segments, marker):
    """Return the letters that our own layout gives to each packet of a recording."""
    packets = []
    for segment in segments:
        units = segment.protocol.cut(segment.data, segment.offset)
        letters = [marker.mark(field.data).letters for unit in units for field in unit]
        ways = (segment.sender, segment.receiver)
        packets += [letters] * sum(place is not WIRETAP for place in ways)
    return packets


ATTACKS = {
    f"{protocol.name}-{rule.option}": (protocol, rule.option)
    for protocol in (LEGACY, MODERN)
    for rule in TAMPERINGS
}


@needs_tshark
@pytest.mark.parametrize("name", ATTACKS)
def test_a_recorded_attack_is_shown_with_our_letters_and_flagged(conversations, shown, name):
    protocol, option = ATTACKS[name]
    our_letters, done = conversations[name][1]
    rows = shown(name, "tilde", "tilde.letter", "frame.comment", *TRACES)
    assert [letters for letters, *_ in rows] == our_letters
    assert [comment for _, comments, *_ in rows for comment in comments] == done
    trace = TRACE_OF.get((protocol.name, option))
    for field, values in zip(TRACES, list(zip(*rows, strict=True))[2:], strict=True):
        flagged = [row[1] for row, value in zip(rows, values, strict=True) if value]
        assert flagged == [done[-1:]] * (field == trace), field


@conversation("equal texts")
def say_equal_texts():
    first, second, other = seal_legacy("yes", "yes", "no")
    said = [(CLIENT, first), (SERVER, other), (SERVER, second)]
    return packets_of(LEGACY_PORT, said), None


@needs_tshark
def test_equal_texts_are_named_and_a_replay_is_not_one_of_them(shown):
    rows = shown("equal texts", "tilde.same_text", "frame.number", "tilde.same_text")
    assert rows == [[["6"], ["4"]]]
    assert shown("equal texts", "tilde.replay_of") == []
    assert shown("equal texts", "tilde.reflection_of") == []


@conversation("joined")
def say_joined_messages():
    first, second, third = seal_legacy("yes", "no", "perhaps")
    said = [(CLIENT, first), (CLIENT, second + third), (CLIENT, first[:37])]
    return packets_of(LEGACY_PORT, said), (first, second, third)


@needs_tshark
def test_joined_messages_and_odd_bytes_are_told_apart(conversations, shown):
    first, second, third = conversations["joined"][1]
    assert shown("joined", "tilde", "tilde.message.number", "tilde.message.size") == [
        [["1"], [str(len(first))]],
        [["2", "3"], [str(len(second)), str(len(third))]],
        [["4"], ["37"]],
    ]
    assert shown("joined", "tilde.expert.odd", "tilde.odd") == [[[first[32:37].hex()]]]


# Frames over segments ------------------------------------------------------------------------


def cut(data, count, chance):
    """Return the data in that many pieces, cut anywhere."""
    cuts = sorted(chance.sample(range(1, len(data)), count - 1))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def fields_of(frames):
    """Return the hex of each field, in order, as tshark should give them."""
    tags = [frame[part].hex() for frame in frames for part in (slice(32, 64), slice(80, 112))]
    ivs = [frame[:16].hex() for frame in frames]
    return ivs, [frame[16:32].hex() for frame in frames], tags, [f[64:80].hex() for f in frames]


FRAME_FIELDS = ("tilde.frame.iv", "tilde.frame.length", "tilde.frame.tag", "tilde.frame.chunk")


def columns_of(rows):
    return tuple(
        [value for values in column for value in values] for column in zip(*rows, strict=True)
    )


def make_frames(count, chance):
    return [chance.randbytes(FRAME_SIZE) for _ in range(count)]


@a_conversation_for_each_seed("cut")
def say_frames_that_are_cut(seed):
    chance = random.Random(seed)
    frames = make_frames(40, chance)
    pieces = cut(b"".join(frames), 25, chance)
    return packets_of(MODERN_PORT, [(CLIENT, piece) for piece in pieces]), frames


@needs_tshark
@pytest.mark.parametrize("seed", SEEDS)
def test_frames_that_tcp_cut_and_joined_anyhow(conversations, shown, shown_later, seed):
    name = f"cut {seed}"
    frames = conversations[name][1]
    assert columns_of(shown_later(name, "tilde.frame", *FRAME_FIELDS)) == fields_of(frames)
    rows = shown(name, "tilde.frame", "tilde.frame.number", *FRAME_FIELDS)
    numbers, *columns = columns_of(rows)
    assert numbers == [str(number + 1) for number in range(len(frames))]
    assert tuple(columns) == fields_of(frames)


@conversation("byte by byte")
def say_frames_byte_by_byte():
    frames = make_frames(2, random.Random(5))
    pieces = [(CLIENT, bytes([byte])) for byte in b"".join(frames)]
    return packets_of(MODERN_PORT, pieces), frames


@needs_tshark
def test_frames_byte_by_byte(conversations, shown):
    rows = shown("byte by byte", "tilde.frame", *FRAME_FIELDS)
    assert columns_of(rows) == fields_of(conversations["byte by byte"][1])


@a_conversation_for_each_seed("lost")
def lose_a_segment_and_send_others_twice(seed):
    chance = random.Random(seed)
    frames = make_frames(40, chance)
    pieces = cut(b"".join(frames), 12, chance)
    packets = packets_of(MODERN_PORT, [(CLIENT, piece) for piece in pieces])
    handshake, rest = packets[:3], packets[3:]
    lost = chance.randrange(1, len(rest))
    sent = [packet for packet in rest for _ in range(chance.choice([1, 2]))]
    sent = [packet for packet in sent if packet != rest[lost]]
    start = sum(map(len, pieces[:lost]))
    hit = range(start // FRAME_SIZE, -(-(start + len(pieces[lost])) // FRAME_SIZE))
    kept = [frame for number, frame in enumerate(frames) if number not in hit]
    return [*handshake, *sent], kept


@needs_tshark
@pytest.mark.parametrize("seed", SEEDS)
def test_a_retransmission_is_no_replay_and_a_lost_segment_moves_no_frame(
    conversations, shown, seed
):
    name = f"lost {seed}"
    found = columns_of(shown(name, "tilde.frame", *FRAME_FIELDS))
    for values, expected in zip(found, fields_of(conversations[name][1]), strict=True):
        assert list(dict.fromkeys(values)) == expected
    assert shown(name, "tilde.replay_of") == shown(name, "tilde.splice_of") == []


@conversation("half a frame")
def say_half_a_frame():
    frames = make_frames(2, random.Random(6))
    said = [(CLIENT, frames[0]), (CLIENT, frames[1][:50])]
    return packets_of(MODERN_PORT, said), frames[1][:50]


@needs_tshark
def test_a_frame_that_never_becomes_whole_is_flagged(conversations, shown):
    part = conversations["half a frame"][1].hex()
    rows = shown("half a frame", "tilde.expert.part", "frame.number", "tilde.frame.part")
    assert rows == [[["5"], [part]]]


def many_frames(path, count):
    """Write that many frames in segments of twelve, as the chat sends them; return them."""
    frames = make_frames(count, random.Random(7))
    groups = [b"".join(frames[start : start + 12]) for start in range(0, count, 12)]
    capture(path, MODERN_PORT, [(CLIENT, group) for group in groups])
    return frames


@needs_tshark
@pytest.mark.soak
def test_a_thousand_frames(tmp_path):
    frames = many_frames(tmp_path / "wire.pcapng", 1000)
    rows = read_fields(tmp_path / "wire.pcapng", "tilde.frame", *FRAME_FIELDS)
    assert columns_of(rows) == fields_of(frames)


@needs_tshark
@pytest.mark.soak
def test_ten_thousand_frames(tmp_path, capsys):
    frames = many_frames(tmp_path / "wire.pcapng", 10_000)
    began = time.perf_counter()
    rows = read_fields(tmp_path / "wire.pcapng", "tilde.frame", *FRAME_FIELDS)
    assert columns_of(rows) == fields_of(frames)
    with capsys.disabled():
        print(f"\ntshark: 10,000 frames in {time.perf_counter() - began:.1f} s")


# Nothing else is taken -----------------------------------------------------------------------


def tls_handshake():
    """Return a TLS 1.2 conversation of two real ends, which need no certificate for this."""
    sides = {}
    for place, protocol in (
        (CLIENT, ssl.PROTOCOL_TLS_CLIENT),
        (SERVER, ssl.PROTOCOL_TLS_SERVER),
    ):
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
        bios = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = context.wrap_bio(*bios, server_side=place is SERVER)
        sides[place] = (end, *bios)
    said = []
    for place in [CLIENT, SERVER] * 4:
        end, _, out = sides[place]
        try:
            end.do_handshake()
            end.write(b"x" * 67)  # with its header and tag, a record of about 112 bytes
        except ssl.SSLWantReadError:
            pass
        if data := out.read():
            said.append((place, data))
            sides[place.peer][1].write(data)
    assert len(said) > 4
    return said


HTTP = [
    (CLIENT, b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
    (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 112\r\n\r\n" + bytes(112)),
    (SERVER, random.Random(8).randbytes(1120)),
]
SSH = [
    (SERVER, b"SSH-2.0-OpenSSH_9.2\r\n"),
    (CLIENT, b"SSH-2.0-OpenSSH_9.2\r\n"),
    (CLIENT, random.Random(9).randbytes(112)),
    (SERVER, random.Random(9).randbytes(112)),
]
ZEROS = [(CLIENT, bytes(112)), (SERVER, bytes(128)), (CLIENT, bytes(112))]
PICTURE = [(CLIENT, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(96)))]
ADB = [(CLIENT, b"CNXN\x01\0\0\x01\0\0\x10\0\x07\0\0\0\x32\x02\0\0\xbc\xb1\xa7\xb1host::\0")]
OTHERS = {"http": HTTP, "ssh": SSH, "zeros": ZEROS, "picture": PICTURE, "adb": ADB}


PORTS = (LEGACY_PORT, 5556, MODERN_PORT, 9998, OTHER_PORT)


@conversation("others")
def speak_other_protocols():
    conversations = [*OTHERS.values(), tls_handshake()]
    return [
        each for said in conversations for port in PORTS for each in packets_of(port, said)
    ], None


@needs_tshark
def test_other_protocols_are_left_alone(shown):
    assert shown("others", "tilde") == []
    assert len(shown("others", "http.request")) == len(PORTS)
    (kinds,) = zip(*shown("others", "tls.handshake.type", "tls.handshake.type"), strict=True)
    assert sum("1" in each for each in kinds) == len(PORTS)


@conversation("random")
def say_random_bytes():
    chance = random.Random(10)
    packets = []
    for _ in range(100):
        sizes = [chance.randrange(1, 500) for _ in range(6)]
        sizes[0] = chance.choice([112, 128, 224, 336])
        said = [(chance.choice([CLIENT, SERVER]), chance.randbytes(size)) for size in sizes]
        packets += packets_of(OTHER_PORT, said)
    return packets, None


@needs_tshark
def test_encrypted_bytes_on_other_ports_are_left_alone(shown):
    assert shown("random", "tilde") == []


@conversation("legacy on any port")
def say_legacy_messages_on_another_port():
    said = [(CLIENT, data) for data in seal_legacy("yes", "no", "perhaps")]
    return packets_of(OTHER_PORT, said), None


@conversation("modern on any port")
def say_modern_frames_on_another_port():
    return packets_of(OTHER_PORT, [(CLIENT, seal_modern("yes\n")) for _ in range(4)]), None


@needs_tshark
def test_both_chats_are_found_on_any_port_as_soon_as_it_is_sure(shown, shown_later):
    legacy_wire, modern_wire = [["legacy"]], [["modern"]]
    assert shown("legacy on any port", "tilde.wire", "tilde.wire") == [legacy_wire] * 2
    assert shown_later("legacy on any port", "tilde.wire", "tilde.wire") == [legacy_wire] * 3
    assert shown("modern on any port", "tilde.wire", "tilde.wire") == [modern_wire] * 2


@conversation("one message")
def say_one_message_on_another_port():
    return packets_of(OTHER_PORT, [(CLIENT, seal_legacy("yes")[0])]), None


@needs_tshark
@rarely.each(
    "option",
    {"port": "-otilde.legacy_ports:7777", "as": "-dtcp.port==7777,tilde_legacy"},
    daily=["port"],
)
def test_a_port_can_be_told(tmp_path, conversations, shown, option):
    assert shown("one message", "tilde") == []
    path = tmp_path / "wire.pcapng"
    path.write_bytes(conversations["one message"][0])
    assert read_fields(path, "tilde", "frame.number", options=[option]) == [[["4"]]]


# A capture of tshark itself ------------------------------------------------------------------


def talk(port, said):
    """Send those bytes over loopback, each as soon as the one before has arrived."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
        with client, server:
            ends = {CLIENT: client, SERVER: server}
            for sender, data in said:
                ends[sender].sendall(data)
                rest = len(data)
                while rest:
                    rest -= len(ends[sender.peer].recv(rest))


def said_in(path):
    """Return what a capture has so far; nothing if it has no conversation yet."""
    conversations = read_capture(path) if path.exists() and path.stat().st_size else []
    return conversations[0].segments if conversations else []


@needs_tshark
@pytest.mark.soak  # it must wait until tshark captures; test_capture.py has its kind of packets
def test_a_live_capture_on_loopback(tmp_path):
    path = tmp_path / "live.pcapng"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [TSHARK, "-i", "lo", "-q", "-w", str(path), "-a", "duration:20"]
    with subprocess.Popen(
        [*command, f"tcp port {port}"], stderr=subprocess.PIPE, text=True
    ) as tshark:
        said = [(CLIENT, data) for data in seal_legacy("yes", "no", "yes")]
        said += [(SERVER, seal_legacy("perhaps")[0])]
        try:
            if not any("Capturing on" in line for line in tshark.stderr):
                pytest.skip("tshark may not capture on loopback here")
            time.sleep(1)  # it says so a moment before it does
            talk(port, said)
            deadline = time.monotonic() + 15
            while said_in(path) != said and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            tshark.terminate()
    rows = read_fields(
        path, "tilde", "tilde.message.size", options=[f"-otilde.legacy_ports:{port}"]
    )
    assert [int(size) for (sizes,) in rows for size in sizes] == [len(data) for _, data in said]
    assert said_in(path) == said


# The file ------------------------------------------------------------------------------------


@pytest.mark.skipif(not LUACHECK, reason="luacheck is not installed")
def test_luacheck_finds_nothing():
    done = subprocess.run(
        [LUACHECK, "--no-color", str(DISSECTOR)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_filter_of_the_readme_is_a_field_of_the_dissector():
    page = (DISSECTOR.parent / "README.md").read_text(encoding="utf-8")
    code = DISSECTOR.read_text(encoding="utf-8")
    known = set(re.findall(r'"(tilde\.[a-z_.]+)"', code))
    known |= {f"tilde.expert.{name}" for name in re.findall(r'warning\("(\w+)"', code)}
    known |= {"tilde.legacy_ports", "tilde.modern_ports"}
    named = {word.rstrip(".") for word in re.findall(r"\btilde\.[a-z_.]+", page)}
    assert named
    assert named <= known
