"""The program: `python -m compat.identify CAPTURE --confkey KEY --authkey KEY --typed "hi"`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import accumulate

from compat import command_line
from compat.errors import CompatError
from compat.identify.captures import MOST_BYTES, Capture, read_captures
from modern.command_line import (
    Parser,
    add_secret_options,
    find_secret,
    parse_port,
    print_text,
    program_name,
)
from modern.command_line import report as tell
from modern.errors import UsageError

TYPE_CHECKING = False  # --help needs no socket
if TYPE_CHECKING:
    import socket

PROGRAM = "identify"
FIRST_SECONDS = 600.0
"""How long to wait for the first bytes of a peer."""

_DESCRIPTION = """\
Say what the bytes of a chat are. If they are a dialect of the modern chat,
name the dialect. For any other protocol, say which tags, keys and encryption
can be proven. The program says only what it can prove: it computes each tag
and each text again, from the bytes and the keys.
"""
_EPILOG = """\
CAPTURE is one of these: a file of raw bytes, a file of hexadecimal text, a
recording of the wiretap (--record), a capture (pcap, pcapng) of tshark or
Wireshark. - is standard input. Give the bytes that one side sent: one line is
enough, and two lines prove more. With --typed, give the line that was typed
in the program that sent the bytes; this helps a lot.

This program looks for each of the two keys, confkey and authkey: in its option,
then in its file, then in its variable (MODERN_CONFKEY, MODERN_AUTHKEY). At a
terminal, it asks for a key that it did not find. It looks for the passphrase
only in its option and in its file. Without a passphrase, it does not look for
the legacy protocol. With only a passphrase, it looks only for the legacy
protocol.

exit status: 0 something was proven, 1 nothing was proven or the capture
cannot be read, 2 used wrongly
"""


class NothingProvenError(CompatError):
    """The search proved nothing."""


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError."""
    parser = Parser(
        prog=program_name("python -m compat.identify"),
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_sources(parser)
    add_secret_options(parser, "confkey", "the modern chat's key that encrypts")
    add_secret_options(parser, "authkey", "the modern chat's key that authenticates")
    add_secret_options(parser, "passphrase", "the legacy chat's passphrase")
    parser.add_argument(
        "--typed", metavar="TEXT", help="a line that was typed in the program that sent the bytes"
    )
    return parser


def _add_sources(parser: Parser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("capture", nargs="?", metavar="CAPTURE", help="the file, or -")
    source.add_argument(
        "--listen",
        type=parse_address,
        metavar="[ADDRESS:]PORT",
        help="wait until the unknown program connects, and read what it sends",
    )
    parser.add_argument(
        "--pause",
        type=parse_seconds,
        default=2.0,
        metavar="SECONDS",
        help="with --listen: stop reading when the peer has been silent for so long "
        "(default %(default)s)",
    )


def parse_address(text: str) -> tuple[str, int]:
    """Read `[ADDRESS:]PORT`. Raises ArgumentTypeError."""
    host, _, port = text.rpartition(":")
    return host, parse_port(port)


def parse_seconds(text: str) -> float:
    """Read a positive number of seconds. Raises ArgumentTypeError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= FIRST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to 600")
    return seconds


def report(line: str) -> None:
    """Print one line for the user on standard error."""
    tell(line, PROGRAM)


# Live ----------------------------------------------------------------------------------------


def listen_to_peer(host: str, port: int, pause: float) -> Capture:
    """Accept one peer; return what it sends until it ends or is silent. Raises NetworkError."""
    from modern.network import accept, close, listen, name_peer

    listener = listen(host or None, port)
    report(
        f"waiting for a peer on port {listener.getsockname()[1]}; when it has "
        "connected, type a line in your program"
    )
    connection = accept(listener)
    report(f"connected by {name_peer(connection)}")
    try:
        pieces = list(_receive(connection, pause))
    finally:
        close(connection)
    cuts = accumulate(map(len, pieces))
    return Capture("", b"".join(pieces), tuple(cuts))


def _receive(connection: socket.socket, pause: float) -> Iterator[bytes]:
    """Yield what arrives, until the peer ends, or is silent after its first bytes."""
    deadline, size = time.monotonic() + FIRST_SECONDS, 0
    connection.settimeout(pause)
    while time.monotonic() < deadline and size < MOST_BYTES:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            if size:
                return
            continue
        except OSError:
            return
        if not piece:
            return
        size += len(piece)
        yield piece


# Program -------------------------------------------------------------------------------------


def find_all_secrets(arguments: argparse.Namespace) -> tuple[str | None, str | None, str | None]:
    """Return confkey, authkey and passphrase; None if one is not used. Raises UsageError."""
    passphrase = None
    if arguments.passphrase is not None or arguments.passphrase_file is not None:
        passphrase = command_line.find_passphrase(arguments, "", report)
    names = ("confkey", "authkey")
    given = any(
        getattr(arguments, name + suffix) is not None for name in names for suffix in ("", "_file")
    )
    if passphrase is not None and not given:
        return None, None, passphrase
    conf, auth = (find_secret(arguments, name, f"MODERN_{name.upper()}", report) for name in names)
    return conf, auth, passphrase


def identify() -> None:
    """Say what the command line asks for. Raises UsageError, CompatError, ModernError."""
    arguments = build_parser().parse()
    if arguments.capture is None and arguments.listen is None:
        raise UsageError(f"give a CAPTURE or --listen; see {program_name(PROGRAM)} --help")
    confkey, authkey, passphrase = find_all_secrets(arguments)
    from compat.identify.search import identify as search

    if arguments.listen:
        host, port = arguments.listen
        captures = [listen_to_peer(host, port, arguments.pause)]
    else:
        captures = read_captures(arguments.capture)
    is_proven = False
    for who, data, cuts in captures:
        found = search(data, confkey, authkey, arguments.typed, passphrase, cuts)
        is_proven |= bool(found.statements)
        print_text(f"{f'From the {who}: ' if who else ''}{found}\n")
    if not is_proven:
        raise NothingProvenError("nothing was proven; are the keys those of the program?")


def main() -> int:
    """Run the program; return its exit status."""
    return command_line.run(PROGRAM, identify)
