"""The scenes of the third chat: the same attempts, and what stops each. And free play."""

from __future__ import annotations

from compat.page.scenes.modern import GUESSES, THIRD_BOOK
from compat.page.scenes.scene import Scene, Step
from compat.page.secrets import HARDENED_ENDING
from compat.page.third import RECORD_BITS, RECORD_FIELDS

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
        "M2",
        "Every bit of a record",
        (
            _STORY,
            f"A record has {RECORD_BITS:,} bits and four fields. Its one tag covers all bits that "
            "stand before it, and a counter that is not sent.",
        ),
        (
            Step(
                "Look at each of the four fields of a record.",
                lambda s: s.looked >= set(RECORD_FIELDS),
            ),
            _refused("flip", "Flip a bit of E(text), and see it refused."),
            Step(
                f"Let all {RECORD_BITS:,} bits be flipped, one at a time, and see each refused.",
                lambda s: s.rejected_bits == RECORD_BITS,
            ),
        ),
        "Let alice type a line. Click each field of her record. Press a byte, then a bit of it. "
        "All bits: “flip all”, above the chat.",
        "Bob's program computes the tag itself. Each bit is covered by it or part of it. The "
        "length must be read before the record is complete, so it has bounds: most changed lengths "
        "are refused at once. The others make the program wait for more bytes, and then the tag "
        "does not fit.",
        "Closed. The modern chat refuses each bit, too, but has two tags (M4).",
        THIRD_BOOK,
        _LINES,
        tools=("bits",),
    ),
    Scene(
        "hardened",
        "M3",
        "No oracle",
        (
            _STORY,
            "A padding oracle is a program whose errors tell a forger something about the "
            "decrypted text. Ask bob's program the same questions as in the modern chat.",
        ),
        (
            Step("Ask: each forged record gets the same answer.", lambda s: s.oracle_failed),
            Step(
                "In the chat itself, change a record: one question, and the chat is over.",
                lambda s: bool(s.refused_tricks & {"flip", "splice"}),
            ),
        ),
        "Let alice type a line, then press “ask”. For the second step, click E(text) of her "
        "record, press a byte, then a bit.",
        "The tag is checked first, so a forged record is never decrypted, and each gets the same "
        "error. And bob's program ends at the first one.",
        "Closed by the order: verify, then decrypt. A program that forgot the tag would be an "
        "oracle here, too, although it has one error for wrong padding, kind and text.",
        THIRD_BOOK,
        _LINES,
        tools=("oracle",),
    ),
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
        "Closed, for the length. When somebody types still shows, unless the chat sends at a "
        "steady rhythm.",
        BOOK,
        (("alice", "yes"), ("alice", "wait, I have to ask"), ("bob", "when?")),
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
    Scene(
        "hardened",
        "M8",
        "Nothing to test a guess with",
        (
            "Alice and bob have chosen a word that many people choose, followed by "
            f"{HARDENED_ENDING}. Mallory has recorded how they agreed on a key: these messages are "
            "on the wire.",
            "Each side sends a share: a point of a curve, hidden by the passphrase. Mallory takes "
            "a guess off the share. If the guess is wrong, does she notice?",
        ),
        (
            Step(
                "Test two guesses on the recording: each leaves a point, and both look alike.",
                lambda s: len(s.unmasked) > 1,
            ),
            Step(
                "Knock at bob's door three times: each guess takes a connection of its own.",
                lambda s: s.knocks > 2,  # noqa: PLR2004 - as the words say
            ),
        ),
        f"Type a guess, such as dragon{HARDENED_ENDING}, and press the first button. Change the "
        "guess, and press it again. Then knock with three guesses.",
        "The right guess leaves the point that alice's program has drawn, and each wrong one "
        "leaves another point. Nobody can compute from a point which number it belongs to, so "
        "there is nothing to compare a guess with. With the real programs, the page hashes each "
        "guess as they do, with scrypt; in the browser, all sides take one fast hash. What is left "
        "is to ask bob: one guess for each connection, and he notices. His program ends at the "
        "first wrong one. With the option --tries it goes on, and waits longer each time.",
        "Closed. Whoever steals the passphrase itself can still pretend to be alice.",
        BOOK,
        tools=("door",),
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
