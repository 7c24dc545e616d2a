"""What an attacker on the wire can do to the modern chat: the weaknesses M3 to M8.

M8, the search for the secrets, is in guessing.py. Try these attacks on your own chats only.

The functions work on captured bytes, or ask a receiver and use its answers. The attacker knows the
protocol, and never the keys. Only the careless receiver of M3 has them: it stands for a program
that forgot to check its tags.

The docstring of each attack has a list:

- Knows: what else the attacker knows beforehand.
- Needs: what the attacker must capture or control.
- Gets: what the attacker learns or achieves.
- Costs: how many queries or guesses it takes, if any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad

from modern.errors import AuthenticationError, FrameError, ModernError
from modern.protocol import (
    BLOCK_SIZE,
    CHUNK,
    CHUNK_SIZE,
    FRAME_SIZE,
    IV,
    LENGTH,
    Keys,
    check_length,
    split_chunks,
)

LONGEST_CHARACTER = 4
"""The most bytes of one character in UTF-8. No chunk cuts one, so it may be 3 bytes shorter."""


class AttackFailed(ModernError):  # noqa: N818 - an outcome, not a mistake
    """The attack learned nothing."""


def split_frames(stream: bytes) -> list[bytes]:
    """Cut captured bytes into frames of 112 bytes. Drop an incomplete frame at the end."""
    whole = len(stream) - len(stream) % FRAME_SIZE
    return [stream[start : start + FRAME_SIZE] for start in range(0, whole, FRAME_SIZE)]


def xor(left: bytes, right: bytes) -> bytes:
    """Return the XOR of two byte strings of the same length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


# M3: the padding oracle ----------------------------------------------------------------------

Receiver = Callable[[bytes], bytes]
"""Takes a frame; returns its chunk or raises ProtocolError. The sender can see the error."""

PaddingOracle = Callable[[bytes], bool]
"""An oracle answers an attacker: here it tells whether the padding of a frame is right."""


class PaddingError(FrameError):
    """The padding is wrong. Only a careless receiver says this."""


def open_carelessly(frame: bytes, keys: Keys) -> bytes:
    """Open a frame as `protocol.open_frame` does, but do not check the tags.

    It acts like a program that decrypts the length first and then the chunk,
    and reports what is wrong with each. With honest frames, nobody notices the
    missing check. Raises PaddingError if a padding is wrong, and FrameError if
    anything else is wrong.
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
    """Return an oracle: it uses a receiver's errors to learn whether the padding is right.

    A receiver that checks the tags first rejects every changed frame, so it reveals nothing.
    """

    def is_padding_right(frame: bytes) -> bool:
        try:
            receiver(frame)
        except (PaddingError, AuthenticationError):
            return False
        except FrameError:  # the padding was right, something after it was wrong
            return True
        return True

    return is_padding_right


class Recovered(NamedTuple):
    """How far a padding oracle attack has come."""

    plaintext: bytes
    """The known end of the padded block: first 1 byte, in the end all 16."""
    queries: int
    """How many frames were sent to the receiver so far."""


def decrypt_block(
    block: bytes,
    previous: bytes,
    oracle: PaddingOracle,
) -> Iterator[Recovered]:
    """Decrypt a CBC block by sending forged frames (Vaudenay, 2002).

    - Knows: nothing.
    - Needs: the block, the one before it (or the IV), and a padding oracle.
    - Gets: the plaintext with its padding, byte by byte from the end.
    - Costs: 128 queries per byte on average, a few more for the last byte, and
      rarely a second round of up to 256.

    How: the block takes the place of a frame's encrypted length, after an IV
    that the attacker chooses. If the receiver accepts the padding, the IV and
    the padding reveal a byte of the decrypted block as it is before the XOR.
    The XOR with the captured `previous` block then gives the plaintext.

    Raises AttackFailed after 512 equal answers.
    """
    inner = b""  # the end of the decrypted block, before the XOR
    queries = 0

    def fits(iv: bytes) -> bool:
        nonlocal queries
        queries += 1
        return oracle(_forge(iv, block))

    for padding in range(1, BLOCK_SIZE + 1):
        inner = _extend(inner, padding, fits)
        yield Recovered(xor(inner, previous[-padding:]), queries)


def _extend(inner: bytes, padding: int, fits: Callable[[bytes], bool]) -> bytes:
    """Find the byte before `inner`: it makes a padding of this length right.

    For one block in 25, the text before the padding is by chance a number.
    The receiver takes it for a length, goes on, and complains about the chunk.
    So there is a second round: it flips the top bit of each byte of that text,
    and then no digit is a digit any more.
    """
    for start, byte in product((b"\x00", b"\x80"), range(256)):
        candidate = bytes([byte]) + inner
        known = xor(candidate, bytes([padding]) * padding)
        iv = start * (BLOCK_SIZE - padding) + known
        if fits(iv) and (padding > 1 or fits(_change_last_but_one(iv))):
            return candidate
    raise AttackFailed("512 frames, one answer: this is no padding oracle")


def _change_last_but_one(iv: bytes) -> bytes:
    """Make a padding of 2 or more bytes wrong; a padding of 1 byte stays right."""
    return xor(iv, bytes(BLOCK_SIZE - 2) + b"\x01\x00")


def _forge(iv: bytes, block: bytes) -> bytes:
    return (iv + block).ljust(FRAME_SIZE, b"\x00")


def decrypt_chunk(frame: bytes, oracle: PaddingOracle) -> Iterator[Recovered]:
    """Decrypt the chunk of a captured frame; the block before it is the encrypted length."""
    return decrypt_block(frame[CHUNK], frame[LENGTH], oracle)


# M4: spliced frames --------------------------------------------------------------------------


class SplicedFrame(NamedTuple):
    """A frame that nobody sent: it has the header of one captured frame and the body of another."""

    header: int
    """The number of the frame that the IV, the length and its tag come from."""
    body: int
    """The number of the frame that the chunk and its tag come from."""
    frame: bytes
    chunk: bytes
    """What a receiver shows for this frame."""


def splice(header: bytes, body: bytes) -> bytes:
    """Join the header (IV, length, tag) of one frame and the body (chunk, tag) of another.

    - Knows: nothing.
    - Needs: two frames that were sealed with the same keys.
    - Gets: a frame whose two tags fit. It decrypts to noise, and this noise has right padding for
      one of 255 pairs. For one of 1.5 million pairs it is valid UTF-8 as well.
    """
    return header[: CHUNK.start] + body[CHUNK.start :]


def predict_splice(header: bytes, body: bytes, chunk: bytes) -> bytes:
    """Return the padded block that a spliced frame decrypts to; `chunk` is the body's own chunk.

    CBC XORs the chunk with the ciphertext block before it. Splicing replaces this block by
    another. The attacker has captured both, so no key is needed to compute the result.
    """
    return xor(pad(chunk, BLOCK_SIZE), xor(body[LENGTH], header[LENGTH]))


def find_splices(frames: Sequence[bytes], chunks: Sequence[bytes]) -> Iterator[SplicedFrame]:
    """Find spliced frames that a receiver accepts, without sending any frame to this receiver.

    - Knows: the chunks of the captured frames, for example of a greeting, a song or a pasted web
      page. Each frame must declare the length of its own chunk (the dialect `independent`).
    - Needs: frames that were sealed with the same keys.
    - Gets: frames that the receiver accepts at the first try.
    - Costs: no query. It tests every ordered pair of n frames, n(n - 1) pairs, offline.
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
    """Whether a receiver shows this decrypted block after a header that declares `length`."""
    try:
        return len(unpad(block, BLOCK_SIZE).decode()) <= length
    except ValueError:
        return False


# M5: replay, drop, swap, reflect -------------------------------------------------------------
# Frames have no numbers, and both directions use the same keys. So a receiver accepts captured
# frames in any order. All four attacks have the same list:
# - Knows: nothing.
# - Needs: one captured stream, and control of the network between the two sides.
# - Gets: a changed stream that the receiver accepts without an error.


def replay(stream: bytes, index: int) -> bytes:
    """Return a stream in which frame `index` comes twice, so that its text is shown twice."""
    frames = split_frames(stream)
    return b"".join([*frames[: index + 1], *frames[index:]])


def drop(stream: bytes, index: int) -> bytes:
    """Return a stream without frame `index`, so that up to 15 bytes of text are missing."""
    frames = split_frames(stream)
    del frames[index]
    return b"".join(frames)


def swap(stream: bytes, first: int, second: int) -> bytes:
    """Return a stream with two frames exchanged, so that the text is in another order."""
    frames = split_frames(stream)
    frames[first], frames[second] = frames[second], frames[first]
    return b"".join(frames)


def reflect(stream: bytes, indices: Iterable[int]) -> bytes:
    """Return chosen frames of a stream, in any order, to send back to their own sender.

    The sender sees its own text as if the peer had sent it.
    """
    frames = split_frames(stream)
    return b"".join(frames[index] for index in indices)


# M6: lengths ---------------------------------------------------------------------------------


def wire_size(message: str) -> int:
    """Return the size of a message on the wire: 112 bytes for each chunk."""
    return FRAME_SIZE * len(split_chunks(message))


def plaintext_sizes(size: int) -> range:
    """Return the possible sizes of a text, in bytes, that takes `size` bytes on the wire.

    - Knows: nothing.
    - Needs: the size of one message on the wire, in whole frames.
    - Gets: the size of its text, to within 15 bytes. (For long texts the range is larger, because
      chunks are shorter if the text has characters of several bytes.)
    """
    frames, rest = divmod(size, FRAME_SIZE)
    if rest:
        raise ValueError(f"{size} bytes are not a whole number of {FRAME_SIZE}-byte frames")
    shortest_full_chunk = CHUNK_SIZE - (LONGEST_CHARACTER - 1)
    fewest = shortest_full_chunk * (frames - 1) + 1 if frames else 0
    return range(fewest, CHUNK_SIZE * frames + 1)


def fitting_messages(guesses: Iterable[str], size: int) -> list[str]:
    """Return the guesses that would take `size` bytes on the wire.

    - Knows: a list of messages that are possible here.
    - Needs: the size of the real message on the wire.
    - Gets: a shorter list. If the lengths of the messages differ enough, only one is left.
    """
    return [guess for guess in guesses if wire_size(guess) == size]


# M7: the silent cut --------------------------------------------------------------------------


def cut(stream: bytes, frames: int) -> bytes:
    """Return the first `frames` frames of a stream, as if the sender had closed the connection.

    - Knows: nothing.
    - Needs: control of the network, to forge the end of the TCP connection.
    - Gets: the receiver takes a part of the text for all of it, and ends without an error.
    """
    return stream[: frames * FRAME_SIZE]
