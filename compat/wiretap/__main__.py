"""`python -m compat.wiretap`: see what passes between two peers, and tamper with it."""

import sys

try:
    from compat.wiretap.command_line import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
