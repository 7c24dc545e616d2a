"""The checks of notebook 5 about a stream of records, and about the words of a passphrase."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from modern.errors import AuthenticationError, TruncationError
from modern.hardened import bulk, records
from modern.hardened.records import Direction, Kind
from notebooks.checks.judging import Wrong, borrowed, judge, name_error, require
from notebooks.checks.third_records import KEYS, TEXTS
from notebooks.checks.watching import Watched

Function = Callable[..., Any]

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


CHECKS = {"5.4": check_length, "5.6": check_end, "5.7": check_words}
