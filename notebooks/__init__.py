"""Five notebooks about the three chats, and the helpers that draw and check in them."""

from modern.start import check_python

check_python()

from notebooks.checks import check  # noqa: E402 - an old Python cannot read that file

__all__ = ["check"]
