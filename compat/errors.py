"""What `compat` raises on purpose besides the errors of `legacy` and `modern`."""


class CompatError(Exception):
    """Anything that only this package can run into."""
