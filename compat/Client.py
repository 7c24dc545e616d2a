"""The legacy client that loses nothing: `python -m compat.Client`. It asks where to connect.

It has the prompts and the protocol of the original; careful/envelopes.py says what it does better.
Still not for real secrets: the encryption is that of the legacy chat.
"""

import os
import sys

if not __package__:  # run as a script: the package is in the parent of this folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

try:
    from modern import start
except ImportError:
    sys.exit("Client.py cannot run alone: copy the whole project, and start it there")


def main():
    # type: () -> int
    """Run the client; return its exit status."""
    return start.run("compat.careful.client", interrupted=255)


if __name__ == "__main__":
    sys.exit(main())
