"""The modern chat's command line: one side `--server`, the other `--client HOST`.

The same program as `python -m modern` and `modern-chat`. For learning, not for real secrets:
README.md beside this file says what the protocol leaves open.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys

if not __package__:  # run as a script: this folder's parent is where the package is found
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

from modern.errors import ConsoleError, ModernError, UsageError

TYPE_CHECKING = False  # as in `typing`, which loads for as long as all else that --help needs
if TYPE_CHECKING:  # sockets and ciphers are loaded once there is a chat to hold: --help is quick
    import socket
    from collections.abc import Callable
    from typing import NoReturn

    from modern.chat import Secrets

PROGRAM = "modern-chat"
DEFAULT_PORT = 9999
KEY_SIZE = 32
INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of SIGINT, as shells have it."""

_KEY_FILE_LIMIT = 65536
_DESCRIPTION = """\
An encrypted chat between two computers: AES-256-CBC and HMAC-SHA256.
For learning. Do not use it for real secrets: the notebooks show what it leaves open.
"""
_EPILOG = """\
Both sides need the same two keys. Each is taken from the first of: its option, its file, its
variable (MODERN_CONFKEY, MODERN_AUTHKEY); otherwise it is asked for without echo. A key given as
an option can be read in the process list by everybody on this computer.

What arrives goes to standard output, status and errors to standard error, so it works in a pipe:
  modern-chat --server > copy.txt            modern-chat --client HOST < original.txt

exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C
"""


class Parser(argparse.ArgumentParser):
    """A command line for which wrong use is a UsageError, not the end of the program."""

    def parse(self) -> argparse.Namespace:
        """Return the arguments of this process. Raises UsageError.

        What belongs to no option is not repeated: it may be a key, its option misspelled.
        """
        arguments, unknown = self.parse_known_args()
        if unknown:
            option, _, _ = unknown[0].partition("=")
            self.error(
                f"unrecognized option {option}"
                if option.startswith("--")
                else "a word that belongs to no option (a key with spaces goes in quotes)"
            )
        return arguments

    def print_help(self, file: object = None) -> None:
        """Print the help to standard output. Raises ConsoleError."""
        print_text(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message}; see {self.prog} --help")


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError instead of leaving the program."""
    parser = Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
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
    parser.add_argument(
        "--port", type=parse_port, default=DEFAULT_PORT, help="TCP port (default %(default)s)"
    )
    parser.add_argument(
        "--bind", metavar="ADDRESS", help="server: listen there only (default: every interface)"
    )
    add_secret_options(parser, "confkey", f"the key that encrypts, {KEY_SIZE} characters")
    add_secret_options(parser, "authkey", f"the key that authenticates, {KEY_SIZE} characters")
    parser.add_argument(
        "--dialect",
        choices=["independent", "chained", "auto"],
        default="independent",
        help="how the authentication key is made and lengths are counted; auto (server only) "
        "takes the peer's, and is silent until the peer has spoken (default %(default)s)",
    )
    return parser


def add_secret_options(parser: argparse.ArgumentParser, name: str, meaning: str) -> None:
    """Add `--NAME` and `--NAME-file`, of which one may be given."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(f"--{name}", metavar="KEY", help=meaning)
    source.add_argument(f"--{name}-file", metavar="FILE", help=f"a file that holds the {name}")


def parse_port(text: str) -> int:
    """Return the port that `text` says, 0 to 65535. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):  # noqa: PLR2004 - 16 bits
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number up to 65535")
    return int(text)


def check_arguments(arguments: argparse.Namespace) -> None:
    """Refuse combinations that mean nothing. Raises UsageError."""
    if arguments.bind is not None and not arguments.server:
        raise UsageError("--bind says where a server listens: it goes with --server")
    if arguments.client is not None and arguments.port == 0:
        raise UsageError("a client needs the number of the server's port: --port 0 is none")
    if arguments.client == "":
        raise UsageError("--client needs a host name or an address")
    if arguments.dialect == "auto" and not arguments.server:
        raise UsageError("--dialect auto goes with --server: a client speaks first")


def report(line: str, program: str = PROGRAM) -> None:
    """Tell the person something: one line on standard error, if there is one."""
    if sys.stderr is None:
        return
    try:
        print(f"{program}: {line}", file=sys.stderr, flush=True)
    except OSError:  # nobody there to be told, now or when Python flushes at its end
        sys.stderr = None


# Keys ----------------------------------------------------------------------------------------


def generate_keys() -> str:
    """Return two lines that set both variables: for a POSIX shell, on Windows for PowerShell."""
    import secrets  # noqa: PLC0415 - see start-up above
    import string  # noqa: PLC0415

    form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    alphabet = string.ascii_letters + string.digits
    keys = ("".join(secrets.choice(alphabet) for _ in range(KEY_SIZE)) for _ in range(2))
    names = ("MODERN_CONFKEY", "MODERN_AUTHKEY")
    return "\n".join(form.format(name, key) for name, key in zip(names, keys, strict=True))


def find_secrets(arguments: argparse.Namespace, warn: Callable[[str], None] = report) -> Secrets:
    """Return both keys, found as `find_secret` does; warn of weak ones. Raises UsageError."""
    from modern.chat import Secrets  # noqa: PLC0415

    confkey = find_secret(arguments, "confkey", "MODERN_CONFKEY", warn)
    authkey = find_secret(arguments, "authkey", "MODERN_AUTHKEY", warn)
    faults = _find_faults(confkey, authkey)
    if faults:
        warn(f"warning: {', '.join(faults)} (modern-chat --generate-keys makes good ones)")
    return Secrets(confkey, authkey)


def find_secret(
    arguments: argparse.Namespace, name: str, variable: str, warn: Callable[[str], None] = report
) -> str:
    """Return one secret: from its option, its file, its environment variable or the person.

    `warn` is told, in one line, of a file that others can read.
    Raises UsageError where there is none and no terminal to ask at, or its file cannot be read.
    """
    given: str | None = getattr(arguments, name)
    file: str | None = getattr(arguments, f"{name}_file")
    if given is not None:
        return given
    if file is not None:
        return _read_key_file(name, file, warn)
    return os.environ.get(variable) or _ask_secret(name, variable)


def _read_key_file(name: str, file: str, warn: Callable[[str], None]) -> str:
    try:
        with open(file, "rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(_KEY_FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read --{name}-file {file}: {reason}") from None
    if len(content) > _KEY_FILE_LIMIT:
        raise UsageError(f"--{name}-file {file} holds more than a key: over 64 KiB")
    if os.name == "posix" and stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        warn(f"warning: --{name}-file {file} can be read by others (chmod 600 mends it)")
    line = content.removesuffix(b"\n").removesuffix(b"\r")
    return line.decode(errors="surrogateescape")


def _ask_secret(name: str, variable: str) -> str:
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            f"no {name}: give --{name}, --{name}-file or {variable} "
            "(it is asked for only at a terminal)"
        )
    import getpass  # noqa: PLC0415

    try:
        return getpass.getpass(f"{name}: ")
    except EOFError:
        raise UsageError(f"no {name} given") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"the {name} that was typed is not UTF-8: give it by --{name}-file"
        ) from None


def _find_faults(confkey: str, authkey: str) -> list[str]:
    faults = [
        f"the {name} has {len(key)} of {KEY_SIZE} characters"
        for name, key in (("confkey", confkey), ("authkey", authkey))
        if len(key) != KEY_SIZE
    ]
    return [*faults, "both keys are the same"] if confkey == authkey else faults


# Chat ----------------------------------------------------------------------------------------


def print_text(text: str) -> None:
    """Print to standard output, now. Raises ConsoleError."""
    if sys.stdout is None:
        raise ConsoleError("standard output is closed: there is nowhere to print")
    try:
        print(text, end="", flush=True)
    except OSError as error:
        sys.stdout = None  # or Python would try once more at its end
        raise ConsoleError(f"cannot write to standard output: {error.strerror}") from None


def chat(arguments: argparse.Namespace) -> None:
    """Hold the one chat that the command line asks for. Raises ModernError."""
    from modern.chat import Chat, unbuffered  # noqa: PLC0415
    from modern.dialects import DIALECTS  # noqa: PLC0415

    secrets = find_secrets(arguments)
    connection = _serve(arguments) if arguments.server else _join(arguments)
    Chat(
        connection,
        secrets,
        unbuffered(sys.stdin),
        unbuffered(sys.stdout),
        dialect=DIALECTS.get(arguments.dialect),
        report=report,
    ).run()


def _serve(arguments: argparse.Namespace) -> socket.socket:
    from modern.chat import accept, listen, name_peer  # noqa: PLC0415

    listener = listen(arguments.bind, arguments.port)
    report(
        f"waiting for a peer on port {listener.getsockname()[1]} (for learning, not for secrets)"
    )
    connection = accept(listener)
    report(f"connected by {name_peer(connection)}")
    return connection


def _join(arguments: argparse.Namespace) -> socket.socket:
    from modern.chat import connect, name_peer  # noqa: PLC0415

    connection = connect(arguments.client, arguments.port)
    report(f"connected to {name_peer(connection)} (for learning, not for secrets)")
    return connection


def main() -> int:
    """Run the program; return its exit status."""
    try:
        arguments = build_parser().parse()
        check_arguments(arguments)
        if arguments.generate_keys:
            print_text(f"{generate_keys()}\n")
        else:
            chat(arguments)
    except UsageError as error:
        report(str(error))
        return 2
    except ModernError as error:
        report(str(error))
        return 1
    except ModuleNotFoundError as error:
        report(f"{error} for {sys.executable}; see README.md, Troubleshooting")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
