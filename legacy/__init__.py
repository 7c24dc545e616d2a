"""The legacy chat: AES-256 in ECB mode, `~` padding, and a hash that authenticates nothing.

It keeps all flaws of the original on purpose, so that you can study them. Not for real secrets.
"""

from legacy.start import check_python

check_python()
