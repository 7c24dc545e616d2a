"""What can go wrong while the site is built."""

from compat.errors import CompatError


class LiteError(CompatError):
    """The site cannot be built."""
