"""Identify a protocol: say what recorded bytes of a chat are, and prove each sentence."""
