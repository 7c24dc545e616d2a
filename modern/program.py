"""The modern chat's program: its options, its keys, and the connection.

`p2p_encryption.py` and `python -m modern` start it. The first lines of that file say where to find
the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from modern import command_line, terminal
from modern.command_line import AUTO, KEY_SIZE, Parser

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:  # sockets and ciphers are loaded when a chat begins: --help is quick
    import socket
    from collections.abc import Iterator

    from modern.session import FrameSession

PROGRAM = "modern-chat"
DEFAULT_PORT = 9999
HARDENED = "--hardened"
_AUTO_WAITS = "what you type waits until the peer has sent something (not with --dialect NAME)"

_DESCRIPTION = """\
An encrypted chat between two computers: AES-256-CBC and HMAC-SHA256. For
learning. Do not use it for real secrets: the notebooks show what it leaves
open.
"""
_EPILOG = """\
Both sides need the same two keys. The program looks for each key in its
option, in its file and in its variable (MODERN_CONFKEY, MODERN_AUTHKEY), in
this order. If it finds none, it asks for the key and does not show what you
type. Everybody on this computer can see a key that is given as an option, in
the process list.

Received text goes to standard output, status and errors go to standard error.
So a pipe works:
  modern-chat --server > copy.txt
  modern-chat --client HOST < original.txt

exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)

example, in two terminals of one computer:
  {program} --server
  {program} --client 127.0.0.1
"""


def build_parser() -> Parser:
    """Return the command line. Wrong use raises UsageError and does not end the program."""
    parser = Parser(
        prog=command_line.program_name(PROGRAM),
        description=_DESCRIPTION,
        epilog=_EPILOG.format(program=command_line.program_name(PROGRAM)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--server", "--s", action="store_true", help="wait for one peer")
    mode.add_argument(
        "--client", "--c", metavar="HOST", help="connect to a server: name or address"
    )
    mode.add_argument(
        "--generate-keys", action="store_true", help="print a fresh pair of keys, ready to paste"
    )
    mode.add_argument(
        "--dialects", action="store_true", help="list the dialects of old programs, and end"
    )
    mode.add_argument(
        HARDENED, action="store_true", help="run the third chat, which has its own options"
    )
    command_line.add_place_options(parser, DEFAULT_PORT)
    for name, verb in (("confkey", "encrypts"), ("authkey", "authenticates")):
        command_line.add_secret_options(parser, name, f"the key that {verb}, {KEY_SIZE} characters")
    command_line.add_timeout_option(parser)
    terminal.add_options(parser)
    command_line.add_dialect_option(
        parser,
        "take the dialect of the peer; what you type then waits until the peer has sent something",
    )
    return parser


def report(line: str) -> None:
    """Print one line for the user on standard error."""
    command_line.report(line, PROGRAM)


def chat(arguments: argparse.Namespace) -> None:
    """Run the chat that the command line asks for. Raises ModernError."""
    session = _make_session(arguments)
    plain = terminal.Seat.standard(report)
    with _broken_off_by_signals(plain) as here:
        if not arguments.server:
            _join(arguments, here)
        with terminal.take_seat(plain, arguments) as seat:
            if arguments.server:
                here.append(_serve(arguments, seat))
            _talk(arguments, here[0], session, seat)


def _talk(
    arguments: argparse.Namespace,
    connection: socket.socket,
    session: FrameSession,
    seat: terminal.Seat,
) -> None:
    from modern.chat import Chat
    from modern.network import watch

    seat.say_hint()
    watch(connection, arguments.timeout)
    if arguments.dialect == AUTO:
        seat.report(_AUTO_WAITS)
    Chat(
        connection,
        session,
        seat.stdin,
        seat.stdout,
        report=seat.report,
        farewell=seat.farewell,
    ).run()


def _make_session(arguments: argparse.Namespace) -> FrameSession:
    from modern.session import FrameSession

    command_line.check_dialect(arguments.dialect)
    secrets = command_line.find_secrets(arguments, report)
    return FrameSession(command_line.derive_candidates(arguments.dialect, secrets))


@contextlib.contextmanager
def _broken_off_by_signals(plain: terminal.Seat) -> Iterator[list[socket.socket]]:
    """Let a signal that comes before the chat begins break off, as one during the chat does.

    Yields a list that takes the connection as soon as there is one.
    """
    from modern.console import is_terminal
    from modern.network import reset

    here: list[socket.socket] = []
    try:
        yield here
    except KeyboardInterrupt:
        for connection in here if not is_terminal(plain.stdin) else ():
            reset(connection)
        raise


def _serve(arguments: argparse.Namespace, seat: terminal.Seat) -> socket.socket:
    from modern.network import listen
    from modern.waiting import wait_for_peer

    return wait_for_peer(
        lambda port: listen(arguments.bind, port),
        arguments.port,
        seat.stdin,
        seat.report,
        greet=seat.say_hint,
    )


def _join(arguments: argparse.Namespace, here: list[socket.socket]) -> None:
    from modern.network import connect, name_peer

    here.append(connect(arguments.client, arguments.port))
    report(f"connected to {name_peer(here[0])} (for learning, not for secrets)")


def _work() -> None:
    arguments = build_parser().parse()
    command_line.check_place(arguments)
    if arguments.dialects:
        from modern.dialects import describe_all

        command_line.print_text(describe_all())
    elif arguments.generate_keys:
        command_line.print_text(f"{command_line.generate_keys()}\n")
    else:
        from modern.streams import check_keyboard

        check_keyboard()
        chat(arguments)


def main() -> int:
    """Run the program; return its exit status."""
    if HARDENED in sys.argv[1:]:
        from modern.start import run

        sys.argv.remove(HARDENED)
        return run("modern.hardened.command_line")
    return command_line.run(PROGRAM, _work)
