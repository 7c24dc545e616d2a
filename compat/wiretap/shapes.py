"""The frames of a dialect as somebody without keys sees them: which fields, of which sizes.

The name of a dialect tells all of this except one thing: how long an encrypted text is. In the
dialects that send chunks, every frame has the same size. `size-in-the-clear` writes the size before
each frame. In all others, only the encrypted length tells the size. There a segment of TCP counts
as one frame if its size allows nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from modern.axes import CHUNKS_OF_15, MAX_LENGTH
from modern.dialects import INDEPENDENT, Dialect
from modern.protocol import BLOCK_SIZE, TAG_SIZE


class WireField(NamedTuple):
    """A piece of a segment that is shown as one: a block, or a field of a frame."""

    name: str
    """Empty for a block."""
    data: bytes


@dataclass(frozen=True)
class FrameShape:
    """What every frame of a dialect has, whatever its text."""

    prefix: int
    """Bytes before the IV."""
    fields: tuple[tuple[str, int], ...]
    """Names and bytes of what stands before the encrypted text."""
    text: str
    """What the encrypted text is called; the second tag follows it."""
    least: int
    """Bytes of the shortest frame."""
    has_one_size: bool
    """Whether every frame is of that size."""

    @classmethod
    def of(cls, dialect: Dialect) -> FrameShape:
        """Return the shape of the frames of a dialect."""
        before = (
            ("size", dialect.prefix.size),
            ("IV", BLOCK_SIZE),
            ("E(length)", dialect.length.form.size),
            ("tag", TAG_SIZE),
            ("second IV", BLOCK_SIZE if dialect.body_iv.own else 0),
        )
        has_chunks = dialect.cut is CHUNKS_OF_15
        shortest = dialect.padding.pad(b"\n" if dialect.newline.sent else b"")
        return cls(
            dialect.prefix.size,
            tuple(field for field in before if field[1]),
            "E(chunk)" if has_chunks else "E(line)",
            sum(size for _, size in before) + len(shortest) + TAG_SIZE,
            has_chunks,
        )

    @property
    def body_start(self) -> int:
        """The offset of the body: of the encrypted text, or of the second IV before it."""
        sizes = [size for name, size in self.fields if name != "second IV"]
        return sum(sizes)

    def can_have(self, size: int) -> bool:
        """Whether there are frames of that many bytes."""
        if self.has_one_size:
            return size == self.least
        most = self.least + MAX_LENGTH
        return self.least <= size <= most and (size - self.least) % BLOCK_SIZE == 0

    def read_size(self, prefix: bytes) -> int | None:
        """Return the size of the frame that begins with `prefix`; None if no frame can."""
        size = self.prefix + int.from_bytes(prefix, "big")
        return size if len(prefix) == self.prefix and self.can_have(size) else None

    def rewrite_size(self, frame: bytes) -> bytes:
        """Correct the size that a frame says in the clear, if its dialect has such a size."""
        if not self.prefix:
            return frame
        return (len(frame) - self.prefix).to_bytes(self.prefix, "big") + frame[self.prefix :]

    # How bytes are laid out ------------------------------------------------------------------

    def cut_frames(self, data: bytes, offset: int = 0, _: int = 0) -> list[list[WireField]]:
        """Cut bytes into the fields of each frame. The bytes begin at byte `offset` of a frame."""
        frames = []
        start = -offset
        while start < len(data):
            size = self.least if self.has_one_size else self._measure(data, start)
            frames.append(self._lay_out(data, start, size))
            start = len(data) if size is None else start + size
        return frames

    def cut_segment(self, data: bytes, _offset: int = 0, _number: int = 0) -> list[list[WireField]]:
        """Lay out a segment: all fields of one frame; else the first fields, or plain bytes."""
        if not self.can_have(len(data)):
            return [[WireField("bytes", data)]]
        return [self._lay_out(data, 0, len(data) if self.is_one_frame(data) else None)]

    def is_one_frame(self, segment: bytes) -> bool:
        """Whether a segment of whole frames is so short that it can only be one frame."""
        return self.can_have(len(segment)) and len(segment) < 2 * self.least

    def explain_segment(self, segment: bytes) -> str:
        """Return why a segment is not certainly one frame; an empty text if it is one."""
        if self.is_one_frame(segment):
            return ""
        if self.can_have(len(segment)):
            return f"{len(segment)} bytes can be one frame or several"
        return f"{len(segment)} bytes are no whole frame"

    def _measure(self, data: bytes, start: int) -> int | None:
        """Return the size of the frame at `start`; negative: it began before these bytes."""
        if start >= 0:
            return self.read_size(data[start : start + self.prefix])
        for size in range(self.least, len(data) - start, BLOCK_SIZE):
            begins = start + size
            if begins > 0 and self.read_size(data[begins : begins + self.prefix]):
                return size
        return None

    def _lay_out(self, data: bytes, start: int, size: int | None) -> list[WireField]:
        """Return the fields of one frame, as far as the bytes have them."""
        names, sizes = [name for name, _ in self.fields], [size for _, size in self.fields]
        if size is None:
            names, sizes = [*names, "rest"], [*sizes, len(data) - start]
        else:
            text = size - sum(sizes) - TAG_SIZE
            names, sizes = [*names, self.text, "tag"], [*sizes, text, TAG_SIZE]
        ends = [max(start + end, 0) for end in accumulate(sizes, initial=0)]
        fields = [
            WireField(name, data[begin:end])
            for name, begin, end in zip(names, ends, ends[1:], strict=False)
        ]
        return [field for field in fields if field.data]


PLAIN = FrameShape.of(INDEPENDENT)
"""The frames of protocol.py."""
