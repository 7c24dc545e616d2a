"""The long runs (`pytest -m soak`) and what they are made of.

Everyday tests in `security/` use the same parts for short runs; nothing here uses theirs.
"""
