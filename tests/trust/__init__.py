"""Faults, bad input and load: nothing lost that arrived, nothing let in that was not sent."""
