"""Five notebooks about the three chats, and the helpers that draw and check in them."""

from notebooks.checks import check

__all__ = ["check"]
