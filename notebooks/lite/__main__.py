"""`python -m notebooks.lite`."""

import sys

try:
    from notebooks.lite.command_line import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
