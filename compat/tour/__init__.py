"""The tour: it plays both chats on this computer, shows the wire, and attacks both."""
