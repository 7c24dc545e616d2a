"""`python -m modern`: the same command line as `p2p_encryption.py`."""

import sys

from modern.p2p_encryption import main

if __name__ == "__main__":
    sys.exit(main())
