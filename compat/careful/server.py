"""The server behind `python -m compat.Server`: the legacy server, with a careful conversation."""

from __future__ import annotations

from compat.careful.conversation import converse
from legacy import programs

_PORT = programs.DEFAULT_PORT
USAGE = f"""usage: {{program}} [port]

Wait for one legacy chat client, old or new, on every IPv4 address (default
port: {_PORT}). With the argument 127.0.0.1:{_PORT}, wait on that address
only. Then ask for the passphrase and send each typed line. quit() ends the
chat. Lines of any length, tildes, and messages that arrive joined or in
pieces are not lost.

exit status: 0 the chat ended, 1 failed, 2 used wrongly, 255 ended with
Ctrl-C, 143 ended by SIGTERM (kill, timeout), 129 by SIGHUP (its terminal is
gone)

For learning only: the encryption is that of the legacy chat. Never use it for
real secrets."""


def main() -> int:
    """Run the server; return its exit status."""
    return programs.run_server(USAGE, converse)
