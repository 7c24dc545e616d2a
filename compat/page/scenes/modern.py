"""The scenes of the second chat: every bit is checked, and some doors are still open."""

from __future__ import annotations

from compat.page.lab import BITS
from compat.page.scenes.scene import Scene, Step
from compat.page.story import Story
from modern.protocol import FIELDS

THIRD_BOOK, FOURTH_BOOK = "3_the_modern_chat.ipynb", "4_what_is_still_open.ipynb"
STARTS = {field.start for _, field in FIELDS}

FIELD_TEXTS = {
    0: (
        "IV",
        "Sixteen random bytes, new for each frame. They are not secret. They are mixed into "
        "E(length), so the same text never looks the same. The first tag covers them.",
    ),
    16: (
        "E(length)",
        "How many bytes of text the frame carries, encrypted. It is mixed into E(chunk). The first "
        "tag covers it.",
    ),
    32: (
        "tag of the header",
        "HMAC-SHA256 of bytes 0 to 31, that is IV and E(length): a hash that only somebody with "
        "the authentication key can compute. It covers nothing of the text.",
    ),
    64: (
        "E(chunk)",
        "The text, at most 15 bytes, encrypted with AES-256-CBC. The second tag covers it.",
    ),
    80: (
        "tag of the chunk",
        "HMAC-SHA256 of bytes 64 to 79, that is E(chunk). It does not cover the header, and no "
        "number says which frame this is.",
    ),
}
"""What each field of a frame is, and what it protects, by its first byte."""

GUESSES = (
    "yes",
    "not this time, sorry",
    "no, and please do not ask me again",
    "let us talk about all of that when we meet on Sunday",
)
"""What alice may answer in M6. Each takes another number of frames."""

_SHORT = (("alice", "pay bob 5"), ("alice", "do not sell"), ("alice", "sell"))

SCENES = (
    Scene(
        "modern",
        "M2",
        "Every bit is checked",
        (
            "This chat sends frames of 112 bytes, which are 896 bits. Each frame has five fields "
            "and carries at most 15 bytes of text.",
            "A tag is a hash of encrypted bytes and a secret key. Bob's program computes both tags "
            "itself. If one does not fit, it decrypts nothing, says so, and ends.",
        ),
        (
            Step("Look at each of the five fields of a frame.", lambda s: s.looked >= STARTS),
            Step(
                "Flip a bit that the first tag covers, and see it refused.",
                lambda s: "tag of the header" in s.refused_tags,
            ),
            Step(
                "In a new chat, flip a bit that the second tag covers.",
                lambda s: "tag of the chunk" in s.refused_tags,
            ),
            Step(
                f"Let all {BITS} bits be flipped, one at a time, and see each one refused.",
                lambda s: s.rejected_bits == BITS,
            ),
        ),
        "Let alice type a line. Click each field of her frame: you see what it is, and its bytes. "
        "Press a byte, then a bit of it: mallory flips that bit and sends the frame. The first tag "
        "covers IV and E(length), the second E(chunk). Bob's program ends when it refuses a frame, "
        "so press “new chat” between the two. All bits: “flip all, tags checked”.",
        "Each bit of a frame is either covered by a tag or part of one. Whoever changes a bit "
        "would have to compute a new tag, and has no key. Both tags are checked before anything is "
        "decrypted, so an attacker learns nothing from the error.",
        "Nothing to mend here. That the two tags do not know of each other is another door (M4).",
        THIRD_BOOK,
        (("alice", "shall we meet?"), ("alice", "yes")),
        tools=("bits",),
    ),
    Scene(
        "modern",
        "M3",
        "The padding oracle",
        (
            "An oracle is a program whose answers give a secret away. Here bob's program forgets "
            "its tags for once: it decrypts first, and says when the padding (the filling at the "
            "end of a block) is wrong.",
            "Mallory sends one forged frame after the other. For each byte of the text, 128 "
            "answers on average tell her what it is.",
        ),
        (
            Step("Read alice's chunk without a key.", lambda s: s.recovered),
            Step("Switch the check of the tags on, and ask again.", lambda s: s.oracle_failed),
        ),
        "Let alice type a line, choose its frame, then ask for one byte after the other.",
        "The receiver has told, frame by frame, whether a guess made a right padding. With the "
        "check of the tags first, all forged frames get the same answer, and the oracle is silent.",
        "First verify, then decrypt. The modern chat does so; a program that forgets it works just "
        "as well with honest frames, so nobody notices.",
        THIRD_BOOK,
        (("alice", "meet me at 8"), ("alice", "I am bob's spy")),
        tools=("oracle",),
    ),
    Scene(
        "modern",
        "M4",
        "Two halves of frames",
        (
            "A frame has two tags: one for its header (IV and E(length)), one for its body "
            "(E(chunk)). Nothing says that the two belong together.",
            "Drag the body of one frame onto another. Both tags fit! But the text comes out as "
            "noise, and in nearly all cases the noise is no proper text.",
        ),
        (
            Step(
                "Join the header of one frame and the body of another: both tags fit.",
                lambda s: s.has_both_tags,
            ),
            Step(
                "In a new chat, make bob's program show a text that nobody typed.",
                Story.is_foreign,
            ),
        ),
        "For the second step, start the search: mallory records 1,024 frames of which she knows "
        "the text, and tests all pairs of them without asking anybody. Then let the frame pass.",
        "E(length) is mixed into the chunk when it is decrypted. Another header means another "
        "E(length), so the text changes, though each tag is right. Mallory knows what comes out, "
        "because she has recorded both blocks. Among a million pairs, about one is proper text.",
        "One tag over the whole frame, as in the third chat.",
        FOURTH_BOOK,
        (("alice", "yes"), ("alice", "no")),
        tools=("halves", "seek"),
    ),
    Scene(
        "modern",
        "M5",
        "Replay, drop, swap, reflect",
        (
            "Nobody can change a frame. But whole frames can be sent again, thrown away, moved, or "
            "sent back: each one is genuine.",
        ),
        (
            Step("Make bob see one line twice.", Story.is_replayed),
            Step("Throw a frame away, and let a later one arrive.", Story.is_dropped),
            Step("Let two lines arrive in the other order.", Story.is_swapped),
            Step("Send alice her own words.", Story.is_reflected),
        ),
        "The buttons are the same as in the first chat. Let alice type several short lines: a line "
        "of at most 14 characters is one frame.",
        "The tags say that a frame was made by somebody with the key. They do not say when, in "
        "which order, or in which direction.",
        "A counter that the tag covers, and keys for each direction: the third chat.",
        FOURTH_BOOK,
        _SHORT,
        holds=True,
    ),
    Scene(
        "modern",
        "M6",
        "The length shows",
        (
            "Nobody can read a frame. But each one carries at most 15 bytes, so the number of "
            "frames tells how long a text is. The timeline shows when each was sent.",
            "Bob has asked whether alice will come. Both screens are covered. Count her frames. "
            "After your answer, type more lines, and see the rhythm of the chat.",
        ),
        (Step("Which answer did alice give?", lambda s: s.right),),
        "A line of so many characters, and one more for its end, divided by 15.",
        "Encryption hides what is said, not how much. With a list of likely answers, the length "
        "alone is often enough.",
        "Records of one size, filled up with nothing, as in the third chat.",
        FOURTH_BOOK,
        (("alice", "yes"), ("alice", "wait, I have to ask"), ("bob", "when?")),
        tools=("claim", "rhythm"),
        answers=GUESSES,
        covered=True,
    ),
    Scene(
        "modern",
        "M7",
        "The cut",
        (
            "A long line travels in several frames. Mallory can let some of them pass, and then "
            "cut the wire.",
        ),
        (
            Step(
                "Make bob's program end as if alice had said everything, in the middle of her "
                "sentence.",
                Story.is_cut,
            ),
        ),
        "Let alice type the long line. Let the first frames pass, then cut the wire.",
        "The connection simply ends, and this chat has no goodbye of its own. So bob's program "
        "ends with status 0, as after an honest chat.",
        "An end that is sealed like any text. The third chat has one.",
        FOURTH_BOOK,
        (("alice", "sell all of it today, but only if I call you before"),),
        holds=True,
        tools=("cut",),
    ),
)
