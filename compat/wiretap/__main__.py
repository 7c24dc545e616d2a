"""`python -m compat.wiretap`: see what passes between two peers, and tamper with it."""

import sys

from compat.wiretap.command_line import main

if __name__ == "__main__":
    sys.exit(main())
