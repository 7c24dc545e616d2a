"""`python -m modern.hardened`: the third chat. The same program as `modern-chat --hardened`."""

import sys

from modern.start import run

if __name__ == "__main__":
    sys.exit(run("modern.hardened.command_line"))
