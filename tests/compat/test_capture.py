"""Captures: what the wiretap writes for Wireshark, and what is read from any pcap or pcapng."""

from __future__ import annotations

import contextlib
import itertools
import random
import struct
import sys
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.errors import CompatError
from compat.identify.captures import read_captures
from compat.wiretap.capture import read_capture, read_packets
from compat.wiretap.command_line import main
from compat.wiretap.files import Recording, RecordingError
from compat.wiretap.packets import CaptureError, Connection, Host
from compat.wiretap.pcapng import CaptureRecorder
from compat.wiretap.recording import Recorder, read_recording
from compat.wiretap.relay import Ending
from compat.wiretap.seat import Tamperer
from compat.wiretap.tampering import TAMPERINGS
from compat.wiretap.wires import FRAME_SIZE, LEGACY, MODERN, WIRE_PROTOCOLS, Place, Segment
from modern import construction
from modern.dialects import DIALECTS
from tests.programs import AUTHKEY, CONFKEY, KEYS, run

CLIENT, SERVER, WIRETAP = Place
ALICE, BOB = Host(1, 49_152), Host(2, 5555)

CHUNKS = st.lists(
    st.tuples(
        st.sampled_from([CLIENT, SERVER]),
        st.binary(min_size=1, max_size=300) | st.just(bytes(FRAME_SIZE)),
    ),
    max_size=8,
)
NUMBERS = {"splice": (3, 1), "flip": (2, 20)}


def make_rules(options, protocol):
    return [
        rule.parse(NUMBERS.get(rule.option, (2,)), protocol)
        for rule in TAMPERINGS
        if rule.option in options
    ]


def write_both(folder, protocol, options, chunks, endings):
    """Record one conversation as JSON and as a capture; return the paths."""
    paths = folder / "wire.json", folder / "wire.pcapng"
    clock = itertools.count(1_700_000_000).__next__
    recorders = (
        Recorder(paths[0].open("wb")),
        CaptureRecorder(paths[1].open("wb"), clock),
    )
    tamperer = Tamperer(protocol, make_rules(options, protocol))
    wire = [segment for sender, data in chunks for segment in tamperer.feed(sender, data)]
    wire += [segment for place in (CLIENT, SERVER) for segment in tamperer.finish(place)]
    for recorder in recorders:
        for segment in wire:
            recorder.saw(segment)
        for ending in endings:
            recorder.ended(*ending)
        recorder.close()
    return paths


@given(
    st.sampled_from(list(WIRE_PROTOCOLS.values())),
    st.sets(st.sampled_from([rule.option for rule in TAMPERINGS])),
    CHUNKS,
    st.tuples(st.permutations([CLIENT, SERVER]), st.sampled_from(Ending)),
)
def test_a_capture_is_read_back_as_the_json_is(tmp_path_factory, protocol, options, chunks, end):
    endings = [(side, end[1]) for side in end[0]]
    folder = tmp_path_factory.mktemp("recording")
    plain, capture = write_both(folder, protocol, options, chunks, endings)
    expected = read_recording(plain)
    assert read_recording(capture) == expected
    both = read_capture(capture)
    assert [each.sent_by(CLIENT) for each in both] == [
        b"".join(expected.sent_by(CLIENT)),
        b"".join(expected.received_by(SERVER)),
    ]
    assert [each.sent_by(SERVER) for each in both] == [
        b"".join(expected.received_by(CLIENT)),
        b"".join(expected.sent_by(SERVER)),
    ]


@pytest.mark.parametrize("wire", WIRE_PROTOCOLS.values(), ids=WIRE_PROTOCOLS)
def test_a_capture_names_its_dialect_and_has_a_port_that_wireshark_reads_rightly(tmp_path, wire):
    """The dissector knows 9998 and 9999 as frames of 112 bytes, and would cut others wrongly."""
    path = tmp_path / "wire.pcapng"
    recorder = CaptureRecorder(path.open("wb"))
    recorder.saw(Segment(wire, CLIENT, SERVER, bytes(128), range(1, 2)))
    recorder.close()
    assert read_recording(path).protocol is wire
    first = next(read_packets(path))
    named = "" if wire in (LEGACY, MODERN) else f"wire: {wire.name}"
    assert first.comment == named
    ports = {"legacy": 5555, "modern": 9999, "independent": 9999, "chained": 9999}
    assert first.receiver[1] == ports.get(wire.name, 9997)


def test_the_capture_is_complete_after_every_event(tmp_path):
    path = tmp_path / "wire.pcapng"
    recorder = CaptureRecorder(path.open("wb"))
    for count in range(1, 4):
        recorder.saw(Segment(MODERN, CLIENT, SERVER, bytes(FRAME_SIZE), range(count, count + 1)))
        assert len(read_recording(path).segments) == count
    recorder.close()


def test_more_bytes_than_a_packet_holds_stay_one_segment(tmp_path):
    path = tmp_path / "wire.pcapng"
    segment = Segment(MODERN, CLIENT, SERVER, bytes(585 * FRAME_SIZE), range(1, 586))
    recorder = CaptureRecorder(path.open("wb"))
    recorder.saw(segment)
    recorder.close()
    assert read_recording(path).segments == (segment,)
    assert len([packet for packet in read_packets(path) if packet.data]) == 4


def test_an_end_before_the_first_byte(tmp_path):
    path = tmp_path / "wire.pcapng"
    recorder = CaptureRecorder(path.open("wb"))
    recorder.ended(CLIENT, Ending.CLOSED)
    recorder.close()
    assert read_recording(path) == Recording(None, (), ((CLIENT, Ending.CLOSED),))


def test_a_capture_of_others_is_no_recording(tmp_path):
    path = tmp_path / "other.pcapng"
    packets = Connection(Host(7, 50_000), Host(8, 80)).open()
    path.write_bytes(as_pcapng(packets))
    with pytest.raises(RecordingError, match="no recording of a wiretap"):
        read_recording(path)


HUGE = struct.pack("<III", 0x0A0D0D0A, 0xFFFFFFF0, 0x1A2B3C4D)  # a block that claims 4 GiB


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x0a\x0d\x0d\x0a" + bytes(30), HUGE])
def test_another_file_is_no_capture(tmp_path, content):
    path = tmp_path / "wire.pcapng"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match="no capture"):
        read_capture(path)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(CaptureError, match="cannot read"):
        read_capture(tmp_path / "missing.pcapng")


def test_without_dpkt_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dpkt", None)
    path = tmp_path / "wire.pcapng"
    monkeypatch.setattr(
        sys, "argv", ["", "--listen", "0", "--forward", "127.0.0.1:1", "--record", str(path)]
    )
    assert main() == 1
    said = capsys.readouterr().err
    assert said == "wiretap: captures need the package dpkt: python -m pip install dpkt\n"
    assert not path.exists()


# Captures of others --------------------------------------------------------------------------


def as_pcapng(packets):
    """Return a file of those Ethernet packets, a millisecond apart."""
    pcapng = dpkt.pcapng
    blocks = [pcapng.SectionHeaderBlockLE(), pcapng.InterfaceDescriptionBlockLE(snaplen=0)]
    for number, packet in enumerate(packets):
        high, low = divmod(1_700_000_000_000_000 + 1000 * number, 1 << 32)
        blocks.append(
            pcapng.EnhancedPacketBlockLE(ts_high=high, ts_low=low, pkt_data=packet, opts=[])
        )
    return b"".join(map(bytes, blocks))


def as_pcap(packets, link, wrap):
    file = FileOfBytes()
    writer = dpkt.pcap.Writer(file, linktype=link)
    for number, packet in enumerate(packets):
        writer.writepkt(wrap(packet[14:]), 1.7e9 + number)
    return bytes(file)


class FileOfBytes(bytearray):
    def write(self, data):
        self.extend(data)


def converse(chunks):
    """Return the packets of a conversation, without its end."""
    connection = Connection(ALICE, BOB)
    packets = connection.open()
    for sender, data in chunks:
        packets += connection.send(ALICE if sender is CLIENT else BOB, data)
    return packets


SAID = [(CLIENT, b"one"), (SERVER, b"two"), (CLIENT, b"three"), (CLIENT, b"four")]


@pytest.mark.parametrize(
    ("link", "wrap"),
    [
        (0, lambda packet: b"\x02\0\0\0" + packet),  # loopback of macOS and of Windows
        (1, lambda packet: bytes(12) + b"\x08\0" + packet),
        (101, lambda packet: packet),
        (113, lambda packet: bytes(14) + b"\x08\0" + packet),
        (276, lambda packet: b"\x08\0" + bytes(18) + packet),
    ],
    ids=["null", "ethernet", "raw", "any", "any, version 2"],
)
def test_kinds_of_network(tmp_path, link, wrap):
    path = tmp_path / "wire.pcap"
    path.write_bytes(as_pcap(converse(SAID), link, wrap))
    (conversation,) = read_capture(path)
    assert conversation.segments == SAID
    assert conversation.client == ("192.0.2.1", 49_152)
    assert conversation.server == ("192.0.2.2", 5555)
    assert conversation.missing == {CLIENT: 0, SERVER: 0}


@pytest.mark.parametrize("seed", range(20))
def test_lost_and_repeated_segments_are_in_order_once(tmp_path, seed):
    chance = random.Random(seed)
    text = chance.randbytes(5000)
    cuts = sorted(chance.sample(range(1, len(text)), 30))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    packets = converse([(CLIENT, part) for part in parts])
    handshake, rest = packets[:3], packets[3:]
    rest = [packet for packet in rest for _ in range(chance.choice([1, 1, 1, 2]))]
    places = sorted(range(len(rest)), key=lambda place: place + chance.uniform(0, 4))
    path = tmp_path / "wire.pcapng"
    path.write_bytes(as_pcapng([*handshake, *(rest[place] for place in places)]))
    (conversation,) = read_capture(path)
    assert conversation.sent_by(CLIENT) == text
    assert conversation.missing[CLIENT] == 0


def test_what_is_missing_is_counted(tmp_path):
    packets = converse(SAID)
    path = tmp_path / "wire.pcapng"
    path.write_bytes(as_pcapng([*packets[:5], packets[6]]))
    (conversation,) = read_capture(path)
    assert conversation.sent_by(CLIENT) == b"onefour"
    assert conversation.missing == {CLIENT: len(b"three"), SERVER: 0}


def test_the_same_ports_again_are_another_conversation(tmp_path):
    first = converse(SAID)
    moved = [_move(packet) for packet in converse([(CLIENT, b"again")])]
    path = tmp_path / "wire.pcapng"
    path.write_bytes(as_pcapng([*first, *moved]))
    assert [each.sent_by(CLIENT) for each in read_capture(path)] == [b"onethreefour", b"again"]


def _move(packet):
    """Return the packet with other sequence numbers, close to where they begin again."""
    ethernet = dpkt.ethernet.Ethernet(packet)
    tcp = ethernet.data.data
    tcp.seq = (tcp.seq + (1 << 32) - 1_000_004) % (1 << 32)
    return bytes(ethernet)


def test_a_capture_that_was_cut_has_what_was_whole(tmp_path):
    path = tmp_path / "wire.pcapng"
    path.write_bytes(as_pcapng(converse(SAID))[:-7])
    (conversation,) = read_capture(path)
    assert conversation.sent_by(CLIENT) == b"onethree"


def test_a_capture_without_its_start(tmp_path):
    path = tmp_path / "wire.pcapng"
    path.write_bytes(as_pcapng(converse(SAID)[4:]))
    (conversation,) = read_capture(path)
    assert conversation.server == ("192.0.2.2", 5555)
    assert conversation.segments == SAID[1:]


def test_the_legacy_port_is_the_legacy_wire(tmp_path):
    path = Path(tmp_path / "wire.pcapng")
    recorder = CaptureRecorder(path.open("wb"))
    recorder.saw(Segment(LEGACY, CLIENT, SERVER, b"x" * 16, range(1, 2)))
    recorder.close()
    assert read_recording(path).protocol is LEGACY
    assert {each.server[1] for each in read_capture(path)} == {5555}


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_is_in_a_file_it_is_read_or_refused_in_one_way(tmp_path_factory, changes):
    for content in (as_pcapng(converse(SAID)), as_pcap(converse(SAID), 101, lambda data: data)):
        changed = bytearray(content)
        for place, value in changes:
            changed[place % len(changed)] = value
        path = tmp_path_factory.mktemp("capture") / "wire.pcapng"
        path.write_bytes(changed)
        for read in (read_capture, read_recording, lambda file: read_captures(str(file))):
            with contextlib.suppress(CompatError):
                read(path)


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_capture_of_others_can_be_identified(tmp_path, kind):
    dialect = DIALECTS["big-endian"]
    sealer = construction.Sealer(dialect, dialect.derive_keys(CONFKEY, AUTHKEY))
    packets = converse([(CLIENT, frame) for frame in sealer.seal(["hi\n", "hello again\n"])])
    path = tmp_path / f"wire.{kind}"
    raw = as_pcap(packets, 101, lambda data: data)
    path.write_bytes(raw if kind == "pcap" else as_pcapng(packets))
    done = run("-m", "compat.identify", str(path), *KEYS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("From the client")
    assert "frames of the dialect `big-endian`. Their text is 'hi\\nhello again\\n'" in done.stdout


@pytest.mark.parametrize("first", [0, 43, 44, 51, 60])
@pytest.mark.parametrize("second", [0, 43, 44, 51, 60])
def test_contradictory_headers_of_ipv6_are_no_packet(tmp_path, first, second):
    """Dpkt takes each header that follows for the kind that the one before it announced."""
    packet = bytes([0x60, 0, 0, 0, 0, 46, first, 64]) + bytes(32)
    packet += bytes([second, 0]) + bytes(6) + bytes([6, 0]) + bytes(38)
    with (tmp_path / "wire.pcap").open("wb") as file:
        dpkt.pcap.Writer(file, linktype=101).writepkt(packet, ts=0)
    read_capture(tmp_path / "wire.pcap")
