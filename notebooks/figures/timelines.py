"""Timelines: who sends what to whom, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

from notebooks.figures.drawing import DASHED, DOTTED, SOLID, WIDTH, Drawing
from notebooks.figures.page import show
from notebooks.figures.palette import BLUE_LINE, FAINT, RED_LINE, RULE
from notebooks.figures.words import and_then, quoted

Arrow = tuple[str, str, str, str]
"""An arrow: its sender, its receiver, its text and its kind, one of `KINDS`."""

KINDS = {
    "honest": (BLUE_LINE, SOLID, "{0} sends {2} to {1}"),
    "attack": (RED_LINE, DASHED, "as an attack, {0} sends {2} to {1}"),
    "lost": (FAINT, DOTTED, "{0} sends {2} to {1}, and it comes to nothing"),
}
"""How each kind of arrow looks, and how it is said."""

_STEP = 44


def timeline(lanes: Sequence[str], arrows: Sequence[Arrow], title: str) -> None:
    """Show who sends what to whom. Dashed arrows are the attacker's, dotted ones lead nowhere."""
    drawing = Drawing(_STEP * len(arrows) + 112, title=title)
    gap = (WIDTH - 180) / max(len(lanes) - 1, 1)
    places = {lane: 90 + gap * number for number, lane in enumerate(lanes)}
    end = 72 + _STEP * len(arrows)
    for lane, x in places.items():
        drawing.text(x, 50, lane, anchor="middle", bold=True)
        drawing.line([(x, 62), (x, end)], RULE, 2)
    for step, (sender, receiver, text, kind) in enumerate(arrows):
        colour, dash, _ = KINDS[kind]
        start, stop, y = places[sender], places[receiver], 98 + _STEP * step
        drawing.arrow((start, y), (stop, y), colour, 2, dash)
        drawing.text((start + stop) / 2, y - 13, text, anchor="middle", size=13, halo=True)
    drawing.text(12, end - 4, "time ↓", size=12, colour=FAINT)
    _draw_key(drawing, [kind for _, _, _, kind in arrows], end + 22)
    show(drawing, _say(lanes, arrows))


def _draw_key(drawing: Drawing, kinds: Sequence[str], y: float) -> None:
    """Say what the dashes mean, as far as they occur."""
    names = {"honest": "as it should be", "attack": "Mallory's doing", "lost": "comes to nothing"}
    x = 90.0
    for kind in (kind for kind in KINDS if kind in kinds):
        colour, dash, _ = KINDS[kind]
        drawing.arrow((x, y), (x + 40, y), colour, 2, dash)
        drawing.text(x + 48, y, names[kind], size=12, colour=FAINT)
        x += 190


def _say(lanes: Sequence[str], arrows: Sequence[Arrow]) -> str:
    steps = "; ".join(
        KINDS[kind][2].format(sender, receiver, quoted(" ".join(text.split())))
        for sender, receiver, text, kind in arrows
    )
    return f"A timeline of {and_then(lanes)}, from top to bottom: {steps}."


# The legacy chat: L4, L7, L8 ------------------------------------------------------------------


def replay() -> None:
    """Show an old answer that is sent again to a new question."""
    arrows = [
        ("alice", "bob", "should I burn them?", "honest"),
        ("bob", "alice", "yes ☑  20:00:24", "honest"),
        ("alice", "bob", "and the photographs?", "honest"),
        ("bob", "mallory", "no  (held back)", "lost"),
        ("mallory", "alice", "yes ☑  20:00:24  (replayed)", "attack"),
    ]
    timeline(["bob", "mallory", "alice"], arrows, "A replay: the old answer to a new question")


def reflection() -> None:
    """Show a question that comes back to the person who asked it."""
    arrows = [
        ("alice", "mallory", "should I burn them?", "honest"),
        ("mallory", "alice", "should I burn them? ☑", "attack"),
        ("alice", "mallory", "yes, burn yours too", "honest"),
        ("mallory", "bob", "yes, burn yours too ☑", "attack"),
    ]
    timeline(["alice", "mallory", "bob"], arrows, "A reflection: Alice answers her own question")


def swap() -> None:
    """Show two answers that change places, and their clocks with them."""
    arrows = [
        ("alice", "bob", "shall I bring the papers?", "honest"),
        ("bob", "mallory", "no  20:00:12", "lost"),
        ("alice", "bob", "should I burn them?", "honest"),
        ("bob", "mallory", "yes  20:00:24", "lost"),
        ("mallory", "alice", "yes ☑  20:00:12", "attack"),
        ("mallory", "alice", "no ☑  20:00:24", "attack"),
    ]
    timeline(["alice", "mallory", "bob"], arrows, "Swapped, with the clocks put right")


# The modern chat: M4, M5, M7 ------------------------------------------------------------------


def splice_on_the_wire(header: str, body: str) -> None:
    """Show how a spliced frame is made of two that passed before; given are their two texts."""
    arrows = [
        ("alice", "mallory", f"frame A: {header}", "honest"),
        ("mallory", "bob", f"frame A: {header}", "honest"),
        ("alice", "mallory", f"frame B: {body}", "honest"),
        ("mallory", "bob", f"frame B: {body}", "honest"),
        ("mallory", "bob", "header A + body B: nonsense", "attack"),
    ]
    timeline(["alice", "mallory", "bob"], arrows, "A splice")


def replay_drop_reflection() -> None:
    """Show three frames: the first comes twice, the second never, the third goes back as well."""
    arrows = [
        ("alice", "mallory", "frame: pay mallory 10", "honest"),
        ("mallory", "bob", "frame: pay mallory 10", "honest"),
        ("mallory", "bob", "the same 112 bytes: pay mallory 10", "attack"),
        ("alice", "mallory", "frame: no, never pay!", "lost"),
        ("alice", "mallory", "frame: burn the paper", "honest"),
        ("mallory", "bob", "frame: burn the paper", "honest"),
        ("mallory", "alice", "her own frame: burn the paper", "attack"),
    ]
    timeline(["alice", "mallory", "bob"], arrows, "A replay, a drop and a reflection")


def cut() -> None:
    """Show a sentence whose last frame never arrives."""
    arrows = [
        ("alice", "mallory", "transfer the mo", "honest"),
        ("mallory", "bob", "transfer the mo", "honest"),
        ("alice", "mallory", "ney on friday, ", "honest"),
        ("mallory", "bob", "ney on friday, ", "honest"),
        ("alice", "mallory", "unless i call y", "lost"),
        ("mallory", "bob", "end of the connection", "attack"),
    ]
    timeline(["alice", "mallory", "bob"], arrows, "A cut between two frames")


# The third chat -------------------------------------------------------------------------------


def one_guess(guess: str) -> None:
    """Show the messages between alice and Mallory, who plays bob and tries one passphrase."""
    arrows = [
        ("alice", "mallory", "version, share", "honest"),
        ("mallory", "alice", f"version, share made with {guess!r}", "attack"),
        ("alice", "mallory", "confirmation: it does not fit", "honest"),
        ("mallory", "alice", "nothing that alice would believe", "lost"),
    ]
    timeline(["alice", "mallory"], arrows, "Mallory plays bob: one connection, one guess")
