"""`python -m compat.identify`: find out which protocol an old program speaks."""

import sys

from compat.identify.command_line import main

if __name__ == "__main__":
    sys.exit(main())
