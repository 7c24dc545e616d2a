"""Four notebooks about the two chats, and the helpers that draw and check in them."""

from modern.start import check_python

check_python()
