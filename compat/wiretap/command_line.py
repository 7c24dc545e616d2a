"""The wiretap's program: `python -m compat.wiretap --listen PORT --forward HOST:PORT`.

Two peers talk through it without noticing. It shows every segment, and tampers with some if it is
told to. It knows no key. For learning: use it on your own wires only.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from compat import command_line
from compat.wiretap.tampering import TAMPERINGS, Rule
from compat.wiretap.wires import WIRE_PROTOCOLS, Place, WireProtocol
from modern.command_line import Parser, parse_port, program_name
from modern.command_line import report as tell
from modern.errors import NetworkError, UsageError
from modern.network import name_peer, strip_brackets

# Modules that only a conversation needs are imported when it begins, so that `--help` is quick.
if TYPE_CHECKING:
    import socket

    from compat.wiretap.files import FileRecorder
    from compat.wiretap.relay import Observer
    from compat.wiretap.screen import Screen
    from compat.wiretap.seat import Tamperer

PROGRAM = "wiretap"
NO_COMMANDS = "it takes no commands, only options; Ctrl-C ends it"
MOST_DIGITS = 18
"""The most digits of a number in an option: nobody sends so many messages."""

_USAGE = """\
{program} --listen [ADDRESS:]PORT --forward HOST:PORT
           [--protocol WIRE] [--short] [--record FILE [--overwrite]] [tampering]"""
_DESCRIPTION = """\
Sit between two peers of one of the chats: see every segment (bytes that
arrive together), and tamper with some. The client connects to the wiretap,
and the wiretap connects to the server. Client and server do not notice the
wiretap. The wiretap has no key.
"""
_EPILOG = """\
N counts the messages (legacy), frames (modern) or records (hardened) of one
sender, from 1; the screen shows these numbers. In the hardened chat, records
1 and 2 are the agreement. In most dialects, only the encrypted length tells
where a frame ends: there N counts segments. Name the protocol with --protocol
if you tamper. You can combine these options. The other side's messages pass
unchanged. If bytes are not certainly one message or frame, they pass
unchanged, and the wiretap says so.

  --splice 4:1       legacy: message 4 gets the clock of message 1 (its block 1)
                     modern: frame 4 gets the body of frame 1 (chunk and tag)
  --splice 4:1:2     both: block 2 of message or frame 1 (blocks count from 0)
  --flip 3:20        the lowest bit of byte 20 (bytes count from 0)
  --flip 3:20:7      the highest bit of byte 20

exit status: 0 the conversation ended, 1 failed, 2 used wrongly, 130 ended
with Ctrl-C, 143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal
is gone)

example, for a server on port 5555 of this computer (clients connect to 5556):
  {program} --listen 5556 --forward 127.0.0.1:5555
"""


# Command line --------------------------------------------------------------------------------


def build_parser() -> Parser:
    """Return the command line. Wrong use raises UsageError and does not end the program."""
    program = program_name("python -m compat.wiretap")
    parser = Parser(
        prog=program,
        usage=_USAGE.format(program=program),
        description=_DESCRIPTION,
        epilog=_EPILOG.format(program=program),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--listen",
        type=parse_listen,
        required=True,
        metavar="[ADDRESS:]PORT",
        help="where the client connects to; with port 0, the system chooses the port",
    )
    parser.add_argument(
        "--forward",
        type=parse_forward,
        required=True,
        metavar="HOST:PORT",
        help="where the server is",
    )
    parser.add_argument(
        "--protocol",
        type=parse_protocol,
        metavar="WIRE",
        help="legacy, modern, hardened, or a dialect: `modern-chat --dialects` lists all (default: "
        "guessed from the first segment)",
    )
    parser.add_argument("--short", action="store_true", help="print one line per message or frame")
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="write the conversation as JSON, or for Wireshark if the name ends in .pcapng; until "
        "the end, the file is called FILE.part",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="let --record replace a file that already exists"
    )
    _add_tampering(parser.add_argument_group("tampering"))
    return parser


def _add_tampering(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--from",
        dest="target",
        type=parse_target,
        default=Place.CLIENT,
        metavar="client|server",
        help="the side whose messages or frames are changed (default client)",
    )
    for tampering in TAMPERINGS:
        group.add_argument(
            f"--{tampering.option}",
            type=parse_numbers,
            action="append",
            default=[],
            metavar=tampering.metavar,
            help=tampering.help,
        )


def parse_listen(text: str) -> tuple[str | None, int]:
    """Return the address, None for all, and the port of `[ADDRESS:]PORT`."""
    host, _, port = text.rpartition(":")
    return strip_brackets(host) or None, parse_port(port)


def parse_forward(text: str) -> tuple[str, int]:
    """Return the host and the port, which is not 0, of `HOST:PORT`."""
    host, _, port = text.rpartition(":")
    if not host or not parse_port(port):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:5555")
    return strip_brackets(host), parse_port(port)


def parse_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of `3` or `3:20:7`."""
    parts = text.split(":")
    if not all(part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS for part in parts):
        shown = text if len(text) <= 2 * MOST_DIGITS else f"{text[:MOST_DIGITS]}…"
        raise argparse.ArgumentTypeError(
            f"{shown!r}: give numbers of at most {MOST_DIGITS} digits, with colons between them"
        )
    return tuple(int(part) for part in parts)


def parse_protocol(text: str) -> WireProtocol:
    """Return the protocol of that name."""
    try:
        return WIRE_PROTOCOLS[text]
    except KeyError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: give one of {', '.join(WIRE_PROTOCOLS)}"
        ) from None


def parse_target(text: str) -> Place:
    """Return the side of that name."""
    if text not in ("client", "server"):
        raise argparse.ArgumentTypeError(f"{text!r}: give client or server")
    return Place(text)


def build_rules(arguments: argparse.Namespace) -> list[Rule]:
    """Return the rules that the options say, in the order of TAMPERINGS. Raises UsageError."""
    protocol: WireProtocol | None = arguments.protocol
    chosen = [
        (tampering, numbers)
        for tampering in TAMPERINGS
        for numbers in getattr(arguments, tampering.option)
    ]
    if chosen and not protocol:
        raise UsageError("tampering needs --protocol, to know where messages or frames begin")
    rules = [_make_rule(tampering, numbers, protocol) for tampering, numbers in chosen if protocol]
    names = [f"--{tampering.option} {_join(numbers)}" for tampering, numbers in chosen]
    for (one, name), (other, other_name) in combinations(zip(rules, names, strict=True), 2):
        if one.excludes(other) or other.excludes(one):
            raise UsageError(f"{name} and {other_name} contradict each other: leave one out")
    return rules


def _join(numbers: tuple[int, ...]) -> str:
    return ":".join(map(str, numbers))


def _make_rule(tampering: type[Rule], numbers: tuple[int, ...], protocol: WireProtocol) -> Rule:
    try:
        if numbers[0] == 0:
            raise ValueError(f"{protocol.unit}s are counted from 1")
        return tampering.parse(numbers, protocol)
    except ValueError as error:
        given = f"--{tampering.option} {_join(numbers)}"
        raise UsageError(f"{given}: {error}") from None


# Program -------------------------------------------------------------------------------------


def report(line: str) -> None:
    """Print one line for the user on standard error."""
    tell(line, PROGRAM)


def start_recording(path: str, *, overwrite: bool) -> FileRecorder:
    """Return what writes a recording that will be found at `path`.

    Raises UsageError. Raises CaptureError if the library for captures is missing.
    """
    from compat.wiretap import files, recording

    make: Callable[..., FileRecorder] = recording.Recorder
    if Path(path).suffix == recording.CAPTURE_SUFFIX:
        from compat.wiretap import packets, pcapng

        packets.load_dpkt()  # before there is a file
        make = pcapng.CaptureRecorder
    try:
        new = files.NewFile(path, overwrite=overwrite)
    except FileExistsError as error:
        name = f"{path}.part" if error.filename else path
        raise UsageError(
            f"--record {path}: {name} exists already; take another name, or add --overwrite"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot write --record {path}: {reason}") from None
    return make(new.file, put_in_place=new.put_in_place)


def warn_who_types() -> None:
    """Tell a person at a terminal that nobody reads the keyboard: the shell gets it afterwards."""
    if all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        report(NO_COMMANDS)


async def tap(
    listener: socket.socket, forward: tuple[str, int], tamperer: Tamperer, observers: list[Observer]
) -> None:
    """Wait for the client, connect to the server, carry the conversation. Raises NetworkError."""
    from compat.wiretap import relay

    report(
        f"waiting for a peer on port {listener.getsockname()[1]} "
        "(for learning: your own wires only)"
    )
    warn_who_types()
    client = await relay.accept(listener)
    try:
        server = await relay.connect(*forward)
    except NetworkError:
        client.close()
        raise
    report(f"connected by {name_peer(client)}, and to {name_peer(server)}")
    await relay.Relay(client, server, tamperer, observers).run()


@contextlib.contextmanager
def _closing(screen: Screen) -> Iterator[Screen]:
    """Let the screen show everything at the end; after Ctrl-C, what it can show in a moment."""
    try:
        yield screen
    except BaseException:
        screen.close(patience=1)
        raise
    screen.close()


def _open_screen(short: bool) -> Screen:
    from compat.printer import Printer
    from compat.wiretap.layout import Layout, ShortLayout
    from compat.wiretap.screen import Screen

    printer = Printer()
    return Screen(printer, (ShortLayout if short else Layout)(printer.width))


def run(arguments: argparse.Namespace) -> None:
    """Carry one conversation, from its first segment to its last.

    Raises ModernError, CompatError.
    """
    from compat import loop
    from compat.wiretap import relay
    from compat.wiretap.seat import Tamperer

    rules = build_rules(arguments)
    tamperer = Tamperer(arguments.protocol, rules, arguments.target)
    with relay.listen(*arguments.listen) as listener, contextlib.ExitStack() as exits:
        count = relay.SegmentCount()
        observers: list[Observer] = [count, relay.Reporter(report)]
        if arguments.record is not None:
            recorder = start_recording(arguments.record, overwrite=arguments.overwrite)
            observers.append(exits.enter_context(contextlib.closing(recorder)))
        observers.append(exits.enter_context(_closing(_open_screen(arguments.short))))
        loop.run(tap(listener, arguments.forward, tamperer, observers))
    report(f"ended; segments sent: {count}")
    for rule in tamperer.idle_rules():
        unit = arguments.protocol.unit
        report(f"no {unit} {rule.number} came: nothing was {rule.done}")
    for rule, why in tamperer.undone():
        report(f"{arguments.protocol.unit} {rule.number} was not {rule.done}: {why}")


def main() -> int:
    """Run the program; return its exit status."""
    return command_line.run(PROGRAM, _work)


def _work() -> None:
    from compat import loop

    arguments = build_parser().parse()
    loop.check_free()
    run(arguments)
