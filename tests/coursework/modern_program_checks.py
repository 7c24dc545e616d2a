"""The checks of a modern program from outside, in either role: its wire, and how it ends."""

from __future__ import annotations

import hashlib
import time

from modern import protocol
from modern.errors import ModernError
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure
from tests.coursework.modern_checks import FIELDS, flip
from tests.coursework.programs import (
    AUTHKEY,
    CONFKEY,
    Conversation,
    ProgramUnderTest,
    expect_secret_kept,
)
from tests.coursework.rules import quotes_of, rules_of

CATALOGUE = Catalogue("modern", first="connects")
_add = CATALOGUE.add
_rule = rules_of("modern")
_quote = quotes_of("modern")

KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)
OTHER_KEYS = protocol.derive_keys(CONFKEY, "another authkey")
SIZE = protocol.FRAME_SIZE
LONG = "".join(f"the line goes on and on, {number}; " for number in range(20)) + "end\n"
COMMANDS = _quote(
    "The command line",
    "`--server`, `--s` | wait for one peer, chat, end",
    "`--client HOST`, `--c HOST` | connect",
)
ENDING = _quote(
    "How a chat ends", "our direction is closed; the other goes on until the peer closes it"
)


def show(talk: Conversation, text: str) -> None:
    """Send text as sound frames and wait until the program shows it."""
    talk.send(protocol.seal(text, KEYS))
    wait_until_shown(talk, text)


def wait_until_shown(talk: Conversation, text: str) -> None:
    talk.program.wait_until(lambda: text in talk.program.stdout, f"{text[:60]!r} shown as it is")


def take_line(talk: Conversation) -> tuple[list[bytes], str]:
    """Return the frames on the wire until a line is complete, and its text."""
    decoder, received, text = protocol.Decoder(KEYS), b"", b""
    while not text.endswith(b"\n"):
        data = talk.receive(65536)
        received += data
        if not data:
            raise Failure(f"  it closed the connection after {text!r}\n{talk.program.said()}")
        try:
            text += b"".join(decoder.feed(data))
        except ModernError as error:
            raise Failure(f"  an honest peer refuses what it sent: {error}") from None
    return [
        received[start : start + SIZE] for start in range(0, len(received), SIZE)
    ], text.decode()


def wait_for_refusal(talk: Conversation) -> int:
    """Wait until the program has closed the connection and ended; return its exit status."""
    talk.wait_for_close()
    return talk.program.wait_for_end()


@_add(
    "connects",
    "The program starts and gets its connection",
    1,
    COMMANDS,
    "Is the port the one of the command line (or 9999)?",
)
def connects(subject: ProgramUnderTest) -> None:
    with subject.conversation():
        pass


@_add(
    "shows",
    "Received text is shown as it is",
    3,
    _rule("5"),
    "Write the chunk to standard output, add nothing, and flush",
)
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
    "Read standard input line by line and send each line with its newline at once",
)
def sends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for text in ("hi\n", "typed at the console\n", "\n"):
            talk.program.type(text)
            expect(take_line(talk)[1], text, "the text in the frames on the wire")


@_add(
    "unicode",
    "No character is torn apart",
    2,
    _rule("2"),
    "Cut before the character that does not fit any more",
    ["shows", "sends"],
)
def unicode_text(subject: ProgramUnderTest) -> None:
    text = "key 🔑🔑🔑🔑 and naïve ☃ café\n"
    with subject.conversation() as talk:
        talk.program.type(text)
        for frame in take_line(talk)[0]:
            protocol.open_frame(frame, KEYS)  # decodes each chunk by itself
        show(talk, text)


@_add(
    "long",
    "A long line arrives whole",
    1,
    _rule("3"),
    "Send all frames of a line, and read on while frames come",
    ["shows", "sends"],
)
def long_line(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type(LONG)
        expect(take_line(talk)[1], LONG, "the text in the frames on the wire")
        show(talk, LONG)


@_add(
    "fresh-iv",
    "Every frame has a random IV of its own",
    2,
    _rule("3.1"),
    "Draw 16 bytes from the system's generator for each frame",
    ["sends"],
)
def fresh_iv(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type(LONG)
        ivs = [frame[protocol.IV] for frame in take_line(talk)[0]]
    if len(set(ivs)) < len(ivs):
        twice = next(iv for iv in ivs if ivs.count(iv) > 1)
        raise Failure(f"  {len(ivs)} frames\n\n  more than one has the IV {twice.hex(' ')}")
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            told = " and ".join(iv.hex(" ") for iv in ivs[:2])
            raise Failure(f"  {len(ivs)} frames\n\n  byte {position} of all IVs is equal: {told}")


@_add(
    "pieces",
    "Frames are read however the network splits them",
    2,
    _rule("5"),
    "recv gives what has come so far: collect until 112 bytes are there",
    ["shows"],
)
def pieces(subject: ProgramUnderTest) -> None:
    """Pause so that the pieces arrive apart; nothing depends on how long."""
    text = "one frame, cut in many\n"
    stream = protocol.seal(text, KEYS)
    with subject.conversation() as talk:
        for start, end in ((0, 1), (1, 40), (40, 111), (111, 113), (113, len(stream))):
            talk.send(stream[start:end])
            time.sleep(0.05)
        wait_until_shown(talk, text)


@_add(
    "joined",
    "Frames are read however the network joins them",
    1,
    _rule("5"),
    "One recv may hold many frames",
    ["shows"],
)
def joined(subject: ProgramUnderTest) -> None:
    text = "first line\nsecond line\nthird line\n"
    with subject.conversation() as talk:
        talk.send(b"".join(protocol.seal(line, KEYS) for line in text.splitlines(keepends=True)))
        wait_until_shown(talk, text)


@_add(
    "rejects",
    "Nothing is shown of a forged frame, nor of what follows",
    4,
    _rule("4.1"),
    "Check both tags, over all they cover, before you decrypt; then close",
    ["shows"],
)
def rejects(subject: ProgramUnderTest) -> None:
    sound = protocol.seal_frame(b"FORGED\n", 7, KEYS, bytes(16))
    # The last bit of each field, which a comparison of the first bytes of a tag would miss.
    forgeries = {name: flip(sound, field.stop * 8 - 1) for name, field in FIELDS.items()}
    forgeries["tags of another key"] = protocol.seal_frame(b"FORGED\n", 7, OTHER_KEYS, bytes(16))
    for name, forged in forgeries.items():
        with subject.conversation() as talk:
            show(talk, "before\n")
            talk.send_if_open(forged + protocol.seal("AFTER\n", KEYS))
            wait_for_refusal(talk)
            for word in ("FORGED", "AFTER"):
                if word in talk.program.stdout:
                    raise Failure(f"  a forged frame ({name})\n{talk.program.said()}")


@_add(
    "says-so",
    "A forged frame ends the chat with the words for it",
    1,
    _rule("4.1"),
    "Print the words, close the connection, end with exit status 1",
    ["rejects"],
)
def says_so(subject: ProgramUnderTest) -> None:
    words = "ERROR: HMAC verification failed"
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(protocol.seal("forged\n", OTHER_KEYS))
        expect(wait_for_refusal(talk), 1, "the exit status after a forged frame")
        if words not in talk.program.everything:
            raise Failure(f"  expected  {words}\n{talk.program.said()}")


@_add(
    "bad-length",
    "A length smaller than the chunk is refused",
    1,
    _rule("4.3"),
    "Decrypt the length, read it as a number and compare",
    ["shows"],
)
def bad_length(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(protocol.seal_frame(b"NONSENSE\n", 3, KEYS, bytes(16)))
        status = wait_for_refusal(talk)
        if "NONSENSE" in talk.program.stdout or not status:
            raise Failure(f"  a chunk longer than its length was taken\n{talk.program.said()}")


@_add(
    "truncated",
    "An end inside a frame is an error",
    1,
    _rule("5"),
    "Bytes are left over when the connection ends: say so, and do not end with 0",
    ["shows"],
)
def truncated(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, "before\n")
        talk.send(protocol.seal("never whole\n", KEYS)[:50])
        talk.end()
        if not wait_for_refusal(talk):
            raise Failure(f"  an end inside a frame was taken for an end\n{talk.program.said()}")


@_add(
    "ends",
    "A chat that both sides end loses nothing",
    2,
    ENDING,
    "At the end of your input close your sending direction only, and read on",
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
    "Remove the print that helped you; keep keys out of error messages",
    ["rejects", "ends"],
)
def no_secrets(subject: ProgramUnderTest) -> None:
    secrets = {"confkey": CONFKEY, "authkey": AUTHKEY}
    for name, secret in list(secrets.items()):
        secrets[f"the hash of {name}"] = hashlib.sha256(secret.encode()).hexdigest()
    expect_secret_kept(subject, secrets)
