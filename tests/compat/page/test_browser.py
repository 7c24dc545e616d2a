"""The page in Chromium, with nothing but itself: scenes solved by mouse, keyboard and finger.

`python -m pytest -m "browser and not soak" tests/compat/page` runs what `.ci/run` runs. With
`-m browser`, every scene is solved with every pair of hands.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compat.page.hands import WAIT, Finger, Hands, Keyboard, Mouse
from tests.compat.page.hosting import serve
from tests.compat.page.scripts import SCRIPTS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WIDTHS = (360, 800, 1200, 1920)
SERIOUS = ("serious", "critical")
FEW = ("legacy/L5", "legacy/L8", "modern/M2")
"""What keyboard and finger solve each time; the rest of their scenes is in the soak."""


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """Return what the browser's console has said that should not be there."""
    return []


def open_page(browser: Any, address: str, complaints: list[str], **options: Any) -> Any:
    """Return a page whose Python is ready."""
    context = browser.new_context(service_workers="block", **options)
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: check_request(request.url, address, complaints))
    page.goto(f"{address}#legacy/L5")
    page.locator(".status.ready").wait_for(timeout=2 * WAIT)
    page.locator("#stage[data-opened]").wait_for(timeout=WAIT)
    return page


def check_request(url: str, address: str, complaints: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        complaints.append(f"a request to {url}")


@pytest.fixture(scope="module")
def mouse(browser, address, complaints) -> Iterator[Mouse]:
    page = open_page(browser, address, complaints, viewport={"width": 1200, "height": 1000})
    yield Mouse(page)
    page.context.close()


@pytest.fixture(scope="module")
def keyboard(browser, address, complaints) -> Iterator[Keyboard]:
    page = open_page(browser, address, complaints, viewport={"width": 1200, "height": 1000})
    yield Keyboard(page)
    page.context.close()


@pytest.fixture(scope="module")
def finger(browser, address, complaints) -> Iterator[Finger]:
    size = {"width": 800, "height": 1280}
    page = open_page(browser, address, complaints, viewport=size, has_touch=True)
    yield Finger(page)
    page.context.close()


@pytest.fixture(scope="module")
def newcomer(browser, address, complaints) -> Iterator[Mouse]:
    """Return somebody who has solved nothing yet: a page keeps what was solved."""
    page = open_page(browser, address, complaints, viewport={"width": 1200, "height": 800})
    yield Mouse(page)
    page.context.close()


OUT_OF_ITS_TILE = """[...document.querySelectorAll(".tile")].flatMap((tile) => {
  const { left, right } = tile.getBoundingClientRect();
  const edge = 3; // two pixels of border, and one of air
  const parts = [...tile.children].filter((part) => !part.classList.contains("hidden"));
  return parts.filter((part) => {
    const box = part.getBoundingClientRect();
    const words = part.scrollWidth > part.clientWidth + 1;
    return box.left < left + edge || box.right > right - edge || words;
  }).map((part) => part.outerHTML);
})"""
IS_ON_TOP = """where => {
  const target = document.querySelector(where);
  const { left, top, width, height } = target.getBoundingClientRect();
  return target.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""

IN_WINDOW = """where => {
  const target = typeof where === "string" ? document.querySelector(where) : where;
  const { top, bottom } = target.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def is_in_window(target: Any) -> bool:
    """Whether all of an element can be seen, if nothing lies over it."""
    return target.evaluate(f"element => ({IN_WINDOW})(element)")


def overlap(one: dict, other: dict) -> bool:
    """Whether two boxes have a point in common."""
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def solve(hands: Hands, link: str, complaints: list[str]) -> None:
    hands.open(link)
    hands.play(SCRIPTS[link])
    assert hands.is_solved()
    assert complaints == []


@pytest.mark.parametrize("link", SCRIPTS)
def test_a_mouse_solves_each_scene(mouse, complaints, link):
    solve(mouse, link, complaints)


@pytest.mark.parametrize("link", FEW)
def test_a_keyboard_solves_it(keyboard, complaints, link):
    solve(keyboard, link, complaints)


@pytest.mark.parametrize("link", FEW)
def test_a_finger_solves_it(finger, complaints, link):
    solve(finger, link, complaints)


REST = [link for link in SCRIPTS if link not in FEW]


@pytest.mark.soak
@pytest.mark.parametrize("link", REST)
def test_a_keyboard_solves_every_scene(keyboard, complaints, link):
    solve(keyboard, link, complaints)


@pytest.mark.soak
@pytest.mark.parametrize("link", REST)
def test_a_finger_solves_every_scene(finger, complaints, link):
    solve(finger, link, complaints)


def mark_equal(hands: Hands) -> None:
    """Mark the two messages whose blocks are equal from block 2 on, as a student sees them."""
    hands.card(5)
    letters = {
        number: hands.card(number).locator(".tile .letter").all_text_contents()[2:]
        for number in range(1, 6)
    }
    pair = [n for n in letters if list(letters.values()).count(letters[n]) > 1]
    assert len(pair) == 2
    for number in pair:
        hands.press(hands.key(number, "mark"))
    hands.press(hands.page.get_by_role("button", name="these messages say the same"))


@pytest.mark.parametrize("name", ["mouse", "keyboard", "finger"])
def test_equal_blocks_are_found_by_eye(request, name):
    hands = request.getfixturevalue(name)
    hands.open("legacy/L1")
    assert hands.page.locator(".cover").first.is_visible()
    mark_equal(hands)
    assert hands.is_solved()
    assert not hands.page.locator(".cover").first.is_visible()


REST_BY_HAND = [
    "mouse",
    pytest.param("keyboard", marks=pytest.mark.soak),
    pytest.param("finger", marks=pytest.mark.soak),
]
IN_SOAK = [pytest.param(name, marks=pytest.mark.soak) for name in ("mouse", "keyboard", "finger")]


@pytest.mark.parametrize("name", REST_BY_HAND)
def test_the_length_gives_the_answer_away(request, name):
    hands = request.getfixturevalue(name)
    hands.open("modern/M6")
    hands.card(3)  # all frames come at once
    frames = hands.page.locator(".card.from-alice").count()
    hands.press(hands.page.locator("button.answer").nth(frames - 1))
    assert hands.is_solved()
    column = hands.page.locator(".rhythm rect.alice")
    assert column.count() == frames
    hands.do_type("alice", "yes")  # the screens are open now, and the timeline goes on
    assert column.count() == frames + 1


@pytest.mark.parametrize("name", REST_BY_HAND)
def test_the_third_chat_hides_the_length(request, name):
    hands = request.getfixturevalue(name)
    hands.open("hardened/M6")
    hands.card(6)
    assert hands.page.locator(".rhythm rect.alice").count() == 1
    hands.press(hands.page.get_by_role("button", name="nobody can tell"))
    assert hands.is_solved()


@pytest.mark.parametrize("name", IN_SOAK)
def test_the_passphrase_is_found_and_used(request, name):
    hands = request.getfixturevalue(name)
    hands.open("legacy/L3")
    hands.do_type("alice", "hello bob")
    hands.press(hands.page.get_by_role("button", name="try the whole list"))
    hands.page.get_by_text("The passphrase is").first.wait_for(timeout=3 * WAIT)
    hands.press(hands.page.get_by_role("button", name="send as alice"))
    assert hands.is_solved()


@pytest.mark.parametrize("name", IN_SOAK)
def test_two_halves_are_found_and_shown(request, name):
    hands = request.getfixturevalue(name)
    hands.open("modern/M4")
    hands.do_type("alice", "yes")
    hands.do_type("alice", "no")
    hands.do_splice(1, donor=2, start=64, stop=112)
    hands.page.locator("#bob.over").wait_for(timeout=WAIT)
    hands.come_to_rest()  # what is told of it moves the buttons
    hands.begin_anew()
    hands.do_type("alice", "yes")
    hands.press(hands.page.get_by_role("button", name="record 1,024 frames"))
    hands.page.get_by_text("Found: frame").first.wait_for(timeout=4 * WAIT)
    hands.do_pass(2)
    assert hands.is_solved()


class TestNews:
    """What is done is said in the window, wherever one has scrolled to."""

    def solve(self, hands: Mouse, size: tuple[int, int], link: str) -> Any:
        """Solve a scene, scrolled to its chat before the last click; return the bar."""
        page = hands.page
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        hands.open(link)
        *script, last = SCRIPTS[link]
        hands.play(script)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        hands.play([last])
        assert hands.is_solved()
        return page.locator("#news")

    @pytest.mark.parametrize(
        ("size", "link", "following"),
        [
            ((1200, 800), "legacy/L5", "L7 Reflection"),
            ((390, 780), "legacy/L7", "L8 Dropped and swapped"),
        ],
    )
    def test_its_link_opens_the_next_scene(self, newcomer, size, link, following):
        news = self.solve(newcomer, size, link)
        news.locator("a").press("Enter")
        newcomer.page.get_by_role("heading", name=following).wait_for(timeout=WAIT)
        assert news.is_hidden()
        assert newcomer.page.locator("#welcome").is_hidden()

    @pytest.mark.parametrize(
        ("size", "link"), [((1200, 800), "legacy/L4"), ((390, 780), "legacy/L11")]
    )
    def test_a_solved_scene_is_told_beside_bobs_screen_and_why(self, newcomer, size, link):
        page, words = newcomer.page, f"Solved: {link.rpartition('/')[2]}"
        news = self.solve(newcomer, size, link)
        news.get_by_text(words).wait_for(timeout=WAIT)
        assert is_in_window(news)
        newcomer.come_to_rest()
        assert not overlap(news.bounding_box(), page.locator("#bob").bounding_box())
        assert words in (page.locator("#live").text_content() or "")
        news.get_by_role("button", name="Why it works").press("Enter")
        page.wait_for_function("() => document.activeElement.id === 'doing'", timeout=WAIT)
        page.wait_for_function(IN_WINDOW, arg="#doing h2", timeout=WAIT)
        assert news.is_hidden()


class TestForAll:
    @pytest.mark.parametrize("colours", ["light", "dark"])
    def test_axe_finds_no_serious_fault(self, mouse, axe, colours):
        mouse.page.emulate_media(color_scheme=colours)
        faults = {}
        for link in (
            "legacy/L5",
            "legacy/L1",
            "legacy/L3",
            "modern/M2",
            "modern/M3",
            "modern/M6",
            "hardened/M8",
            "free/modern",
        ):
            mouse.open(link)
            if link not in ("legacy/L1", "modern/M6"):
                mouse.do_type("alice", "see you")
                mouse.press(mouse.key(1, "tile-1"))
            mouse.come_to_rest()
            mouse.page.evaluate(axe)
            found = mouse.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            bad = [each for each in found["violations"] if each["impact"] in SERIOUS]
            if bad:
                faults[link] = [(e["id"], [n["html"][:90] for n in e["nodes"]][:4]) for e in bad]
        mouse.page.emulate_media(color_scheme="light")
        assert faults == {}, json.dumps(faults, indent=1)

    @pytest.mark.parametrize("width", WIDTHS)
    def test_nothing_is_wider_than_the_page(self, mouse, width):
        mouse.page.set_viewport_size({"width": width, "height": 800})
        for link in ("legacy/L5", "modern/M4", "free/hardened"):
            mouse.open(link)
            mouse.do_type("alice", "see you")
            mouse.come_to_rest()
            size = mouse.page.evaluate("document.documentElement.scrollWidth")
            assert size <= width, link
        mouse.page.set_viewport_size({"width": 1200, "height": 1000})

    def test_what_stands_in_a_tile_fits_also_where_a_message_has_many_blocks(self, mouse):
        mouse.open("legacy/L5")
        mouse.do_type("alice", "a line so long that its message has a block 10 and then a block 11")
        for width in WIDTHS:
            mouse.page.set_viewport_size({"width": width, "height": 800})
            mouse.come_to_rest()
            assert mouse.page.locator(".tile").count() > 11
            assert mouse.page.evaluate(OUT_OF_ITS_TILE) == [], width
        mouse.page.set_viewport_size({"width": 1200, "height": 1000})

    def test_on_a_phone_bobs_screen_stays_in_sight_and_covers_no_tile(self, mouse):
        mouse.page.set_viewport_size({"width": 360, "height": 740})
        mouse.open("legacy/L5")
        for line in ("one", "two", "three", "four"):
            mouse.do_type("alice", line)
        field = mouse.page.locator('input[data-who="alice"]')
        field.scroll_into_view_if_needed()
        assert mouse.page.evaluate(IS_ON_TOP, 'input[data-who="alice"]')
        for number in (1, 4):
            mouse.key(number, "tile-1").focus()
            mouse.come_to_rest()
            assert mouse.page.evaluate(IS_ON_TOP, f'#message-{number} [data-key="tile-1"]')
            assert is_in_window(mouse.page.locator("#bob .lines"))
        mouse.page.set_viewport_size({"width": 1200, "height": 1000})

    def test_alices_screen_tells_the_time_that_l5_speaks_of(self, mouse):
        mouse.open("legacy/L5")
        mouse.do_type("alice", "see you")
        sent = mouse.page.locator("#alice .own .clock").text_content()
        assert sent == mouse.page.locator("#bob .good .clock").text_content()
        assert re.fullmatch(r"\d\d:\d\d:\d\d", sent or "")

    def test_a_screen_reader_hears_what_bob_sees(self, mouse):
        mouse.open("legacy/L5")
        mouse.do_type("alice", "see you")
        live = mouse.page.locator("#live")
        assert live.get_attribute("aria-live") == "polite"
        heard = live.text_content() or ""
        assert "bob's screen: see you, verified" in heard

    def test_nothing_moves_where_none_is_wanted(self, mouse):
        mouse.page.emulate_media(reduced_motion="reduce")
        mouse.open("legacy/L5")
        mouse.do_type("alice", "see you")
        assert mouse.page.evaluate("document.getAnimations().length") == 0
        mouse.page.emulate_media(reduced_motion="no-preference")

    def test_paper_gets_the_story_and_the_wire_and_no_buttons(self, mouse):
        mouse.open("legacy/L5")
        mouse.do_type("alice", "see you")
        mouse.page.emulate_media(media="print")
        assert not mouse.page.locator("#menu").is_visible()
        assert not mouse.key(1, "replay").is_visible()
        assert mouse.card(1).is_visible()
        assert mouse.page.locator("#story").is_visible()
        mouse.page.emulate_media(media="screen")

    def test_the_story_can_be_read_before_python_is_there(self, browser, address):
        page = browser.new_context(service_workers="block").new_page()
        page.goto(f"{address}#modern/M2", wait_until="domcontentloaded")
        page.get_by_role("heading", name="M2 Every bit is checked").wait_for(timeout=WAIT)
        assert page.locator(".status.ready").count() == 0
        assert "896 bits" in (page.locator("#story").text_content() or "")
        page.context.close()

    @pytest.mark.parametrize("name", ["legacy/L99", "<b>", "50%", "x" * 99])
    def test_an_address_without_a_scene_says_so(self, newcomer, name):
        page, before = newcomer.page, newcomer.count_openings()
        page.evaluate("name => { location.hash = name; }", name)
        said = re.escape(f"There is no scene “{name[:30]}")
        page.locator("#news", has_text=re.compile(said)).wait_for(timeout=WAIT)
        newcomer.wait_for_opening(before)  # the chat has begun, and the bar is still there
        assert page.locator("#news").is_visible()
        assert "L5" in (page.locator("#title").text_content() or "")
        newcomer.open("legacy/L1")
        assert page.locator("#news").is_hidden()

    def test_characters_of_an_envelope_stand_in_a_style_of_their_own(self, mouse):
        mouse.open("legacy/L5")
        mouse.do_type("alice", "hello")
        for start, characters in ((0, '{"timestamp": "'), (16, '", "messa')):
            mouse.do_look(1, start)
            assert mouse.page.locator(".details p code").first.text_content() == characters

    def test_what_is_missing_is_said(self, browser, site, tmp_path):
        for path in site.iterdir():
            if path.is_file():
                shutil.copyfile(path, tmp_path / path.name)  # and no Python
        with serve(tmp_path) as address:
            page = browser.new_context(service_workers="block").new_page()
            page.goto(address)
            page.locator(".status.failed", has_text="It does not work").wait_for(timeout=WAIT)
            page.context.close()

    def test_the_browser_had_nothing_to_complain_about(self, mouse, complaints):
        assert complaints == []


def test_a_second_visit_needs_no_network(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}#legacy/L5")
    page.locator(".status.ready").wait_for(timeout=2 * WAIT)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=WAIT)
    context.set_offline(True)
    page.reload()
    page.locator(".status.ready").wait_for(timeout=2 * WAIT)
    Mouse(page).do_type("alice", "see you")
    context.close()
