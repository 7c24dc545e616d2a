"""What can be said about recorded bytes: typed statements, each with its offsets and a sentence.

Whoever makes a statement has computed it again from the bytes and the secrets. What is only likely
is never said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

_BEGINNING, _END = 24, 16
"""Characters of a long plain text that a sentence quotes."""


@dataclass(frozen=True)
class Span:
    """Bytes from `start` up to `end`, which is not one of them."""

    start: int
    end: int
    of: str = ""
    """Of what, unless it is the capture itself."""

    def __str__(self) -> str:
        """Say it."""
        last = self.end - 1
        offsets = f"byte {last}" if last == self.start else f"bytes {self.start}–{last}"
        return f"{offsets} of {self.of}" if self.of else offsets


def quote(text: bytes) -> str:
    """Return a plain text in quotes, a long one without its middle."""
    shown = text.decode(errors="backslashreplace")
    if len(shown) > _BEGINNING + _END + 1:
        shown = f"{shown[:_BEGINNING]}…{shown[-_END:]}"
    return repr(shown)


class Statement(Protocol):
    """One thing that is proven."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The bytes that it explains."""

    @property
    def sentence(self) -> str:
        """Say it to a person."""


@dataclass(frozen=True)
class DialectFound:
    """The bytes are whole frames of a dialect."""

    span: Span
    name: str
    """Empty if it is none of ours, but mixes their rules."""
    text: str
    """What was typed, as the frames have it."""
    shown: tuple[str, ...]
    """The rules that these bytes prove."""
    open: tuple[str, ...]
    """The rules that shorter or fewer lines than these do not show."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
        shown = "".join(f"\n    {rule}" for rule in self.shown)
        rest = "".join(f"\n    {rule}" for rule in self.open)
        last = f"\n  Also among its rules, but not shown by these bytes:{rest}" if rest else ""
        known = f"of the dialect `{self.name}`"
        if not self.name:
            known = "that are in none of our dialects, but have rules of several"
        return (
            f"{_capital(self.span)} are frames {known}, and say "
            f"{quote(self.text.encode())}. Proven:{shown}{last}"
        )


@dataclass(frozen=True)
class Coated:
    """Bytes that are hexadecimal digits or base64."""

    span: Span
    coating: str
    inside: str
    """The name of what they say, as later spans have it."""
    size: int
    """How many bytes they say."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return ()  # explained by what is inside

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{_capital(self.span)} are {self.coating}; offsets below count {self.inside}."


@dataclass(frozen=True)
class Tag:
    """A tag or hash, found again by computing it."""

    span: Span
    rule: str
    """Which hash, under which key."""
    data: str
    """Over which bytes."""
    how: str = ""
    """Cut or in hexadecimal digits; empty if it stands there as it is."""
    encrypted: bool = False

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
        how = f", {self.how}" if self.how else ""
        where = "decrypt to" if self.encrypted else "are"
        return f"{_capital(self.span)} {where} a tag: {self.rule}, over {self.data}{how}."


@dataclass(frozen=True)
class Encryption:
    """Bytes that decrypt to something that cannot be chance."""

    span: Span
    mode: str
    key: str
    iv: str
    plaintext: bytes = field(repr=False)
    """With its padding."""
    text: bytes
    padding: str
    """How it is filled up; empty if that cannot be said."""
    typed: bool | None
    """Whether the typed line is in it; None if none was given."""
    iv_span: Span | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return (self.span, self.iv_span) if self.iv_span else (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
        padding = f", then {self.padding}" if self.padding else ""
        typed = {True: " The typed line is in it.", False: "", None: ""}[self.typed]
        iv = f", {self.iv}" if self.iv else ""
        return (
            f"{_capital(self.span)} are encrypted: {self.mode} under {self.key}{iv}. "
            f"The plain text is {quote(self.text)}{padding}.{typed}"
        )


@dataclass(frozen=True)
class InTheClear:
    """The typed line itself."""

    span: Span
    what: str

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
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
        """Return the bytes that it explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"{_capital(self.span)} are a length in the clear: {self.number}, {self.form}; "
            f"{self.counts} has this many bytes."
        )


@dataclass(frozen=True)
class EqualBlocks:
    """Blocks of 16 bytes that occur more than once."""

    offsets: tuple[int, ...]
    of: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return ()

    @property
    def sentence(self) -> str:
        """Say it."""
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
    """Whether the hash in the envelope is that of the message."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return (self.span,)

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"{_capital(self.span)} are a message of the legacy chat: blocks encrypted one by one "
            f"(ECB) under SHA-256 of the passphrase. It says {quote(self.message.encode())}, "
            f"with the time {self.timestamp}; its hash {'fits' if self.fits else 'does not fit'}."
        )


@dataclass(frozen=True)
class NothingEncrypted:
    """All bytes are explained, and none of them is encrypted."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the bytes that it explains."""
        return ()

    @property
    def sentence(self) -> str:
        """Say it."""
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
        """Say it."""
        lines = [f"{self.size} bytes."]
        lines += [statement.sentence for statement in self.statements]
        lines += list(self._describe_rest())
        return "\n".join(lines)

    def _describe_rest(self) -> Iterator[str]:
        if self.size and not self.statements:
            yield "Nothing could be proven: other keys, or a wire that this search does not know."
        elif self.unexplained:
            yield f"Not explained: {', '.join(map(str, self.unexplained))}."
        if self.not_searched:
            yield f"Not searched: the last {self.not_searched} bytes. Give one message, or a few."


def _capital(span: Span) -> str:
    text = str(span)
    return text[0].upper() + text[1:]


def uncovered(size: int, spans: Iterable[Span], of: str = "") -> list[Span]:
    """Return what of the first `size` bytes no span covers."""
    gaps, position = [], 0
    for span in sorted((span for span in spans if span.of == of), key=lambda each: each.start):
        if span.start > position:
            gaps.append(Span(position, span.start, of))
        position = max(position, span.end)
    if position < size:
        gaps.append(Span(position, size, of))
    return gaps
