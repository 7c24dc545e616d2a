"""What all programs of this project share: command line, secrets, messages and exit status.

This file finds the secrets and never shows them, neither in output nor in errors or a `repr`. It
loads no sockets and no ciphers, so that `--help` is quick.
"""

from __future__ import annotations

import argparse
import codecs
import os
import stat
import sys
from _thread import allocate_lock  # `threading` takes long to load
from functools import partial

from modern.devices import is_nul
from modern.errors import ConsoleError, ModernError, UsageError
from modern.missing import explain
from modern.signals import Heeded, Terminated
from modern.unknown_options import find_unknown

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from modern.dialects import DialectKeys

KEY_SIZE = 32
"""Characters that a confkey or an authkey should have."""
INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of SIGINT, as in shells."""
AUTO = "auto"
"""The value of `--dialect` that means: take the dialect of the peer."""
CALLED_AS = ""
"""The name under which the program was started, if it is not its own name."""

_KEY_FILE_LIMIT = 65536
_LAST_WORD_SECONDS = 0.5


def program_name(default: str) -> str:
    """Return the name by which help and errors call the program."""
    return CALLED_AS or default


# Arguments -----------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """A command line for which wrong use is a UsageError, not the end of the program."""

    def parse(self) -> argparse.Namespace:
        """Return the arguments of this process. Raises UsageError.

        A word that belongs to no option is not printed: it may be a key after a misspelled option.
        """
        if option := find_unknown(self._option_string_actions, sys.argv[1:]):
            self.error(f"unrecognized option {option}")
        arguments, unknown = self.parse_known_args()
        if unknown:
            self.error("a word that belongs to no option (put a key with spaces in quotes)")
        return arguments

    def print_help(self, file: object = None) -> None:
        """Print the help to standard output, 80 columns wide in a file. Raises ConsoleError."""
        if not (sys.stdout and sys.stdout.isatty()):
            self.formatter_class = partial(self.formatter_class, width=78)  # type: ignore[call-arg]
        print_text(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message}; see {self.prog} --help")


def add_secret_options(parser: argparse.ArgumentParser, name: str, meaning: str) -> None:
    """Add `--NAME` and `--NAME-file`. Only one of them may be given."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(f"--{name}", metavar="KEY", help=meaning)
    source.add_argument(f"--{name}-file", metavar="FILE", help=f"a file that holds the {name}")


def add_place_options(parser: argparse.ArgumentParser, default_port: int) -> None:
    """Add `--port` and `--bind`: where the two sides meet."""
    parser.add_argument(
        "--port", type=parse_port, default=default_port, help="TCP port (default %(default)s)"
    )
    parser.add_argument(
        "--bind",
        metavar="ADDRESS",
        help="for a server: listen only on this address (default: every interface)",
    )


def check_place(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together. Raises UsageError."""
    if arguments.bind is not None and not arguments.server:
        raise UsageError("--bind says where a server listens: use it with --server")
    if arguments.client is not None and arguments.port == 0:
        raise UsageError("a client needs the number of the server's port, not --port 0")
    if arguments.client == "":
        raise UsageError("--client needs a host name or an address")


def parse_port(text: str) -> int:
    """Return the port number in `text`, 0 to 65535. Raises argparse.ArgumentTypeError."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 5  # noqa: PLR2004 - 65535
    if not (is_number and int(text) <= 65535):  # noqa: PLR2004 - a port has 16 bits
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number up to 65535")
    return int(text)


def add_timeout_option(parser: argparse.ArgumentParser) -> None:
    """Add `--timeout`."""
    parser.add_argument(
        "--timeout",
        type=parse_seconds,
        metavar="SECONDS",
        help="give up a peer that does not answer, or does not read, for this many seconds "
        "(default: a silent network is given up after 2 to 15 minutes; a peer that does not read "
        "is never given up)",
    )


def parse_seconds(text: str) -> int:
    """Return the seconds in `text`, 1 to 99999. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text)):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r}: give whole seconds, 1 to 99999")
    return int(text)


def add_dialect_option(parser: argparse.ArgumentParser, of_auto: str) -> None:
    """Add `--dialect`; `of_auto` says what `auto` does."""
    parser.add_argument(
        "--dialect",
        metavar="NAME",
        default="independent",
        help="the dialect to speak (`modern-chat --dialects` lists all). auto: "
        f"{of_auto} (default %(default)s)",
    )


def check_dialect(name: str) -> None:
    """Refuse a name that is neither a dialect nor `auto`. Raises UsageError."""
    from modern.dialects import DIALECTS

    if name not in (*DIALECTS, AUTO):
        raise UsageError(f"no dialect {name!r}: choose one of {', '.join((*DIALECTS, AUTO))}")


def derive_candidates(dialect: str, secrets: Secrets) -> DialectKeys:
    """Return the keys of the dialect with this name; for `auto`, those of all dialects."""
    from modern.dialects import DIALECTS, derive_all_keys

    if dialect == AUTO:
        return derive_all_keys(secrets.confkey, secrets.authkey)
    chosen = DIALECTS[dialect]
    return {chosen: chosen.derive_keys(secrets.confkey, secrets.authkey)}


# Secrets -------------------------------------------------------------------------------------


class Secrets:
    """The two secrets that both sides agreed on beforehand. The `repr` shows neither of them.

    This is no dataclass, because importing `dataclasses` takes long.
    """

    def __init__(self, confkey: str, authkey: str):
        self.confkey, self.authkey = confkey, authkey


def generate_keys() -> str:
    """Return two lines that set both variables: for a POSIX shell, on Windows for PowerShell."""
    import secrets
    import string

    form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    alphabet = string.ascii_letters + string.digits
    keys = ("".join(secrets.choice(alphabet) for _ in range(KEY_SIZE)) for _ in range(2))
    names = ("MODERN_CONFKEY", "MODERN_AUTHKEY")
    return "\n".join(form.format(name, key) for name, key in zip(names, keys, strict=True))


def find_secrets(arguments: argparse.Namespace, warn: Callable[[str], None]) -> Secrets:
    """Return both keys, found as `find_secret` does; warn of weak keys. Raises UsageError."""
    confkey = find_secret(arguments, "confkey", "MODERN_CONFKEY", warn)
    authkey = find_secret(arguments, "authkey", "MODERN_AUTHKEY", warn)
    faults = _find_faults(confkey, authkey)
    if faults:
        warn(f"warning: {', '.join(faults)} (modern-chat --generate-keys makes good ones)")
    return Secrets(confkey, authkey)


def find_secret(
    arguments: argparse.Namespace, name: str, variable: str, warn: Callable[[str], None]
) -> str:
    """Return one secret: from its option, its file, its environment variable or the user.

    `warn` gets one line if others can read the file. Raises UsageError if the file cannot be read,
    or if there is no secret and no terminal to ask at.
    """
    given: str | None = getattr(arguments, name, None)  # a passphrase has no such option
    file: str | None = getattr(arguments, f"{name.replace('-', '_')}_file")
    if given is not None:
        return given
    if file is not None:
        return _read_key_file(name, file, warn)
    option = f"--{name}, " if hasattr(arguments, name) else ""
    return os.environ.get(variable) or _ask_secret(name, f"{option}--{name}-file or {variable}")


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
    if line.startswith(codecs.BOM_UTF8):
        raise UsageError(f"--{name}-file {file} begins with a byte order mark: save it without one")
    if b"\n" in line:
        raise UsageError(f"--{name}-file {file} has more than one line: a key is one line")
    return line.decode(errors="surrogateescape")


def _ask_secret(name: str, ways: str) -> str:
    if not (sys.stdin and sys.stdin.isatty()) or is_nul(sys.stdin):
        raise UsageError(f"no {name}: give {ways} (it is asked for only at a terminal)")
    from modern.streams import ask_secret

    try:
        return ask_secret(f"{name}: ")
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


# Messages and status -------------------------------------------------------------------------


def print_text(text: str) -> None:
    """Print to standard output, now. Raises ConsoleError."""
    if sys.stdout is None:
        raise ConsoleError("standard output is closed: there is nowhere to print")
    from modern.streams import escape

    try:
        print(escape(text, sys.stdout), end="", flush=True)
    except OSError as error:
        sys.stdout = None  # otherwise Python would try once more at its end
        raise ConsoleError(f"cannot write to standard output: {error.strerror}") from None


class _Reporting:
    """Who may write to standard error: one thread at a time, and none once the program ends.

    Python flushes the stream at its end. If another thread is inside it then, Python aborts.
    """

    def __init__(self) -> None:
        self.lock, self.is_over = allocate_lock(), False

    def end(self) -> None:
        """Let nothing more be reported."""
        if self.lock.acquire(timeout=_LAST_WORD_SECONDS):
            self.is_over = True
            self.lock.release()
        else:  # nobody reads what that thread writes
            sys.stderr = None


_reporting = _Reporting()


def report(line: str, program: str) -> None:
    """Print one line for the user on standard error, if it is open."""
    if not (line.isascii() and line.isprintable()):  # a file's name may have a newline in it
        from modern.console import defuse_line

        line = defuse_line(line)
    with _reporting.lock:
        if sys.stderr is None or _reporting.is_over:
            return
        try:
            print(f"{program}: {line}", file=sys.stderr, flush=True)
        except OSError:  # nobody reads this line, neither now nor when Python flushes at its end
            sys.stderr = None


def run(
    program: str,
    work: Callable[[], None],
    failures: tuple[type[Exception], ...] = (ModernError,),
    interrupted: str = "",
) -> int:
    """Do the program's work; report an error as one line, and return the exit status.

    The status is 0 if done, 1 if failed, 2 if used wrongly, 143 after SIGTERM, 129 after SIGHUP and
    130 after Ctrl-C. Only after Ctrl-C, `interrupted` is reported, if it is not empty.
    """
    _reporting.is_over = False
    try:
        status = _run(program, work, failures, interrupted)
        _reporting.end()
    except KeyboardInterrupt:  # the work was over, and only its last line was being reported
        _reporting.end()
        return INTERRUPTED
    return status


def _run(
    program: str, work: Callable[[], None], failures: tuple[type[Exception], ...], interrupted: str
) -> int:
    try:
        with Heeded():
            work()
    except failures as error:
        report(str(error), program)
        return 2 if isinstance(error, UsageError) else 1
    except (ImportError, OSError) as error:
        report(explain(error), program)
        return 1
    except KeyboardInterrupt as end:
        if words := str(end) or interrupted:
            report(words, program)
        return end.status if isinstance(end, Terminated) else INTERRUPTED
    return 0
