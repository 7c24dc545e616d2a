"""`python -m compat.wiretap`: see what passes between two peers, and tamper with it."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("compat.wiretap.command_line"))
