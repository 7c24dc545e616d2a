"""The bridge: a legacy peer on one side, a modern one on the other, and every line reaches both.

`python -m compat.bridge --legacy listen:5555 --modern connect:HOST:9999` reads the legacy wire and
the modern one, and writes each so that old programs understand it. It holds all three secrets and
sees every line: whoever runs it is part of the conversation.

How it ends. A side that ends was heard to its last word; the other side gets all of it, is told,
and has a few seconds to end, too. A modern peer whose words could not all be delivered, or be
believed, is cut off instead, so that it does not take them for delivered.
"""

from __future__ import annotations

import argparse
import os
import queue
import selectors
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from compat import entry
from compat.ends import LegacyEnd, ModernEnd, Report, mark
from legacy.protocol import Envelope, derive_key
from modern.chat import accept, connect, listen, name_peer
from modern.dialects import DIALECTS
from modern.errors import ModernError, NetworkError, ProtocolError, UsageError
from modern.p2p_encryption import (
    Parser,
    add_secret_options,
    find_secret,
    find_secrets,
)
from modern.p2p_encryption import report as tell

PROGRAM = "bridge"
FAREWELL_SECONDS = 2
"""Silence after which a side that was told of the end is left alone: an original never leaves."""

_POLL_SECONDS = None if os.name == "posix" else 0.2  # Windows: Ctrl-C cannot end an endless wait
_DESCRIPTION = """\
Let a legacy chat and a modern one talk: every line from either side reaches the other.
For learning. The legacy side protects nothing, and neither does a bridge to it.
"""
_EPILOG = """\
An END is listen:PORT, listen:ADDRESS:PORT (port 0: any that is free) or connect:HOST:PORT.

The passphrase and both keys are each taken from the first of: its option, its file, its variable
(LEGACY_PASSPHRASE, MODERN_CONFKEY, MODERN_AUTHKEY); otherwise it is asked for without echo. One
given as an option can be read in the process list by everybody on this computer.

exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C
"""


# Command line --------------------------------------------------------------------------------


class Address(NamedTuple):
    """Where one side of the bridge is found, or waited for."""

    listens: bool
    host: str
    port: int


def parse_address(text: str) -> Address:
    """Read `listen:[ADDRESS:]PORT` or `connect:HOST:PORT`. Raises ArgumentTypeError."""
    way, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    fits = {"listen": True, "connect": host != "" and port != "0"}.get(way, False)
    if not (fits and port.isascii() and port.isdigit() and int(port) <= 65535):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither listen:PORT nor listen:ADDRESS:PORT nor connect:HOST:PORT"
        )
    return Address(way == "listen", host, int(port))


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError."""
    parser = Parser(
        prog="python -m compat.bridge",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for side in ("legacy", "modern"):
        parser.add_argument(
            f"--{side}",
            type=parse_address,
            required=True,
            metavar="END",
            help=f"where the {side} side is found: listen:PORT or connect:HOST:PORT",
        )
    add_secret_options(parser, "passphrase", "the legacy side's passphrase")
    add_secret_options(parser, "confkey", "the modern side's key that encrypts")
    add_secret_options(parser, "authkey", "the modern side's key that authenticates")
    parser.add_argument(
        "--dialect",
        choices=[*DIALECTS, "auto"],
        default="independent",
        help="the modern side's; auto (with listen) takes the peer's, and holds the legacy side's "
        "lines until the peer has spoken (default %(default)s)",
    )
    parser.add_argument(
        "--unverified",
        choices=["drop", "mark"],
        default="drop",
        help="what becomes of a legacy message that is garbled: dropped with a line "
        "on standard error, or passed on with a crossed box before it (default %(default)s)",
    )
    return parser


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of this process. Raises UsageError."""
    arguments = build_parser().parse()
    if arguments.dialect == "auto" and not arguments.modern.listens:
        raise UsageError("--dialect auto goes with --modern listen:PORT: who connects speaks first")
    return arguments


def find_legacy_key(arguments: argparse.Namespace) -> bytes:
    """Return the legacy key of the passphrase, read as a legacy prompt would. Raises UsageError."""
    passphrase = find_secret(arguments, "passphrase", "LEGACY_PASSPHRASE", report)
    return derive_key(passphrase.encode(errors="surrogateescape").decode(errors="replace"))


def report(line: str) -> None:
    """Tell the person something, on standard error."""
    tell(line, PROGRAM)


# Connections ---------------------------------------------------------------------------------


def open_sides(addresses: dict[str, Address]) -> dict[str, socket.socket]:
    """Connect to, or wait for, both peers, in whichever order they come. Raises NetworkError."""
    listeners = {
        side: _listen(side, address) for side, address in addresses.items() if address.listens
    }
    connections = {
        side: connect(address.host, address.port)
        for side, address in addresses.items()
        if not address.listens
    }
    for side, connection in connections.items():
        report(f"{side}: connected to {name_peer(connection)}")
    for side, connection in _accept_all(listeners):
        report(f"{side}: connected by {name_peer(connection)}")
        connections[side] = connection
    return connections


def _listen(side: str, address: Address) -> socket.socket:
    try:
        listener = listen(address.host or None, address.port)
    except NetworkError as error:
        reason, _, _ = str(error).partition(";")
        raise NetworkError(
            f"{side}: {reason}; end the program that uses it, or choose another"
        ) from None
    report(f"{side}: waiting for a peer on port {listener.getsockname()[1]}")
    return listener


def _accept_all(listeners: dict[str, socket.socket]) -> Iterator[tuple[str, socket.socket]]:
    with selectors.DefaultSelector() as selector:
        for side, listener in listeners.items():
            selector.register(listener, selectors.EVENT_READ, side)
        while selector.get_map():
            for key, _ in selector.select(_POLL_SECONDS):
                selector.unregister(key.fileobj)
                yield key.data, accept(listeners[key.data])


# Bridge --------------------------------------------------------------------------------------


def drop(envelope: Envelope) -> Iterator[str]:
    """Yield nothing of a message that is not verified, and say so."""
    report(
        f"legacy: dropped a garbled message of {len(envelope.message)} characters "
        "(--unverified mark passes such on)"
    )
    yield from ()


class Bridge:
    """Carries lines both ways until both sides have ended."""

    def __init__(self, legacy: LegacyEnd, modern: ModernEnd, tell: Report):
        """Take both ends; `tell` hears, in one line each, what a person should know."""
        self._legacy, self._modern, self._tell = legacy, modern, tell
        self._ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._carried = {"legacy": 0, "modern": 0}
        self._taken = {"legacy": 0, "modern": 0}

    def run(self) -> None:
        """Carry until both sides have ended. Raises ProtocolError, NetworkError."""
        try:
            for work in (self._carry_to_modern, self._carry_to_legacy):
                threading.Thread(target=self._guard, args=(work,), daemon=True).start()
            failures = [self._wait_for_first(), self._wait_for_second()]
        except BaseException:  # Ctrl-C: the modern peer must not take its words for delivered
            self._modern.reset()
            raise
        self._tell(
            f"ended; lines from the legacy side: {self._carried['legacy']}, "
            f"from the modern side: {self._carried['modern']}"
        )
        # What a peer did wrong comes before what failed because of it.
        for failure in sorted(failures, key=lambda error: not isinstance(error, ProtocolError)):
            if failure:
                raise failure

    def _guard(self, carry: Callable[[], None]) -> None:
        try:
            carry()
        except BaseException as error:  # a mistake of ours, too, must end the bridge, not hang it
            self._ended.put(error)
        else:
            self._ended.put(None)

    def _carry_to_modern(self) -> None:
        try:
            for line in self._legacy.lines():
                self._taken["legacy"] += 1
                self._modern.send(line)
                self._carried["legacy"] += 1
        finally:
            self._modern.finish()

    def _carry_to_legacy(self) -> None:
        try:
            for line in self._modern.lines():
                self._taken["modern"] += 1
                self._legacy.send(line)
                self._carried["modern"] += 1
        except ModernError:
            self._modern.reset()
            raise
        finally:
            self._legacy.finish()

    def _wait_for_first(self) -> BaseException | None:
        while True:
            try:
                return self._ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue

    def _wait_for_second(self) -> BaseException | None:
        """Wait as long as lines still come, and then a while: the peer may never end."""
        while True:
            before = sum(self._carried.values())
            try:
                return self._ended.get(timeout=FAREWELL_SECONDS)
            except queue.Empty:
                if self._taken == self._carried and sum(self._carried.values()) == before:
                    return None  # a line that waits for a slow reader is no silence


def bridge() -> None:
    """Hold the one conversation that the command line asks for. Raises ModernError, UsageError."""
    arguments = parse_arguments()
    key = find_legacy_key(arguments)
    secrets = find_secrets(arguments, report)
    sides = open_sides({"legacy": arguments.legacy, "modern": arguments.modern})
    report("both sides are here (for learning, not for secrets)")
    take_unverified = {"drop": drop, "mark": mark}[arguments.unverified]
    with sides["legacy"] as legacy, sides["modern"] as modern:
        Bridge(
            LegacyEnd(legacy, key, take_unverified, report),
            ModernEnd(modern, secrets, DIALECTS.get(arguments.dialect), report),
            report,
        ).run()


def main() -> int:
    """Run the bridge; return its exit status."""
    return entry.run(PROGRAM, bridge)


if __name__ == "__main__":
    sys.exit(main())
