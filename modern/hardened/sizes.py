"""The sizes of the agreement's messages, in bytes. The wiretap uses them to cut the stream."""

VERSION = 1
"""The first byte of both first messages. It is part of what is confirmed."""
SHARE_SIZE = 65
"""A point as it is sent: 4, then x and y of 32 bytes each (SEC 1, 2.3.3)."""
HELLO_SIZE = 1 + SHARE_SIZE
CONFIRMATION_SIZE = 32
