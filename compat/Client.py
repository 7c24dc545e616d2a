"""The legacy client that loses nothing: `python -m compat.Client`. It asks where to connect.

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
    from legacy import Client
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(255)

USAGE = """usage: {program}

Ask for the address and port of a legacy chat server, old or new, and connect. Then ask for the
passphrase and send each typed line. quit() ends the chat. Lines of any length, tildes, and messages
that arrive joined or in pieces are not lost.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C or no such server,
143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is gone)

For learning only: the encryption is that of the legacy chat. Never use it for real secrets."""


def main() -> int:
    """Run the client; return its exit status."""
    return Client.main(USAGE, converse)


if __name__ == "__main__":
    sys.exit(main())
