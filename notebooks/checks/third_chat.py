"""The checks of notebook 5, one for each exercise: each attack runs, by its id, on the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import permutations
from typing import Any

from Crypto.Cipher import AES

from modern.errors import AuthenticationError, TruncationError
from modern.hardened import bulk, records
from modern.hardened.records import Direction, Kind
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
    for bit in range(8 * len(record)):
        what = f"flipped bit {bit % 8} of byte {bit // 8}, {_name_field(bit // 8, len(record))}"
        chat.refuses("M2", what, flip_bit(record, bit))
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


# 4. A bounded length -------------------------------------------------------------------------


def check_length(measure: Function) -> None:
    """Check how long a receiver lets a record be."""
    function = Watched(measure)
    judge(
        "A changed length is noticed at once.",
        lambda: _measures(function),
        lambda: _bounds(function),
    )


def _measures(function: Watched) -> str:
    record = records.seal_record(Kind.TEXT, TEXTS[0], 0, KEYS, bytes(16))
    size = _call_measure(function, record)
    require(size is not None, "measure returns nothing yet")
    require(size != len(record) - 2, "the length counts what follows: its own 2 bytes come on top")
    require(
        size == len(record),
        f"a record of {len(record)} bytes begins with {record[:2].hex()}, and yours says {size}",
    )
    for start in (record[:2], record + record, bytearray(record[:40])):
        require(_call_measure(function, start) == size, "only the first 2 bytes say how long it is")
    for start in (b"", b"\x01"):
        require(
            _call_measure(function, start) == 0, f"with {len(start)} bytes, nothing is known: 0"
        )
    for rest in (64, 80, 1072):
        start = rest.to_bytes(2, "big")
        require(_call_measure(function, start) == rest + 2, f"a rest of {rest} bytes is allowed")
    return ""


def _bounds(function: Watched) -> str:
    silent = "bob waits for bytes that never come, and shows nothing more"
    for rest, why in (
        (65535, f"a length of 65535 still gets through: {silent}"),
        (
            1088,
            f"a length of 1088 still gets through: {silent}; the longest rest is 16 + 1024 + 32",
        ),
        (0, "a length of 0 still gets through, but a record has an IV, a block and a tag"),
        (48, "a length of 48 still gets through, but there is no block of text in it"),
        (65, "a length of 65 still gets through, but AES makes whole blocks"),
    ):
        try:
            size = function(rest.to_bytes(2, "big") + bytes(100))
        except AuthenticationError:
            continue
        except Exception as error:  # a learner's code may raise anything
            raise Wrong(
                f"raise AuthenticationError for a bad length, not {name_error(error)}"
            ) from None
        bad = size is None or size is False or size <= 0
        require(not bad, f"for a bad length, raise AuthenticationError; yours returns {size}")
        raise Wrong(why)
    return ""


def _call_measure(function: Watched, start: bytes | bytearray) -> Any:
    try:
        size = function(start)
    except AuthenticationError:
        said = int.from_bytes(start[:2], "big")
        raise Wrong(f"an honest length is refused: {said}, from {len(start)} bytes") from None
    except Exception as error:  # a learner's code may raise anything
        raise Wrong(f"measure does not work yet (it raised {name_error(error)})") from None
    require(not function.borrowed, borrowed("measure", function))
    return size


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


# 6. An end -----------------------------------------------------------------------------------

SAID = (b"transfer the money on friday, ", b"unless i call you\n", b"(end)\n")


def check_end(receive: Function) -> None:
    """Check a receiver of one whole direction."""
    function = Watched(receive)
    judge(
        "Only alice can say that she has ended.",
        lambda: _receives(function),
        lambda: _resists_cuts(function),
        lambda: _resists_moves(function),
    )


def _seal_direction() -> list[bytes]:
    """Return the records of what alice says, made by the real program: text, nothing, the end."""
    sealer = bulk.Sealer(Direction(KEYS))
    sealed = [b"".join(sealer.seal([text.decode()])) for text in SAID]
    return [*sealed, sealer.seal_empty(Kind.PADDING), sealer.seal_empty(Kind.END)]


def _receives(function: Watched) -> str:
    for sealed, said in ((_seal_direction(), b"".join(SAID)), (_seal_short(), b"")):
        try:
            text = function(b"".join(sealed), KEYS)
        except AuthenticationError:
            raise Wrong(
                "an honest stream is refused: are its records counted, 0, 1, 2, and so on?"
            ) from None
        except Exception as error:  # a learner's code may raise anything
            raise Wrong(f"an honest stream is not read (it raised {name_error(error)})") from None
        require(not function.borrowed, borrowed("receive", function))
        require(text is not None, "receive returns nothing yet")
        require(text == said, f"alice said {said!r}, and yours reads {text!r}")
    return ""


def _seal_short() -> list[bytes]:
    return [bulk.Sealer(Direction(KEYS)).seal_empty(Kind.END)]


def _resists_cuts(function: Watched) -> str:
    sealed = _seal_direction()
    for left in (1, 2, 3, 4, 0):
        what = f"cut the stream after record {left}" if left else "cut the stream before record 1"
        _must_fail(function, b"".join(sealed[:left]), "M7", what)
    stream = b"".join(sealed)
    for missing in (1, 100, 305):
        what = f"cut off {missing} bytes of the last record"
        _must_fail(function, stream[:-missing], "M7", what)
    _must_fail(function, stream[:1], "M7", "cut the stream after its first byte")
    return "M7"


def _must_fail(function: Watched, stream: bytes, row: str, what: str) -> None:
    wanted = TruncationError if row == "M7" else AuthenticationError
    try:
        text = function(stream, KEYS)
    except wanted:
        return
    except Exception as error:  # a learner's code may raise anything
        raise Wrong(
            f"{row}: mallory {what}; raise {wanted.__name__}, not {type(error).__name__}"
        ) from None
    raise Wrong(f"{row} still gets through: mallory {what}, and bob takes {text!r} for all of it")


def _resists_moves(function: Watched) -> str:
    one, two, *rest = _seal_direction()
    for what, sealed in (
        ("sent the first record twice", [one, one, two, *rest]),
        ("left out the second record", [one, *rest]),
        ("exchanged two records", [two, one, *rest]),
    ):
        _must_fail(function, b"".join(sealed), "M5", what)
    return "M5"


# 7. How long a passphrase must be --------------------------------------------------------------

MINUTES = 1000 * 365.25 * 24 * 60
PER_MINUTE = 4e9 * 60


def check_words(at_home: Any, one_by_one: Any) -> None:
    """Check two numbers of words from a list of 1,024."""
    judge(
        "A PAKE makes a passphrase of three words worth one of seven.",
        lambda: _is_enough("at_home", at_home, PER_MINUTE),
        lambda: _is_enough("one_by_one", one_by_one, 1.0),
    )


def _is_enough(name: str, words: Any, per_minute: float) -> str:
    require(words is not ..., f"{name} has no number yet")
    require(
        isinstance(words, (int, float)) and words == int(words), f"{name}: a whole number of words"
    )
    years = 1024 ** int(words) / 2 / per_minute / (MINUTES / 1000)
    enough = math.ceil((math.log2(MINUTES * per_minute) + 1) / 10)
    require(
        words >= enough,
        f"{name}: too few, {int(words)} words last {years:.2g} years; a search takes "
        "1024 ** words / 2 guesses on average",
    )
    require(
        words == enough, f"{name}: one word fewer is enough as well; what is the smallest number?"
    )
    return ""


CHECKS = {
    "5.1": check_tag,
    "5.2": check_counter,
    "5.3": check_keys,
    "5.4": check_length,
    "5.5": check_sizes,
    "5.6": check_end,
    "5.7": check_words,
}
