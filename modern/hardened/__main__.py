"""`python -m modern.hardened`: the third chat. The same program as `modern-chat --hardened`."""

import sys

try:
    from modern import command_line
    from modern.hardened.command_line import PROGRAM, work
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)


def main() -> int:
    """Run the program; return its exit status."""
    return command_line.run(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
