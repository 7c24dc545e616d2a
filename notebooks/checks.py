"""The self-checks of the exercises: a wrong answer is told what to look at next, and never raises.

A check is a list of steps, tried in order. The first that does not hold gives its hint.
"""

from __future__ import annotations

from collections.abc import Callable


def check(praise: str, *steps: tuple[Callable[[], object], str]) -> None:
    """Print `✓` and the praise if every step holds, else `✗` and the hint of the first that fails.

    A step is a function without parameters that returns something true, and its hint. A step
    that raises has failed as well, and the error is named.
    """
    for holds, hint in steps:
        error = ""
        try:
            if holds():
                continue
        except Exception as raised:  # whatever a learner's code may raise
            error = f" (it raised {type(raised).__name__}: {raised})"
        print(f"✗ {hint}{error}")
        return
    print(f"✓ {praise}")
