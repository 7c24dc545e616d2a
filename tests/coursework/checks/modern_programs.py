"""Checks of a modern program, as server or client: what it sends and shows, and how it ends."""

from __future__ import annotations

import hashlib
import time

from tests.coursework import facts
from tests.coursework.checks.modern_frames import (
    FIELDS,
    KEYS,
    OTHER_KEYS,
    flip,
    seal_frame,
    split_frames,
)
from tests.coursework.checks.modern_wire import ACCENTS, LINES, explained
from tests.coursework.compare import expect
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Catalogue, Failure
from tests.coursework.programs import Conversation, ProgramUnderTest, expect_secret_kept
from tests.coursework.rules import quotes_of, rules_of

CATALOGUE = Catalogue("modern", first="connects")
_add = CATALOGUE.add
_rule = rules_of("modern")
_quote = quotes_of("modern")

_PEER = HonestPeer(KEYS)  # only to seal: whoever opens a stream needs a peer of its own
LONG = "".join(f"the line goes on and on, {number}; " for number in range(20)) + "end\n"
COMMANDS = _quote(
    "The command line",
    "`--server`, `--s` | wait for one peer, chat with it, and end",
    "`--client HOST`, `--c HOST` | connect",
)
ENDING = _quote(
    "How a chat ends",
    "we close our direction; the other direction goes on until the peer closes it",
)


def show(talk: Conversation, text: str) -> None:
    """Send text in honest frames and wait until the program shows it."""
    talk.send(_PEER.seal(text))
    wait_until_shown(talk, text)


def wait_until_shown(talk: Conversation, text: str) -> None:
    talk.program.wait_until(lambda: text in talk.program.stdout, f"{text[:60]!r} shown as it is")


def take_line(talk: Conversation) -> tuple[list[bytes], str]:
    """Receive frames until a line is complete; return the frames and the line."""
    peer, received, text = HonestPeer(KEYS), b"", ""
    while not text.endswith("\n"):
        data = talk.receive(65536)
        if not data:
            raise Failure(f"  it closed the connection after {text!r}\n{talk.program.said()}")
        received += data
        text += peer.open(data)
    return split_frames(received), text


def wait_for_refusal(talk: Conversation) -> int:
    """Wait until the program has closed the connection and ended; return its exit status."""
    talk.wait_for_close()
    return talk.program.wait_for_end()


@_add(
    "connects",
    "The program starts and gets its connection",
    1,
    COMMANDS,
    "Use the port from the command line, or 9999 if there is none",
)
def connects(subject: ProgramUnderTest) -> None:
    with subject.conversation():
        pass


@_add(
    "shows",
    "Received text is shown as it is",
    3,
    _rule("5"),
    "Write each chunk to standard output, add nothing, and flush",
)
@explained(even_if_read=False)
def shows(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, "hello\n")
        show(talk, "a second line, of more than one frame\n")
        shown = talk.program.stdout
        wanted = "hello\na second line, of more than one frame\n"
        if wanted not in shown:
            expect(shown, wanted, "standard output")


@_add(
    "sends",
    "A typed line is sent as frames",
    3,
    _rule("3"),
    "Read standard input line by line; send each line at once, with its newline",
)
@explained()
def sends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for text in ("hi\n", "typed at the console\n", "\n"):
            talk.program.type(text)
            expect(take_line(talk)[1], text, "the text in the frames on the wire")


@_add(
    "unicode",
    "No chunk ends inside a character",
    2,
    _rule("2"),
    "If a character does not fit into the chunk, cut before it",
    ["shows", "sends"],
)
@explained(*LINES, *ACCENTS)
def unicode_text(subject: ProgramUnderTest) -> None:
    text = "key 🔑🔑🔑🔑 and naïve ☃ café\n"
    with subject.conversation() as talk:
        talk.program.type(text)
        take_line(talk)  # an honest peer decodes each chunk by itself
        show(talk, text)


@_add(
    "long",
    "A long line arrives whole",
    1,
    _rule("3"),
    "Send all frames of a line; when you receive, do not stop after the first frame",
    ["shows", "sends"],
)
@explained()
def long_line(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type(LONG)
        expect(take_line(talk)[1], LONG, "the text in the frames on the wire")
        show(talk, LONG)


@_add(
    "fresh-iv",
    "Every frame has its own random IV",
    2,
    _rule("3.1"),
    "For each frame, take 16 new bytes from the system's random generator",
    ["sends"],
)
def fresh_iv(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type(LONG)
        ivs = [frame[FIELDS["iv"]] for frame in take_line(talk)[0]]
    if len(set(ivs)) < len(ivs):
        twice = next(iv for iv in ivs if ivs.count(iv) > 1)
        raise Failure(f"  {len(ivs)} frames\n\n  more than one has the IV {twice.hex(' ')}")
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            told = " and ".join(iv.hex(" ") for iv in ivs[:2])
            raise Failure(f"  {len(ivs)} frames\n\n  byte {position} is equal in all IVs: {told}")


@_add(
    "pieces",
    "A frame that arrives in pieces is read",
    2,
    _rule("5"),
    "recv returns what has arrived so far: collect until you have 112 bytes",
    ["shows"],
)
def pieces(subject: ProgramUnderTest) -> None:
    """Pause between the pieces, so that they arrive one by one. Longer pauses change nothing."""
    text = "one frame, cut in many\n"
    stream = _PEER.seal(text)
    with subject.conversation() as talk:
        for start, end in ((0, 1), (1, 40), (40, 111), (111, 113), (113, len(stream))):
            talk.send(stream[start:end])
            time.sleep(0.05)
        wait_until_shown(talk, text)


@_add(
    "joined",
    "Frames that arrive together are read",
    1,
    _rule("5"),
    "One recv may return many frames",
    ["shows"],
)
def joined(subject: ProgramUnderTest) -> None:
    text = "first line\nsecond line\nthird line\n"
    with subject.conversation() as talk:
        talk.send(b"".join(_PEER.seal(line) for line in text.splitlines(keepends=True)))
        wait_until_shown(talk, text)


@_add(
    "rejects",
    "A forged frame is not shown, and neither is anything after it",
    4,
    _rule("4.1"),
    "Check both tags before you decrypt; if one is wrong, show nothing and close the connection",
    ["shows"],
)
def rejects(subject: ProgramUnderTest) -> None:
    sound = seal_frame(b"FORGED\n", 7)
    # The last bit of each field: a program that compares only the start of a tag misses it.
    forgeries = {name: flip(sound, field.stop * 8 - 1) for name, field in FIELDS.items()}
    forgeries["tags of another key"] = seal_frame(b"FORGED\n", 7, OTHER_KEYS)
    for name, forged in forgeries.items():
        with subject.conversation() as talk:
            show(talk, "before\n")
            talk.send_if_open(forged + _PEER.seal("AFTER\n"))
            wait_for_refusal(talk)
            for word in ("FORGED", "AFTER"):
                if word in talk.program.stdout:
                    raise Failure(f"  a forged frame ({name})\n{talk.program.said()}")


@_add(
    "says-so",
    "After a forged frame, the chat ends with the right error message",
    1,
    _rule("4.1"),
    "Print `ERROR: HMAC verification failed`, close the connection, exit with status 1",
    ["rejects"],
)
def says_so(subject: ProgramUnderTest) -> None:
    words = "ERROR: HMAC verification failed"
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(HonestPeer(OTHER_KEYS).seal("forged\n"))
        expect(wait_for_refusal(talk), 1, "the exit status after a forged frame")
        if words not in talk.program.everything:
            raise Failure(f"  expected  {words}\n{talk.program.said()}")


@_add(
    "bad-length",
    "A length smaller than the chunk is refused",
    1,
    _rule("4.3"),
    "Decrypt the length, read it as a number, compare it with the chunk's number of characters",
    ["shows"],
)
def bad_length(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(seal_frame(b"NONSENSE\n", 3))
        status = wait_for_refusal(talk)
        if "NONSENSE" in talk.program.stdout or not status:
            raise Failure(
                f"  it accepted a chunk that is longer than its length\n{talk.program.said()}"
            )


@_add(
    "truncated",
    "An end inside a frame is an error",
    1,
    _rule("5"),
    "If bytes are left when the connection ends, say so and do not exit with status 0",
    ["shows"],
)
def truncated(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(_PEER.seal("never whole\n")[:50])
        talk.end()
        if not wait_for_refusal(talk):
            raise Failure(
                f"  the stream ended inside a frame, and it noticed no error\n{talk.program.said()}"
            )


@_add(
    "ends",
    "When one side has ended its input, the other side can still send",
    2,
    ENDING,
    "At the end of your input, close only your sending direction, and go on reading",
    ["shows", "sends"],
)
def ends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("last words\n")
        talk.program.end_input()
        expect(take_line(talk)[1], "last words\n", "the last line on the wire")
        show(talk, "and mine\n")
        talk.end()
        talk.wait_for_close()
        expect(talk.program.wait_for_end(), 0, "the exit status")


@_add(
    "no-secrets",
    "No key is ever shown",
    1,
    _rule("1.1"),
    "Remove what you printed while debugging, and keep keys out of error messages",
    ["rejects", "ends"],
)
def no_secrets(subject: ProgramUnderTest) -> None:
    secrets = {"confkey": facts.CONFKEY, "authkey": facts.AUTHKEY}
    for name, secret in list(secrets.items()):
        secrets[f"the hash of {name}"] = hashlib.sha256(secret.encode()).hexdigest()
    expect_secret_kept(subject, secrets)
