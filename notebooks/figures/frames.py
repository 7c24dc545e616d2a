"""Figures of frames: the modern chat's 112 bytes, two of them spliced, and the third's record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modern.protocol import CHUNK, CHUNK_TAG, FRAME_SIZE, HEADER, IV, LENGTH, LENGTH_TAG
from notebooks.figures.drawing import DASHED, SMALL, WIDTH, Drawing, text_width, write_small
from notebooks.figures.page import show, show_living
from notebooks.figures.palette import BLUE, FAINT, GREEN, ORANGE, PLAIN, SKY, Colour
from notebooks.figures.words import and_then, count, printable, quoted


class Part(NamedTuple):
    """A field of a frame: where it stands, what it is, and what protects it."""

    name: str
    place: slice
    colour: Colour
    what: str
    cover: str
    covers: str = ""


PARTS = (
    Part("IV", IV, SKY,
         "16 random bytes, new for each frame. CBC mixes the first block with them before it "
         "encrypts. So the same text never looks the same twice. An IV is no secret.",
         "The first tag covers it."),
    Part("E(length)", LENGTH, ORANGE,
         "How many characters the chunk has, as decimal digits, padded to 16 bytes and encrypted.",
         "The first tag covers it."),
    Part("tag over IV and E(length)", LENGTH_TAG, BLUE,
         "The HMAC-SHA-256 of the 32 bytes before it, with the authentication key. The receiver "
         "computes it again and compares, before it decrypts anything.",
         "Nothing covers a tag: if one bit of it is wrong, it does not fit.", "0,1"),
    Part("E(chunk)", CHUNK, GREEN,
         "Up to 15 bytes of text, padded to 16 bytes and encrypted. CBC goes on: it mixes the text "
         "with E(length) first.",
         "Only the second tag covers it. No tag says that it belongs to the fields before it."),
    Part("tag over E(chunk)", CHUNK_TAG, BLUE,
         "The HMAC-SHA-256 of the 16 bytes before it, with the same key as the first tag.",
         "Nothing covers a tag: if one bit of it is wrong, it does not fit.", "3"),
)  # fmt: skip
"""The five fields of a modern frame, as the figures name them."""

_SCALE = 6.8  # pixels for each byte
_LEFT = 19


def _x(byte: float) -> float:
    return _LEFT + _SCALE * byte


def _middle(place: slice) -> float:
    return _x((place.start + place.stop) / 2)


def _size(place: slice) -> int:
    size: int = place.stop - place.start
    return size


# The living frame -----------------------------------------------------------------------------


def frame(sent: bytes) -> None:
    """Show a frame whose fields can be clicked: what each is, what covers it, and its bytes."""
    drawing = Drawing(150, title=f"A frame of the modern chat: {FRAME_SIZE} bytes")
    _draw_frame(drawing, 40, sent)
    show_living(drawing, _say_frame(sent), "frame.js", _data(sent))


def modern_life(chunks: Sequence[bytes], sent: bytes) -> None:
    """Show a message from text to wire: its chunks, the blocks of the first one, and its frame.

    `sent` is the frame of the first chunk. Its fields can be clicked.
    """
    drawing = Drawing(368)
    drawing.text(_LEFT, 20, "1  the message, cut into chunks of at most 15 bytes", bold=True)
    for number, chunk in enumerate(chunks[:3]):
        colour = PLAIN if number else GREEN
        drawing.cell(_LEFT + 244 * number, 36, 232 * len(chunk) / 15, 34, printable(chunk), colour,
                     mono=True)  # fmt: skip
    drawing.text(_LEFT, 96, "2  of the first chunk: a new IV, and two blocks with padding (·)",
                 bold=True)  # fmt: skip
    length = pad_block(str(len(chunks[0].decode())).encode())
    blocks = ("16 random bytes", printable(length), printable(pad_block(chunks[0])))
    for number, (text, part) in enumerate(zip(blocks, (PARTS[0], PARTS[1], PARTS[3]), strict=True)):
        x = _LEFT + 258 * number
        drawing.cell(x, 112, 246, 34, text, part.colour, mono=True)
        drawing.line([(x + 123, 147), (_middle(part.place), 229)], FAINT)
    drawing.text(280, 204, "3  CBC encrypts, HMAC tags", bold=True)
    _draw_frame(drawing, 230, sent)
    show_living(drawing, _say_life(chunks, sent), "frame.js", _data(sent))


def pad_block(data: bytes) -> bytes:
    """Fill a block as PKCS#7 does: with bytes that say how many they are."""
    missing = 16 - len(data) % 16
    return data + bytes([missing]) * missing


def _draw_frame(drawing: Drawing, y: float, sent: bytes) -> None:
    for number, part in enumerate(PARTS):
        with drawing.group(**{"data-field": str(number)}):
            drawing.cell(_x(part.place.start), y, _SCALE * _size(part.place), 40, part.name,
                         part.colour, size=SMALL)  # fmt: skip
        shown = f"{sent[part.place].hex()[:8]}…"
        drawing.text(_middle(part.place), y + 52, shown, anchor="middle", size=11, mono=True)
        write_small(drawing, _x(part.place.start), y + 68, str(part.place.start))
    write_small(drawing, _x(FRAME_SIZE), y + 68, str(FRAME_SIZE), "end")
    drawing.bracket(_x(HEADER.start), _x(HEADER.stop) - 3, y + 78, "the first tag covers this")
    drawing.bracket(_x(CHUNK.start) + 3, _x(CHUNK.stop) - 3, y + 78, "the second this")


def _data(sent: bytes) -> dict[str, object]:
    fields = [
        {
            "name": part.name,
            "place": f"bytes {part.place.start} to {part.place.stop - 1}",
            "what": part.what,
            "cover": part.cover,
            "covers": [int(number) for number in part.covers.split(",") if number],
            "bytes": sent[part.place].hex(" "),
        }
        for part in PARTS
    ]
    return {"fields": fields}


def _say_frame(sent: bytes) -> str:
    fields = and_then(
        f"{part.name} at bytes {part.place.start} to {part.place.stop - 1} "
        f"(it begins with {sent[part.place].hex()[:8]})"
        for part in PARTS
    )
    return (
        f"A frame of {len(sent)} bytes with five fields: {fields}. A bracket shows that the first "
        f"tag covers bytes {HEADER.start} to {HEADER.stop - 1}, and another that the second tag "
        f"covers bytes {CHUNK.start} to {CHUNK.stop - 1}. Nothing joins the two."
    )


def _say_life(chunks: Sequence[bytes], sent: bytes) -> str:
    texts = and_then(f"{quoted(printable(chunk))} ({len(chunk)} bytes)" for chunk in chunks)
    return (
        f"The life of a modern message in three rows. First the line, cut into "
        f"{count(len(chunks), 'chunk')}: {texts}. Then for the first chunk 16 random bytes and two "
        f"padded blocks: its length, {len(chunks[0].decode())}, and its text. Last the frame. "
        f"{_say_frame(sent)}"
    )


# Two frames, spliced --------------------------------------------------------------------------


def splice(chunks: Sequence[str], decrypted: str) -> None:
    """Show two captured frames, the spliced frame between them, and the text of each."""
    drawing = Drawing(326)
    left, scale = 104, (WIDTH - 122) / FRAME_SIZE
    rows = {
        "frame A": ("AA", chunks[0]),
        "spliced": ("AB", decrypted),
        "frame B": ("BB", chunks[1]),
    }
    for row, (name, (origins, text)) in enumerate(rows.items()):
        y = 20 + 108 * row
        drawing.text(left - 14, y + 18, name, anchor="end", bold=True)
        for part, label in zip(PARTS, _SHORT, strict=True):
            origin = origins[part.place.start >= CHUNK.start]
            drawing.cell(left + scale * part.place.start, y, scale * _size(part.place), 36,
                         f"{label} {origin}", _ORIGINS[origin], size=SMALL)  # fmt: skip
        middle = left + scale * (CHUNK.start + CHUNK.stop) / 2
        drawing.text(middle, y + 52, f"chunk: {text}", anchor="middle", size=13, mono=True)
    drawing.arrow((left + 40, 60), (left + 40, 122), FAINT)
    drawing.arrow((left + scale * 106, 232), (left + scale * 106, 168), FAINT)
    show(drawing, "Frame A above, frame B below, and the spliced frame between them. The spliced "
         "frame has the IV, E(length) and the first tag of A, and E(chunk) and the second tag of "
         f"B. All tags fit. The chunk of A: {chunks[0]}, of B: {chunks[1]}, of the spliced frame: "
         f"{decrypted}.")  # fmt: skip


_SHORT = ("IV", "E(length)", "tag ✓", "E(chunk)", "tag ✓")
_ORIGINS = {"A": SKY, "B": ORANGE}


# A frame and a record -------------------------------------------------------------------------

_RECORD = ((8, "", ORANGE), (16, "IV", SKY), (256, "encrypted: kind, text, padding", GREEN),
           (32, "tag", BLUE))  # fmt: skip
"""The length takes 2 bytes and is drawn as 8, because nobody would see it."""


_RECORD_LEFT, _RECORD_SCALE = 112, 2.16
_RECORD_ALT = (
    "Two bars to the same scale. A frame of the modern chat has 112 bytes: a first tag covers the "
    "IV and the encrypted length, a second one the encrypted text, and nothing joins the two. A "
    "record has 306 bytes: length, IV, 256 encrypted bytes and one tag. Its bracket covers all of "
    "them, and also a counter of 8 bytes, in a dashed box, because it is not sent."
)


def record() -> None:
    """Show a frame of the modern chat and a record of the third, to scale, with what tags cover."""
    drawing = Drawing(296)
    _draw_small_frame(drawing)
    _draw_record(drawing)
    show(drawing, _RECORD_ALT)


def _draw_small_frame(drawing: Drawing) -> None:
    left, scale = _RECORD_LEFT, _RECORD_SCALE
    title = "A frame of the modern chat: 112 bytes, for up to 15 bytes of text"
    drawing.text(12, 20, title, bold=True)
    for part, text in zip(PARTS, ("IV", "length", "tag 1", "text", "tag 2"), strict=True):
        x, width = left + scale * part.place.start, scale * _size(part.place)
        is_wide = width > text_width(text, SMALL)
        drawing.cell(x, 54, width, 32, text if is_wide else "", part.colour, size=SMALL)
        if not is_wide:
            drawing.text(x + width / 2, 44, text, anchor="middle", size=SMALL)
    drawing.bracket(left, left + scale * 32 - 2, 90, "tag 1 covers this")
    drawing.bracket(left + scale * 64 + 2, left + scale * 80 - 2, 90, "and tag 2 this")


def _draw_record(drawing: Drawing) -> None:
    left, scale = _RECORD_LEFT, _RECORD_SCALE
    title = "A record of the third chat: 306 bytes, for up to 254 bytes of text"
    drawing.text(12, 142, title, bold=True)
    x = float(left)
    for width, text, colour in _RECORD:
        drawing.cell(x, 186, scale * width, 32, text, colour, size=SMALL)
        x += scale * width
    drawing.text(left + scale * 4, 174, "length", anchor="middle", size=SMALL)
    drawing.frame(14, 187, 78, 30, dash=DASHED)
    drawing.text(53, 202, "counter", anchor="middle", size=SMALL)
    drawing.text(53, 174, "not sent", anchor="middle", size=SMALL)
    drawing.bracket(14, left + scale * 280 - 2, 224, "the one tag covers all of this")
