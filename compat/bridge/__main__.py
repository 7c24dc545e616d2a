"""`python -m compat.bridge`: let a legacy chat and a modern one talk."""

import sys

from compat.bridge.command_line import main

if __name__ == "__main__":
    sys.exit(main())
