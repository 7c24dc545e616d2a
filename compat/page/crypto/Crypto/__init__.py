"""The parts of pycryptodome that this project uses, for Python in a browser; over pyaes.

Pyodide's `hashlib` has no `scrypt`. This package adds one.
"""

import hashlib

from .Protocol.KDF import hashlib_scrypt

if not hasattr(hashlib, "scrypt"):
    hashlib.scrypt = hashlib_scrypt  # type: ignore[assignment, unused-ignore]
