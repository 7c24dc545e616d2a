"""The errors that `compat` raises on purpose, besides those of `legacy` and `modern`."""


class CompatError(Exception):
    """The base of all errors that only this package raises."""
