"""The page's program: `python -m compat.page` serves the page, with `build FOLDER` it builds it.

For learning: the server is for the people in one room.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compat import command_line
from compat.errors import CompatError
from modern.command_line import Parser, parse_port, program_name
from modern.command_line import report as tell
from modern.errors import UsageError

if TYPE_CHECKING:
    import socket

    from compat.page.server import Guard

PROGRAM = "page"
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8765
_PATIENCE = 3
"""At the end, so many seconds pass at most until the last answer to a browser is sent."""
_EXTRAS = ("uvicorn", "starlette", "websockets")
"""What only the page needs, and `pip install` brings with the word `page`."""

_USAGE = """\
{program} [--host ADDRESS] [--port PORT] [--site FOLDER]
       {program} build FOLDER [--notebooks ADDRESS]"""
_DESCRIPTION = """\
Alice, bob and mallory in a browser: the chats on one page, to run and to
attack.

Without `build`, serve the page on this computer: open the address that is
printed. The chats run in the browser, or as the real programs of this project.
With `build`, write the page as a folder of files, for any web server.
"""
_EPILOG = """\
exit status: 0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C,
143 ended by SIGTERM, 129 by SIGHUP
"""


class ServeError(CompatError):
    """The page cannot be served."""


def build_parser() -> Parser:
    """Return the command line. Wrong use raises UsageError and does not end the program."""
    program = program_name("python -m compat.page")
    parser = Parser(
        prog=program,
        usage=_USAGE.format(program=program),
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_arguments(parser)
    return parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("build", nargs="?", choices=["build"], help="only build the page")
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="where to build the page")
    parser.add_argument(
        "--notebooks",
        default="",
        metavar="ADDRESS",
        help="how links to the notebooks begin; the name of a file follows",
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default=LOOPBACK,
        help=f"the address to listen on (default {LOOPBACK}: only this computer can reach it)",
    )
    parser.add_argument(
        "--port", type=parse_port, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}"
    )
    parser.add_argument(
        "--site", metavar="FOLDER", help="a folder that was built before (default: build one)"
    )


def report(line: str) -> None:
    """Print one line for the user on standard error."""
    tell(line, PROGRAM)


def run(arguments: argparse.Namespace) -> None:
    """Build or serve. Raises CompatError, ModernError."""
    if not arguments.build:
        return serve(arguments)
    if not arguments.folder:
        raise UsageError("build needs a folder: python -m compat.page build FOLDER")
    from compat.page.site import build

    folder = Path(arguments.folder)
    build(folder, arguments.notebooks)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return report(f"built {folder}: {size / 1e6:.1f} MB; give this folder to any static host")


def serve(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C. Raises CompatError."""
    from compat import loop

    loop.check_free()
    _check_extras()
    from compat.page.server import make_app, make_token

    folder, engines = _find_site(arguments.site)
    token = make_token()
    app = make_app(folder, token, _names(arguments.host), engines)
    sockets = [_listen(arguments.host, arguments.port)]
    port = sockets[0].getsockname()[1]
    shown = arguments.host if arguments.host != "0.0.0.0" else "ADDRESS-OF-THIS-COMPUTER"  # noqa: S104
    if not _is_loopback(arguments.host):
        report(
            "warning: other computers can reach this page, unencrypted, if they have its address"
        )
    line = f"open http://{shown}:{port}/{token}/ (Ctrl-C ends it)"
    loop.run(_serve_app(app, sockets, line))


async def _serve_app(app: Guard, sockets: list[socket.socket], line: str) -> None:
    """Serve until this is cancelled: `loop.run` does that at a signal."""
    import asyncio

    import uvicorn

    from compat.page.server import MOST_COMMAND

    config = uvicorn.Config(
        app,
        log_level="error",
        ws_max_size=MOST_COMMAND,
        lifespan="off",
        timeout_graceful_shutdown=_PATIENCE,
    )
    server: Any = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # `loop.run` has the signals
    serving = asyncio.ensure_future(server.serve(sockets))
    report(line)
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _check_extras() -> None:
    """Raise ServeError if a library is missing that only this program needs."""
    try:
        import uvicorn  # noqa: F401

        import compat.page.server  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:  # what every program needs has a better line
            raise
        raise ServeError(
            f"{error.name} is missing: python -m pip install --editable '.[page]'"
        ) from None


def _find_site(given: str | None) -> tuple[Path, list[str]]:
    """Return the folder of the site, and the engines that it has."""
    from compat.page.pyodide import FILES, FetchError
    from compat.page.site import build

    folder = Path(given) if given else _cache()
    if given and not (folder / "index.html").is_file():
        raise UsageError(f"--site {given}: no page is there; build one: ... build {given}")
    if not given:
        try:
            build(folder)
        except FetchError as error:
            report(f"{error}; until then, only the real programs are here")
            return folder, ["server"]  # what an earlier version has built may be there still
    needed = ("python.zip", *(f"pyodide/{name}" for name in FILES))
    has_python = all((folder / name).is_file() for name in needed)
    return folder, (["browser", "server"] if has_python else ["server"])


def _cache() -> Path:
    """Return the folder where the built page is kept; it can be deleted at any time."""
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "tilde-to-tag" / "page"


def _listen(host: str, port: int) -> socket.socket:
    from modern import network

    return network.listen(host, port)


def _names(host: str) -> set[str]:
    """Return the names by which a browser may ask for the page; empty if any name is allowed."""
    return {host, "localhost", LOOPBACK, "::1"} if _is_loopback(host) else set()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main() -> int:
    """Run the program; return its exit status."""
    return command_line.run(PROGRAM, lambda: run(build_parser().parse()))
