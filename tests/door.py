"""`python -m tests.door NAME …` is the command `tilde-to-tag`, as an installation has it."""

import sys

from compat.doors import main

if __name__ == "__main__":
    sys.exit(main())
