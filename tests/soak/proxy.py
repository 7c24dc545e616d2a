"""A network that fails on purpose: a proxy that cuts, trickles, floods or falls silent.

It carries one connection and counts what it delivers to each side. At a chosen byte on the way to
a chosen side it strikes. What it had delivered before was acknowledged by the receiving kernel, so
a program that loses any of it has lost something that arrived.
"""

from __future__ import annotations

import random
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
FLOOD_SIZE = 1 << 17
FLOOD_PIECE = 1 << 13
TRICKLED_BYTES = 2
PATIENCE = 10


@dataclass(frozen=True)
class Fault:
    """What happens once `after` bytes were delivered to the side `towards`."""

    kind: str
    towards: str
    after: int


@dataclass(frozen=True)
class Piece:
    """What the proxy delivered in one send, and whether it was the proxy's own invention."""

    data: bytes
    forged: bool = False


def wait_until_acknowledged(connection: socket.socket) -> None:
    """Wait until the kernel at the other end has everything (Linux tells; elsewhere, hope)."""
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415 - POSIX
    import termios  # noqa: PLC0415

    deadline = time.monotonic() + PATIENCE
    with suppress(OSError):  # nobody is there any more
        while time.monotonic() < deadline and connection.getpeername():
            left = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
            if not int.from_bytes(left, sys.byteorder):
                return
            time.sleep(0.001)


class FaultProxy:
    """Listens on `port`, carries one connection to `target`, and strikes once.

    `on_strike` is called at the strike, from the proxy's thread; the faults `kill` and `stop` are
    its work alone, the proxy carries on. `on_struck` is called when `struck` is set.
    """

    def __init__(
        self,
        target: int,
        fault: Fault,
        on_strike: Callable[[], None],
        on_struck: Callable[[], None],
    ) -> None:
        self._target, self._fault = target, fault
        self._on_strike, self._on_struck = on_strike, on_struck
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        self._wake_reader, self._wake = socket.socketpair()
        self._sides: dict[str, socket.socket] = {}
        self._read_from: set[str] = set()
        self._deaf: set[str] = set()  # sides whose words are read and dropped
        self._count = dict.fromkeys((CLIENT, SERVER), 0)
        self.delivered: dict[str, list[Piece]] = {CLIENT: [], SERVER: []}
        self.ending: dict[str, str] = {}
        """What each side saw first of the end: "FIN" or "RST"."""
        self.struck = threading.Event()
        self.busy = threading.Lock()
        """Held while something is delivered, until the strike that it may set off is over."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End: whatever is still open is reset."""
        self._wake.close()
        self._thread.join(PATIENCE * 2)
        assert not self._thread.is_alive(), "the proxy hangs"
        self._break_off()
        self._wake_reader.close()
        self._listener.close()

    # Carrying

    def _run(self) -> None:
        if not self._connect():
            return
        while self._sides and self._read_from:
            sources = {self._sides[side]: side for side in self._read_from}
            ready, _, _ = select.select([self._wake_reader, *sources], [], [])
            if self._wake_reader in ready:
                return
            for connection in ready:
                if sources[connection] in self._read_from:
                    self._take(sources[connection])
            if self._fault.kind == "silence" and self.struck.is_set():
                self._wake_reader.recv(1)  # until the run is over
                return

    def _connect(self) -> bool:
        ready, _, _ = select.select([self._wake_reader, self._listener], [], [])
        if self._wake_reader in ready:
            return False
        self._sides[CLIENT] = self._listener.accept()[0]
        self._sides[SERVER] = socket.create_connection(("127.0.0.1", self._target))
        for connection in self._sides.values():
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read_from = {CLIENT, SERVER}
        return True

    def _take(self, source: str) -> None:
        try:
            data = self._sides[source].recv(1 << 16)
        except OSError:
            self._break_off()
            return
        if not data:
            self._read_from.discard(source)
            self._end(OTHER[source])
        elif source not in self._deaf:
            with self.busy:
                self._carry(OTHER[source], data)

    def _carry(self, side: str, data: bytes) -> None:
        room = self._fault.after - self._count[side]
        if self.struck.is_set() or side != self._fault.towards or len(data) <= room:
            self._deliver(side, data)
        else:
            self._strike(side, data[:room], data[room:])

    def _deliver(self, side: str, data: bytes, *, forged: bool = False) -> bool:
        """Send to a side and write it down; False where that side is gone."""
        if not data or side not in self._sides:
            return False
        try:
            self._sides[side].sendall(data)
        except OSError:
            self._break_off()
            return False
        self._count[side] += len(data)
        self.delivered[side].append(Piece(data, forged))
        return True

    # Striking

    def _strike(self, side: str, before: bytes, behind: bytes) -> None:
        by_network = {
            "silence": lambda side, behind: None,
            "reset": lambda side, behind: self._break_off(),
            "half-close": self._half_close,
            "trickle": self._trickle,
            "flood": self._flood,
        }.get(self._fault.kind)
        self._deliver(side, before if by_network else before + behind)
        if side in self._sides:
            wait_until_acknowledged(self._sides[side])
        if by_network:
            by_network(side, behind)
        self._on_strike()
        self.struck.set()
        self._on_struck()

    def _half_close(self, side: str, behind: bytes) -> None:
        self._end(side)
        self._deaf.add(OTHER[side])

    def _trickle(self, side: str, behind: bytes) -> None:
        for start in range(min(TRICKLED_BYTES, len(behind))):
            time.sleep(1)  # a byte a second is the fault
            self._deliver(side, behind[start : start + 1])
        time.sleep(1)
        self._deliver(side, behind[TRICKLED_BYTES:])

    def _flood(self, side: str, behind: bytes) -> None:
        junk = random.Random(self._fault.after)
        for _ in range(FLOOD_SIZE // FLOOD_PIECE):
            if not self._deliver(side, junk.randbytes(FLOOD_PIECE), forged=True):
                return
        self._end(side)
        self._deaf.add(OTHER[side])

    # Ending

    def _end(self, side: str) -> None:
        self.ending.setdefault(side, "FIN")
        with suppress(OSError, KeyError):  # gone already
            self._sides[side].shutdown(socket.SHUT_WR)

    def _break_off(self) -> None:
        """Reset both sides, as soon as their kernels have what was sent to them."""
        self._read_from.clear()
        for side in (CLIENT, SERVER):
            if side in self._sides:
                self.ending.setdefault(side, "RST")
                _reset(self._sides.pop(side))


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):  # gone already
        wait_until_acknowledged(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()
