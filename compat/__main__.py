"""`python -m compat`: the tour."""

import sys

from compat.tour.command_line import main

if __name__ == "__main__":
    sys.exit(main())
