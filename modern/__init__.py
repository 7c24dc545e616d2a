"""The modern chat: AES-256-CBC and HMAC-SHA256 over every field of every frame.

Its parts are sound, but it is not for real secrets: frames have no numbers, both directions use the
same keys, and each key is one fast hash of what was typed. The notebooks show what this costs.
"""

from modern.start import check_python

check_python()
