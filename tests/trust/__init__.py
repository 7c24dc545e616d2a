"""Faults, bad input and load: nothing is lost that arrived, and nothing let in that was not sent."""
