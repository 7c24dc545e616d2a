"""The tour: both chats played on this computer, with the wire in view, and attacked."""
