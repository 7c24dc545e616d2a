"""The legacy client: `python legacy/Client.py`. It asks for address, port and passphrase.

Not for real secrets: this chat is broken in many ways. The notebooks show each of them.

This file only starts the client, so that even an old Python can say what is wrong. programs.py has
what the client asks and says, chat.py has the conversation, and protocol.py has THE CRYPTOGRAPHY.
"""

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from legacy import start
except ImportError:
    sys.exit(
        "Client.py cannot run alone: copy the whole folder that it comes from, and start it there"
    )


def main():
    # type: () -> int
    """Run the client; return its exit status."""
    return start.run("legacy.programs", "run_client")


if __name__ == "__main__":
    sys.exit(main())
