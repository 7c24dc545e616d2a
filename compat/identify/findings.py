"""What can be said about recorded bytes: statements, each with its offsets and a sentence.

Each statement was computed again from the bytes and the secrets before it is made. There is no
statement that is only likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

_BEGINNING, _END = 24, 16
"""How many characters of a long plain text a sentence quotes, from its beginning and its end."""


@dataclass(frozen=True)
class Span:
    """Bytes from `start` up to `end`, which is not one of them."""

    start: int
    end: int
    of: str = ""
    """What the bytes are a part of; empty for the capture itself."""

    def __str__(self) -> str:
        """Return the statement in words."""
        last = self.end - 1
        offsets = f"byte {last}" if last == self.start else f"bytes {self.start}–{last}"
        return f"{offsets} of {self.of}" if self.of else offsets


def quote(text: bytes) -> str:
    """Return a plain text in quotes; the middle of a long text is left out."""
    shown = text.decode(errors="backslashreplace")
    if len(shown) > _BEGINNING + _END + 1:
        shown = f"{shown[:_BEGINNING]}…{shown[-_END:]}"
    return repr(shown)


class Statement(Protocol):
    """One thing that is proven."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The bytes that the statement explains."""

    @property
    def sentence(self) -> str:
        """The statement in words."""


@dataclass(frozen=True)
class DialectFound:
    """The bytes are whole frames of a dialect."""

    span: Span
    name: str
    """Empty if the frames are in none of our dialects, but mix their rules."""
    text: str
    """What was typed, as the frames contain it."""
    shown: tuple[str, ...]
    """The rules that these bytes prove."""
    open: tuple[str, ...]
    """The rules that these bytes do not prove; more or longer lines might."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        shown = "".join(f"\n    {rule}" for rule in self.shown)
        rest = "".join(f"\n    {rule}" for rule in self.open)
        known, subject = f"of the dialect `{self.name}`", "The dialect also has"
        if not self.name:
            known = "that are in none of our dialects, but have rules of several"
            subject = "The frames also fit"
        last = (
            f"\n  {subject} these rules, but these bytes do not prove them:{rest}" if rest else ""
        )
        return (
            f"{_capital(self.span)} are frames {known}. Their text is "
            f"{quote(self.text.encode())}. These rules are proven:{shown}{last}"
        )


@dataclass(frozen=True)
class Coated:
    """Bytes that are hexadecimal digits or base64."""

    span: Span
    coating: str
    inside: str
    """The name of the decoded bytes in later spans."""
    size: int
    """How many decoded bytes there are."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return ()  # explained by what is inside

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        return f"{_capital(self.span)} are {self.coating}; the offsets in {self.inside} begin at 0."


@dataclass(frozen=True)
class Tag:
    """A tag or hash, found again by computing it."""

    span: Span
    rule: str
    """Which hash, and which key."""
    data: str
    """Which bytes it covers."""
    how: str = ""
    """A sentence, if the tag is cut or written in hexadecimal digits; otherwise empty."""
    encrypted: bool = False

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        how = f" {self.how}" if self.how else ""
        where = "decrypt to" if self.encrypted else "are"
        return f"{_capital(self.span)} {where} a tag over {self.data}: {self.rule}.{how}"


@dataclass(frozen=True)
class Encryption:
    """Bytes that decrypt to something that cannot be chance."""

    span: Span
    mode: str
    key: str
    iv: str
    plaintext: bytes = field(repr=False)
    """The decrypted bytes with their padding."""
    text: bytes
    padding: str
    """The padding in words; empty if it cannot be proven."""
    typed: bool | None
    """Whether the typed line is in it; None if no line was given."""
    iv_span: Span | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span, self.iv_span) if self.iv_span else (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        padding = f", then {self.padding}" if self.padding else ""
        typed = {True: " The typed line is in it.", False: "", None: ""}[self.typed]
        iv = f", and {self.iv}" if self.iv else ""
        return (
            f"{_capital(self.span)} are encrypted with {self.mode}; the key is {self.key}{iv}. "
            f"The plain text is {quote(self.text)}{padding}.{typed}"
        )


@dataclass(frozen=True)
class InTheClear:
    """The typed line itself."""

    span: Span
    what: str

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        return f"{_capital(self.span)} are {self.what}, in the clear: everybody can read it."


@dataclass(frozen=True)
class LengthInTheClear:
    """A number that is the size of something next to it."""

    span: Span
    form: str
    number: int
    counts: str

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        return (
            f"{_capital(self.span)} are a length in the clear: {self.number}, written as "
            f"{self.form}; {self.counts} has this many bytes."
        )


@dataclass(frozen=True)
class EqualBlocks:
    """Blocks of 16 bytes that occur more than once."""

    offsets: tuple[int, ...]
    of: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return ()

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        places = ", ".join(map(str, self.offsets[:-1])) + f" and {self.offsets[-1]}"
        where = f" of {self.of}" if self.of else ""
        return f"The 16 bytes at {places}{where} are equal."


@dataclass(frozen=True)
class LegacyMessage:
    """An envelope of the legacy chat, which its passphrase opens."""

    span: Span
    message: str
    timestamp: str
    fits: bool
    """Whether the hash in the envelope fits the message."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        return (
            f"{_capital(self.span)} are a message of the legacy chat: blocks encrypted one by one "
            f"(ECB); the key is SHA-256(passphrase). It says {quote(self.message.encode())}, "
            f"with the time {self.timestamp}; its hash {'fits' if self.fits else 'does not fit'}."
        )


@dataclass(frozen=True)
class NothingEncrypted:
    """All bytes are explained, and none of them is encrypted."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that the statement explains."""
        return ()

    @property
    def sentence(self) -> str:
        """Return the statement in words."""
        return "Nothing here is encrypted."


@dataclass(frozen=True)
class Report:
    """All that was proven about a capture, and what was not explained."""

    size: int
    statements: tuple[Statement, ...]
    unexplained: tuple[Span, ...]
    not_searched: int = 0
    """Bytes at the end that were too many to search."""

    def __str__(self) -> str:
        """Return the statement in words."""
        lines = [f"{self.size} bytes."]
        lines += [statement.sentence for statement in self.statements]
        lines += list(self._describe_rest())
        return "\n".join(lines)

    def _describe_rest(self) -> Iterator[str]:
        if self.size and not self.statements:
            yield (
                "Nothing could be proven: the program has other keys, or a protocol that this "
                "search does not know."
            )
        elif self.unexplained:
            yield f"Not explained: {', '.join(map(str, self.unexplained))}."
        if self.not_searched:
            yield f"Not searched: the last {self.not_searched} bytes. Give one message, or a few."


def _capital(span: Span) -> str:
    text = str(span)
    return text[0].upper() + text[1:]


def uncovered(size: int, spans: Iterable[Span], of: str = "") -> list[Span]:
    """Return the parts of the first `size` bytes that no span covers."""
    gaps, position = [], 0
    for span in sorted((span for span in spans if span.of == of), key=lambda each: each.start):
        if span.start > position:
            gaps.append(Span(position, span.start, of))
        position = max(position, span.end)
    if position < size:
        gaps.append(Span(position, size, of))
    return gaps
