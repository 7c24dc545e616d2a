"""The legacy server: `python legacy/Server.py [port]`. The default port is 5555.

Not for real secrets: this chat is broken in many ways. The notebooks show each of them.

This file only starts the server, so that even an old Python can say what is wrong. programs.py has
what the server asks and says, chat.py has the conversation, and protocol.py has THE CRYPTOGRAPHY.
"""

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from legacy import start
except ImportError:
    sys.exit(
        "Server.py cannot run alone: copy the whole folder that it comes from, and start it there"
    )


def main():
    # type: () -> int
    """Run the server; return its exit status."""
    return start.run("legacy.programs", "run_server")


if __name__ == "__main__":
    sys.exit(main())
