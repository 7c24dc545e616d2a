"""`python -m notebooks.lite`."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("notebooks.lite.command_line"))
