"""The figures: what each says in words is what it draws, and it needs nothing but itself."""

from __future__ import annotations

import ast
import base64
import re
import zlib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from Crypto.Cipher import AES

from legacy import attacks as legacy_attacks
from modern.attacks import xor
from modern.protocol import FIELDS, LENGTH
from notebooks import figures
from notebooks.figures import curves, drawing, oracle, palette, plot, searching
from notebooks.figures.envelopes import split_envelope
from notebooks.figures.padlock import as_png
from tests.notebooks.drawn import (
    COSTS,
    KEYS,
    LIVING,
    NAMES,
    STOLEN,
    SVG,
    Drawn,
    all_figures,
    captured,
    draw,
    frame_of,
    legacy_message,
    oracle_steps,
)

LARGEST = 90_000
"""Bytes of one figure, so that no notebook comes to 500,000."""


def each_figure(test: Callable[[Drawn], None]) -> Callable[[], None]:
    """Let a test look at all figures in one go: to draw them takes longer than to look at them."""

    def look() -> None:
        for name, drawn in all_figures().items():
            try:
                test(drawn)
            except AssertionError as error:
                raise AssertionError(f"the figure {name}") from error

    look.__name__, look.__doc__ = test.__name__, test.__doc__
    return look


# Nothing but itself ----------------------------------------------------------------------------


def test_every_call_is_drawn_here() -> None:
    assert sorted(all_figures()) == NAMES


@each_figure
def test_it_is_a_picture_with_its_alt_text(drawn: Drawn) -> None:
    """The picture remains where scripts and styles are taken away."""
    still = re.sub(r"<(style|script)>.*?</\1>", "", drawn.html, flags=re.DOTALL)
    (image,) = ElementTree.fromstring(still.replace('"></figure>', '"/></figure>'))
    assert image.get("alt") == drawn.alt
    assert image.get("src", "").startswith("data:image/svg+xml;base64,")
    assert "max-width:100%" in image.get("style", "")
    assert f'alt="{escape(drawn.alt)}"' in drawn.html


@each_figure
def test_the_alt_text_is_a_sentence(drawn: Drawn) -> None:
    assert len(drawn.alt) > 60
    assert drawn.alt[0].isupper()
    assert drawn.alt[-1] == "."
    assert not re.search(r"\.\.(?!\.)|\?\.|  |\n", drawn.alt)
    assert drawn.svg.get("aria-label") == drawn.alt


@each_figure
def test_it_asks_for_nothing_from_elsewhere(drawn: Drawn) -> None:
    outside = drawn.source.replace('xmlns="http://www.w3.org/2000/svg"', "")
    outside = re.sub('data:image/png;base64,[^"]+', "data:image/png", outside)
    assert not re.search(r"https?:|//\w|@import|<script|<foreignObject|\son\w+=", outside)
    assert re.findall(r'(?:href|src)="(?!data:image/)', outside) == []
    assert re.findall(r"url\((?!#)", outside) == []
    script = re.sub(r'<img.*?>|"[^"]*data:[^"]*"', "", drawn.html)
    assert not re.search(r"https?:|\bfetch\b|XMLHttpRequest|\bimport\b", script)


@each_figure
def test_two_on_one_page_do_not_clash(drawn: Drawn) -> None:
    """A picture keeps its names to itself, and the page around it gets none."""
    assert not re.search(r"\sid=", re.sub(r'src="[^"]+"', "", drawn.html).split("<script>")[0])
    ids = [element.get("id") for element in drawn.svg.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", drawn.source)) == set(ids)


@each_figure
def test_it_is_small(drawn: Drawn) -> None:
    assert len(drawn.html) < LARGEST


def test_only_what_is_to_live_has_a_script() -> None:
    assert {name for name, each in all_figures().items() if "<script>" in each.html} == set(LIVING)


def test_a_living_figure_cannot_be_left_by_its_own_data() -> None:
    """Text of the data that looks like the end of the script is not one."""
    shown = draw(figures.search_times, {"</script><b>": 1e9}, {"</ScRiPt>": 20})
    assert len(re.findall("</script>", shown.html, re.IGNORECASE)) == 1


def test_no_library_draws_them() -> None:
    package = Path(figures.__file__).parent
    imported = set()
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    assert imported & {"matplotlib", "numpy", "PIL", "pandas", "plotly"} == set()


# To be read ------------------------------------------------------------------------------------


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    colour: palette.Colour

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


COLOURS = {colour.name: colour for colour in vars(palette).values()
           if isinstance(colour, palette.Colour)}  # fmt: skip


def written(drawn: Drawn) -> Iterator[tuple[ElementTree.Element, palette.Colour, palette.Colour]]:
    """Return each text with its own colour and the colour of the last box that lies below it."""
    boxes: list[Box] = []
    for element in drawn.svg.iter():
        names = (element.get("class") or "").split()
        if element.tag == f"{SVG}rect" and names and names[0] in COLOURS:
            sizes = [float(element.get(each, "0")) for each in ("x", "y", "width", "height")]
            boxes.append(Box(*sizes, COLOURS[names[0]]))
        elif element.tag == f"{SVG}text":
            x, y = float(element.get("x", "0")), float(element.get("y", "0")) - 4
            below = [box.colour for box in boxes if box.holds(x, y)]
            yield element, COLOURS[names[0]], below[-1]


@each_figure
def test_text_stands_out_from_what_it_stands_on(drawn: Drawn) -> None:
    for element, text, below in written(drawn):
        for mode in ("light", "dark"):
            found = palette.contrast(getattr(text, mode), getattr(below, mode))
            assert found >= 4.5, (element.text, text.name, below.name, mode, found)


@each_figure
def test_text_is_large_enough_and_stays_on_the_sheet(drawn: Drawn) -> None:
    for element, _, _ in written(drawn):
        size = float(element.get("font-size", drawing.SIZE))
        assert size >= 10, element.text
        if element.get("transform"):
            continue
        mono = "mono" in (element.get("class") or "")
        width = drawing.text_width(element.text or "", size * 0.95, mono)
        x = float(element.get("x", "0"))
        left = x - {"middle": width / 2, "end": width}.get(element.get("text-anchor", ""), 0)
        assert left >= 0, element.text
        assert left + width <= drawing.WIDTH, element.text


@each_figure
def test_its_colours_are_known_on_both_pages(drawn: Drawn) -> None:
    light, dark = drawn.source.split("@media screen and (prefers-color-scheme:dark){", 1)
    used = {name for element in drawn.svg.iter() for name in (element.get("class") or "").split()}
    assert all(f".{name}{{" in light for name in used)
    assert ".paper{fill:#16191d}" in dark


@pytest.mark.parametrize("line", palette.LINES, ids=lambda line: line.name)
def test_lines_stand_out_from_the_paper(line: palette.Colour) -> None:
    assert palette.contrast(line.light, palette.PAPER.light) >= 3
    assert palette.contrast(line.dark, palette.PAPER.dark) >= 3


def test_contrast_is_the_one_of_the_standard() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# True for the data -----------------------------------------------------------------------------


def test_equal_blocks_get_one_letter_and_others_none() -> None:
    marks = figures.mark_equal_blocks([b"x", b"y", b"x", b"z", b"y"])
    assert {block: letter for block, (letter, _) in marks.items()} == {b"x": "A", b"y": "B"}


def test_a_map_of_blocks_has_a_letter_for_each_block_that_occurs_again() -> None:
    shown = all_figures()["block_map"]
    places = legacy_attacks.find_equal_blocks(captured())
    letters = [text for text in shown.texts if re.fullmatch("[A-Z]", text)]
    assert len(letters) == sum(len(each) for each in places.values())
    said = [
        each.split(": ")[1].split(" ") for each in shown.alt.rstrip(".").split(". ")[-1].split("; ")
    ]
    assert [len(row) for row in said] == [len(each.ciphertext) // 16 for each in captured()]
    for block in places.values():
        assert len({said[message][number] for message, number in block}) == 1
    assert sum(letter != "–" for row in said for letter in row) == len(letters)


def test_without_equal_blocks_there_is_no_letter() -> None:
    shown = draw(figures.block_map, [("one", bytes(range(48)))], "nothing twice")
    assert "No block has a letter" in shown.alt
    assert [text for text in shown.texts if re.fullmatch("[A-Z]", text)] == []


def test_the_fields_of_an_envelope_are_all_of_it() -> None:
    envelope, padded, _ = legacy_message()
    fields = split_envelope(envelope, padded)
    assert b"".join(field.data for field in fields) == padded
    named = {field.name: field.data for field in fields if field.name != "JSON"}
    assert named["timestamp"] == b"19:04:55"
    assert named["message"] == rb"see you \u2603 at eight"
    assert named["padding"].strip(b"~") == b""


def test_the_fields_of_an_envelope_are_where_the_words_say() -> None:
    shown = all_figures()["legacy_life"]
    places = dict(re.findall(r"the (\w+) at offsets (\d+)", shown.alt))
    assert places == {"timestamp": "15", "message": "38", "hash": "73", "padding": "139"}
    assert {"timestamp 15–22", "message 38–60", "padding 139–143"} <= set(shown.texts)


def test_flips_are_counted_for_each_field() -> None:
    shown = all_figures()["flips"]
    assert "With the tag check: all 896 cells say “rejected, nothing decrypted”" in shown.alt
    counts = {
        name: int(number) for name, number in re.findall(r"“([^”]+)” in (\d+) cells", shown.alt)
    }
    assert sum(counts.values()) == 896
    for name, number in counts.items():
        assert f"{name}: {number}" in shown.texts
        (fields,) = re.findall(rf"“{name}” in {number} cells \((.*?)\)[;.]", shown.alt)
        assert sum(map(int, re.findall(r"(\d+) of ", fields))) == number


INNER = bytes(14) + b"\2\7"
"""Mallory's IVs begin with zeros. So when she tries 4 for the last byte, the padding is 02 02."""
BY_CHANCE = bytes(64) + AES.new(KEYS.confidentiality, AES.MODE_ECB).encrypt(INNER) + bytes(32)


@pytest.mark.parametrize(("stolen", "twice"), [(STOLEN, 1), (BY_CHANCE, 2)])
def test_the_slider_of_the_oracle_asks_what_the_attack_asked(stolen: bytes, twice: int) -> None:
    """From where the attack ended follows every IV that Mallory sent."""
    steps, asked = oracle_steps(stolen)
    inner = xor(steps[-1].plaintext, stolen[LENGTH])
    traced = oracle.trace(steps, stolen)
    told = []
    for number, step in enumerate(traced):
        place, padding = 15 - number, bytes([number + 1] * (number + 1))
        for guess in range(step.guess + 1):
            iv = bytes(place) + xor(bytes([guess]) + inner[place + 1 :], padding)
            told += [iv, xor(iv, bytes(14) + b"\1\0")] if guess in step.twice else [iv]
    assert told == asked
    assert len(traced[0].twice) == twice
    assert f"{len(asked):,} in total" in draw(figures.padding_oracle, steps, stolen).alt


def test_a_picture_is_stored_as_it_was_painted() -> None:
    picture = figures.paint_picture(32, 24)
    png = as_png(picture, picture.pixels)
    start = png.index(b"IDAT") + 4
    rows = zlib.decompress(png[start : png.index(b"IEND") - 8])
    assert len(rows) == 24 * (1 + 16)
    shown = [value for row in range(24) for pair in rows[17 * row + 1 : 17 * row + 17]
             for value in (pair >> 4, pair & 15)]  # fmt: skip
    assert [(grey >> 5) * 15 / 7 for grey in picture.pixels] == pytest.approx(shown, abs=0.5)
    assert len(set(shown)) == 4


def test_the_padlock_shines_through_ecb_alone() -> None:
    shown = all_figures()["modes"]
    assert "With ECB, the shapes are easy to recognise" in shown.alt
    for mode in ("CBC", "CTR"):
        assert f"With {mode}, there is only noise" in shown.alt
    images = [image.get("href", "") for image in shown.svg.iter(f"{SVG}image")]
    assert len(images) == 4
    assert all(base64.b64decode(each.split(",")[1]).startswith(b"\x89PNG") for each in images)


def test_a_change_is_marked_where_bytes_differ() -> None:
    before, after = bytes(40), bytes(16) + b"\1" * 16 + bytes(3) + b"\1" + bytes(4)
    shown = draw(figures.differences, [("row", before, after)], "title")
    assert "row: 16 bytes of block 1 and one byte of block 2" in shown.alt
    assert len(re.findall('class="orange"', shown.source)) == 17


@pytest.mark.parametrize(
    ("bits", "rate", "words"),
    [
        (16, 4e9, "less than a second"),
        (38, 4e9, "34 seconds"),
        (50, 4e9, "2 days"),
        (16, 1 / 60, "23 days"),
        (77.5, 22e9, "150,000 years"),
        (50, 1 / 60, "10 to the 9 years"),
    ],
)
def test_the_time_of_a_search(bits: float, rate: float, words: str) -> None:
    assert searching.say_time(searching.seconds_to_find(bits, rate)) == words


@pytest.mark.parametrize(
    ("rate", "words"),
    [(22e9, "22 thousand million a second"), (130_400, "130,000 a second"), (25, "25 a second"),
     (4.3e6, "4.3 million a second"), (1 / 60, "one in 60 s")],
)  # fmt: skip
def test_the_speed_of_a_search(rate: float, words: str) -> None:
    assert searching.say_rate(rate) == words


def test_the_chance_of_a_repeat_counts_two_inputs_for_each_frame() -> None:
    assert curves.chance_of_repeat(curves.CENTURY, 128) == pytest.approx(5.85e-20, rel=0.01)
    pairs = 100 * 199
    assert curves.chance_of_repeat(100, 32) == pytest.approx(pairs / 2**32, rel=0.01)
    assert "6 times 10 to the -20 at the mark" in all_figures()["repeat_chance"].alt


def test_a_bill_has_its_factors() -> None:
    shown = all_figures()["costs"]
    for (modern, third), size in zip(COSTS.values(), (10, 10_000, 10_000_000), strict=True):
        assert f"modern {modern / size:.2f}, third {third / size:.2f}" in shown.alt
        assert {f"×{modern / size:.2f}", f"×{third / size:.2f}"} <= set(shown.texts)


@pytest.mark.parametrize("name", ["candidates", "segments"])
def test_numbers_in_the_words_stand_in_the_picture(name: str) -> None:
    shown = all_figures()[name]
    drawn = set(re.findall(r"\d+", " ".join(shown.texts)))
    said = set(re.findall(r"\b\d{2,}\b", shown.alt))
    assert said
    assert said - drawn == set()


def test_a_thinned_curve_stays_where_it_was() -> None:
    points = [(float(x), 300 / (x + 1) + (x % 7 == 0)) for x in range(200)]
    kept = plot.thin(points)
    assert set(kept) <= set(points)
    assert len(kept) < len(points)
    for point in points:
        right = next(n for n, each in enumerate(kept) if each[0] >= point[0])
        assert plot._distance(point, kept[max(right - 1, 0)], kept[max(right, 1)]) <= 0.25


def test_a_frame_shows_the_bytes_it_has() -> None:
    frame = frame_of("the quick brown fox jumps over the lazy dog\n", 3)
    shown = all_figures()["frame"]
    for _, field in FIELDS:
        assert f"{frame[field].hex()[:8]}…" in shown.texts
        assert f"(it begins with {frame[field].hex()[:8]})" in shown.alt
        assert f'"bytes":"{frame[field].hex(" ")}"' in shown.html
