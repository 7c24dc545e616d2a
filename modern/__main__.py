"""`python -m modern`: the same command line as `p2p_encryption.py`."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("modern.program"))
