"""A conversation as a capture: what `--record wire.pcapng` writes, for Wireshark and to read back.

The wiretap is in between, so there are two connections: from the client (192.0.2.1) to the wiretap
(192.0.2.2), and from the wiretap to the server (192.0.2.3). Each has an interface of its own. What
was done to a message or frame is the comment of its packet. Both connections go to the port at
which that chat usually waits, whatever ports the wiretap used (dialects without frames of 112
bytes: 9997, so that Wireshark does not look for such frames).

Read back, a capture gives the same Recording as the JSON does. Numbers and offsets are not in it;
they are counted again, as the wiretap counts. One case is not
recognised, because the wiretap never writes it: a segment that was stopped without a comment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from compat.wiretap.capture import Packet, pushes, read_packets
from compat.wiretap.files import FileRecorder, Recording, RecordingError
from compat.wiretap.packets import FIN, NUMBERS, RST, Connection, Host, load_dpkt
from compat.wiretap.relay import Ending
from compat.wiretap.splitters import Splitter
from compat.wiretap.wires import (
    LEGACY,
    MODERN,
    WIRE_PROTOCOLS,
    Place,
    Segment,
    WireProtocol,
)

_LEGACY_PORT, _MODERN_PORT, _DIALECT_PORT = 5555, 9999, 9997
PORTS = {
    name: _MODERN_PORT if protocol.unit_size else _DIALECT_PORT
    for name, protocol in WIRE_PROTOCOLS.items()
} | {LEGACY.name: _LEGACY_PORT}
"""The port on which each chat usually waits. From the port, Wireshark knows the protocol. Dialects
with frames of other sizes get another port, so that the dissector does not cut their frames."""
_WIRE = "wire: "
"""How the first packet of a connection names a dialect, in its comment."""

_CLIENT_PORTS = (49_152, 49_153)
_SNAPLEN = 1 << 18
_END = {Ending.CLOSED: Connection.close, Ending.RESET: Connection.reset}


class CaptureRecorder(FileRecorder):
    """Writes all events to a capture, at once."""

    def __init__(
        self,
        file: BinaryIO,
        clock: Callable[[], float] = time.time,
        put_in_place: Callable[[], None] = lambda: None,
    ):
        """Take what Recorder takes. Raises CaptureError where dpkt is missing."""
        super().__init__(file, put_in_place)
        self._blocks = load_dpkt().pcapng
        self._clock = clock
        self._wires: dict[Place, _Wire] = {}
        self._early: list[tuple[Place, Ending]] = []  # endings before the protocol was known

    def saw(self, segment: Segment) -> None:
        """Write a segment down: on the wire on which it came, and on the one on which it went."""
        self._open(segment.protocol)
        came, goes = segment.sender is not Place.WIRETAP, segment.receiver is not Place.WIRETAP
        stopped = segment.tampering or "stopped"
        if came:
            wire = self._wires[segment.sender]
            packets = wire.connection.send(wire.peer, segment.data)
            self._write_packets(segment.sender, packets, "" if goes else stopped)
        if goes:
            wire = self._wires[segment.receiver]
            packets = wire.connection.send(wire.wiretap, segment.data)
            self._write_packets(segment.receiver, packets, segment.tampering)

    def ended(self, side: Place, ending: Ending) -> None:
        """Write down that one side ended, and that the wiretap told the other."""
        if not self._wires:
            self._early.append((side, ending))
            return
        end = _END[ending]
        for place in (side, side.peer):
            wire = self._wires[place]
            host = wire.peer if place is side else wire.wiretap
            self._write_packets(place, end(wire.connection, host))

    def finish(self) -> None:
        """Write the connections, even if nothing was ever sent on them."""
        self._open(LEGACY)

    def _open(self, protocol: WireProtocol) -> None:
        if self._wires:
            return
        self._write(self._head())
        port = PORTS[protocol.name]
        name = "" if protocol in (LEGACY, MODERN) else f"{_WIRE}{protocol.name}"
        self._wires = {place: _Wire(place, port) for place in (Place.CLIENT, Place.SERVER)}
        for place, wire in self._wires.items():
            self._write_packets(place, wire.connection.open(), name)
        for early in self._early:
            self.ended(*early)

    def _head(self) -> bytes:
        names = (b"client - wiretap", b"wiretap - server")
        interfaces = [
            self._blocks.InterfaceDescriptionBlockLE(
                snaplen=_SNAPLEN,
                opts=[self._option(self._blocks.PCAPNG_OPT_IF_NAME, name), self._option(0, b"")],
            )
            for name in names
        ]
        return b"".join(map(bytes, (self._blocks.SectionHeaderBlockLE(), *interfaces)))

    def _option(self, code: int, data: bytes) -> Any:
        return self._blocks.PcapngOptionLE(code=code, data=data)

    def _write_packets(self, place: Place, packets: list[bytes], comment: str = "") -> None:
        self._write(b"".join(self._block(place, packet, comment) for packet in packets))

    def _block(self, place: Place, packet: bytes, comment: str) -> bytes:
        high, low = divmod(round(self._clock() * 1_000_000), 1 << 32)
        options = [self._option(1, comment.encode()), self._option(0, b"")] if comment else []
        block = self._blocks.EnhancedPacketBlockLE(
            iface_id=0 if place is Place.CLIENT else 1,
            ts_high=high,
            ts_low=low,
            pkt_data=packet,
            opts=options,
        )
        return bytes(block)


class _Wire:
    """The connection to one side, and who is at its ends."""

    def __init__(self, place: Place, port: int):
        opens = place is Place.CLIENT  # the client opens the one, the wiretap the other
        ports = (_CLIENT_PORTS[0], port) if opens else (port, _CLIENT_PORTS[1])
        self.peer = Host(NUMBERS[place], ports[0])
        self.wiretap = Host(NUMBERS[Place.WIRETAP], ports[1])
        ends = (self.peer, self.wiretap) if opens else (self.wiretap, self.peer)
        self.connection = Connection(*ends)


# Reading -------------------------------------------------------------------------------------


def read_recording(path: Path) -> Recording:
    """Read a capture that the wiretap wrote. Raises RecordingError, CaptureError."""
    reading = _Reading()
    try:
        for packet in read_packets(path):
            reading.take(packet)
    except LookupError:
        raise RecordingError(f"{path} is no recording of a wiretap") from None
    return reading.finish()


_PLACES = {f"192.0.2.{number}": place for place, number in NUMBERS.items()}
_PROTOCOLS = {PORTS[protocol.name]: protocol for protocol in (LEGACY, MODERN)}
"""What is spoken at a port unless the first packet names a dialect."""


class _Reading:
    """A capture of the wiretap while its packets are read."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._endings: list[tuple[Place, Ending]] = []
        self._parts: dict[tuple[Place, Place], bytes] = {}
        self._comments: dict[tuple[Place, Place], str] = {}
        self._splitters: dict[Place, Splitter] = {}
        self._came: Segment | None = None  # what should leave the wiretap next, as it came
        self._protocol: WireProtocol | None = None

    def take(self, packet: Packet) -> None:
        """Take the next packet. Raises LookupError if the wiretap did not write it."""
        way = _PLACES[packet.sender[0]], _PLACES[packet.receiver[0]]
        sender = way[0]
        if sender is not Place.WIRETAP and packet.flags & (FIN | RST):
            ending = Ending.RESET if packet.flags & RST else Ending.CLOSED
            self._endings.append((sender, ending))
        if packet.comment.startswith(_WIRE):
            self._protocol = WIRE_PROTOCOLS[packet.comment.removeprefix(_WIRE)]
        if not packet.data:
            return
        self._parts[way] = self._parts.get(way, b"") + packet.data
        self._comments[way] = packet.comment
        if pushes(packet):
            port = min(packet.sender[1], packet.receiver[1])
            self._take_whole(way, self._parts.pop(way), self._protocol or _PROTOCOLS[port])

    def finish(self) -> Recording:
        """Return everything."""
        self._settle()
        protocol = self._segments[0].protocol if self._segments else None
        return Recording(protocol, tuple(self._segments), tuple(self._endings))

    def _take_whole(self, way: tuple[Place, Place], data: bytes, protocol: WireProtocol) -> None:
        sender, receiver = way
        comment = self._comments.pop(way)
        if sender is not Place.WIRETAP:
            self._settle()
            self._take_came(Segment(protocol, sender, sender.peer, data), comment)
        elif self._came and self._came.receiver is receiver and self._came.data == data:
            came = replace(self._came, tampering=comment)
            self._segments.append(_forget_numbers(came) if came.is_uncut else came)
            self._came = None
        else:
            self._settle()
            self._segments.append(Segment(protocol, sender, receiver, data, tampering=comment))

    def _take_came(self, segment: Segment, comment: str) -> None:
        sender, protocol = segment.sender, segment.protocol
        splitter = self._splitters.setdefault(sender, protocol.make_splitter())
        numbers, offset = splitter.number(segment.data)
        segment = replace(segment, numbers=numbers, offset=offset)
        if comment:
            stopped = replace(segment, receiver=Place.WIRETAP, tampering=comment)
            self._segments.append(stopped)
        else:
            self._came = segment

    def _settle(self) -> None:
        """Add the segment that came, if the capture does not show it leaving the wiretap."""
        if self._came:
            self._segments.append(self._came)
            self._came = None


def _forget_numbers(segment: Segment) -> Segment:
    return replace(segment, numbers=range(0), offset=0)
