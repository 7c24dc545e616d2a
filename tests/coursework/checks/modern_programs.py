"""Checks of a modern program, as server or client: what it sends and shows, and how it ends."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from modern.protocol import split_chunks
from tests.coursework import expected
from tests.coursework.checks.modern_frames import flip, other_keys, split_frames
from tests.coursework.checks.modern_wire import ACCENTS, LINES, explained, receive_until_silent
from tests.coursework.compare import expect
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Catalogue, Failure, Unseen
from tests.coursework.modern_parts import FIELDS, HEADER
from tests.coursework.programs import (
    Conversation,
    ProgramUnderTest,
    expect_secret_kept,
    expect_status,
)
from tests.coursework.rules import quotes_of, rules_of

CATALOGUE = Catalogue("modern", first="connects")
_add = CATALOGUE.add
_rule = rules_of("modern")
_quote = quotes_of("modern")

COMMANDS = _quote(
    "The command line",
    "`--server`, `--s` | wait for one peer, chat with it, and end",
    "`--client HOST`, `--c HOST` | connect",
)
ENDING = _quote(
    "How a chat ends",
    "we close our direction; the other direction goes on until the peer closes it",
)


@contextmanager
def seen(subject: ProgramUnderTest, *others: str) -> Iterator[None]:
    """Do what a check does before it looks at its own matter.

    If that fails, and one of the other checks has failed as well, that one reports it.
    """
    try:
        yield
    except Failure:
        for other in others:
            if other in subject.failed:
                raise Unseen(other) from None
        raise


def seal(subject: ProgramUnderTest, text: str) -> list[bytes]:
    """Return honest frames of a text, each by itself."""
    return split_frames(HonestPeer(subject.keys).seal(text))


def show(subject: ProgramUnderTest, talk: Conversation, text: str) -> None:
    """Send text in honest frames, one after the other, until the program has shown each."""
    with seen(subject, "shows"):
        sent = ""
        for frame, chunk in zip(seal(subject, text), split_chunks(text), strict=True):
            talk.send(frame)
            sent += chunk.decode()
            wait_until_shown(talk, sent)


def wait_until_shown(talk: Conversation, text: str) -> None:
    """Wait until the chunks of a text are shown in their order.

    What a program shows before or after a chunk is judged in the check `shows` alone.
    """
    talk.program.wait_until(lambda: _is_shown(talk.program.stdout, text), f"{text[:60]!r} shown")


def _is_shown(shown: str, text: str) -> bool:
    position = 0
    for chunk in map(bytes.decode, split_chunks(text)):
        found = shown.find(chunk, position)
        if found < 0:
            return False
        position = found + len(chunk)
    return True


def take_line(subject: ProgramUnderTest, talk: Conversation) -> tuple[list[bytes], str]:
    """Receive frames until a line is complete; return the frames and the line."""
    peer, received, text = HonestPeer(subject.keys), b"", ""
    while not text.endswith("\n"):
        data = talk.receive(65536)
        if not data:
            raise Failure(f"  it closed the connection after {text!r}\n{talk.program.said()}")
        received += data
        text += peer.open(data)
    return split_frames(received), text


def typed_frames(subject: ProgramUnderTest, talk: Conversation, line: str) -> list[bytes]:
    """Type a line and return its frames, whatever is wrong with the text in them.

    Raises Unseen if nothing that comes is a frame.
    """
    talk.program.type(line)
    came = split_frames(receive_until_silent(talk))
    tag = FIELDS["length-tag"]
    frames = [each for each in came if each[tag] == expected.hmac_of(each[HEADER], subject.keys)]
    if not frames:
        if "sends" in subject.failed:
            raise Unseen("sends")
        raise Failure(f"  expected  the frames of a line\n{talk.program.said()}")
    return frames


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
    texts = ("hello\n", f"a second line, of more than one frame: {subject.draw.words()}\n")
    with subject.conversation() as talk:
        for text in texts:
            show(subject, talk, text)
        shown, wanted = talk.program.stdout, "".join(texts)
        if wanted not in shown:
            expect(shown, wanted, "standard output")


@_add(
    "sends",
    "A typed line is sent as frames",
    2,
    _rule("3"),
    "Read standard input line by line; send each line at once, with its newline",
)
@explained()
def sends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for text in ("hi\n", f"{subject.draw.words()}\n", "\n"):
            talk.program.type(text)
            expect(take_line(subject, talk)[1], text, "the text in the frames on the wire")


@_add(
    "length",
    "Each frame declares the length of its own chunk",
    1,
    _rule("3.2"),
    "Declare len(chunk): the bytes of this chunk, and not those of the line, or a fixed number",
)
@explained()
def length(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        frames = typed_frames(subject, talk, f"{subject.draw.foreign(6)}\n")
    for number, frame in enumerate(frames):
        declared, chunk = _plain(frame, subject)
        if declared != b"%d" % len(chunk):
            told = f"expected  {len(chunk)}: the frame has the chunk {chunk!r}"
            said = declared.decode("ascii", "backslashreplace")
            raise Failure(f"  the length in frame {number}\n\n  {told}\n  actual    {said}")


def _plain(frame: bytes, subject: ProgramUnderTest) -> tuple[bytes, bytes]:
    """Return the length and the chunk in a frame. Raises Unseen if they cannot be read."""
    cipher = AES.new(subject.keys.confidentiality, AES.MODE_CBC, iv=frame[FIELDS["iv"]])
    try:
        declared, chunk = (
            unpad(cipher.decrypt(frame[FIELDS[name]]), 16) for name in ("length", "chunk")
        )
    except ValueError:
        raise Unseen("sends") from None
    return declared, chunk


@_add(
    "unicode",
    "No chunk ends inside a character",
    2,
    _rule("2"),
    "If a character does not fit into the chunk, cut before it",
    ["sends"],
)
@explained(*LINES, *ACCENTS)
def unicode_text(subject: ProgramUnderTest) -> None:
    for text in ("key 🔑🔑🔑🔑 and naïve ☃ café\n", f"{subject.draw.foreign(9)}\n"):
        with subject.conversation() as talk:
            talk.program.type(text)
            take_line(subject, talk)  # an honest peer decodes each chunk by itself
            show(subject, talk, text)


@_add(
    "long",
    "A long line arrives whole",
    1,
    _rule("3"),
    "Send all frames of a line; when you receive, do not stop after the first frame",
    ["sends"],
)
@explained()
def long_line(subject: ProgramUnderTest) -> None:
    text = _long(subject)
    with subject.conversation() as talk:
        talk.program.type(text)
        expect(take_line(subject, talk)[1], text, "the text in the frames on the wire")
        show(subject, talk, text)


def _long(subject: ProgramUnderTest) -> str:
    return "; ".join(f"line {number}: {subject.draw.words()}" for number in range(20)) + "\n"


@_add(
    "fresh-iv",
    "Every frame has its own random IV",
    2,
    _rule("3.1"),
    "For each frame, take 16 new bytes from the system's random generator",
)
def fresh_iv(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        ivs = [frame[FIELDS["iv"]] for frame in typed_frames(subject, talk, _long(subject))]
    if len(set(ivs)) < len(ivs):
        twice = next(iv for iv in ivs if ivs.count(iv) > 1)
        raise Failure(f"  {len(ivs)} frames\n\n  more than one has the IV {twice.hex(' ')}")
    for position in range(16) if len(ivs) > 1 else ():
        if len({iv[position] for iv in ivs}) == 1:
            told = " and ".join(iv.hex(" ") for iv in ivs[:2])
            raise Failure(f"  {len(ivs)} frames\n\n  byte {position} is equal in all IVs: {told}")


@_add(
    "pieces",
    "A frame that arrives in pieces is read",
    2,
    _rule("5"),
    "recv returns what has arrived so far: collect until you have 112 bytes",
)
def pieces(subject: ProgramUnderTest) -> None:
    """Pause between the pieces, so that they arrive one by one. Longer pauses change nothing."""
    text = f"cut {subject.draw.letters(15)}\n"
    stream = b"".join(seal(subject, text))
    with subject.conversation() as talk:
        show(subject, talk, "before\n")
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
)
def joined(subject: ProgramUnderTest) -> None:
    text = "".join(f"{subject.draw.words()}\n" for _ in range(3))
    with subject.conversation() as talk:
        show(subject, talk, "before\n")
        talk.send(b"".join(seal(subject, text)))
        wait_until_shown(talk, text)


@_add(
    "rejects",
    "A forged frame is not shown, and neither is anything after it",
    4,
    _rule("4.1"),
    "Check both tags before you decrypt; if one is wrong, show nothing and close the connection",
)
def rejects(subject: ProgramUnderTest) -> None:
    secret, after = (subject.draw.letters(9) for _ in range(2))
    sound = seal(subject, f"{secret}\n")[0]
    # The last bit of each field: a program that compares only the start of a tag misses it.
    forgeries = {
        f"in which the last bit of {_IN_WORDS[name]} was flipped": flip(sound, field.stop * 8 - 1)
        for name, field in FIELDS.items()
    }
    other = HonestPeer(other_keys(subject.keys))
    forgeries["with the tags of another authentication key"] = other.seal(f"{secret}\n")
    for what, forged in forgeries.items():
        with subject.conversation() as talk:
            show(subject, talk, "before\n")
            talk.send_if_open(forged + b"".join(seal(subject, f"{after}\n")))
            with _named(f"a frame {what}", _STAYS.format(what)):
                wait_for_refusal(talk)
            if secret in talk.program.stdout or after in talk.program.stdout:
                hint = f"Your program shows text after a frame {what}: that frame must be refused"
                raise Failure(f"  a frame {what}\n{talk.program.said()}", hint)


_IN_WORDS = {
    "iv": "the IV",
    "length": "E(length)",
    "length-tag": "the first tag",
    "chunk": "E(chunk)",
    "chunk-tag": "the second tag",
}
_STAYS = "After a frame {}, your program must close the connection and end; it stays"


@contextmanager
def _named(what: str, hint: str) -> Iterator[None]:
    """Say in a failure what was sent."""
    try:
        yield
    except Failure as failure:
        raise Failure(f"  {what}\n\n{failure}", hint) from None


@_add(
    "says-so",
    "After a forged frame, the chat ends with the right error message",
    1,
    _rule("4.1"),
    "Print `ERROR: HMAC verification failed`, close the connection, exit with status 1",
)
def says_so(subject: ProgramUnderTest) -> None:
    words = "ERROR: HMAC verification failed"
    with subject.conversation() as talk:
        show(subject, talk, "before\n")
        talk.send(HonestPeer(other_keys(subject.keys)).seal("forged\n"))
        with seen(subject, "rejects"):
            status = wait_for_refusal(talk)
        if words not in talk.program.everything:
            raise Failure(f"  expected  {words}\n{talk.program.said()}")
        expect_status(talk, status, 1, "after a forged frame")


@_add(
    "bad-length",
    "A length smaller than the chunk is refused",
    1,
    _rule("4.3"),
    "Decrypt the length, read it as a number, compare it with the chunk's number of characters",
)
def bad_length(subject: ProgramUnderTest) -> None:
    chunk = subject.draw.letters(9)
    frame = expected.modern_frame(chunk.encode(), 3, subject.keys, subject.draw.iv())
    with subject.conversation() as talk:
        show(subject, talk, "before\n")
        talk.send(frame)
        with _named(f"a frame with the length 3 and the chunk {chunk!r}", ""):
            status = wait_for_refusal(talk)
        if chunk in talk.program.stdout or not status:
            raise Failure(
                f"  it accepted a chunk that is longer than its length\n{talk.program.said()}"
            )


@_add(
    "truncated",
    "An end inside a frame is an error",
    1,
    _rule("5"),
    "If bytes are left when the connection ends, say so and do not exit with status 0",
)
def truncated(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(subject, talk, "before\n")
        talk.send(seal(subject, "never whole\n")[0][: subject.draw.number(20, 100)])
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
)
def ends(subject: ProgramUnderTest) -> None:
    words = f"{subject.draw.words()}\n"
    with subject.conversation() as talk:
        talk.program.type(words)
        talk.program.end_input()
        if "sends" in subject.failed:
            receive_until_silent(talk)
            talk.connection.settimeout(subject.time_limit)
        else:
            expect(take_line(subject, talk)[1], words, "the last line on the wire")
        show(subject, talk, "and mine\n")
        talk.end()
        talk.wait_for_close()
        expect_status(talk, talk.program.wait_for_end(), 0, "after both sides ended their input")


@_add(
    "no-secrets",
    "No key is ever shown",
    1,
    _rule("1.1"),
    "Remove what you printed while debugging, and keep keys out of error messages",
)
def no_secrets(subject: ProgramUnderTest) -> None:
    """Look at all that the program has shown so far. If this check runs alone, run it first."""
    if not subject.was_heard:
        with suppress(Failure, Unseen), subject.conversation() as talk:
            talk.program.type("hello\n")
            show(subject, talk, "hello\n")
            talk.send(HonestPeer(other_keys(subject.keys)).seal("forged\n"))
            wait_for_refusal(talk)
    secrets = {"confkey": subject.confkey, "authkey": subject.authkey}
    for name, secret in list(secrets.items()):
        secrets[f"the hash of {name}"] = hashlib.sha256(secret.encode()).hexdigest()
    expect_secret_kept(subject, secrets)
