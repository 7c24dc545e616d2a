"""The modern chat's program: one side `--server`, the other `--client HOST`.

The same program as `python -m modern` and `modern-chat`. This file only starts the program, so that
even an old Python can say what is wrong. The rest is here, in the order in which a message travels:

- program.py: the options and the keys
- terminal.py, line_editor.py, console.py: what is typed, line by line
- protocol.py: THE CRYPTOGRAPHY. Keys, chunks, frames and back, on three pages. Start there, with
  README.md, its specification, beside it.
- session.py, bulk.py: the same for a whole conversation, and for many frames at once
- waiting.py, channel.py, network.py: the socket
- chat.py: both directions at once, and how a chat ends
- attacks.py: what all this leaves open. For learning, not for real secrets.
"""

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from modern import start
except ImportError:
    sys.exit("p2p_encryption.py cannot run alone: copy the whole folder that it comes from")


def main():
    # type: () -> int
    """Run the program; return its exit status."""
    return start.run("modern.program")


if __name__ == "__main__":
    sys.exit(main())
