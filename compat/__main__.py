"""`python -m compat`: the tour."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("compat.tour.command_line"))
