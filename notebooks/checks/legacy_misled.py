"""The checks of L4 to L8: whole messages, repeated, moved, forged and sent back."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import Any

from legacy import attacks, protocol
from legacy.protocol import Envelope, UnrecognisedData
from notebooks.checks.judging import Answer, judge, require

_KEY = protocol.derive_key("a key that only the checks use")

# L4. Replay ------------------------------------------------------------------------------------


def _sealed(message: str, timestamp: str = "20:00:01") -> bytes:
    return protocol.seal(message, timestamp, _KEY)


def check_memory(is_new: Any) -> None:
    """Check a receiver's memory of ciphertexts."""
    new = Answer("is_new", is_new, bool)
    yes, later, no = _sealed("yes"), _sealed("yes", "20:00:07"), _sealed("no")
    different = {
        "in another second, bob may say yes again": [yes, later],
        "two messages of one second begin with the same 32 bytes, so remember all bytes": [yes, no],
        "one message can be the beginning of another": [yes, yes + yes, yes[:112]],
    }
    many = [_sealed(str(number)) for number in range(40)]
    judge(
        "right: each ciphertext is accepted once",
        lambda: _gives(new, [yes], "1", "a ciphertext that never came before is new"),
        lambda: _gives(new, [yes, yes, yes], "100", "remember each ciphertext: seen.add(…)"),
        *(partial(_gives, new, sent, "1" * len(sent), why) for why, sent in different.items()),
        lambda: _gives(new, [yes, later, yes, later], "1100", "remember all, not only the last"),
        lambda: _gives(new, many + many, "1" * 40 + "0" * 40, "remember all of them"),
    )


_IN_SEEN = "keep all that you remember in `seen`, and nothing else"


def _gives(new: Answer, ciphertexts: list[bytes], expected: str, hint: str) -> None:
    seen: set[Any] = set()
    for number, (ciphertext, wanted) in enumerate(zip(ciphertexts, expected, strict=True)):
        found = new(ciphertext, seen)
        require(found or number, f"`seen` was empty, so {ciphertext[:4].hex()}… is new: {_IN_SEEN}")
        require(
            found == (wanted == "1"),
            f"message {number} is {'new' if wanted == '1' else 'a replay'}, "
            f"and is_new says {found}: {hint}",
        )


# L5. The time ----------------------------------------------------------------------------------


def check_time(move_time: Any) -> None:
    """Check the transplant of a whole time."""
    moved = Answer("move_time", move_time, bytes, [attacks.transplant_clock, attacks.split_blocks])
    morning, short = _sealed("good morning, bob, " * 5, "08:15:00"), _sealed("", "08:15:00")
    evening = _sealed("burn the papers", "19:30:00")
    judge(
        "right: now the papers were burnt in the morning, with ☑",
        lambda: _has_time(moved(evening, morning), len(evening)),
        lambda: _has_time(moved(evening, short), len(evening)),
    )


def _has_time(found: bytes, size: int) -> None:
    require(
        len(found) == size, f"the target has {size} bytes, and the result has {len(found)} bytes"
    )
    envelope = _read(found)
    require(envelope, "bob's program cannot read it: which blocks hold the time, and which words?")
    timestamp, message, _ = envelope or Envelope("", "", "")
    require(
        message == "burn the papers",
        f"bob reads {message!r}: the target's words begin in block 2, at offset 32",
    )
    require(
        timestamp != "18:15:00",
        "nearly right, bob reads 18:15:00: the first digit of the hour is the last byte of block 0",
    )
    require(timestamp == "08:15:00", f"the time is {timestamp}: take both its blocks of the donor")


def _read(ciphertext: bytes, key: bytes = _KEY) -> Envelope | None:
    try:
        return protocol.parse_envelope(protocol.process_bytes(ciphertext, key))
    except UnrecognisedData:
        return None


# L6. A forgery ---------------------------------------------------------------------------------


def check_forgery(forge: Any) -> None:
    """Check a forged message."""
    forged = Answer("forge", forge, bytes, [protocol.process_text, protocol.encrypt_blocks])
    judge(
        "right: it gets ☑, and nobody knows who wrote it",
        lambda: _is_believed(forged, "hello", ""),
        lambda: _is_believed(forged, "☃", "json.dumps writes ☃ as an escape; hash its UTF-8 bytes"),
        lambda: _is_believed(forged, 'he said "no" \\o/', "json.dumps escapes what JSON must"),
        lambda: _is_believed(forged, "", "an empty message has a hash, too"),
    )


def _is_believed(forged: Answer, message: str, hint: str) -> None:
    names = "make json.dumps of an object with the fields timestamp, message and hash"
    found = forged(message, "21:09:00", _KEY, hint=hint)
    require(len(found) % 16 == 0, "AES makes whole blocks: protocol.process_text cuts and fills up")
    envelope = _read(found)
    require(
        envelope, f"bob's program does not recognise the forgery of {message!r}: {hint or names}"
    )
    timestamp, text, digest = envelope or Envelope("", "", "")
    require(text == message, f"bob reads {text!r}, not {message!r}. {hint}")
    require(timestamp == "21:09:00", f"the time on bob's screen is {timestamp}, not 21:09:00")
    require(
        digest == protocol.hash_message(message),
        f"{message!r} gets ☒: the hash is the hexadecimal SHA-256 of the message's UTF-8 bytes. "
        f"{hint}",
    )


# L7. Both directions ---------------------------------------------------------------------------

_SECRETS = ("tulips", "roses")


def check_direction(key_for: Any, read: Any) -> None:
    """Check keys for both directions, and a receiver that uses them."""
    keys = Answer("key_for", key_for, bytes)
    tools = (protocol.process_bytes, protocol.parse_envelope, protocol.derive_key)
    receive = Answer("read", read, str, (*tools, protocol.is_noise), optional=True)
    judge(
        "right: a message that comes back to its sender is noise",
        lambda: _has_keys(keys),
        lambda: _are_unrelated(keys),
        lambda: _hears_the_peer(keys, receive),
        lambda: _is_not_fooled(keys, receive),
    )


def _has_keys(keys: Answer) -> None:
    for sender in ("alice", "bob"):
        key = keys("tulips", sender)
        require(len(key) == 32, f"AES-256 needs a key of 32 bytes, and yours has {len(key)}")  # noqa: PLR2004
        require(key == keys("tulips", sender), "both ends must come to the same key: no randomness")
        require(key != keys("roses", sender), "the key must depend on the passphrase")
    alice, bob = (keys("tulips", sender) for sender in ("alice", "bob"))
    require(
        alice != bob,
        "alice and bob have the same key, so alice's own message comes back as bob's: "
        "hash the sender as well",
    )


def _are_unrelated(keys: Answer) -> None:
    """Raise Wrong if one key of a pair can be computed from the other without the passphrase."""
    pairs = [[keys(secret, sender) for sender in ("alice", "bob")] for secret in _SECRETS]
    apart = [int.from_bytes(a, "big") ^ int.from_bytes(b, "big") for a, b in pairs]
    sums = [int.from_bytes(a, "big") - int.from_bytes(b, "big") for a, b in pairs]
    related = apart[0] == apart[1] or sums[0] == sums[1]
    require(not related, "both keys always differ in the same way: who has one has the other")
    for a, b in pairs:
        require(sorted(a) != sorted(b), "one key has the bytes of the other, in another order")
        require(a[:8] not in b and b[-8:] not in a, "the two keys have a part in common")


def _hears_the_peer(keys: Answer, receive: Answer) -> None:
    for sender, me in permutations(("alice", "bob")):
        for message in ("should I burn them?", "☃", ""):
            wire = protocol.seal(message, "20:00:20", keys("tulips", sender))
            hint = (
                f"{sender} wrote {message!r} to {me}: decrypt it with the key of the one who wrote "
                "it, and return the message"
            )
            found = receive(wire, "tulips", me, hint=hint)
            require(found == message, f"{hint}. Yours returns {_cut(found)}")


def _is_not_fooled(keys: Answer, receive: Answer) -> None:
    for me in ("alice", "bob"):
        for message in ("should I burn them?", "yes"):
            own = protocol.seal(message, "20:00:20", keys("tulips", me))
            _returns_nothing(receive, own, me, f"{me} believes that the peer wrote what {me} wrote")
        old = protocol.seal("yes", "20:00:20", protocol.derive_key("tulips"))
        _returns_nothing(receive, old, me, f"{me} still reads messages under the old, single key")
        _returns_nothing(receive, bytes(48), me, f"{me} reads something in 48 zero bytes")


def _cut(found: object) -> str:
    return f"{found!r:.40}"


def _returns_nothing(receive: Answer, wire: bytes, me: str, fault: str) -> None:
    noise = "if it is no envelope under the peer's key, return None"
    found = receive(wire, "tulips", me, hint=noise)
    require(found is None, f"L7 still gets through: {fault}, {_cut(found)}. Return None")


# L8. Order -------------------------------------------------------------------------------------

_WORDS = ("no", "yes", "yes", "at noon", "no")
_TALK = list(enumerate(_WORDS))


def check_order(receive: Any) -> None:
    """Check a receiver that knows the number of each message."""
    seen = Answer("receive", receive, (tuple, list))
    judge(
        "right: drops, doubles and swaps are noticed. Only a cut at the end is not",
        lambda: _shows(seen, [], [], [], "nothing has arrived"),
        lambda: _shows(seen, _TALK, [*_WORDS], [], "all arrive in order"),
        lambda: _resists_doubles(seen),
        lambda: _resists_swaps(seen),
        lambda: _resists_drops(seen),
    )


def _resists_doubles(seen: Answer) -> None:
    doubled = [*_TALK[:2], _TALK[0], *_TALK[2:], _TALK[1], _TALK[1]]
    _shows(seen, doubled, [*_WORDS], [], "mallory sends messages again: their numbers are old")


def _resists_swaps(seen: Answer) -> None:
    for order in ((1, 0, 2, 3, 4), (4, 3, 2, 1, 0), (0, 2, 4, 1, 3)):
        arrived = [_TALK[number] for number in order]
        _shows(seen, arrived, [*_WORDS], [], f"they arrive as {order}: put them in order")


def _resists_drops(seen: Answer) -> None:
    for kept in ((1, 2, 3, 4), (0, 2, 3, 4), (0, 1, 3), (0, 3), (4,), (0, 3, 3, 1)):
        missing = [number for number in range(max(kept)) if number not in kept]
        texts = [*_WORDS[: missing[0]]]
        arrived = [_TALK[number] for number in kept]
        why = "show nothing behind a gap, and say which numbers below the highest are missing"
        _shows(seen, arrived, texts, missing, why)


def _shows(
    seen: Answer, arrived: list[tuple[int, str]], texts: list[str], missing: list[int], hint: str
) -> None:
    result = seen(list(arrived), hint=hint)
    require(len(result) == 2, "return two lists: the texts to show, and the missing numbers")  # noqa: PLR2004
    found = ([*result[0]], [*result[1]])
    require(
        found == (texts, missing),
        f"for {arrived} return {texts}, {missing}; yours gives {found[0]}, {found[1]}. {hint}",
    )


CHECKS = {
    "L4": check_memory,
    "L5": check_time,
    "L6": check_forgery,
    "L7": check_direction,
    "L8": check_order,
}
