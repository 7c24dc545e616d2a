"""The third chat: the primitives of the modern one, put together so that M3 to M8 close.

A passphrase that cannot be tested offline, a key for each direction, numbered records of one size
and an end that only the peer can say. For learning, and still not for real secrets: README.md says
what stays open.
"""
