"""The bytes of a recording as packets, so that Wireshark can show the conversation.

The wiretap reads and writes sockets; it never sees a packet. So the packets are made up. They have
Ethernet, IPv4 and TCP headers around the real bytes, with handshakes, acknowledgements and ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from compat.errors import CompatError
from compat.wiretap.wires import Place

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

MOST_IN_PACKET = 580 * 112
"""The most bytes in one packet: as many whole frames and whole blocks as IPv4 can carry."""

UNACKNOWLEDGED = 1 << 15
"""After so many bytes, the receiver acknowledges them, as a real receiver does."""

_WINDOW = 0xFFFF
_SYN_OPTIONS = b"\x02\x04\x05\xb4\x01\x03\x03\x07"  # segments of 1460 bytes, windows times 128


class CaptureError(CompatError):
    """A capture cannot be read, or the package for it is missing."""


def load_dpkt() -> Any:
    """Return the package that knows pcapng and TCP. Raises CaptureError."""
    try:
        import dpkt  # noqa: PLC0415 - only captures need it
        import dpkt.pcapng  # noqa: PLC0415
    except ModuleNotFoundError:
        raise CaptureError("captures need the package dpkt: python -m pip install dpkt") from None
    return dpkt


class Host(NamedTuple):
    """One end of a connection."""

    number: int
    """The last byte of its addresses."""
    port: int

    @property
    def ip(self) -> bytes:
        """The IPv4 address, of a network that is reserved for examples (RFC 5737)."""
        return bytes((192, 0, 2, self.number))

    @property
    def mac(self) -> bytes:
        """The Ethernet address. Its form says that it belongs to no real network card."""
        return bytes((2, 0, 0, 0, 0, self.number))


NUMBERS = {Place.CLIENT: 1, Place.WIRETAP: 2, Place.SERVER: 3}
"""The hosts of a recording: 192.0.2.1 and so on."""


class Connection:
    """One TCP connection, as its packets show it."""

    def __init__(self, opener: Host, listener: Host):
        """Take the host that opens it, and the host that waits for it."""
        self._hosts = (opener, listener)
        self._sequence = {opener: 1_000_000, listener: 2_000_000}
        self._unacknowledged = dict.fromkeys(self._hosts, 0)
        self._ended: set[Host] = set()
        self._dpkt = load_dpkt()

    def open(self) -> list[bytes]:
        """Return the handshake."""
        opener, listener = self._hosts
        return [
            self._make(opener, SYN),
            self._make(listener, SYN | ACK),
            self._make(opener, ACK),
        ]

    def send(self, sender: Host, data: bytes) -> list[bytes]:
        """Return the packets with `data`. The last one pushes: it ends what was sent together."""
        packets = []
        for start in range(0, len(data), MOST_IN_PACKET):
            part = data[start : start + MOST_IN_PACKET]
            push = PSH if start + MOST_IN_PACKET >= len(data) else 0
            packets += [self._make(sender, push | ACK, part), *self._acknowledge(sender, part)]
        return packets

    def close(self, sender: Host) -> list[bytes]:
        """Return the packets with which one end says that it will send no more."""
        if sender in self._ended:
            return []
        self._ended.add(sender)
        return [self._make(sender, FIN | ACK), self._make(self._peer(sender), ACK)]

    def reset(self, sender: Host) -> list[bytes]:
        """Return the packets with which one end breaks off the connection."""
        self._ended.update(self._hosts)
        return [self._make(sender, RST | ACK)]

    def _peer(self, host: Host) -> Host:
        opener, listener = self._hosts
        return listener if host is opener else opener

    def _acknowledge(self, sender: Host, data: bytes) -> list[bytes]:
        self._unacknowledged[sender] += len(data)
        if self._unacknowledged[sender] < UNACKNOWLEDGED:
            return []
        return [self._make(self._peer(sender), ACK)]

    def _make(self, sender: Host, flags: int, data: bytes = b"") -> bytes:
        """Return one packet; the next packet of this sender begins where this one ends."""
        receiver = self._peer(sender)
        options = _SYN_OPTIONS if flags & SYN else b""
        segment = self._dpkt.tcp.TCP(
            sport=sender.port,
            dport=receiver.port,
            seq=self._sequence[sender],
            ack=self._sequence[receiver] if flags & ACK else 0,
            off=5 + len(options) // 4,
            flags=flags,
            win=_WINDOW,
            opts=options,
            data=data,
        )
        self._sequence[sender] += len(data) + bool(flags & (SYN | FIN))
        self._sequence[sender] %= 1 << 32
        self._unacknowledged[receiver] = 0
        return self._wrap(sender, receiver, segment)

    def _wrap(self, sender: Host, receiver: Host, segment: Any) -> bytes:
        packet = self._dpkt.ip.IP(src=sender.ip, dst=receiver.ip, p=6, data=segment)
        packet.df = 1
        packet.len = len(packet)
        return bytes(self._dpkt.ethernet.Ethernet(src=sender.mac, dst=receiver.mac, data=packet))
