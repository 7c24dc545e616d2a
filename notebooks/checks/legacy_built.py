"""The checks of notebook 1: how long a message is, when its box is ticked, and which survive."""

from __future__ import annotations

import json
from typing import Any

from legacy import protocol
from notebooks import lab
from notebooks.checks.judging import Answer, Wrong, judge, require

_KEY = protocol.derive_key("a key that only the checks use")

# 1.1 How long is it on the wire? ---------------------------------------------------------------


def check_size(wire_size: Any) -> None:
    """Check how many bytes a message takes."""
    allowed = (protocol.build_envelope, protocol.process_text)
    size = Answer("wire_size", wire_size, int, allowed)
    judge(
        "right, even for the empty message, for full blocks and for characters outside ASCII",
        lambda: _has_blocks(size),
        lambda: _has_size(size, "hello", "how long is the envelope without the message?"),
        lambda: _has_size(size, "", "how long is the envelope of an empty message?"),
        lambda: _has_sizes(size),
        lambda: _has_size(size, "naïve ☃", "what does json.dumps make of é and ☃?"),
        lambda: _has_size(size, "🔑🔑🔑🔑", "a 🔑 is twelve characters in JSON"),
        lambda: _has_escapes(size),
    )


def _has_blocks(size: Answer) -> None:
    found = size("hello")
    require(found % 16 == 0, f"{found} bytes for 'hello': AES makes whole blocks of 16 bytes")
    require(found != 112, "112 bytes for 'hello': the last block is filled up, so round up")  # noqa: PLR2004


def _has_size(size: Answer, message: str, hint: str) -> None:
    found = size(message)
    real = 16 * len(protocol.process_text(protocol.build_envelope(message, "00:00:00")))
    require(
        found == real,
        f"{real} bytes are sent for {_quote(message)}, and wire_size says {found}: {hint}",
    )


def _has_sizes(size: Answer) -> None:
    full = "a full last block gets no padding, and one more character begins a new one"
    for length in (*range(70), 1000):
        _has_size(size, "a" * length, full)


def _has_escapes(size: Answer) -> None:
    for special in ('say "hi" ', "a\\b ", "a\tb "):
        hint = "JSON escapes some ASCII characters, too: quotation marks, backslashes, tabs"
        _has_size(size, special * 9, hint)


def _quote(message: str) -> str:
    longest = 40
    return repr(message) if len(message) <= longest else f"{message[:1]!r} * {len(message)}"


# 1.2 The ticked box ----------------------------------------------------------------------------


def check_tag(tag_of: Any) -> None:
    """Check which box an envelope gets."""
    tag = Answer("tag_of", tag_of, str)
    judge(
        "right. And did you notice? With another time, the message still gets ☑",
        lambda: _decides(tag),
        lambda: _ticks(tag),
        lambda: _crosses(tag),
        lambda: _reads_json(tag),
    )


_INTACT = protocol.build_envelope("see you at 8", "19:04:55")


def _decides(tag: Answer) -> None:
    require(tag(_INTACT) in ("☑", "☒"), 'return one of the two characters "☑" and "☒"')


def _ticks(tag: Answer) -> None:
    crossed = "an honest envelope gets ☒, "
    changed = _INTACT.replace("at 8", "at 9")
    require(
        (tag(_INTACT), tag(changed)) != ("☒", "☑"),
        f"{crossed}and one that was changed gets ☑: are the boxes exchanged?",
    )
    require(
        tag(_INTACT) == "☑",
        f"{crossed}so your hash is not the one that came. Print both: which bytes do you hash "
        "(all of the message, as UTF-8, and nothing else), and are both texts of 64 digits?",
    )
    later = _INTACT.replace("19:04", "23:04")
    require(tag(later) == "☑", "the time is changed and gets ☒, but the hash does not cover it")
    for message in ("☃", "naïve 🔑", 'say "hi"', "C:\\new", ""):
        require(
            tag(protocol.build_envelope(message, "12:00:00")) == "☑",
            f"{message!r} gets ☒: hash the message as json.loads gives it, without escapes",
        )


def _crosses(tag: Answer) -> None:
    changed = _INTACT.replace("at 8", "at 9")
    require(tag(changed) == "☒", "with `at 9` instead of `at 8`, the hash does not fit")
    digest = protocol.hash_message("see you at 8")
    for wrong in (digest[:-1] + "e", "0" + digest[1:], digest[:32], "", digest * 2):
        require(
            tag(_INTACT.replace(digest, wrong)) == "☒",
            f"the hash is {wrong[:4] or 'empty'}…, and the box is ticked: all 64 digits must fit",
        )


def _reads_json(tag: Answer) -> None:
    fields = json.loads(_INTACT)
    turned = json.dumps(dict(reversed(fields.items())))
    require(tag(turned) == "☑", "the fields may come in any order: read them with json.loads")
    misplaced = json.dumps({"timestamp": fields["hash"], "message": "see you at 8", "hash": "no"})
    require(tag(misplaced) == "☒", "the right hash must be in the field `hash`, not anywhere")


# 1.3 What survives? ----------------------------------------------------------------------------


def check_survivors(survives: Any) -> None:
    """Check which messages a real receiver shows unchanged and with a ticked box."""
    said = Answer("survives", survives, bool)
    judge(
        "right: your function says the same as the real receiver",
        lambda: _agrees(said, "it arrives as it was sent", "hello", "", "naïve ☃", 'say "hi"'),
        lambda: _agrees(said, "what happens to a ~?", "a ~ b", "~", "~5", "so~"),
        lambda: _agrees(said, "one space must fit before the box", "x" * 67, "x" * 68, "x" * 300),
        lambda: _agrees(said, "the screen counts characters, not bytes", "☃" * 67, "🔑" * 67),
        lambda: _agrees(said, "the screen counts characters, not bytes", "☃" * 68, '"' * 67),
    )


def _agrees(said: Answer, hint: str, *messages: str) -> None:
    for message in messages:
        found, real = said(message), _really_survives(message)
        if found is not real:
            raise Wrong(
                f"survives({_quote(message)}) is {found}, and the receiver says {real}: {hint}"
            )


def _really_survives(message: str) -> bool:
    screen = lab.deliver([protocol.seal(message, "12:00:00", _KEY)], _KEY)
    return screen == [f"{'Received : ' + message:79}☑  12:00:00"]


CHECKS = {"1.1": check_size, "1.2": check_tag, "1.3": check_survivors}
