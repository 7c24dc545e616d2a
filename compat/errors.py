"""Everything that `compat` raises on purpose: one small tree."""


class CompatError(Exception):
    """Anything that this package raises on purpose."""


class UsageError(CompatError):
    """A program was called in a way that cannot work."""


class NetworkError(CompatError):
    """A port cannot be listened on, or a peer cannot be reached."""
