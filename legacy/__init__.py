"""The legacy chat: AES-256-ECB by hand, `~` padding and a hash that authenticates nothing.

Broken on purpose, and kept that way: it is here to be taken apart. Not for real secrets.
"""
