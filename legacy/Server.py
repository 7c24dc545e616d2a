"""The legacy server: `python legacy/Server.py [port]`. The default port is 5555.

Not for real secrets: this chat is broken in many ways. The notebooks show each of them.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from legacy import chat
    from legacy.console import Console, UsageError
except ModuleNotFoundError as error:
    sys.exit(f"{error} for {sys.executable}; see README.md, Troubleshooting")
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(255)

DEFAULT_PORT = 5555
USAGE = f"""usage: {{program}} [port]

Wait for one legacy chat client on every IPv4 address (default port: {DEFAULT_PORT}).
With the argument 127.0.0.1:{DEFAULT_PORT}, wait on that address only.
Then ask for the passphrase and send each typed line. quit() ends the chat.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)

For learning only: this chat is broken by design. Never use it for real secrets."""


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


def _program(console: Console, usage: str, converse: chat.Converse) -> None:
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        console.say(usage.format(program=chat.called_as()))
    elif len(arguments) > 1:
        raise UsageError("too many arguments: give one port, or nothing")
    else:
        host, _, port = (arguments[0] if arguments else str(DEFAULT_PORT)).rpartition(":")
        serve(console, host or chat.EVERY_ADDRESS, chat.parse_port(port, 0), converse)


def main(usage: str = USAGE, converse: chat.Converse = chat.converse) -> int:
    """Run the server; return its exit status."""
    return chat.run(lambda console: _program(console, usage, converse))


if __name__ == "__main__":
    sys.exit(main())
