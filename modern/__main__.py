"""`python -m modern`: the same command line as `p2p_encryption.py`."""

import sys

try:
    from modern.p2p_encryption import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
