"""`python -m compat.identify`: find out which protocol an old program speaks."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("compat.identify.command_line"))
