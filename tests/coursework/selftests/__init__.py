"""Tests of the graders themselves: no teacher and no student needs them."""
