"""`python -m compat`: the tour."""

import sys

try:
    from compat.tour.command_line import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
