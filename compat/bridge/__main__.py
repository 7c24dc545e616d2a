"""`python -m compat.bridge`: let a legacy chat and a modern one talk."""

import sys

try:
    from compat.bridge.command_line import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
