"""How a figure gets onto the page: as a picture that every viewer keeps, with its alt text.

The drawing is the `src` of an `<img>`. So nothing of a page can change it, it brings no names that
could clash, and it remains where scripts and styles are taken away: in a notebook that Jupyter Lab
does not trust yet, in print, and on GitHub. (That GitHub shows an image with its data in the
address was found in issue 425 of activeviam/atoti-notebooks.) The stylesheet beside it only says
which theme the page has, for Jupyter Lab and VS Code. Elsewhere the device decides.

A living figure is the same picture and a script. The script replaces the picture by a copy that
answers to clicks and keys. It asks no kernel and no server.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from IPython.display import display

from notebooks.figures.drawing import DARK_PAGE, Drawing
from notebooks.figures.palette import BLUE_LINE, FAINT, INK, PAPER, PLAIN

_DARK = ("[data-jp-theme-light=false]", ".vscode-dark", ".vscode-high-contrast")
_LIGHT = ("[data-jp-theme-light=true]", ".vscode-light")

STYLE = (
    "<style>"
    + ",".join(f"{page} .drawn img" for page in _LIGHT)
    + "{color-scheme:light}"
    + ",".join(f"{page} .drawn img" for page in _DARK)
    + "{color-scheme:dark}@media print{.drawn img{color-scheme:light!important}}</style>"
)
"""Tells a picture the theme of the page around it."""


_SIZE = "max-width:100%;min-width:560px;height:auto"
"""As wide as there is room, but never too small to be read: then one scrolls."""

_COLOURS = {each.name: (each.light, each.dark) for each in (PAPER, INK, FAINT, PLAIN, BLUE_LINE)}
"""What a living figure adds has these colours, too."""


def show(drawing: Drawing, alt: str) -> None:
    """Display a figure; `alt` says in words what it shows."""
    _display(_figure(drawing, alt), alt)


def show_living(drawing: Drawing, alt: str, script: str, data: Mapping[str, Any]) -> None:
    """Display a figure that comes to life by a script of this folder, which is given `data`."""
    still = _figure(drawing, alt)
    name = hashlib.sha256((still + script).encode()).hexdigest()[:12]
    given = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    call = (
        f"{_read('living.js')}({json.dumps(name)},{json.dumps(DARK_PAGE)},"
        f"{json.dumps(_COLOURS)},{given},{_read(script)})"
    )
    living = still.replace(
        '<figure class="drawn"', f'<figure class="drawn" data-drawn="{name}"', 1
    ).removesuffix("</figure>")
    _display(f"{living}<script>{call}</script></figure>", alt)


def _figure(drawing: Drawing, alt: str) -> str:
    code = base64.b64encode(drawing.svg(alt).encode()).decode()
    return (
        f'<figure class="drawn" style="margin:0;overflow-x:auto">{STYLE}'
        f'<img alt="{escape(alt)}" width="{drawing.width:.0f}" style="{_SIZE}" '
        f'src="data:image/svg+xml;base64,{code}"></figure>'
    )


@cache
def _read(script: str) -> str:
    """Return a script without its comments and indentation."""
    text = files(__package__).joinpath(script).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).rstrip(";")


def _display(html: str, alt: str) -> None:
    display({"text/html": html, "text/plain": alt}, raw=True)  # type: ignore[no-untyped-call]
