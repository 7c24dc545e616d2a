"""The legacy server that loses nothing: `python -m compat.Server [port]`, port 5555 by default.

It has the prompts and the protocol of the original; careful/envelopes.py says what it does better.
Still not for real secrets: the encryption is that of the legacy chat.
"""

# ruff: noqa: N999 - the original names

from __future__ import annotations

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from compat.careful.conversation import converse
    from legacy import Server
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(255)

_PORT = Server.DEFAULT_PORT
USAGE = f"""usage: {{program}} [port]

Wait for one legacy chat client, old or new, on every IPv4 address (default port: {_PORT}).
With the argument 127.0.0.1:{_PORT}, wait on that address only.
Then ask for the passphrase and send each typed line. quit() ends the chat.
Lines of any length, tildes, and messages that arrive joined or in pieces are not lost.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)

For learning only: the encryption is that of the legacy chat. Never use it for real secrets."""


def main() -> int:
    """Run the server; return its exit status."""
    return Server.main(USAGE, converse)


if __name__ == "__main__":
    sys.exit(main())
