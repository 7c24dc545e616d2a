"""Read captures: pcap and pcapng files of Wireshark, tshark, tcpdump, and of the wiretap.

`read_capture` returns the TCP conversations of a file, and what each side of them sent. TCP sends
lost segments again, and the network may change their order; here the bytes are in order, once.
"""

from __future__ import annotations

import heapq
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from compat.wiretap.packets import ACK, PSH, SYN, CaptureError, load_dpkt
from compat.wiretap.wires import Place

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_PCAPNG_MAGIC = struct.pack("<I", _SECTION)
_LEAST_BLOCK, _MOST_BLOCK = 12, 1 << 24
"""The most bytes of a block of pcapng. Wireshark has the same limit."""
_ETHERNET, _NULL, _LOOP, _SLL, _SLL2 = 1, 0, 108, 113, 276
_RAW = (12, 14, 101, 228, 229)
_IPV6 = 6
_FAULTS = (AttributeError, LookupError, TypeError, ValueError, struct.error)
"""What dpkt raises, besides its own errors, for bytes that are no packets."""


class Packet(NamedTuple):
    """One TCP packet of a capture."""

    sender: tuple[str, int]
    receiver: tuple[str, int]
    sequence: int
    flags: int
    data: bytes
    comment: str = ""


@dataclass
class Conversation:
    """One TCP connection of a capture."""

    client: tuple[str, int]
    """Address and port of the side that opened it."""
    server: tuple[str, int]
    segments: list[tuple[Place, bytes]] = field(default_factory=list)
    """The sender and the bytes of each packet with new bytes, in order."""
    missing: dict[Place, int] = field(default_factory=dict)
    """How many bytes of each side are missing in the capture."""

    def sent_by(self, place: Place) -> bytes:
        """Return all bytes of one side, joined. Missing bytes are left out."""
        return b"".join(data for sender, data in self.segments if sender is place)


def read_capture(path: Path) -> list[Conversation]:
    """Return the TCP conversations of a pcap or pcapng file, in order. Raises CaptureError."""
    followed: dict[frozenset[tuple[str, int]], _Followed] = {}
    all_followed = []
    for packet in read_packets(path):
        ends = frozenset((packet.sender, packet.receiver))
        if ends not in followed or followed[ends].is_reopened_by(packet):
            followed[ends] = _Followed(packet)
            all_followed.append(followed[ends])
        followed[ends].take(packet)
    for each in all_followed:
        each.finish()
    return [each.conversation for each in all_followed]


# TCP -----------------------------------------------------------------------------------------


class _Stream:
    """What one side of a connection sends, put in order.

    TCP's numbers start again at 0 after 2^32. Here they go on, so that they can be sorted.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        self._early: list[tuple[int, bytes]] = []  # a heap: what lies behind a gap
        self.missing = 0

    def take(self, packet: Packet) -> list[bytes]:
        """Return the bytes that are new and in order with this packet."""
        is_open = packet.flags & SYN
        if self._next is None:
            self._next = packet.sequence + bool(is_open)
        if packet.data and not is_open:
            heapq.heappush(self._early, (self._unwrap(packet.sequence), packet.data))
        return list(self._take_ready())

    def finish(self) -> Iterator[bytes]:
        """Yield the bytes after a gap that was never filled."""
        while self._early:
            start, _ = self._early[0]
            self.missing += start - (self._next or 0)
            self._next = start
            yield from self._take_ready()

    def _unwrap(self, sequence: int) -> int:
        """Return a packet's full number: the one nearest to the number that should come next."""
        following = self._next or 0
        return following + (sequence - following + (1 << 31)) % (1 << 32) - (1 << 31)

    def _take_ready(self) -> Iterator[bytes]:
        while self._early and self._early[0][0] <= (self._next or 0):
            start, data = heapq.heappop(self._early)
            new = data[(self._next or 0) - start :]
            if new:
                self._next = (self._next or 0) + len(new)
                yield new


class _Followed:
    """A connection while its packets are read."""

    def __init__(self, first: Packet):
        self._opening = first if first.flags & SYN else None
        client, server = first.sender, first.receiver
        answered = first.flags & SYN and first.flags & ACK
        if answered or (not first.flags & SYN and client[1] < server[1]):
            client, server = server, client  # servers wait on the lower port
        self.conversation = Conversation(client, server)
        self._streams = {Place.CLIENT: _Stream(), Place.SERVER: _Stream()}

    def is_reopened_by(self, packet: Packet) -> bool:
        """Return whether this packet opens another connection between the same ports."""
        opens = packet.flags & SYN and not packet.flags & ACK
        known = self._opening and self._opening.sequence == packet.sequence
        return bool(opens and not known)

    def take(self, packet: Packet) -> None:
        sender = Place.CLIENT if packet.sender == self.conversation.client else Place.SERVER
        new = self._streams[sender].take(packet)
        self.conversation.segments += [(sender, data) for data in new]

    def finish(self) -> None:
        for sender, stream in self._streams.items():
            self.conversation.segments += [(sender, data) for data in stream.finish()]
            self.conversation.missing[sender] = stream.missing


# Files ---------------------------------------------------------------------------------------


def read_packets(path: Path) -> Iterator[Packet]:
    """Yield the TCP packets of a capture. Raises CaptureError."""
    dpkt = load_dpkt()
    try:
        with path.open("rb") as file:
            is_pcapng = file.read(4) == _PCAPNG_MAGIC
            file.seek(0)
            found = _read_pcapng(file, dpkt) if is_pcapng else _read_pcap(file, dpkt)
            for link, data, comment in found:
                if packet := _parse(link, data, comment, dpkt):
                    yield packet
    except OSError as error:
        raise CaptureError(f"cannot read {path}: {error.strerror}") from None
    except (*_FAULTS, dpkt.Error):
        raise CaptureError(f"{path} is no capture: neither pcap nor pcapng") from None


def _read_pcap(file: BinaryIO, dpkt: Any) -> Iterator[tuple[int, bytes, str]]:
    reader = dpkt.pcap.Reader(file)
    for _, data in reader:
        yield reader.datalink(), bytes(data), ""


def _read_pcapng(file: BinaryIO, dpkt: Any) -> Iterator[tuple[int, bytes, str]]:
    """Yield link type, bytes and comments of each packet; a last block that was cut is left out."""
    pcapng = dpkt.pcapng
    links: list[int] = []
    for kind, block, order in _read_blocks(file):
        suffix = "LE" if order == "<" else ""
        if kind == _SECTION:
            links = []
        elif kind == _INTERFACE:
            links.append(getattr(pcapng, f"InterfaceDescriptionBlock{suffix}")(block).linktype)
        elif kind == _PACKET:
            packet = getattr(pcapng, f"EnhancedPacketBlock{suffix}")(block)
            comments = [each.text for each in packet.opts if each.code == 1]
            yield links[packet.iface_id], bytes(packet.pkt_data), "\n".join(comments)


def _read_blocks(file: BinaryIO) -> Iterator[tuple[int, bytes, str]]:
    order = "<"
    while len(head := file.read(_LEAST_BLOCK)) == _LEAST_BLOCK:
        (kind,) = struct.unpack(f"{order}I", head[:4])
        if kind == _SECTION:  # it reads the same in both orders, and says which one it is
            order = "<" if head[8:] == b"\x4d\x3c\x2b\x1a" else ">"
        (size,) = struct.unpack(f"{order}I", head[4:8])
        if not _LEAST_BLOCK <= size <= _MOST_BLOCK:
            raise ValueError
        block = head + file.read(size - _LEAST_BLOCK)
        if len(block) == size:
            yield kind, block, order


def _parse(link: int, data: bytes, comment: str, dpkt: Any) -> Packet | None:
    """Return the TCP packet inside a captured packet, or None if it contains no TCP."""
    try:
        packet = _unwrap(link, data, dpkt)
    except (*_FAULTS, dpkt.Error):  # cut, or of another kind
        return None
    if not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6):
        return None
    segment = packet.data
    if not isinstance(segment, dpkt.tcp.TCP):
        return None
    family = socket.AF_INET6 if isinstance(packet, dpkt.ip6.IP6) else socket.AF_INET
    return Packet(
        (socket.inet_ntop(family, packet.src), segment.sport),
        (socket.inet_ntop(family, packet.dst), segment.dport),
        segment.seq,
        segment.flags,
        bytes(segment.data),
        comment,
    )


def _unwrap(link: int, data: bytes, dpkt: Any) -> Any:
    """Return the IP packet in what was captured on that kind of network, or None."""
    if link in _RAW:
        return (dpkt.ip6.IP6 if data[0] >> 4 == _IPV6 else dpkt.ip.IP)(data)
    if link in (_NULL, _LOOP):
        return _unwrap(_RAW[0], data[4:], dpkt)
    kinds = {
        _ETHERNET: dpkt.ethernet.Ethernet,
        _SLL: dpkt.sll.SLL,
        _SLL2: dpkt.sll2.SLL2,
    }
    return kinds[link](data).data if link in kinds else None


def pushes(packet: Packet) -> bool:
    """Return whether a packet is the last one of those that were sent together."""
    return bool(packet.flags & PSH)
