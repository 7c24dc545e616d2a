"""Four notebooks about the two chats, and the helpers that draw and check in them."""
