"""The scenes of the first chat: everything is encrypted, and nothing is protected."""

from __future__ import annotations

from compat.page.scenes.scene import Scene, Step
from compat.page.story import Story

BOOK = "2_breaking_it.ipynb"
ANSWERS = ("yes", "no", "maybe tomorrow", "not before 9", "ask bob", "of course")
"""What alice may say in L1; one of them comes twice."""

SCENES = (
    Scene(
        "legacy",
        "L1",
        "Equal blocks",
        (
            "AES encrypts blocks: 16 bytes at a time. This chat encrypts each block alone, with "
            "the same key. So equal texts give equal blocks. On the page, equal blocks have the "
            "same letter and the same colour.",
            "Alice has sent five messages. Mallory has no key, and both screens are covered. In "
            "two of the messages, alice says the same.",
        ),
        (Step("Mark the two messages that say the same, then answer.", lambda s: s.right),),
        "The time is in block 1. From block 2 on come the words, and their hash.",
        "Nothing was decrypted. Two messages with the same words have the same blocks from block "
        "2 to the end, because each block is encrypted alone, always in the same way. This way to "
        "use AES is called ECB.",
        "The modern chat mixes 16 random bytes, the IV, into each message: the same word never "
        "looks the same again (M1).",
        BOOK,
        tools=("claim",),
        covered=True,
    ),
    Scene(
        "legacy",
        "L4",
        "Replay",
        (
            "Each message of this chat comes with a hash, a short fingerprint of its words. If the "
            "hash fits, bob's program shows ☑.",
            "Alice writes once. Mallory cannot read the message. But she can keep a copy.",
        ),
        (
            Step(
                "Let alice type a line. Then send her message again, so that bob sees it twice.",
                Story.is_replayed,
            ),
        ),
        "Each message has a button “send again”.",
        "Bob's program does not remember messages, and they have no numbers. So it accepts the "
        "same message as often as it comes, each time with ☑.",
        "A number in each message, which the check value covers. The third chat counts (M5).",
        BOOK,
        (("alice", "pay mallory 5"),),
    ),
    Scene(
        "legacy",
        "L5",
        "The clock splice",
        (
            "A splice puts a piece of one message into another. The piece here is a block, 16 "
            "encrypted bytes. Each message is a row of numbered blocks. Block 1 holds the clock: "
            "the time of day at which alice's program made the message.",
            "Alice's and bob's screens show this time beside each line. The ☑ only says that the "
            "words fit their hash, a short fingerprint of them. The hash does not cover the time.",
            "Drag block 1 of one message onto another message. Wait a second between the two "
            "messages, so that their times differ.",
        ),
        (
            Step(
                "Make bob's program show alice's words with a time at which she did not write "
                "them, and with ☑.",
                Story.has_other_clock,
            ),
        ),
        "Let alice type two lines, a second apart. Drag block 1 of the first message onto the "
        "second one. (Without dragging: click the block, then “take block 1 to another message”.) "
        "If both blocks have the same letter, the times are the same.",
        "Mallory has no key and decrypts nothing. She moves a whole encrypted block. Blocks do not "
        "depend on each other or on their message, so bob's program decrypts the old time without "
        "an error. The hash still fits the words.",
        "A tag: a check value that needs a key. The tags of the modern chat cover every bit of a "
        "frame (M2), but not the order of the frames (M5). The tag of the third chat also covers a "
        "counter, and so the order.",
        BOOK,
        (
            ("alice", "shall we meet?"),
            ("alice", "I am leaving"),
            ("alice", "the door is open"),
        ),
    ),
    Scene(
        "legacy",
        "L7",
        "Reflection",
        (
            "Alice and bob use one passphrase, so one key for both directions. A message does not "
            "say who wrote it.",
        ),
        (
            Step(
                "Make alice's own words come back to her, as if bob had written them.",
                Story.is_reflected,
            ),
        ),
        "Let alice type a line. Her message has a button “send back”.",
        "Alice's program decrypts her own message with the same key, the hash fits, and it shows "
        "☑. Nothing in the message says in which direction it was sent.",
        "Keys of its own for each direction, as in the third chat (M5).",
        BOOK,
        (("alice", "do you agree?"), ("alice", "I owe you 100")),
    ),
    Scene(
        "legacy",
        "L8",
        "Dropped and swapped",
        (
            "Mallory sits on the wire. Here she stops every message, and you decide which go on, "
            "and in which order.",
        ),
        (
            Step(
                "Let one of alice's messages never arrive, and a later one arrive.",
                Story.is_dropped,
            ),
            Step("Let two messages arrive in the other order.", Story.is_swapped),
        ),
        "Let alice type several lines. Stopped messages have the buttons “let pass”, “throw away” "
        "and “swap with the next”.",
        "Bob's program shows what comes, in the order in which it comes. Messages have no numbers, "
        "so nobody can notice that one is missing or late.",
        "A counter under the check value. The modern chat has none yet (M5); the third has.",
        BOOK,
        (
            ("alice", "do not sell"),
            ("alice", "the red ones"),
            ("alice", "buy"),
            ("alice", "sell"),
        ),
        holds=True,
    ),
    Scene(
        "legacy",
        "L11",
        "The tilde",
        (
            "AES needs whole blocks. So this chat fills the last block up with the character ~. "
            "Bob's program removes every ~ again, wherever it stands.",
            "Here mallory does nothing at all.",
        ),
        (
            Step(
                "Let alice type a line that arrives changed, with ☒, although nobody touched it.",
                Story.is_garbled,
            ),
        ),
        "What does bob's program do with a ~ that alice wrote herself?",
        "Her ~ is removed like the padding. The words no longer fit their hash, so bob sees ☒. "
        "Data and padding must never look the same.",
        "A padding that says how long it is (PKCS#7, in the modern chat), or a length.",
        BOOK,
        (("alice", "see you at ~8?"), ("alice", "see you at 8?")),
    ),
    Scene(
        "legacy",
        "L3",
        "Guess the passphrase",
        (
            'Each message begins with the same 15 characters: {"timestamp":\u00a0". So one '
            "recorded message tells whether a guess is right: decrypt its first block, and look.",
            "Alice and bob have chosen a word of a list of 436, and added a few characters. "
            "Mallory tries them all, at home. Nobody notices.",
        ),
        (
            Step("Record a message of alice, and find the passphrase.", lambda s: s.found),
            Step("Write a message as alice: bob sees your words, with ☑ (L6).", Story.is_forged),
        ),
        "Let alice type a line, then start the search. You can also type guesses of your own.",
        "The key is one fast hash of the passphrase. A laptop tries thousands in a second, and a "
        "graphics card billions. And the ☑ is a hash without a key: whoever can encrypt can forge.",
        "Long random secrets, and a slow hash. The third chat agrees on its key in a way that "
        "gives a guesser nothing to test (M8).",
        BOOK,
        (("alice", "hello bob, alice here"), ("bob", "hello alice")),
        tools=("search", "forge"),
    ),
)
