"""How a check judges an answer: it takes steps in order, and the first that fails says why.

A check never raises an exception. What is wrong is one sentence, for somebody who wants to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from notebooks.checks.watching import Watched


class Wrong(Exception):  # noqa: N818 - the answer is wrong, not the check
    """What is wrong with an answer: one sentence for the learner."""


Step = Callable[[], str | None]
"""Raises Wrong, or returns the id of the attack that was refused, if it was about one."""


def judge(praise: str, *steps: Step) -> None:
    """Take the steps in order; print what the first one that fails says, or the praise."""
    refused: set[str] = set()
    try:
        for step in steps:
            refused |= {step() or ""} - {""}
    except Wrong as wrong:
        print(f"✗ {wrong}")
        if refused:
            print(f"  Refused already: {', '.join(sorted(refused))}.")
        return
    print(f"✓ {praise}", *[f"Refused: {', '.join(sorted(refused))}."] * bool(refused))


def require(holds: object, hint: str) -> None:
    """Raise Wrong with the hint unless it holds."""
    if not holds:
        raise Wrong(hint)


class Answer:
    """A learner's function as a check calls it. What is wrong with a call is raised as Wrong.

    `kind` is what it must return, or several types; with `optional` it may return None. `allowed`
    are functions of ours that it may call (see Watched).
    """

    def __init__(
        self,
        name: str,
        function: Any,
        kind: type | tuple[type, ...] = object,
        allowed: Iterable[Callable[..., Any]] = (),
        optional: bool = False,
    ):
        self.name, self._kind, self._function, self._optional = name, kind, function, optional
        self.watched = Watched(function, allowed)

    def __call__(self, *arguments: Any, hint: str = "") -> Any:
        """Return its result. `hint` is added if it raises an exception."""
        require(callable(self._function), f"{self.name} is no function: run its cell again")
        try:
            result = self.watched(*arguments)
        except Wrong:
            require(not self.watched.borrowed, borrowed(self.name, self.watched))
            raise
        except Exception as error:  # a learner's code may raise anything
            require(not self.watched.borrowed, borrowed(self.name, self.watched))
            said = f"{self.name}{_show(arguments)} raised {name_error(error)}"
            raise Wrong(f"{said}: {hint}" if hint else said) from None
        require(not self.watched.borrowed, borrowed(self.name, self.watched))
        if result is None and self._optional:
            return None
        require(result is not None, f"{self.name} returns nothing yet")
        found = type(result).__name__
        require(
            isinstance(result, self._kind),
            f"{self.name} must return {_name_kind(self._kind)}, and yours returns {found}",
        )
        return result


LONGEST = 40


def _show(arguments: tuple[Any, ...]) -> str:
    """Return how a call looks, without arguments that are too long to read."""
    shown = [one if len(one := repr(given)) <= LONGEST else "…" for given in arguments]
    return f"({', '.join(shown)})"


_KINDS = {bool: "True or False", int: "a whole number", str: "text (str)"}


def _name_kind(kind: type | tuple[type, ...]) -> str:
    first = kind[0] if isinstance(kind, tuple) else kind
    return _KINDS.get(first, first.__name__)


def name_error(error: Exception) -> str:
    """Return an exception as a hint names it."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def borrowed(name: str, function: Watched) -> str:
    """Return what to say to somebody who calls our own code."""
    return f"{name} calls {function.borrowed}, which is ours: write it yourself"
