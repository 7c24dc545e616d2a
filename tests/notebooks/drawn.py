"""Every figure of the notebooks, drawn once, with data such as a notebook has."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple
from unittest import mock
from xml.etree import ElementTree

from Crypto.Cipher import AES

from legacy import protocol as legacy_protocol
from legacy.attacks import Captured
from modern import attacks, protocol
from modern.dialects import DIALECTS
from modern.errors import AuthenticationError, FrameError
from notebooks import figures, readings, third_chat
from notebooks.figures import page

SVG = "{http://www.w3.org/2000/svg}"


class Drawn(NamedTuple):
    """What a call displayed."""

    html: str
    alt: str

    @property
    def source(self) -> str:
        """The SVG behind the picture."""
        (code,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', self.html)
        return base64.b64decode(code).decode()

    @property
    def svg(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.source)

    @property
    def texts(self) -> list[str]:
        return [text.text or "" for text in self.svg.iter(f"{SVG}text")]


def draw(call: Callable[..., None], *arguments: object, **named: object) -> Drawn:
    """Return what a figure displays."""
    with mock.patch.object(page, "display") as display:
        call(*arguments, **named)
    ((bundle,), options) = display.call_args
    assert display.call_count == 1
    assert options == {"raw": True}
    assert sorted(bundle) == ["text/html", "text/plain"]
    return Drawn(bundle["text/html"], bundle["text/plain"])


# The data --------------------------------------------------------------------------------------

KEY = legacy_protocol.derive_key("secret")
KEYS = protocol.derive_keys("c" * 32, "a" * 32)

TALK = (
    ("alice", "bob", "are you there?", "20:14:02"),
    ("bob", "alice", "yes", "20:14:15"),
    ("alice", "bob", "shall we burn them?", "20:14:15"),
    ("bob", "alice", "yes", "20:14:33"),
)


def captured() -> list[Captured]:
    return [
        Captured(one, two, legacy_protocol.seal(text, clock, KEY)) for one, two, text, clock in TALK
    ]


def legacy_message() -> tuple[str, bytes, bytes]:
    envelope = legacy_protocol.build_envelope("see you ☃ at eight", "19:04:55")
    blocks = legacy_protocol.process_text(envelope)
    padded = b"".join(bytes(block) for block in blocks)
    return envelope, padded, legacy_protocol.encrypt_blocks(blocks, KEY)


def frame_of(text: str, seed: int) -> bytes:
    return protocol.seal(text, KEYS, random_bytes=random.Random(seed).randbytes)[:112]


CHUNK = b"pay bob 10\n"


def careful(frame: bytes) -> bytes:
    return protocol.open_frame(frame, KEYS)


def careless(frame: bytes) -> bytes:
    return attacks.open_carelessly(frame, KEYS)


def outcomes(receiver: Callable[[bytes], bytes]) -> list[str]:
    """Say what a receiver does with each of the 896 frames that have one bit flipped."""
    frame = int.from_bytes(frame_of(CHUNK.decode(), 4), "big")
    flipped = ((frame ^ 1 << 895 - bit).to_bytes(112, "big") for bit in range(896))
    return [_outcome(receiver, each) for each in flipped]


def _outcome(receiver: Callable[[bytes], bytes], frame: bytes) -> str:
    try:
        return "shows the text" if receiver(frame) == CHUNK else "shows another text"
    except AuthenticationError:
        return "rejected, nothing decrypted"
    except attacks.PaddingError:
        return "complains of the padding"
    except FrameError:
        return "complains of the length"


STOLEN = frame_of(CHUNK.decode(), 6)


def oracle_steps(stolen: bytes = STOLEN) -> tuple[list[attacks.Recovered], list[bytes]]:
    """Return the steps of a padding oracle attack, and every IV that was sent."""
    asked: list[bytes] = []

    def receiver(frame: bytes) -> bytes:
        asked.append(frame[protocol.IV])
        return careless(frame)

    return list(attacks.decrypt_chunk(stolen, attacks.padding_oracle(receiver))), asked


def encrypted(picture: figures.Picture) -> dict[str, bytes]:
    iv = bytes(range(16))
    return {
        "ECB": AES.new(KEY, AES.MODE_ECB).encrypt(picture.pixels),
        "CBC": AES.new(KEY, AES.MODE_CBC, iv=iv).encrypt(picture.pixels),
        "CTR": AES.new(KEY, AES.MODE_CTR, nonce=iv[:8]).encrypt(picture.pixels),
    }


RATES = {"legacy key, one core here": 130_000, "SHA-256, one graphics card": 22e9, "scrypt": 25}
KINDS = {
    "a word and an ending, as here": 17.6,
    "8 random small letters": 37.6,
    "6 dice words": 77.5,
}
BURSTS = (
    (4, "alice", 112),
    (7, "bob", 112),
    (13, "alice", 224),
    (31, "bob", 112),
    (46, "alice", 560),
)
COSTS = {"10 B": (112, 306), "10 kB": (74_704, 12_240), "10 MB": (74_666_704, 12_047_430)}


def _figures() -> Iterator[tuple[str, Sequence[object]]]:
    yield "legacy_life", legacy_message()
    yield "block_map", (captured(), "What Mallory sees")
    picture = figures.paint_picture(96, 64)
    yield "modes", (picture, encrypted(picture))
    yield "search_times", (RATES, KINDS)
    yield from ((name, ()) for name in ("replay", "reflection", "swap", "segments"))
    yield "guessed_blocks", ("the door code is ", "est")
    yield "text_blocks", ([("one", "x" * 64, 40), ("other", "y" * 64, 64)], 2, "Two texts")
    yield "query_progress", ({"one guess": [10, 45, 60, 121], "48 guesses": [2, 4, 5, 7]},)
    text = "the quick brown fox jumps over the lazy dog\n"
    yield "modern_life", (protocol.split_chunks(text), frame_of(text, 3))
    yield "frame", (frame_of(text, 3),)
    yield "repeat_chance", ()
    yield "flips", ({"With the tag check": outcomes(careful), "Without": outcomes(careless)},)
    yield "padding_oracle", (oracle_steps()[0], STOLEN)
    yield "dialects", ([readings.examine(dialect) for dialect in DIALECTS.values()],)
    yield "differences", ([("IV", bytes(48), bytes(5) + b"\1" + bytes(42))], "One bit")
    yield "splice", (['"pay mallory 10"', '"no, never pay!"'], "noise that can be computed")
    yield "splice_on_the_wire", ("pay mallory 10", "burn the paper")
    yield from _later_figures()


def _later_figures() -> Iterator[tuple[str, Sequence[object]]]:
    yield from ((name, ()) for name in ("replay_drop_reflection", "cut", "record"))
    yield "timeline", (["alice", "bob"], [("alice", "bob", "hi", "honest")], "A word")
    steps = {"modern": lambda size: 112 * -(-size // 15), "TLS 1.3": lambda size: size + 22}
    yield "lengths", (steps,)
    yield "overhead", ({**steps, "Noise": lambda size: size + 18},)
    yield "rhythm", ([figures.Burst(*each) for each in BURSTS],)
    yield "talks", (third_chat.eavesdrop(),)
    yield "verdicts", (third_chat.try_attacks(),)
    yield "one_guess", ("dragon",)
    yield "guesses_at_home_and_online", ()
    sizes = {"10 B": 10, "10 kB": 10_000, "10 MB": 10_000_000}
    measured = {name: [third_chat.Cost(size, 0.1) for size in pair] for name, pair in COSTS.items()}
    yield "costs", (sizes, measured)


@cache
def all_figures() -> dict[str, Drawn]:
    """Draw all of them, by the names of their calls."""
    drawn = {name: draw(getattr(figures, name), *given) for name, given in _figures()}
    drawn["candidates"] = draw(figures.candidates, 250, recorded=240, with_x=250)
    return drawn


HELPERS = {"Burst", "Picture", "mark_equal_blocks", "paint_picture", "split_blocks", "watch"}
"""What the package offers besides figures."""

NAMES = sorted(set(figures.__all__) - HELPERS)
LIVING = ("frame", "guesses_at_home_and_online", "modern_life", "padding_oracle", "search_times")
