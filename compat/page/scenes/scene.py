"""What a scene is made of. The scenes themselves are in the files beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compat.page.story import Story


@dataclass(frozen=True)
class Step:
    """A part of a task."""

    words: str
    is_done: Callable[[Story], bool]


@dataclass(frozen=True)
class Scene:
    """One link, one task."""

    chat: str
    """`legacy`, `modern` or `hardened`."""
    id: str
    """The weakness, by the id that the notebooks give it; empty for free play."""
    title: str
    story: tuple[str, ...]
    """What a student has to know, a paragraph each."""
    steps: tuple[Step, ...]
    hint: str
    why: str
    """Why it works, to be read when it is done."""
    remedy: str
    notebook: str = ""
    """The notebook with the section of this id."""
    lines: tuple[tuple[str, str], ...] = ()
    """Lines to type with one click: who, and what."""
    holds: bool = False
    """Whether mallory stops everything from the start."""
    tools: tuple[str, ...] = ()
    """Which tools of the workshop can be used."""
    answers: tuple[str, ...] = ()
    """The answers to choose from, where the scene asks a question."""
    covered: bool = False
    """Whether both screens are covered until the question is answered."""
    group: str = ""
    """Where the link stands; the chat, unless it is free play."""

    @property
    def link(self) -> str:
        """The part of the address after `#`."""
        return f"{self.group or self.chat}/{self.id or self.chat}"

    def describe(self) -> dict[str, Any]:
        """Return all that the page shows of it."""
        return {
            "link": self.link,
            "group": self.group or self.chat,
            "chat": self.chat,
            "id": self.id,
            "title": self.title,
            "story": list(self.story),
            "steps": [step.words for step in self.steps],
            "hint": self.hint,
            "why": self.why,
            "remedy": self.remedy,
            "notebook": self.notebook,
            "lines": [list(line) for line in self.lines],
            "holds": self.holds,
            "tools": list(self.tools),
            "answers": list(self.answers),
            "covered": self.covered,
        }
