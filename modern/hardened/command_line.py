"""The third chat's program: the options and endings of the modern one, and a passphrase."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time

from modern import command_line, terminal
from modern.errors import UsageError

TYPE_CHECKING = False  # as in `typing`, which loads for as long as all else that --help needs
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from modern.hardened.session import HardenedSession
    from modern.hardened.steady import Steady

PROGRAM = "modern-chat --hardened"
DEFAULT_PORT = 9999
PASSPHRASE_VARIABLE = "HARDENED_PASSPHRASE"  # noqa: S105 - the name, not the passphrase
GENERATED_WORDS = 5
BITS_A_WORD = 10
LEAST_CHARACTERS = 8
LONGEST_PAUSE = 60
"""Seconds that a server waits at most after a failed try."""
FILLS = ("16", "256", "1024")

_DESCRIPTION = """\
The third chat. It needs one passphrase, and nobody can test guesses against
what is sent (SPAKE2). The peer notices every record that is changed,
repeated, left out, sent back or cut off. For learning. Do not use it for real
secrets: modern/hardened/README.md says what stays open.
"""
_EPILOG = f"""\
Both sides need the same passphrase. The program takes it from
--passphrase-file, or from the variable {PASSPHRASE_VARIABLE}. If it finds none,
it asks for the passphrase and does not show what you type.

exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)
"""


def build_parser() -> command_line.Parser:
    """Return the command line; wrong use raises UsageError instead of leaving the program."""
    parser = command_line.Parser(
        prog=command_line.program_name(PROGRAM),
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--server", "--s", action="store_true", help="wait for one peer")
    mode.add_argument("--client", "--c", metavar="HOST", help="connect to a server: name, address")
    mode.add_argument(
        "--generate-passphrase", action="store_true", help="print a fresh passphrase, and end"
    )
    command_line.add_place_options(parser, DEFAULT_PORT)
    command_line.add_timeout_option(parser)
    terminal.add_options(parser)
    _add_agreement_options(parser)
    _add_record_options(parser)
    return parser


def _add_agreement_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="a file that holds the passphrase"
    )
    parser.add_argument(
        "--tries",
        type=parse_tries,
        default=1,
        metavar="N",
        help="for a server: end after N peers with a wrong passphrase, and wait longer after each "
        "of them (default %(default)s)",
    )


def _add_record_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fill",
        choices=FILLS,
        default="256",
        help="fill up the content of each record to a multiple of this, so that its size does not "
        "tell how long the text is; 16 bytes hide nothing (default %(default)s)",
    )
    parser.add_argument(
        "--steady",
        type=parse_pause,
        metavar="SECONDS",
        help="every SECONDS seconds, send one record, with text in it or without, so that nobody "
        "sees when you type",
    )


def parse_tries(text: str) -> int:
    """Return the number, 1 to 99999, that `text` says. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text)):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number, 1 to 99999")
    return int(text)


def parse_pause(text: str) -> float:
    """Return the seconds, 0.01 to 60, that `text` says. Raises argparse.ArgumentTypeError."""
    try:
        seconds = float(text) if text.isascii() else 0.0
    except ValueError:
        seconds = 0.0
    if not 0.01 <= seconds <= 60:  # noqa: PLR2004 - also not NaN
        raise argparse.ArgumentTypeError(f"{text!r}: give seconds, 0.01 to 60")
    return seconds


def generate_passphrase() -> str:
    """Return five words, drawn by the operating system's random generator: 50 bits."""
    import secrets

    from modern.hardened.words import WORDS

    return " ".join(secrets.choice(WORDS) for _ in range(GENERATED_WORDS))


def report(line: str) -> None:
    """Tell the person something: one line on standard error."""
    command_line.report(line, PROGRAM)


def chat(arguments: argparse.Namespace) -> None:
    """Run the chat that the command line asks for. Raises ModernError."""
    from modern.chat import Chat
    from modern.hardened.pake import derive_w
    from modern.hardened.records import capacity
    from modern.hardened.steady import Steady
    from modern.network import watch

    w = derive_w(_find_passphrase(arguments))
    connection, session = _serve(arguments, w) if arguments.server else _join(arguments, w)
    del w  # not needed any more
    watch(connection, arguments.timeout)
    pace = Steady(arguments.steady, capacity(int(arguments.fill))) if arguments.steady else None
    plain = terminal.Seat.standard(report)
    with _counting_unsent(pace), terminal.take_seat(plain, arguments) as seat:
        seat.say_hint()
        Chat(
            connection,
            session,
            seat.stdin,
            seat.stdout,
            report=seat.report,
            farewell=seat.farewell,
            pace=pace or iter,
        ).run()


@contextlib.contextmanager
def _counting_unsent(pace: Steady | None) -> Iterator[None]:
    """At a terminal, say at the end how much text still waited for the next record (`--steady`)."""
    try:
        yield
    finally:
        if pace and pace.unsent and sys.stdin and sys.stdin.isatty():
            report(f"not sent, because its tick had not come: {pace.unsent} bytes of text")


def _find_passphrase(arguments: argparse.Namespace) -> str:
    passphrase = command_line.find_secret(arguments, "passphrase", PASSPHRASE_VARIABLE, report)
    if len(passphrase) < LEAST_CHARACTERS:
        report(
            f"warning: the passphrase has fewer than {LEAST_CHARACTERS} characters "
            "(--generate-passphrase makes a good one)"
        )
    return passphrase


def _new_session(arguments: argparse.Namespace, w: int) -> HardenedSession:
    from modern.hardened.session import HardenedSession

    return HardenedSession(
        w,
        is_client=not arguments.server,
        fill=int(arguments.fill),
        steady=arguments.steady is not None,
    )


def _join(arguments: argparse.Namespace, w: int) -> tuple[socket.socket, HardenedSession]:
    from modern.hardened.agreement import agree
    from modern.network import connect, name_peer

    connection = connect(arguments.client, arguments.port)
    report(f"connected to {name_peer(connection)} (for learning, not for secrets)")
    session = _new_session(arguments, w)
    agree(connection, session)
    return connection, session


def _serve(arguments: argparse.Namespace, w: int) -> tuple[socket.socket, HardenedSession]:
    """Return the first peer that knows the passphrase. After each other peer, pause longer."""
    from modern.hardened.agreement import NoWordError, agree
    from modern.hardened.errors import AgreementError
    from modern.network import reset

    failed, port = 0, arguments.port
    while True:
        connection, port = _accept(arguments, port)
        session = _new_session(arguments, w)
        try:
            agree(connection, session)
        except (NoWordError, AgreementError) as error:
            reset(connection)
            failed += isinstance(error, AgreementError)
            if failed >= arguments.tries:
                raise
            _pause(failed, arguments.tries, error)
        else:
            return connection, session


def _accept(arguments: argparse.Namespace, port: int) -> tuple[socket.socket, int]:
    """Return a connection and the number of the port that it came to."""
    from modern.network import accept, listen, name_peer

    listener = listen(arguments.bind, port)
    port = listener.getsockname()[1]
    report(f"waiting for a peer on port {port} (for learning, not for secrets)")
    connection = accept(listener)
    report(f"connected by {name_peer(connection)}")
    return connection, port


def _pause(failed: int, tries: int, error: Exception) -> None:
    """Say why a peer was refused; wait before the next one if it had a wrong passphrase."""
    from modern.hardened.errors import AgreementError

    if not isinstance(error, AgreementError):
        report(str(error))
        return
    seconds = min(2 ** (failed - 1), LONGEST_PAUSE)
    report(f"{error}; that was try {failed} of {tries}, the next one in {seconds} s")
    time.sleep(seconds)


def work() -> None:
    """Do what the command line says. Raises ModernError."""
    arguments = build_parser().parse()
    command_line.check_place(arguments)
    if arguments.tries != 1 and not arguments.server:
        raise UsageError("--tries says when a server ends: it goes with --server")
    if arguments.generate_passphrase:
        report(f"{GENERATED_WORDS * BITS_A_WORD} bits: {GENERATED_WORDS} words of 1,024")
        command_line.print_text(f"{generate_passphrase()}\n")
    else:
        from modern.streams import check_keyboard

        check_keyboard()
        chat(arguments)


def main() -> int:
    """Run the program; return its exit status."""
    return command_line.run(PROGRAM, work)
