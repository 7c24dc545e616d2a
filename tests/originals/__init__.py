"""Peers in the style of the programs that this project lives with, written from the wire alone.

They import nothing of ours and have the originals' habits: one `recv` is one message, a frame is
one `recv(112)`, nothing is retried. What works against them works against the originals.
"""
