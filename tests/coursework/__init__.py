"""Coursework: students write a chat from its specification, and the checks here grade it."""

from modern.start import check_python

check_python()
