"""The client behind `python -m compat.Client`: the legacy client, with a careful conversation."""

from __future__ import annotations

from compat.careful.conversation import converse
from legacy import programs

USAGE = """usage: {program}

Ask for the address and port of a legacy chat server, old or new, and connect.
Then ask for the passphrase and send each typed line. quit() ends the chat.
Lines of any length, tildes, and messages that arrive joined or in pieces are
not lost.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with Ctrl-C
or no such server, 143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its
terminal is gone)

For learning only: the encryption is that of the legacy chat. Never use it for
real secrets."""


def main() -> int:
    """Run the client; return its exit status."""
    return programs.run_client(USAGE, converse)
