"""The checks of the exercises. After a wrong answer, a check says what to look at next.

A check is a list of steps, which run in order. The first step that fails shows its hint. A check
never raises an exception.
"""

from __future__ import annotations

from collections.abc import Callable


def check(praise: str, *steps: tuple[Callable[[], object], str]) -> None:
    """Print `✓` and the praise if all steps pass, otherwise `✗` and the hint of the first failure.

    A step is a pair: a function without parameters, and a hint. The step passes if the function
    returns a true value. If the function raises an exception, the step fails, and the exception is
    printed too.
    """
    for holds, hint in steps:
        error = ""
        try:
            if holds():
                continue
        except Exception as raised:  # a learner's code may raise anything
            error = f" (it raised {type(raised).__name__}: {raised})"
        print(f"✗ {hint}{error}")
        return
    print(f"✓ {praise}")
