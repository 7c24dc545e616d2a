"""The figures in a real browser, headless Chromium, without kernel and server.

It clicks, types and slides, on a page with all of them, light and dark, at two widths. Needs
`pip install playwright` and a Chromium on the PATH; otherwise these tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from modern.attacks import xor
from modern.protocol import LENGTH
from notebooks.figures import oracle, palette, searching
from tests.notebooks.drawn import LIVING, NAMES, RATES, STOLEN, all_figures, oracle_steps

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    OpenPage = Callable[..., "Opened"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH"),
]

WIDTHS = (400, 800, 1200)
LARGEST = 500_000
"""Bytes of one notebook; all figures together stay below it."""

JUPYTER = {None: "", "light": 'data-jp-theme-light="true"', "dark": 'data-jp-theme-light="false"'}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


class Opened:
    """A page with figures, and what went wrong on it."""

    def __init__(self, page: Page):
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._note)

    def _note(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith(("file:", "data:")):
            self.complaints.append(url)

    def figure(self, name: str) -> Locator:
        return self.page.locator(f"#{as_id(name)}")


@pytest.fixture(scope="module")
def open_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenPage]:
    """Give a function that opens a page with all figures, once for each set of arguments."""
    folder = tmp_path_factory.mktemp("figures")
    opened: dict[object, Opened] = {}

    def open_it(
        device: str = "light", theme: str | None = None, width: int = 800, scripts: bool = True
    ) -> Opened:
        given = (device, theme, width, scripts)
        if given not in opened:
            path = folder / f"{theme}.html"
            path.write_text(page_of_all(theme), encoding="utf-8")
            size = {"width": width, "height": 900}
            page = browser.new_page(color_scheme=device, viewport=size, java_script_enabled=scripts)
            opened[given] = Opened(page)
            page.goto(path.as_uri())
        return opened[given]

    yield open_it
    assert [each.complaints for each in opened.values() if each.complaints] == []


def page_of_all(theme: str | None) -> str:
    parts = (f'<div id="{as_id(name)}">{all_figures()[name].html}</div>' for name in NAMES)
    return f'<!doctype html><meta charset="utf-8"><body {JUPYTER[theme]}>{"".join(parts)}'


def as_id(name: str) -> str:
    return name.replace("_", "-")


def colour_of_paper(page: Page, name: str) -> str:
    """Return the colour of a figure near its upper left corner, as it is seen."""
    shot = page.locator(f"#{as_id(name)}").screenshot(type="png")
    return page.evaluate(
        """async (bytes) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const pixel = [...context.getImageData(8, 4, 1, 1).data].slice(0, 3);
          return "#" + pixel.map((each) => each.toString(16).padStart(2, "0")).join("");
        }""",
        list(shot),
    )  # type: ignore[no-any-return]


# Light and dark -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("device", "theme", "seen"),
    [
        ("light", None, "light"),
        ("dark", None, "dark"),
        ("light", "dark", "dark"),
        ("dark", "light", "light"),
    ],
)
def test_a_figure_has_the_theme_of_its_page(
    open_page: OpenPage, device: str, theme: str | None, seen: str, width: int
) -> None:
    opened = open_page(device, theme, width)
    for name in ("replay", "frame"):  # a still one and a living one
        assert colour_of_paper(opened.page, name) == getattr(palette.PAPER, seen)


def test_a_living_figure_follows_when_the_theme_changes(open_page: OpenPage) -> None:
    opened = open_page("light", "light")
    for value, seen in (("false", "dark"), ("true", "light")):
        opened.page.evaluate("(value) => { document.body.dataset.jpThemeLight = value; }", value)
        for name in ("replay", "frame"):
            assert colour_of_paper(opened.page, name) == getattr(palette.PAPER, seen)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_page(open_page: OpenPage, width: int) -> None:
    opened = open_page(width=width)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_printer_gets_the_light_colours_and_no_controls(open_page: OpenPage) -> None:
    opened = open_page("dark", "dark")
    opened.page.emulate_media(media="print", color_scheme="light")
    for name in ("replay", "frame"):
        assert colour_of_paper(opened.page, name) == palette.PAPER.light
    assert not opened.figure("search_times").locator("input").first.is_visible()
    opened.page.emulate_media(media="screen", color_scheme="dark")


# Without scripts ------------------------------------------------------------------------------


def test_without_scripts_every_figure_is_a_picture(open_page: OpenPage) -> None:
    opened = open_page(scripts=False)
    images = opened.page.locator("figure img")
    assert images.count() == len(NAMES)
    for number in range(len(NAMES)):
        assert images.nth(number).is_visible()
        assert (images.nth(number).bounding_box() or {})["height"] > 80


def test_with_scripts_only_the_living_ones_change(open_page: OpenPage) -> None:
    opened = open_page()
    assert opened.page.locator("figure img:visible").count() == len(NAMES) - len(LIVING)
    assert opened.page.locator("figure[data-living]").count() == len(LIVING)


def test_a_figure_that_is_there_twice_lives_twice(open_page: OpenPage) -> None:
    opened = open_page()
    opened.figure("frame").locator("[data-field='0']").click()
    opened.page.evaluate(
        """(html) => {
          const box = document.body.appendChild(document.createElement("div"));
          box.id = "again";
          box.append(document.createRange().createContextualFragment(html));
        }""",
        all_figures()["frame"].html,
    )
    again = opened.figure("again")
    again.locator("[data-field='3']").click()
    assert again.locator("strong").inner_text() == "E(chunk)"
    assert opened.figure("frame").locator("strong").inner_text() == "IV"
    opened.page.evaluate("document.getElementById('again').remove()")


# The frame ------------------------------------------------------------------------------------


def test_a_field_that_is_clicked_says_what_it_is(open_page: OpenPage) -> None:
    frame = open_page().figure("frame")
    for number, name in enumerate(("IV", "E(length)", "tag over IV and E(length)", "E(chunk)",
                                   "tag over E(chunk)")):  # fmt: skip
        frame.locator(f"[data-field='{number}']").click()
        assert frame.locator("strong").inner_text() == name
        pressed = frame.locator("[aria-pressed=true]")
        assert [each.get_attribute("data-field") for each in pressed.all()] == [str(number)]
        covered = [each.get_attribute("data-field") for each in frame.locator(".covered").all()]
        assert covered == {2: ["0", "1"], 4: ["3"]}.get(number, [])


def test_the_keyboard_walks_through_the_fields(open_page: OpenPage) -> None:
    opened = open_page()
    frame = opened.figure("frame")
    frame.locator("[data-field='0']").focus()
    told = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        opened.page.keyboard.press(key)
        told.append(frame.locator("strong").inner_text())
    assert told == ["E(length)", "tag over IV and E(length)", "tag over E(chunk)",
                    "tag over E(chunk)", "E(chunk)", "IV"]  # fmt: skip


def test_its_keys_are_kept_from_jupyter_lab(open_page: OpenPage) -> None:
    """Lab asks the element that a key is pressed in, and those around it, in this order."""
    opened = open_page()
    for name in LIVING:
        opened.figure(name).locator("input, [data-field='0']").first.focus()
        assert opened.page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"


# The padding oracle ---------------------------------------------------------------------------


def row(figure: Locator, name: str) -> list[str]:
    cells = [figure.locator(f"[data-cell='{name}-{byte}'] text") for byte in range(16)]
    return [cell.text_content() or "" for cell in cells]


def move(figure: Locator, value: float, number: int = 0) -> None:
    figure.locator("input").nth(number).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


def test_the_slider_shows_each_query_as_it_was(open_page: OpenPage) -> None:
    figure = open_page().figure("padding_oracle")
    steps, asked = oracle_steps()
    inner, traced = xor(steps[-1].plaintext, STOLEN[LENGTH]), oracle.trace(steps, STOLEN)
    for query in (1, 2, traced[0].guess + 1, steps[0].queries, steps[0].queries + 1,
                  steps[6].queries - 1, steps[6].queries, steps[-1].queries):  # fmt: skip
        move(figure, query)
        known = sum(step.queries <= query for step in steps)
        assert row(figure, "forged") == [f"{byte:02x}" for byte in asked[query - 1]]
        hidden = ["?"] * (16 - known)
        assert row(figure, "inner") == hidden + [f"{b:02x}" for b in inner[16 - known :]]
        text = steps[-1].plaintext[16 - known :] if known else b""
        assert row(figure, "text") == hidden + [oracle.name_byte(byte) for byte in text]
        said = figure.locator(".panel p").inner_text()
        found = any(step.queries == query for step in steps)
        assert ("Now she knows" in said) == found


def test_buttons_lead_from_byte_to_byte(open_page: OpenPage) -> None:
    figure = open_page().figure("padding_oracle")
    steps, _ = oracle_steps()
    figure.get_by_role("button", name="to the start").click()
    assert row(figure, "text") == ["?"] * 16
    for step in steps[:4]:
        figure.get_by_role("button", name="next byte").click()
        assert figure.locator("output").inner_text().startswith(f"{step.queries:,} of ")
    figure.get_by_role("button", name="one query back").click()
    assert figure.locator("output").inner_text().startswith(f"{steps[3].queries - 1:,} of ")


# The time of a search -------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [1 / 60, 25, 130_000, 4e9, 22e9])
def test_the_sliders_say_what_the_words_say(open_page: OpenPage, rate: float) -> None:
    figure = open_page().figure("search_times")
    figure.locator("input").nth(1).evaluate(
        """(input, rate) => {
          input.value = Math.log10(rate);
          input.dispatchEvent(new Event("input"));
        }""",
        rate,
    )
    outputs = figure.locator("output")
    assert outputs.nth(1).inner_text() == searching.say_rate(rate)
    for bits in (0, 16, 17.6, 37.6, 50, 64, 77.5, 100, 130):
        move(figure, bits)
        assert outputs.nth(0).inner_text() == f"{bits:g} bits"
        seconds = searching.seconds_to_find(bits, rate)
        said = figure.locator("strong").inner_text()
        assert said == f"Found on average after: {searching.say_time(seconds)}"


def test_a_button_sets_its_slider(open_page: OpenPage) -> None:
    figure = open_page().figure("search_times")
    for name, rate in RATES.items():
        figure.get_by_role("button", name=name, exact=True).click()
        assert figure.locator("output").nth(1).inner_text() == searching.say_rate(rate)
    dot = figure.locator("circle[r='7']")
    places = []
    for name in ("a word and an ending, as here", "6 dice words"):
        figure.get_by_role("button", name=name).click()
        places.append((float(dot.get_attribute("cx") or 0), float(dot.get_attribute("cy") or 0)))
    assert places[0][0] < places[1][0]
    assert places[0][1] > places[1][1]


def test_how_large_they_are(figures: Callable[[str, object], None]) -> None:
    sizes = {name: len(all_figures()[name].html) for name in NAMES}
    largest = max(sizes, key=sizes.__getitem__)
    assert sum(sizes.values()) < LARGEST
    figures("figures: bytes of all of them", sum(sizes.values()))
    figures("figures: the largest", f"{sizes[largest]:,} ({largest})")
