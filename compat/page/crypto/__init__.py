"""`Crypto` for Python in a browser, where pycryptodome cannot be had offline.

The folder `Crypto` beside this file has the few parts of pycryptodome that this project uses, with
the same names, results and errors, in Python over pyaes. It is slow, and its time depends on
secrets: good for lessons, and for nothing else.

`wheels.py` packs the folder into a wheel of its own, which only a browser gets. Nothing else
imports it by the name `Crypto`, so it can never take the place of pycryptodome.
"""
