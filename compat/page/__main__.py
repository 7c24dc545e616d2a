"""`python -m compat.page`: alice, bob and mallory in a browser."""

import sys

try:
    from compat.page.command_line import main
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
