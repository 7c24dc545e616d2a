"""Scripts of clicks that solve the scenes: the same ones for each engine, and for the page itself.

A script is a list of commands, as the page sends them. `None` stands for the next second: the first
chat's clock must go on.
"""

from __future__ import annotations

from typing import Any

from compat.page.secrets import Secrets

SECRETS = Secrets("Dragon1", "conf", "auth", "dragon-2024")
"""For a chat whose passphrase a test must know."""

Command = dict[str, Any] | None


def alice(text: str) -> Command:
    return {"do": "type", "who": "alice", "text": text}


def on(message: int, name: str, **more: object) -> Command:
    return {"do": name, "message": message, **more}


def new(link: str) -> Command:
    return {"do": "open", "scene": link}


REPLAY: list[Command] = [alice("pay mallory 5"), on(1, "replay")]
SPLICE: list[Command] = [
    alice("shall we meet?"),
    None,
    alice("I am leaving"),
    on(2, "splice", donor=1, start=16, stop=32),
]

SCRIPTS: dict[str, list[Command]] = {
    "legacy/L4": REPLAY,
    "legacy/L5": SPLICE,
    "legacy/L7": [alice("do you agree?"), on(1, "reflect")],
    "legacy/L8": [
        alice("do not sell"),
        alice("buy"),
        alice("sell"),
        on(1, "drop"),
        on(2, "swap"),
    ],
    "legacy/L11": [alice("see you at ~8?")],
    "modern/M2": [
        alice("shall we meet?"),
        *(on(1, "look", start=start) for start in (0, 16, 32, 64, 80)),
        *[on(1, "flip_all", checks=True)] * 28,
        on(1, "flip", byte=3, bit=7),
        new("modern/M2"),
        alice("yes"),
        on(1, "flip", byte=70, bit=0),
    ],
    "modern/M3": [
        alice("meet me at 8"),
        *[on(1, "ask", checks=False)] * 16,
        on(1, "ask", checks=True),
    ],
    "modern/M5": [
        alice("one"),
        alice("two"),
        alice("three"),
        alice("four"),
        on(1, "drop"),
        on(2, "swap"),
        on(4, "pass"),
        on(4, "replay"),
        on(4, "reflect"),
    ],
    "modern/M7": [
        alice("sell all of it today, but only if I call"),
        on(1, "pass"),
        {"do": "cut"},
    ],
    "hardened/M2": [
        alice("pay bob 5"),
        *(on(5, "look", start=start) for start in (0, 2, 18, 274)),
        *[on(5, "flip_all", checks=True)] * 16,
        on(5, "flip", byte=20, bit=1),
    ],
    "hardened/M3": [
        alice("pay bob 5"),
        on(5, "ask", checks=True),
        on(5, "flip", byte=18, bit=0),
    ],
    "hardened/M4": [
        alice("pay bob 5"),
        alice("sell"),
        on(6, "splice", donor=5, start=18, stop=274),
        new("hardened/M4"),
        alice("sell"),
        on(5, "flip", byte=20, bit=1),
    ],
    "hardened/M5": [
        alice("pay bob 5"),
        on(5, "pass"),
        on(5, "replay"),
        new("hardened/M5"),
        alice("one"),
        alice("two"),
        on(5, "drop"),
        on(6, "pass"),
        new("hardened/M5"),
        alice("one"),
        alice("two"),
        on(5, "swap"),
        new("hardened/M5"),
        alice("one"),
        on(5, "pass"),
        on(5, "reflect"),
    ],
    "hardened/M7": [alice("pay bob 5"), {"do": "cut"}],
    "hardened/M8": [
        on(1, "guess", passphrase="dragon"),
        on(1, "guess", passphrase="monkey"),
        *[{"do": "knock", "passphrase": guess} for guess in ("dragon", "monkey", "bob")],
    ],
}
"""By link. What L1, L3, M4 and M6 ask for is drawn anew each time: test_scenes.py solves those."""
