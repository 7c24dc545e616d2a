"""What the speed costs and gains: each benchmark runs beside another way of doing the same.

`pytest -m benchmark` runs them and prints a table of ratios at the end. Times on a busy machine
say little, so no benchmark fails for being slow; each does fail where the two ways disagree.
"""
