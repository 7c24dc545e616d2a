"""The checks of the records of notebook 5: each attack runs, by its id, on the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import permutations
from typing import Any

from Crypto.Cipher import AES

from modern.hardened import records
from modern.hardened.records import Kind
from modern.protocol import Keys
from notebooks.checks.judging import Wrong, borrowed, judge, name_error, require
from notebooks.checks.third_records import HEAD, KEYS, TEXTS, Chat
from notebooks.checks.watching import Watched
from notebooks.third_chat import flip_bit

TAG = 32
LONG = (
    b"transfer the money on friday, ",
    b"do it at noon, not before 12. ",
    b"unless i call you before that.",
)
MOST_TEXT = 254
Function = Callable[..., Any]

# 1. One tag ----------------------------------------------------------------------------------


def check_tag(seal_record: Function, open_record: Function) -> None:
    """Check records with one tag."""
    chat = Chat(seal_record, open_record)
    judge("One tag covers all of a record.", *_tag_steps(chat), lambda: _has_size(chat, 66))


def _tag_steps(chat: Chat) -> list[Callable[[], str]]:
    return [
        lambda: _has_form(chat),
        lambda: _opens(chat),
        lambda: _resists_splices(chat),
        lambda: _resists_flips(chat),
        chat.is_careful,
        lambda: _uses_both_keys(chat),
    ]


def _has_form(chat: Chat) -> str:
    record = chat.seal(TEXTS[0], iv=bytes(range(16)))
    said, found = int.from_bytes(record[:2], "big"), len(record) - 2
    require(
        said == found,
        f"a record begins with the number of bytes that follow, in 2 bytes: here {found}, "
        f"and yours says {said}",
    )
    require(record[2:HEAD] == bytes(range(16)), "after the length comes the IV that was given")
    require(TEXTS[0][:8] not in record, "the text is not encrypted")
    return ""


def _opens(chat: Chat) -> str:
    for number, text in enumerate((*TEXTS, b"", b"x" * 16, *LONG)):
        chat.reads(text, number)
    return ""


def _resists_splices(chat: Chat) -> str:
    sealed = [chat.seal(text, number) for number, text in enumerate(LONG)]
    for (a, first), (b, second) in permutations(enumerate(sealed), 2):
        for cut in range(HEAD, len(first) - TAG + 1, 16):
            joined = first[:cut] + second[cut:]
            what = f"joined the first {cut} bytes of one record and the rest of another"
            for number in (a, b) if joined not in (first, second) else ():
                chat.refuses("M4", what, joined, number)
    return "M4"


def _resists_flips(chat: Chat) -> str:
    record = chat.seal(LONG[0])
    for byte in range(len(record)):
        name = _name_field(byte, len(record))
        for bit in (byte % 8,) if name == "in the ciphertext" else range(8):  # it may be long
            what = f"flipped bit {bit} of byte {byte}, {name}"
            chat.refuses("M2", what, flip_bit(record, 8 * byte + bit))
    return "M2"


def _name_field(place: int, size: int) -> str:
    ends = ((2, "in the length"), (HEAD, "in the IV"), (size - TAG, "in the ciphertext"))
    return next((name for end, name in ends if place < end), "in the tag")


def _uses_both_keys(chat: Chat) -> str:
    other = sha256(b"another key").digest()
    record = chat.seal(TEXTS[0])
    tagged = chat.seal(TEXTS[0], keys=Keys(KEYS.confidentiality, other))
    encrypted = chat.seal(TEXTS[0], keys=Keys(other, KEYS.authentication))
    require(tagged[-TAG:] != record[-TAG:], "the tag is made with keys.authentication")
    require(tagged[:-TAG] == record[:-TAG], "encrypt with keys.confidentiality, not with the other")
    require(encrypted[:-TAG] != record[:-TAG], "encrypt with keys.confidentiality")
    again = chat.seal(TEXTS[0], iv=bytes(16))
    require(again[HEAD:-TAG] != record[HEAD:-TAG], "M1 is open again: give the IV to AES, in CBC")
    return "M1"


def _has_size(chat: Chat, size: int, text: bytes = TEXTS[0]) -> str:
    found = len(chat.seal(text))
    require(
        found == size,
        f"right so far, but a text of {len(text)} bytes makes {found} bytes; {size} are enough",
    )
    return ""


# 2. A counter --------------------------------------------------------------------------------


def check_counter(seal_record: Function, open_record: Function) -> None:
    """Check records whose tag covers a counter."""
    chat = Chat(seal_record, open_record, "counter")
    judge(
        "Each record has its place.",
        *_tag_steps(chat)[:2],
        lambda: _resists_replays(chat),
        *_tag_steps(chat)[2:],
        lambda: _has_size(chat, 66),
    )


def _resists_replays(chat: Chat) -> str:
    sealed = [chat.seal(text, number) for number, text in enumerate(TEXTS)]
    chat.refuses("M5", "sent record 0 a second time, as record 1", sealed[0], 1)
    chat.refuses("M5", "left out record 1, so record 2 comes in its place", sealed[2], 1)
    chat.refuses("M5", "exchanged records 0 and 1", sealed[1], 0)
    for later in (255, 256, 65536, 1 << 32):
        chat.reads(TEXTS[0], later)
        chat.refuses("M5", f"sent record 0 again as record {later}", sealed[0], later)
    seen: dict[bytes, int] = {}
    for number in (*range(300), *(1 << bits for bits in range(9, 64))):
        tag = chat.seal(TEXTS[0], number, iv=bytes(16))[-TAG:]
        earlier = seen.setdefault(tag, number)
        require(
            earlier == number,
            f"M5 still gets through: as records {earlier} and {number} the same text has the same "
            "tag, so one can take the other's place",
        )
    return "M5"


# 3. Keys for each direction ------------------------------------------------------------------

AGREED = sha256(b"what both agreed on").digest()[:16]


def check_keys(direction_keys: Function) -> None:
    """Check the keys of both directions."""
    function = Watched(direction_keys)
    judge("Alice's own records are no longer bob's.", lambda: _are_apart(function))


def _are_apart(function: Watched) -> str:
    client, server = _derive(function, AGREED)
    again, other = _derive(function, AGREED), _derive(function, sha256(AGREED).digest()[:16])
    require(
        (client, server) == again, "both sides must come to the same keys: nothing may be random"
    )
    require(
        not {*_parts(client, server)} & {*_parts(*other)},
        "another agreement must give other keys: each of the four is made from agreed_key",
    )
    require(
        client.authentication != server.authentication,
        "M5 still gets through: mallory sends alice her own record back, and its tag fits",
    )
    require(len({*_parts(client, server)}) == 4, "some of the four keys are equal")  # noqa: PLR2004
    require(
        not [key for key in _parts(client, server) if AGREED in key],
        "the agreed key itself stands in a key: make the keys with HKDF, or another keyed hash",
    )
    _are_unrelated((client, server), other)
    return "M5"


def _derive(function: Watched, agreed: bytes) -> tuple[Keys, Keys]:
    try:
        result = function(agreed)
    except Exception as error:  # a learner's code may raise anything
        raise Wrong(f"direction_keys does not work yet (it raised {name_error(error)})") from None
    require(not function.borrowed, borrowed("direction_keys", function))
    require(result is not None, "direction_keys returns nothing yet")
    pair = isinstance(result, (tuple, list)) and len(result) == 2  # noqa: PLR2004
    require(
        pair and all(isinstance(keys, Keys) for keys in result), "return two: Keys(...), Keys(...)"
    )
    first, second = result
    sizes = [len(key) for key in _parts(first, second)]
    require(sizes == [32] * 4, f"each key has 32 bytes; yours have {sizes}")
    return first, second


def _parts(*both: Keys) -> Iterator[bytes]:
    for keys in both:
        yield from (keys.confidentiality, keys.authentication)


def _are_unrelated(one: tuple[Keys, Keys], other: tuple[Keys, Keys]) -> None:
    """Raise Wrong if the difference of two keys is the same after another agreement."""
    for a, b in permutations(range(4), 2):
        differences = []
        for keys in (one, other):
            parts = [int.from_bytes(part, "big") for part in _parts(*keys)]
            differences.append(parts[a] ^ parts[b])
        require(
            differences[0] != differences[1],
            "two of the keys always differ in the same bits: whoever finds one has the other",
        )


# 5. One size, and kinds ----------------------------------------------------------------------


def check_sizes(seal_record: Function, open_record: Function) -> None:
    """Check records of one size, with a kind inside."""
    chat = Chat(seal_record, open_record, "kind")
    judge(
        "All records look alike, and bob's real program reads yours.",
        lambda: _has_form(chat),
        lambda: _hides_sizes(chat),
        lambda: _keeps_text(chat),
        lambda: _resists_replays(chat),
        *_tag_steps(chat)[2:],
        lambda: _is_understood(chat),
    )


def _hides_sizes(chat: Chat) -> str:
    for kind in Kind:
        text = TEXTS[0] if kind is Kind.TEXT else b""
        size = len(chat.seal(text, kind=kind))
        require(size != 307, "the kind must be encrypted, too: from outside all look alike")  # noqa: PLR2004
        require(
            size == 306,  # noqa: PLR2004
            f"M6 still gets through: a record of kind {kind.name} with {len(text)} bytes of text "
            f"has {size} bytes, and each must have 306",
        )
    for length in (0, 44, 239, 240, MOST_TEXT):
        size = len(chat.seal(b"x" * length))
        require(
            size == 306,  # noqa: PLR2004
            f"M6 still gets through: a text of {length} bytes makes {size} bytes, not 306",
        )
    return "M6"


def _keeps_text(chat: Chat) -> str:
    for kind in (Kind.PADDING, Kind.END):
        chat.reads(b"", kind=kind)
    for text in (*TEXTS, b"", b"about ~5", b"ends in zeros\0\0", b"\x80\0\0", b"x" * MOST_TEXT):
        chat.reads(text)
    return ""


def _is_understood(chat: Chat) -> str:
    record = chat.seal(TEXTS[0], 5)
    sealed = records.seal_record(Kind.TEXT, TEXTS[0], 5, KEYS, record[2:HEAD])
    cipher = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=record[2:HEAD])
    plain = cipher.decrypt(record[HEAD:-TAG])
    require(
        record[:-TAG] == sealed[:-TAG],
        "every attack is refused, but bob's real program expects kind, text, 80 and zeros; yours "
        f"encrypts {plain[:20].hex(' ')} ...",
    )
    require(
        record == sealed,
        "every attack is refused, but bob's real program makes the tag of the counter in 8 bytes, "
        "then the record",
    )
    return ""


CHECKS = {
    "5.1": check_tag,
    "5.2": check_counter,
    "5.3": check_keys,
    "5.5": check_sizes,
}
