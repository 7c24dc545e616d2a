"""Identify a wire: say what recorded bytes of a chat are, and prove each sentence of it."""
