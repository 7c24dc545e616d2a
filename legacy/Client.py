"""The legacy client: `python legacy/Client.py`. It asks for address, port and passphrase.

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

USAGE = """usage: {program}

Ask for the server's address and port and connect. Then ask for the passphrase and send each
typed line. quit() ends the chat.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C or no such server,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)

For learning only: this chat is broken by design. Never use it for real secrets."""


def join(console: Console, converse: chat.Converse = chat.converse) -> None:
    """Ask for the server's address, connect and chat."""
    console.say("[+] Client Running ")
    host = console.ask("[+] Enter Destination IP   : ")
    port = chat.parse_port(console.ask("[+] Enter Destination Port : "), 1)
    converse(chat.connect(host, port), console, "[+] AES Pre-Shared-Key For Connection :")


def _program(console: Console, usage: str, converse: chat.Converse) -> None:
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        console.say(usage.format(program=chat.called_as()))
    elif arguments:
        raise UsageError("the client takes no arguments: it asks for the address and port")
    else:
        join(console, converse)


def main(usage: str = USAGE, converse: chat.Converse = chat.converse) -> int:
    """Run the client; return its exit status."""
    return chat.run(lambda console: _program(console, usage, converse))


if __name__ == "__main__":
    sys.exit(main())
