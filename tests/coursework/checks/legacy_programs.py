"""Checks of a legacy program, as server or client: what it shows and what it sends."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from datetime import datetime

from legacy import protocol
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure
from tests.coursework.programs import (
    HOST,
    PASSPHRASE,
    Conversation,
    ProgramUnderTest,
    expect_secret_kept,
)
from tests.coursework.rules import quotes_of, rules_of

CATALOGUE = Catalogue("legacy", first="connects")
_add = CATALOGUE.add
_rule = rules_of("legacy")
_quote = quotes_of("legacy")

CONSOLE = _quote(
    "The console", "Prompts, lines and exit statuses are exactly those of the original"
)
KEY = hashlib.sha256(PASSPHRASE.encode()).digest()
NOON = "12:00:00"
_CLOCK_MINUTES = 5
_PAUSE_SECONDS = 0.1


def line(message: str, tag: str = "☑", timestamp: str = NOON) -> str:
    """Return the line that shows a message of at most 67 characters."""
    return f"Received : {message}{' ' * (68 - len(message))}{tag}  {timestamp}"


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


def take(talk: Conversation) -> tuple[bytes, dict[str, str]]:
    """Receive one message; return its bytes and the fields of its envelope."""
    received = b""
    while True:
        data = talk.receive(4096)
        received += data
        text = protocol.process_bytes(received, KEY)
        try:
            envelope = protocol.parse_envelope(text)
        except protocol.UnrecognisedData:
            if data and len(received) < 4096:
                continue  # the rest may still come
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
        for message in ("hello from the grader", "", "and again"):
            actual = show(talk, protocol.seal(message, NOON, KEY))
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
        for message in ("typed at the console", "and one more"):
            talk.program.type(f"{message}\n")
            _, envelope = take(talk)
            expect(envelope["message"], message, "the message on the wire")
            wanted = hashlib.sha256(message.encode()).hexdigest()
            expect(envelope["hash"], wanted, "the hash on the wire")


@_add(
    "wire",
    "The bytes that are sent are those of the original",
    2,
    _rule("4"),
    "Compare your envelope character by character: order of keys, separators, padding",
    ["sends"],
)
def wire(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for message in ("typed", "naïve ☃", 'say "hi"'):
            talk.program.type(f"{message}\n")
            received, envelope = take(talk)
            wanted = protocol.seal(message, envelope["timestamp"], KEY)
            expect(received, wanted, f"the bytes on the wire for {message!r}")


@_add("clock", "The timestamp is the local time", 1, _rule("2.1"), "HH:MM:SS, no date", ["sends"])
def clock(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("what time is it\n")
        stamp = take(talk)[1]["timestamp"]
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
    ["shows"],
)
def tilde(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        actual = show(talk, protocol.seal("hi ~tilde~ there", NOON, KEY))
        expect(actual, line("hi tilde there", "☒"), "the line shown for 'hi ~tilde~ there'")


@_add(
    "unicode",
    "Every character is shown",
    1,
    _rule("2"),
    "Your console output must be UTF-8",
    ["shows"],
)
def unicode_text(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        for message in ("naïve ☃ café", 'a "quote" and a \\'):
            actual = show(talk, protocol.seal(message, NOON, KEY))
            expect(actual, line(message), f"the line shown for {message!r}")


@_add(
    "empty-line",
    "An empty line is a message, too",
    1,
    _quote("The legacy chat", "Each line typed is a message; `quit()` or Ctrl-D ends the chat."),
    "Only quit() and the end of the input end the chat",
    ["sends"],
)
def empty_line(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("\n")
        expect(take(talk)[1]["message"], "", "the message on the wire")


@_add(
    "longest-line",
    "67 characters are shown, 68 are not",
    1,
    _rule("6.1"),
    "If there is no space left before the tag, print nothing",
    ["shows"],
)
def longest_line(subject: ProgramUnderTest) -> None:
    """Send the marker again if one `recv` took both messages."""
    with subject.conversation() as talk:
        actual = show(talk, protocol.seal("x" * 67, NOON, KEY))
        expect(actual, line("x" * 67), "the line shown for 67 characters")
        before = len(shown_lines(talk))
        talk.send(protocol.seal("y" * 68, NOON, KEY))
        time.sleep(_PAUSE_SECONDS)
        while show(talk, protocol.seal("marker", NOON, KEY)) == protocol.UNRECOGNISED:
            pass
        shown = [text for text in shown_lines(talk)[before:] if text != protocol.UNRECOGNISED]
        expect("\n".join(shown), line("marker"), "what is shown for 68 characters and a marker")


@_add(
    "noise",
    "Noise is shown as `Unrecognised Data…`, and the chat goes on",
    2,
    _rule("6.2"),
    "Catch every error that parsing may raise. The line ends with a space",
    ["shows"],
)
def noise(subject: ProgramUnderTest) -> None:
    no_envelope = protocol.encrypt_blocks(protocol.process_text(json.dumps([1, 2])), KEY)
    with subject.conversation() as talk:
        for data in (bytes(48), b"short", no_envelope):
            actual = show(talk, data)
            expect(actual, protocol.UNRECOGNISED, f"the line shown for {data[:16].hex(' ')} …")
        actual = show(talk, protocol.seal("still here", NOON, KEY))
        expect(actual, line("still here"), "the line shown for the next message")


@_add(
    "joined",
    "Two messages in one recv are lost",
    1,
    _rule("5"),
    "This quirk is part of the original: what one recv returns is one message",
    ["noise"],
)
def joined(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        both = protocol.seal("one", NOON, KEY) + protocol.seal("two", NOON, KEY)
        expect(show(talk, both), protocol.UNRECOGNISED, "the line shown for two messages at once")


@_add(
    "quit",
    "quit() ends the chat",
    2,
    _quote("The console", "`quit()` closes and exits with 0"),
    "Close the socket, then end with exit status 0",
    ["sends"],
)
def quit_ends(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        talk.program.type("last words\nquit()\n")
        expect(take(talk)[1]["message"], "last words", "the message before quit()")
        talk.wait_for_close()
        expect(talk.program.wait_for_end(), 0, "the exit status after quit()")


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
    ["shows"],
)
def peer_leaves(subject: ProgramUnderTest) -> None:
    with subject.conversation() as talk:
        show(talk, protocol.seal("bye", NOON, KEY))
        talk.end()
        expect(talk.program.wait_for_end(), 0, "the exit status after the peer left")
        said = "\n".join(shown_lines(talk))
        expect(said, f"{line('bye')}\n{protocol.UNRECOGNISED}", "the lines shown by then")


@_add(
    "no-secrets",
    "The passphrase is never shown",
    1,
    CONSOLE,
    "Do not show the passphrase while it is typed, and print neither the passphrase nor the key",
    ["noise", "quit"],
)
def no_secrets(subject: ProgramUnderTest) -> None:
    expect_secret_kept(subject, {"the passphrase": PASSPHRASE, "the key, in hex": KEY.hex()})
