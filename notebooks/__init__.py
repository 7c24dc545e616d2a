"""Four walks through the two chats, and what their cells draw and check with."""
