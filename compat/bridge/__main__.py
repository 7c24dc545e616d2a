"""`python -m compat.bridge`: let a legacy chat and a modern one talk."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("compat.bridge.command_line"))
