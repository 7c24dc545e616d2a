"""`python -m compat.page`: alice, bob and mallory in a browser."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("compat.page.command_line"))
