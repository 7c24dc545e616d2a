"""Checks of a legacy program, as server or client: what it shows and what it sends."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from legacy import protocol
from tests.coursework import expected
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure, Unseen
from tests.coursework.programs import (
    HOST,
    Conversation,
    ProgramUnderTest,
    expect_secret_kept,
    expect_status,
)
from tests.coursework.rules import quotes_of, rules_of

CATALOGUE = Catalogue("legacy", first="connects")
_add = CATALOGUE.add
_rule = rules_of("legacy")
_quote = quotes_of("legacy")

CONSOLE = _quote(
    "The console", "Prompts, lines and exit statuses are exactly those of the original"
)
NOON = "12:00:00"
_CLOCK_MINUTES = 5
_PAUSE_SECONDS = 0.1


def key_of(subject: ProgramUnderTest) -> bytes:
    return expected.legacy_key(subject.passphrase)


def seal(subject: ProgramUnderTest, message: str) -> bytes:
    """Return the bytes that an honest peer sends for a message, at noon."""
    return expected.legacy_sealed(message, NOON, key_of(subject))


def line(message: str, tag: str = "☑", timestamp: str = NOON) -> str:
    """Return the line that shows a message of at most 67 characters."""
    return expected.line(message, tag, timestamp)


def shown_lines(talk: Conversation) -> list[str]:
    """Return the complete lines of the chat that are shown so far: no prompts, no status lines."""
    complete = talk.program.stdout.split("\n")[:-1]
    return [text for text in complete if "[+]" not in text]


def show(talk: Conversation, data: bytes) -> str:
    """Send bytes and return the line that the program shows for them."""
    before = len(shown_lines(talk))
    talk.send(data)
    talk.program.wait_until(lambda: len(shown_lines(talk)) > before, "a line for what was sent")
    return shown_lines(talk)[before]


# How a line looks is judged in the check `shows` alone ------------------------------------------

_Read = Callable[[str], str]
"""Takes a line that a program shows, or that it should show; returns what is compared."""


def reader_of(subject: ProgramUnderTest) -> _Read:
    """Return how to read this program's lines. Raises Unseen if nobody can."""
    if "shows" not in subject.failed:
        return str
    if "reader" not in subject.notes:
        subject.notes["reader"] = _learn_to_read(subject)
    read: _Read = subject.notes["reader"]
    return read


def _learn_to_read(subject: ProgramUnderTest) -> _Read:
    """Let the program show something: only what is around its lines may be wrong."""
    message = subject.draw.words()
    try:
        with subject.conversation() as talk:
            shown = show(talk, seal(subject, message))
    except Failure:
        raise Unseen("shows") from None
    for read in (str, _squeezed):
        before, found, after = read(shown).partition(read(line(message)))
        if found:
            return _without(read, before, after)
    raise Unseen("shows")


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _without(read: _Read, before: str, after: str) -> _Read:
    return lambda text: read(text).removeprefix(before).removesuffix(after)


def expect_line(subject: ProgramUnderTest, actual: str, wanted: str, what: str) -> None:
    read = reader_of(subject)
    expect(read(actual), read(wanted), what)


def take(subject: ProgramUnderTest, talk: Conversation) -> tuple[bytes, dict[str, str]]:
    """Receive one message; return its bytes and the fields of its envelope."""
    received = b""
    while True:
        data = talk.receive(4096)
        received += data
        text = protocol.process_bytes(received, key_of(subject))
        try:
            envelope = protocol.parse_envelope(text)
        except protocol.UnrecognisedData:
            if data and len(received) < 4096:
                continue  # the rest may still come
            if "sends" in subject.failed:
                raise Unseen("sends") from None
            raise Failure(f"  expected  one envelope\n  actual    {text[:200]!r}") from None
        return received, envelope._asdict()


@_add(
    "connects",
    "The program starts and gets its connection",
    1,
    CONSOLE,
    "A server listens on 0.0.0.0; a client asks for the address and the port",
)
def connects(subject: ProgramUnderTest) -> None:
    with subject.conversation():
        pass


@_add(
    "console",
    "Its prompts and status lines are those of the original",
    3,
    CONSOLE,
    "Some lines end with a space. Flush after a prompt, as it has no newline",
)
def console(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        wanted = _server_lines(talk) if subject.role == "server" else _client_lines(subject)
        last = "[+] Listening On Thread 1\n"
        talk.program.wait_until(lambda: last in talk.program.stdout, last.strip())
        shown = talk.program.stdout
        for number, (left, right) in enumerate(_pairs(wanted + last, shown), 1):
            expect(right, left, f"line {number} of standard output")


def _pairs(wanted: str, shown: str) -> list[tuple[str, str]]:
    """Return pairs of a wanted and a shown line; the last one has all the rest that was shown."""
    lines = wanted.split("\n")
    actual = shown.split("\n", len(lines) - 1)
    return list(itertools.zip_longest(lines, actual, fillvalue=""))


def _server_lines(talk: Conversation) -> str:
    port, ours = talk.connection.getpeername()[1], talk.connection.getsockname()[1]
    return (
        "[+] Server Running \n[+] Allowing All Incoming Connections \n"
        f"[+] PORT {port}\n[+] Waiting For Connection...\n"
        f"[+] Connected by  ('{HOST}', {ours})\n[+] AES Pre-Shared-Key for the Connection : "
    )


def _client_lines(subject: ProgramUnderTest) -> str:
    prompts = "[+] Enter Destination IP   : [+] Enter Destination Port : "
    asked = prompts if subject.asks_for_address else ""
    return f"[+] Client Running \n{asked}[+] AES Pre-Shared-Key For Connection :"


@_add(
    "shows",
    "A received message is shown",
    3,
    _rule("6.1"),
    "Decrypt, remove the padding, parse, print the line, and flush",
)
def shows(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for message in ("hello from the grader", "", subject.draw.words()):
            actual = show(talk, seal(subject, message))
            expect(actual, line(message), f"the line shown for {message!r}")


@_add(
    "sends",
    "A typed line is sent as a message",
    3,
    _rule("2"),
    "Read standard input line by line; the newline is not part of the message",
)
def sends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for message in ("typed at the console", subject.draw.words()):
            talk.program.type(f"{message}\n")
            _, envelope = take(subject, talk)
            expect(envelope["message"], message, "the message on the wire")
            expect(envelope["hash"], expected.hash_of(message), "the hash on the wire")


@_add(
    "wire",
    "The bytes that are sent are those of the original",
    2,
    _rule("4"),
    "Compare your envelope character by character: order of keys, separators, padding",
)
def wire(subject: ProgramUnderTest) -> None:
    """Compare everything except the values of timestamp and hash: these have other checks."""
    with subject.conversation() as talk:
        for message in (subject.draw.words(), "naïve ☃", 'say "hi"'):
            talk.program.type(f"{message}\n")
            received, envelope = take(subject, talk)
            fields = {"timestamp": envelope["timestamp"], "message": message}
            text = json.dumps(fields | {"hash": envelope["hash"]}).encode()
            wanted = expected.ecb(text + b"~" * (-len(text) % 16), key_of(subject))
            expect(received, wanted, f"the bytes on the wire for {message!r}")


@_add("clock", "The timestamp is the local time", 1, _rule("2.1"), "HH:MM:SS, no date")
def clock(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("what time is it\n")
        stamp = take(subject, talk)[1]["timestamp"]
        try:
            said = datetime.strptime(stamp, "%H:%M:%S")
        except ValueError:
            raise Failure(f"  expected  HH:MM:SS\n  actual    {stamp!r}") from None
        now = datetime.strptime(time.strftime("%H:%M:%S"), "%H:%M:%S")
        minutes = abs((now - said).total_seconds()) / 60
        if min(minutes, 24 * 60 - minutes) > _CLOCK_MINUTES:
            raise Failure(f"  expected  about {now:%H:%M:%S}, local time\n  actual    {stamp}")


@_add(
    "tilde",
    "A ~ in a message vanishes, and the tag becomes ☒",
    1,
    _rule("5.1"),
    "The original removes every ~, even in the message",
)
def tilde(subject: ProgramUnderTest) -> None:
    message = f"hi ~{subject.draw.letters(5)}~ there"
    reader_of(subject)
    with subject.conversation() as talk:
        actual = show(talk, seal(subject, message))
        wanted = line(message.replace("~", ""), "☒")
        expect_line(subject, actual, wanted, f"the line shown for {message!r}")


@_add(
    "unicode",
    "Every character is shown",
    1,
    _rule("2"),
    "Your console output must be UTF-8",
)
def unicode_text(subject: ProgramUnderTest) -> None:
    reader_of(subject)
    with subject.conversation() as talk:
        for message in ("naïve ☃ café", 'a "quote" and a \\', subject.draw.foreign()):
            actual = show(talk, seal(subject, message))
            expect_line(subject, actual, line(message), f"the line shown for {message!r}")


@_add(
    "empty-line",
    "An empty line is a message, too",
    1,
    _quote("The legacy chat", "Each line typed is a message; `quit()` or Ctrl-D ends the chat."),
    "Only quit() and the end of the input end the chat",
)
def empty_line(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("\n")
        expect(take(subject, talk)[1]["message"], "", "the message on the wire")


@_add(
    "longest-line",
    "67 characters are shown, 68 are not",
    1,
    _rule("6.1"),
    "If there is no space left before the tag, print nothing",
)
def longest_line(subject: ProgramUnderTest) -> None:
    """Send the marker again if one `recv` took both messages."""
    read, longest = reader_of(subject), subject.draw.letters(67)
    marker = seal(subject, "marker")
    with subject.conversation() as talk:
        actual = show(talk, seal(subject, longest))
        expect_line(subject, actual, line(longest), "the line shown for 67 characters")
        before = len(shown_lines(talk))
        talk.send(seal(subject, "y" * 68))
        time.sleep(_PAUSE_SECONDS)
        while read(show(talk, marker)) == read(protocol.UNRECOGNISED):
            pass
        lines = map(read, shown_lines(talk)[before:])
        shown = [text for text in lines if text != read(protocol.UNRECOGNISED)]
        wanted = read(line("marker"))
        expect("\n".join(shown), wanted, "what is shown for 68 characters and a marker")


@_add(
    "noise",
    "Noise is shown as `Unrecognised Data…`, and the chat goes on",
    2,
    _rule("6.2"),
    "Catch every error that parsing may raise. The line ends with a space",
)
def noise(subject: ProgramUnderTest) -> None:
    no_envelope = expected.ecb(json.dumps([1, 2]).encode().ljust(16, b"~"), key_of(subject))
    reader_of(subject)
    with subject.conversation() as talk:
        for data in (subject.draw.octets(48), b"short", no_envelope):
            what = f"the line shown for {data[:16].hex(' ')} …"
            expect_line(subject, show(talk, data), protocol.UNRECOGNISED, what)
        actual = show(talk, seal(subject, "still here"))
        expect_line(subject, actual, line("still here"), "the line shown for the next message")


@_add(
    "joined",
    "Two messages in one recv are lost",
    1,
    _rule("5"),
    "This quirk is part of the original: what one recv returns is one message",
    ["noise"],
)
def joined(subject: ProgramUnderTest) -> None:
    both = seal(subject, subject.draw.words()) + seal(subject, "two")
    with subject.conversation() as talk:
        what = "the line shown for two messages at once"
        expect_line(subject, show(talk, both), protocol.UNRECOGNISED, what)


@_add(
    "quit",
    "quit() ends the chat",
    2,
    _quote("The console", "`quit()` closes and exits with 0"),
    "Close the socket, then end with exit status 0",
)
def quit_ends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("last words\nquit()\n")
        expect(take(subject, talk)[1]["message"], "last words", "the message before quit()")
        talk.wait_for_close()
        expect_status(talk, talk.program.wait_for_end(), 0, "after quit()")


@_add(
    "peer-leaves",
    "When the peer leaves, the program ends by itself",
    2,
    _quote(
        "Quirks",
        'when the peer closes, the listening thread prints "Unrecognised…" for ever',
        "printed once; the program ends by itself within a second, exit status 0",
    ),
    "recv returns no bytes after the peer has closed: leave the loop then",
)
def peer_leaves(subject: ProgramUnderTest) -> None:
    read = reader_of(subject)
    with subject.conversation() as talk:
        show(talk, seal(subject, "bye"))
        talk.end()
        status = talk.program.wait_for_end()
        said, wanted = shown_lines(talk), [line("bye"), protocol.UNRECOGNISED]
        lines, right = ("\n".join(map(read, each)) for each in (said, wanted))
        expect(lines, right, "the lines shown by then")
        expect_status(talk, status, 0, "after the peer left")


@_add(
    "no-secrets",
    "The passphrase is never shown",
    1,
    CONSOLE,
    "Do not show the passphrase while it is typed, and print neither the passphrase nor the key",
)
def no_secrets(subject: ProgramUnderTest) -> None:
    """Look at all that the program has shown so far. If this check runs alone, run it first."""
    if not subject.was_heard:
        with suppress(Failure), subject.conversation() as talk:
            show(talk, subject.draw.octets(48))
            talk.program.type("hello\nquit()\n")
            talk.program.wait_for_end()
    secrets = {"the passphrase": subject.passphrase, "the key, in hex": key_of(subject).hex()}
    expect_secret_kept(subject, secrets)
