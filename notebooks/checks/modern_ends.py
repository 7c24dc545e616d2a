"""The check of M7 in notebook 4: an end that nobody can forge, made of lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modern import attacks
from modern.protocol import FRAME_SIZE
from notebooks.checks.judging import Answer, Wrong, judge, require
from notebooks.second_chat import Chat, draw_keys

KEYS = draw_keys("the checks of notebook 4")
CHATS: tuple[list[str], ...] = (
    ["hi\n"],
    ["transfer the money on friday\n", "unless i call you\n"],
    ["bye\n", "bye\n"],
    ["end\n", "hi\n"],
    [],
)


class Goodbye:
    """A learner's `finish` and `is_complete`."""

    def __init__(self, finish: Any, is_complete: Any):
        self._finish = Answer("finish", finish, (list, tuple))
        self._is_complete = Answer("is_complete", is_complete, bool)

    def finish(self, lines: Sequence[str]) -> list[str]:
        """Return the lines that are sent. Raises Wrong if some of them are no lines."""
        sent = list(self._finish(list(lines)))
        for line in sent:
            whole = isinstance(line, str) and line.endswith("\n") and line.count("\n") == 1
            require(whole, f"finish must return lines, each with its newline; one is {line!r}")
        for line in lines:
            require(any(line.removesuffix("\n") in one for one in sent), f"finish loses {line!r}")
        return sent

    def takes(self, text: str) -> bool:
        """Return whether bob takes a text for a whole chat."""
        return bool(self._is_complete(text))


def check_end(finish: Any, is_complete: Any) -> None:
    """Check that a chat that was cut is not taken for a whole one."""
    answer = Goodbye(finish, is_complete)
    judge(
        "Every cut is noticed. (But a goodbye can be replayed, see M5.)",
        lambda: _takes_whole(answer, CHATS),
        lambda: _notices(answer, CHATS),
        lambda: _is_not_fooled(answer),
    )


def _takes_whole(answer: Goodbye, chats: Sequence[Sequence[str]]) -> None:
    for lines in chats:
        whole = answer.takes("".join(answer.finish(lines)))
        require(whole, f"is_complete refuses a whole chat: alice says {list(lines)}")


def _notices(answer: Goodbye, chats: Sequence[Sequence[str]], why: str = "") -> None:
    """Cut after each frame, as mallory can, and look at what the real receiver shows."""
    chat = Chat(KEYS)
    for lines in chats:
        stream = chat.alice_says("".join(answer.finish(lines)))
        for left in range(len(stream) // FRAME_SIZE):
            shown = chat.bob_sees(attacks.cut(stream, left)).shown
            if answer.takes(shown):
                what = f"alice says {list(lines)}, mallory cuts after {left} frames"
                raise Wrong(f"{what}, and is_complete takes {shown!r} for all of it{why}")


def _is_not_fooled(answer: Goodbye) -> None:
    """Let alice type what her own program would send at the end."""
    for lines in ([], ["hi\n"]):
        copied = [*answer.finish(lines), "one more thing\n"]
        _notices(answer, [copied], ". What if alice herself types your goodbye, and goes on?")
    _takes_whole(answer, [[*answer.finish(lines), "bye\n"] for lines in CHATS])


CHECKS = {"M7": check_end}
