"""All tests, and the coursework: an old Python is told here that it is too old."""

from modern.start import check_python

check_python()
