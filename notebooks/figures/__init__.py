"""The figures of the notebooks: each is one call that shows a picture.

The cells are about cryptography. How a picture looks stands here, and so does its alt text, which
says in words what it shows. The pictures are SVG, which `drawing.py` writes by itself.
`page.py` says how they get onto the page, and what makes some of them living.
"""

from notebooks.figures.blocks import (
    block_map,
    differences,
    guessed_blocks,
    mark_equal_blocks,
    segments,
    split_blocks,
    text_blocks,
)
from notebooks.figures.curves import lengths, overhead, query_progress, repeat_chance
from notebooks.figures.envelopes import legacy_life
from notebooks.figures.flipping import flips
from notebooks.figures.frames import frame, modern_life, record, splice
from notebooks.figures.oracle import padding_oracle
from notebooks.figures.padlock import Picture, modes, paint_picture
from notebooks.figures.searching import guesses_at_home_and_online, search_times, watch
from notebooks.figures.tables import dialects, verdicts
from notebooks.figures.timelines import (
    cut,
    one_guess,
    reflection,
    replay,
    replay_drop_reflection,
    splice_on_the_wire,
    swap,
    timeline,
)
from notebooks.figures.traffic import Burst, candidates, costs, rhythm, talks

__all__ = [
    "Burst",
    "Picture",
    "block_map",
    "candidates",
    "costs",
    "cut",
    "dialects",
    "differences",
    "flips",
    "frame",
    "guessed_blocks",
    "guesses_at_home_and_online",
    "legacy_life",
    "lengths",
    "mark_equal_blocks",
    "modern_life",
    "modes",
    "one_guess",
    "overhead",
    "padding_oracle",
    "paint_picture",
    "query_progress",
    "record",
    "reflection",
    "repeat_chance",
    "replay",
    "replay_drop_reflection",
    "rhythm",
    "search_times",
    "segments",
    "splice",
    "splice_on_the_wire",
    "split_blocks",
    "swap",
    "talks",
    "text_blocks",
    "timeline",
    "verdicts",
    "watch",
]
