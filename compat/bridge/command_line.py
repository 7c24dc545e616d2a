"""The bridge's program: `python -m compat.bridge --legacy listen:5555 --modern connect:HOST:9999`.

It reads and writes both protocols, in a way that old programs understand. It holds all three
secrets and sees every line: the person who runs the bridge is part of the conversation.
"""

from __future__ import annotations

import argparse
import selectors
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from compat import command_line
from modern.command_line import (
    Parser,
    add_dialect_option,
    add_secret_options,
    add_timeout_option,
    check_dialect,
    derive_candidates,
    find_secret,
    find_secrets,
    parse_port,
    program_name,
)
from modern.command_line import report as tell
from modern.errors import NetworkError
from modern.network import POLL_SECONDS, accept, connect, listen, name_peer, reset, watch
from modern.waiting import has_word

# Modules that only a conversation needs are imported when it begins, so that `--help` is quick.
if TYPE_CHECKING:
    from collections.abc import Callable

    from legacy.protocol import Envelope
    from modern.session import Session

    Greet = Callable[[str, socket.socket], None]

PROGRAM = "bridge"
HARDENED_PASSPHRASE = "hardened-passphrase"  # noqa: S105 - the name of the option

_DESCRIPTION = """\
Let a legacy chat and a modern one talk: every line from either side reaches
the other. For learning. The legacy side protects nothing, and neither does a
bridge to it.
"""
_EPILOG = """\
An END is listen:PORT, listen:ADDRESS:PORT (port 0: any free port) or
connect:HOST:PORT.

The program looks for the passphrase and for each key in its option, in its
file and in its variable (LEGACY_PASSPHRASE, MODERN_CONFKEY, MODERN_AUTHKEY),
in this order. If it finds none, it asks and does not show what you type.
Everybody on this computer can see a secret that is given as an option, in the
process list. With --hardened, the modern side needs no keys, but a passphrase
of its own (HARDENED_PASSPHRASE).

exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)
"""


# Command line --------------------------------------------------------------------------------


class Address(NamedTuple):
    """Where the bridge connects to one side, or waits for it."""

    listens: bool
    host: str
    port: int


def parse_address(text: str) -> Address:
    """Read `listen:[ADDRESS:]PORT` or `connect:HOST:PORT`. Raises ArgumentTypeError."""
    way, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    if not (way == "listen" or (way == "connect" and host)) or not _is_port(port, way):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither listen:PORT nor listen:ADDRESS:PORT nor connect:HOST:PORT"
        )
    return Address(way == "listen", host, int(port))


def _is_port(text: str, way: str) -> bool:
    try:
        return parse_port(text) > 0 or way == "listen"
    except argparse.ArgumentTypeError:
        return False


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError."""
    parser = Parser(
        prog=program_name("python -m compat.bridge"),
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
            help=f"where the {side} side is found: listen:[ADDRESS:]PORT or connect:HOST:PORT",
        )
    add_secret_options(parser, "passphrase", "the legacy side's passphrase")
    add_secret_options(parser, "confkey", "the modern side's key that encrypts")
    add_secret_options(parser, "authkey", "the modern side's key that authenticates")
    add_timeout_option(parser)
    add_dialect_option(
        parser,
        "take the dialect of the modern peer; until it has sent something, lines from the legacy "
        "side wait",
    )
    _add_hardened_options(parser)
    parser.add_argument(
        "--unverified",
        choices=["drop", "mark"],
        default="drop",
        help="what to do with a garbled legacy message: drop it, with a line on standard error, or "
        "pass it on with a crossed box in front (default %(default)s)",
    )
    return parser


def _add_hardened_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hardened", action="store_true", help="speak the third chat on the modern side"
    )
    parser.add_argument(
        f"--{HARDENED_PASSPHRASE}-file",
        metavar="FILE",
        help="a file that holds the passphrase of the third chat",
    )


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of this process. Raises UsageError."""
    arguments = build_parser().parse()
    check_dialect(arguments.dialect)
    return arguments


def find_legacy_key(arguments: argparse.Namespace) -> bytes:
    """Return the legacy key of the passphrase. Raises UsageError."""
    from legacy.protocol import derive_key

    return derive_key(command_line.find_passphrase(arguments, "LEGACY_PASSPHRASE", report))


def report(line: str) -> None:
    """Print one line for the user on standard error."""
    tell(line, PROGRAM)


def open_modern_session(arguments: argparse.Namespace) -> tuple[Session, Greet]:
    """Return the modern side's session, and what to call when its peer has come.

    Raises UsageError.
    """
    if arguments.hardened:
        return _open_hardened_session(arguments)
    from modern.session import FrameSession

    secrets = find_secrets(arguments, report)
    session = FrameSession(derive_candidates(arguments.dialect, secrets))
    return session, lambda side, connection: None


def _open_hardened_session(arguments: argparse.Namespace) -> tuple[Session, Greet]:
    from modern.hardened.agreement import agree
    from modern.hardened.command_line import PASSPHRASE_VARIABLE
    from modern.hardened.pake import derive_w
    from modern.hardened.session import HardenedSession

    passphrase = find_secret(arguments, HARDENED_PASSPHRASE, PASSPHRASE_VARIABLE, report)
    session = HardenedSession(derive_w(passphrase), is_client=not arguments.modern.listens)

    def greet(side: str, connection: socket.socket) -> None:
        if side == "modern":
            agree(connection, session)

    return session, greet


# Connections ---------------------------------------------------------------------------------


def open_sides(addresses: dict[str, Address], greet: Greet) -> dict[str, socket.socket]:
    """Connect to both peers or wait for them, in any order.

    `greet` is called for each peer as soon as it is there. Raises NetworkError, and what `greet`
    raises.
    """
    listeners = {
        side: _listen(side, address) for side, address in addresses.items() if address.listens
    }
    connections = {
        side: connect(address.host, address.port)
        for side, address in addresses.items()
        if not address.listens
    }
    reception = _Reception(addresses, listeners, greet)
    try:
        for side, connection in connections.items():
            report(f"{side}: connected to {name_peer(connection)}")
            greet(side, connection)
        return connections | reception.wait()
    except BaseException:  # a signal: the modern peer must not believe that all was said
        here = connections | reception.peers
        if "modern" in here:
            reset(here["modern"])
        raise


def _listen(side: str, address: Address) -> socket.socket:
    try:
        listener = listen(address.host or None, address.port)
    except NetworkError as error:
        reason, _, _ = str(error).partition(";")
        raise NetworkError(
            f"{side}: {reason}; end the program that uses it, or choose another port"
        ) from None
    report(f"{side}: waiting for a peer on port {listener.getsockname()[1]}")
    return listener


class _Reception:
    """Waits for a peer on each side that listens. A peer that leaves without a word does not count.

    A peer that has closed its sending direction also counts as gone: over a bridge, both sides must
    be able to speak.
    """

    def __init__(
        self, addresses: dict[str, Address], listeners: dict[str, socket.socket], greet: Greet
    ):
        ports = {side: listener.getsockname()[1] for side, listener in listeners.items()}
        self._addresses = {side: addresses[side]._replace(port=ports[side]) for side in ports}
        self._listeners, self._greet = listeners, greet
        self.peers: dict[str, socket.socket] = {}
        """Who is there so far."""

    def wait(self) -> dict[str, socket.socket]:
        """Return the peers, when all are there. Raises NetworkError."""
        with selectors.DefaultSelector() as selector:
            for side, listener in self._listeners.items():
                selector.register(listener, selectors.EVENT_READ, side)
            while len(self.peers) < len(self._listeners):
                for key, _ in selector.select(POLL_SECONDS):
                    selector.unregister(key.fileobj)
                    if following := self._take(key.data):
                        selector.register(following, selectors.EVENT_READ, key.data)
        return self.peers

    def _take(self, side: str) -> socket.socket | None:
        """Accept a peer, or see if it has sent data or left; return the socket to watch next."""
        if side not in self.peers:
            self.peers[side] = accept(self._listeners[side])
            report(f"{side}: connected by {name_peer(self.peers[side])}")
            return self.peers[side]
        if has_word(self.peers[side]):
            self._greet(side, self.peers[side])
            return None
        reset(self.peers.pop(side))
        report(f"{side}: the peer left without a word")
        self._listeners[side] = _listen(side, self._addresses[side])
        return self._listeners[side]


# Program -------------------------------------------------------------------------------------


def drop_unverified(envelope: Envelope) -> Iterator[str]:
    """Yield nothing of a message that is not verified, and report this."""
    report(
        f"legacy: dropped a garbled message of {len(envelope.message)} characters "
        "(with --unverified mark, it would be passed on)"
    )
    yield from ()


def bridge() -> None:
    """Run the conversation that the command line asks for. Raises ModernError, UsageError."""
    arguments = parse_arguments()

    from compat.bridge.bridge import Bridge
    from compat.bridge.sides import LegacySide, ModernSide, mark_unverified

    key = find_legacy_key(arguments)
    session, greet = open_modern_session(arguments)
    sides = open_sides({"legacy": arguments.legacy, "modern": arguments.modern}, greet)
    report("both sides are here (for learning, not for secrets)")
    if not session.ready:
        report("lines of the legacy side wait until the modern peer has sent something")
    take_unverified = {"drop": drop_unverified, "mark": mark_unverified}[arguments.unverified]
    for connection in sides.values():
        watch(connection, arguments.timeout)
    with sides["legacy"] as legacy, sides["modern"] as modern:
        Bridge(
            LegacySide(legacy, key, take_unverified, report),
            ModernSide(modern, session, report),
            report,
        ).run()


def main() -> int:
    """Run the bridge; return its exit status."""
    return command_line.run(PROGRAM, bridge)
