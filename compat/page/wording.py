"""Commands and events as JSON, on their way between the page and an engine.

Each is an object whose first entry is its name: `{"do": "pass", "message": 3}` for a command,
`{"is": "shown", "who": "bob", ...}` for an event. events.py has the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

from compat.page.events import MOST_BYTES, Command, Event, name_of


class CommandError(Exception):
    """What arrived is none of the commands."""


def parse(sent: object) -> Command:
    """Return the command that arrived as a JSON object. Raises CommandError."""
    if not isinstance(sent, Mapping):
        raise CommandError("a command is an object")
    given = dict(sent)
    name = given.pop("do", None)
    kind = Command.names.get(name) if isinstance(name, str) else None
    if kind is None:
        raise CommandError("there is no such command")
    hints = get_type_hints(kind)
    expected = {field.name: hints[field.name] for field in fields(kind)}
    if set(given) != set(expected):
        raise CommandError(f"{name} takes {', '.join(expected) or 'nothing'}")
    for key, hint in expected.items():
        if not _fits(given[key], hint):
            raise CommandError(f"{name}: {key} is not what it should be")
    return kind(**given)


def _fits(value: object, hint: object) -> bool:
    if hint == list[int]:
        return isinstance(value, list) and all(_fits(each, int) for each in value)
    if hint is str:
        return isinstance(value, str) and len(value) <= 2 * MOST_BYTES
    return type(value) is hint


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object."""
    return {"is": name_of(type(event)), **asdict(event)}


def describe() -> dict[str, dict[str, list[str]]]:
    """Return the names of all commands and events, each with the names of its entries."""
    return {
        "commands": {name: [each.name for each in fields(k)] for name, k in Command.names.items()},
        "events": {name: [each.name for each in fields(k)] for name, k in Event.names.items()},
    }
