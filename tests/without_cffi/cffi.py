"""Stands before the real cffi on the path of the programs that the tests start.

pycryptodome calls its C code by cffi where that is installed, as Jupyter does, and else by ctypes.
Loading cffi takes a third of a program's start, so the tests start programs as for people who do
not have it.
"""

raise ImportError("programs that the tests start have no cffi")
