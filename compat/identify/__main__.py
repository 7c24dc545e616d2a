"""`python -m compat.identify`: which wire does my old program speak?"""

import sys

from compat.identify.command_line import main

if __name__ == "__main__":
    sys.exit(main())
