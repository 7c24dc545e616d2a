"""The two programs of the legacy chat: what the server and the client say, ask and do.

`Server.py` and `Client.py` start them. `compat` starts them, too, but with its own conversation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from legacy import chat
from legacy.console import Console, UsageError

DEFAULT_PORT = 5555
SERVER_USAGE = f"""usage: {{program}} [port]

Wait for one legacy chat client on every IPv4 address (default port:
{DEFAULT_PORT}). With the argument 127.0.0.1:{DEFAULT_PORT}, wait on that
address only. Then ask for the passphrase and send each typed line. quit()
ends the chat.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with
Ctrl-C, 143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is
gone)

For learning only: this chat is broken by design. Never use it for real
secrets."""

CLIENT_USAGE = """usage: {program}

Ask for the server's address and port and connect. Then ask for the passphrase
and send each typed line. quit() ends the chat.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C
or no such server, 143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its
terminal is gone)

For learning only: this chat is broken by design. Never use it for real
secrets."""


# Server --------------------------------------------------------------------------------------


def serve(console: Console, host: str, port: int, converse: chat.Converse = chat.converse) -> None:
    """Wait for one client and chat with it."""
    with chat.listen(host, port) as listener:
        console.say("[+] Server Running ")
        console.say("[+] Allowing All Incoming Connections ")
        console.say(f"[+] PORT {listener.getsockname()[1]}")
        console.say("[+] Waiting For Connection...")
        connection, address = chat.accept(listener)
    console.say(f"[+] Connected by  {address}")
    converse(connection, console, "[+] AES Pre-Shared-Key for the Connection : ")


def run_server(usage: str = SERVER_USAGE, converse: chat.Converse = chat.converse) -> int:
    """Run the server; return its exit status."""

    def work(console: Console, arguments: list[str]) -> None:
        if len(arguments) > 1:
            raise UsageError("too many arguments: give one port, or nothing")
        host, _, port = (arguments[0] if arguments else str(DEFAULT_PORT)).rpartition(":")
        serve(console, host or chat.EVERY_ADDRESS, chat.parse_port(port, 0), converse)

    return _run(usage, work)


# Client --------------------------------------------------------------------------------------


def join(console: Console, converse: chat.Converse = chat.converse) -> None:
    """Ask for the server's address, connect and chat."""
    console.say("[+] Client Running ")
    host = console.ask("[+] Enter Destination IP   : ")
    port = chat.parse_port(console.ask("[+] Enter Destination Port : "), 1)
    converse(chat.connect(host, port), console, "[+] AES Pre-Shared-Key For Connection :")


def run_client(usage: str = CLIENT_USAGE, converse: chat.Converse = chat.converse) -> int:
    """Run the client; return its exit status."""

    def work(console: Console, arguments: list[str]) -> None:
        if arguments:
            raise UsageError("the client takes no arguments: it asks for the address and port")
        join(console, converse)

    return _run(usage, work)


# Both ----------------------------------------------------------------------------------------


def _run(usage: str, work: Callable[[Console, list[str]], None]) -> int:
    def program(console: Console) -> None:
        arguments = sys.argv[1:]
        if arguments in (["-h"], ["--help"]):
            console.say(usage.format(program=chat.called_as()))
        else:
            console.check_keyboard()
            work(console, arguments)

    return chat.run(program)
