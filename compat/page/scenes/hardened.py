"""The scenes of the third chat: the same attempts, and what stops each. And free play."""

from __future__ import annotations

from compat.page.scenes.modern import GUESSES
from compat.page.scenes.scene import Scene, Step

BOOK = "5_closing_the_doors.ipynb"
NOBODY = "nobody can tell"
_LINES = (("alice", "pay bob 5"), ("alice", "do not sell"), ("alice", "sell"))
_STORY = (
    "The third chat first agrees on fresh keys: those are the first two messages of each side, "
    "which nobody can stop here. Then it sends records, each with one tag over all of it."
)


def _refused(trick: str, words: str) -> Step:
    return Step(words, lambda story: story.is_refused(trick))


SCENES = (
    Scene(
        "hardened",
        "M4",
        "One tag over everything",
        (
            _STORY,
            "Try what worked before: put a part of one record into another, or flip a bit.",
        ),
        (
            _refused("splice", "Put a part of one record into another, and see it refused."),
            _refused("flip", "In a new chat, flip a bit, and see it refused."),
        ),
        "Let alice type two lines. Drag E(text) of the first record onto the second.",
        "There is one tag for the whole record. Two halves of different records never fit.",
        "Closed.",
        BOOK,
        _LINES,
    ),
    Scene(
        "hardened",
        "M5",
        "A counter that is not sent",
        (
            _STORY,
            "The tag also covers a counter. Both sides count the records themselves, so it is "
            "never sent.",
        ),
        (
            _refused("replay", "Send a record again."),
            _refused("drop", "In a new chat, throw a record away and let the next one pass."),
            _refused("swap", "In a new chat, swap two records."),
            _refused("reflect", "In a new chat, send alice her own record."),
        ),
        "Each attempt ends the chat: begin a new one for the next.",
        "A record that comes again, too early or too late has the wrong number, so its tag does "
        "not fit. Each direction has keys of its own, so a reflected record does not fit either.",
        "Closed. Mallory can still end the chat, and she is noticed.",
        BOOK,
        _LINES,
        holds=True,
    ),
    Scene(
        "hardened",
        "M6",
        "Records of one size",
        (
            _STORY,
            "Bob has asked whether alice will come, and both screens are covered. The answers are "
            "those of the modern chat.",
        ),
        (Step("Which answer did alice give?", lambda s: s.right),),
        "Compare the sizes.",
        "Each record carries up to 254 bytes of text and is filled up to one size. All four "
        "answers give one record of 306 bytes.",
        "The length is hidden. When somebody types still shows, unless the chat sends at a "
        "steady rhythm.",
        BOOK,
        tools=("claim", "rhythm"),
        answers=(*GUESSES, NOBODY),
        covered=True,
    ),
    Scene(
        "hardened",
        "M7",
        "An end that only alice can say",
        (_STORY, "Let alice write, then cut the wire, as in the modern chat."),
        (_refused("cut", "Cut the wire, and see that bob's program notices it."),),
        "Let alice type a line, then cut the wire.",
        "The end is a record of its own, with a tag. Bob's program waits for it. A connection that "
        "ends without it was cut, and the program says so and ends with status 1.",
        "Closed.",
        BOOK,
        _LINES,
        tools=("cut",),
    ),
)

FREE = tuple(
    Scene(
        chat,
        "",
        f"Free play: {name}",
        (
            "No task: alice, bob and mallory are yours. Everything that the wiretap can do is on "
            "the board, and the conversation can be saved as the wiretap's own file.",
        ),
        (),
        "Stop everything, and decide for each message.",
        "",
        "",
        lines=(("alice", "hello bob, alice here"), ("bob", "hello alice"), *_LINES),
        tools=("cut", "record", "inject", *tools),
        group="free",
    )
    for chat, name, tools in (
        ("legacy", "the first chat", ()),
        ("modern", "the modern chat", ("halves", "bits")),
        ("hardened", "the third chat", ()),
    )
)
"""One scene for each chat, without a task."""
