"""`python -m compat`: the tour."""

import sys

from compat.tour import main

if __name__ == "__main__":
    sys.exit(main())
