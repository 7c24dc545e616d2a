"""Coursework: students write a chat from its specification, and the checks here grade it."""
