"""What somebody on the wire can do to the modern chat: M3 to M8 of the notebooks.

Pure functions on captured bytes, or on a receiver that answers. Each says what the attacker knows
beforehand, needs, gets, and how many queries or guesses it costs. Nobody here holds the keys,
except the careless receiver of M3, which stands for a program that forgot to check its tags.
For learning: try them on your own chats only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad

from modern.errors import AuthenticationError, FrameError, ModernError
from modern.protocol import (
    BLOCK_SIZE,
    CHUNK,
    CHUNK_SIZE,
    FRAME_SIZE,
    HEADER,
    IV,
    LENGTH,
    LENGTH_TAG,
    Keys,
    check_length,
    derive_keys,
    split_chunks,
    tag,
)

LONGEST_CHARACTER = 4
"""Bytes of UTF-8 that one character takes at most; a chunk ends up to three bytes early for it."""


class AttackFailed(ModernError):  # noqa: N818 - an outcome, and for the defender a good one
    """The attack learned nothing."""


def split_frames(stream: bytes) -> list[bytes]:
    """Cut captured bytes into frames of 112 bytes; what is left of a torn one is dropped."""
    whole = len(stream) - len(stream) % FRAME_SIZE
    return [stream[start : start + FRAME_SIZE] for start in range(0, whole, FRAME_SIZE)]


def xor(left: bytes, right: bytes) -> bytes:
    """Return two byte strings of one length, XORed."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


# M3: the padding oracle ----------------------------------------------------------------------

Receiver = Callable[[bytes], bytes]
"""Takes a frame and returns its chunk, or raises ProtocolError, which the sender can see."""

PaddingOracle = Callable[[bytes], bool]
"""Takes a frame; answers whether the receiver got past its padding."""


class PaddingError(FrameError):
    """What only a careless receiver says: the padding was wrong."""


def open_carelessly(frame: bytes, keys: Keys) -> bytes:
    """Open a frame as `protocol.open_frame` does, without looking at the tags.

    Like a program that reads the length first and then waits for the chunk,
    and says of each what is wrong with it. For honest frames nobody sees the
    difference. Raises PaddingError, and FrameError for what is wrong after it.
    """
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[IV])
    length = _unpad(cipher.decrypt(frame[LENGTH]))
    check_length(length, characters=0)
    chunk = _unpad(cipher.decrypt(frame[CHUNK]))
    check_length(length, len(chunk.decode(errors="replace")))
    return chunk


def _unpad(block: bytes) -> bytes:
    try:
        return unpad(block, BLOCK_SIZE)
    except ValueError:
        raise PaddingError("wrong padding") from None


def padding_oracle(receiver: Receiver) -> PaddingOracle:
    """Return what a receiver's errors tell about the padding of a frame.

    A receiver that stops at the tags says no to every changed frame: then there is no oracle.
    """

    def is_padding_right(frame: bytes) -> bool:
        try:
            receiver(frame)
        except (PaddingError, AuthenticationError):
            return False
        except FrameError:  # it got past the padding, and failed at something behind it
            return True
        return True

    return is_padding_right


class Recovered(NamedTuple):
    """How far a padding oracle attack has come."""

    plaintext: bytes
    """The end of the padded block: 1 byte at first, 16 in the end."""
    queries: int
    """How many frames the receiver was asked about so far."""


def decrypt_block(
    block: bytes,
    previous: bytes,
    oracle: PaddingOracle,
) -> Iterator[Recovered]:
    """Decrypt a CBC block by asking about forged frames (Vaudenay, 2002).

    The block is put in the place of a frame's length, behind an IV of our
    choice. Where the receiver likes the padding, IV and padding together tell
    a byte of what the block function gave; XORed with the `previous` block as
    captured, that is plaintext.

    Knows: nothing. Needs: the block, the one before it (or the IV), an oracle.
    Gets: the plaintext with its padding, a byte at a time from the end. Costs
    at most 256 queries a byte, 128 on average, and a few more for the last
    byte. Raises AttackFailed after 256 equal answers.
    """
    inner = b""  # the end of what the block function gives
    queries = 0

    def fits(iv: bytes) -> bool:
        nonlocal queries
        queries += 1
        return oracle(_forge(iv, block))

    for padding in range(1, BLOCK_SIZE + 1):
        inner = _extend(inner, padding, fits)
        yield Recovered(xor(inner, previous[-padding:]), queries)


def _extend(inner: bytes, padding: int, fits: Callable[[bytes], bool]) -> bytes:
    """Find the byte before `inner` with which a padding of this length fits."""
    start = bytes(BLOCK_SIZE - padding)
    for byte in range(256):
        candidate = bytes([byte]) + inner
        iv = start + xor(candidate, bytes([padding]) * padding)
        if fits(iv) and (padding > 1 or fits(_change_last_but_one(iv))):
            return candidate
    raise AttackFailed("256 frames, one answer: this is no padding oracle")


def _change_last_but_one(iv: bytes) -> bytes:
    """Spoil a padding of 2 or more bytes that was right by luck; one of 1 byte stays right."""
    return xor(iv, bytes(BLOCK_SIZE - 2) + b"\x01\x00")


def _forge(iv: bytes, block: bytes) -> bytes:
    return (iv + block).ljust(FRAME_SIZE, b"\x00")


def decrypt_chunk(frame: bytes, oracle: PaddingOracle) -> Iterator[Recovered]:
    """Decrypt the chunk of a captured frame: `decrypt_block`, with the length as block before."""
    return decrypt_block(frame[CHUNK], frame[LENGTH], oracle)


# M4: the splice ------------------------------------------------------------------------------


class SplicedFrame(NamedTuple):
    """A frame that nobody sent: the header of one captured frame, the body of another."""

    header: int
    """Which frame the IV, the length and its tag are from."""
    body: int
    """Which frame the chunk and its tag are from."""
    frame: bytes
    chunk: bytes
    """What a receiver will show."""


def splice(header: bytes, body: bytes) -> bytes:
    """Join the header (IV, length, tag) of one frame to the body (chunk, tag) of another.

    Knows and needs nothing but two frames of one pair of keys. Gets a frame whose tags both fit.
    What it decrypts to is noise, with right padding in one of 255 pairs, and UTF-8 on top of that
    in one of 1.5 million.
    """
    return header[: CHUNK.start] + body[CHUNK.start :]


def predict_splice(header: bytes, body: bytes, chunk: bytes) -> bytes:
    """Return the padded block that a splice decrypts to, if `chunk` is the body's true chunk.

    CBC XORs the chunk with the block before it. The splice changes that block from one that we
    have seen to another that we have seen, so no key is needed to follow.
    """
    return xor(pad(chunk, BLOCK_SIZE), xor(body[LENGTH], header[LENGTH]))


def find_splices(frames: Sequence[bytes], chunks: Sequence[bytes]) -> Iterator[SplicedFrame]:
    """Find splices that a receiver shows, without asking it anything.

    Knows: the chunks of the captured frames (a greeting, a pasted page, a song), each declared
    with its own length. Needs: frames of one pair of keys. Gets: frames accepted at the first
    try. Tests every ordered pair, n(n - 1) of n frames, at no query.
    """
    by_last_byte: defaultdict[int, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        by_last_byte[frame[LENGTH][-1]].append(index)
    for body, chunk in enumerate(chunks):
        last_byte = pad(chunk, BLOCK_SIZE)[-1] ^ frames[body][LENGTH][-1]
        for padding in range(1, BLOCK_SIZE + 1):
            for header in by_last_byte[last_byte ^ padding]:
                block = predict_splice(frames[header], frames[body], chunk)
                if header != body and _is_shown(block, len(chunks[header])):
                    spliced = splice(frames[header], frames[body])
                    yield SplicedFrame(header, body, spliced, unpad(block, BLOCK_SIZE))


def _is_shown(block: bytes, length: int) -> bool:
    """Whether a receiver shows a decrypted block under a header that declares `length`."""
    try:
        return len(unpad(block, BLOCK_SIZE).decode()) <= length
    except ValueError:
        return False


# M5: replay, drop, swap, reflect -------------------------------------------------------------
# Nothing counts frames and both directions use one key, so any list of captured frames is a
# stream. All four know nothing, need one captured stream, and cost no query.


def replay(stream: bytes, index: int) -> bytes:
    """Return a stream in which frame `index` comes twice: the same words, said again."""
    frames = split_frames(stream)
    return b"".join([*frames[: index + 1], *frames[index:]])


def drop(stream: bytes, index: int) -> bytes:
    """Return a stream that lacks frame `index`: up to 15 bytes of text that were never said."""
    frames = split_frames(stream)
    del frames[index]
    return b"".join(frames)


def swap(stream: bytes, first: int, second: int) -> bytes:
    """Return a stream in which two frames changed places: the same words in another order."""
    frames = split_frames(stream)
    frames[first], frames[second] = frames[second], frames[first]
    return b"".join(frames)


def reflect(stream: bytes, indices: Iterable[int]) -> bytes:
    """Return frames of a stream, chosen and ordered at will, to be sent to who sealed them.

    The sender takes its own words for the peer's.
    """
    frames = split_frames(stream)
    return b"".join(frames[index] for index in indices)


# M6: lengths ---------------------------------------------------------------------------------


def wire_size(message: str) -> int:
    """Return how many bytes a message takes on the wire: 112 for each chunk."""
    return FRAME_SIZE * len(split_chunks(message))


def plaintext_sizes(size: int) -> range:
    """Return how many bytes of text a message of `size` bytes on the wire can have had.

    Knows: nothing. Needs: the size of one message on the wire, in whole frames. Gets: its text's
    size to within 15 bytes (some more where characters of several bytes made chunks shorter).
    """
    frames, rest = divmod(size, FRAME_SIZE)
    if rest:
        raise ValueError(f"{size} bytes are no whole number of {FRAME_SIZE}-byte frames")
    shortest_full_chunk = CHUNK_SIZE - (LONGEST_CHARACTER - 1)
    fewest = shortest_full_chunk * (frames - 1) + 1 if frames else 0
    return range(fewest, CHUNK_SIZE * frames + 1)


def fitting_messages(guesses: Iterable[str], size: int) -> list[str]:
    """Return those guesses at a message that would have taken `size` bytes on the wire.

    Knows: what may have been said. Needs: how much was said. Gets: a shorter list, of one if the
    guesses differ in length by enough. Costs no query.
    """
    return [guess for guess in guesses if wire_size(guess) == size]


# M7: the silent cut --------------------------------------------------------------------------


def cut(stream: bytes, frames: int) -> bytes:
    """Return the first `frames` frames of a stream, as if the sender had hung up there.

    Knows: nothing. Needs: to stand on the wire, and a forged end of the TCP connection. Gets: a
    receiver that takes half a sentence for the whole one, and an end for a goodbye.
    """
    return stream[: frames * FRAME_SIZE]


# M8: the dictionary --------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A secret that was guessed."""

    secret: str
    guesses: int
    """How many were tried, this one included."""


def guess_authkey(frame: bytes, guesses: Iterable[str]) -> Found:
    """Find the authkey by one tag: a hash and an HMAC a guess, and no AES.

    Knows: a list in which the authkey may stand (for the `chained` dialect: of
    confkey and authkey joined). Needs: one captured frame. Gets: the authkey,
    offline, unseen. Costs one guess for each entry before it. Raises
    AttackFailed where it is not in the list.
    """
    header, length_tag = frame[HEADER], frame[LENGTH_TAG]
    for number, guess in enumerate(guesses, 1):
        if tag(header, derive_keys("", guess)) == length_tag:
            return Found(guess, number)
    raise AttackFailed("the authkey is not among the guesses")


def guess_confkey(frame: bytes, guesses: Iterable[str]) -> Found:
    """Find the confkey by one frame: the one that turns it into a number and padded text.

    Knows: a list in which the confkey may stand. Needs: one captured frame. Gets: everything that
    was ever said under this confkey, for no session has keys of its own. Costs one guess for each
    entry before it. Raises AttackFailed where it is not in the list.
    """
    for number, guess in enumerate(guesses, 1):
        if _is_opened_by(derive_keys(guess, ""), frame):
            return Found(guess, number)
    raise AttackFailed("the confkey is not among the guesses")


def _is_opened_by(keys: Keys, frame: bytes) -> bool:
    try:
        open_carelessly(frame, keys)
    except FrameError:
        return False
    return True
