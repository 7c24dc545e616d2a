"""`python -m legacy`: the legacy chat has two programs, and this one only names them."""

import sys

WORDS = (
    "legacy: two programs: python -m legacy.Server (Server.py) waits for a peer, "
    "python -m legacy.Client (Client.py) connects to it"
)

if __name__ == "__main__":
    if sys.stderr:
        sys.stderr.write(WORDS + "\n")
    sys.exit(2)
