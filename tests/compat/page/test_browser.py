"""The page in Chromium, with nothing but itself: scenes solved by mouse, keyboard and finger.

`python -m pytest -m "browser and not soak" tests/compat/page` runs what `.ci/run` runs. With
`-m browser`, every scene is solved with every pair of hands.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from compat.page.scenes import SCENES
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


IN_WINDOW = """where => {
  const { top, bottom } = document.querySelector(where).getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def is_in_window(target: Any) -> bool:
    return target.page.evaluate(IN_WINDOW, f"#{target.get_attribute('id')}")


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


def test_the_length_gives_the_answer_away(mouse):
    mouse.open("modern/M6")
    mouse.card(3 if SCENES["modern/M6"].answers else 2)
    mouse.page.wait_for_timeout(500)
    frames = mouse.page.locator(".card.from-alice").count()
    mouse.press(mouse.page.locator("button.answer").nth(frames - 1))
    assert mouse.is_solved()


@pytest.mark.soak
def test_the_passphrase_is_found_and_used(mouse):
    mouse.open("legacy/L3")
    mouse.do_type("alice", "hello bob")
    mouse.press(mouse.page.get_by_role("button", name="try the whole list"))
    mouse.page.get_by_text("The passphrase is").first.wait_for(timeout=3 * WAIT)
    mouse.press(mouse.page.get_by_role("button", name="send as alice"))
    assert mouse.is_solved()


@pytest.mark.soak
def test_two_halves_are_found_and_shown(mouse):
    mouse.open("modern/M4")
    mouse.do_type("alice", "yes")
    mouse.do_type("alice", "no")
    mouse.move(2, [3, 4], 1)
    mouse.begin_anew()
    mouse.do_type("alice", "yes")
    mouse.press(mouse.page.get_by_role("button", name="record 1,024 frames"))
    mouse.page.get_by_text("Found: frame").first.wait_for(timeout=4 * WAIT)
    mouse.do_pass(2)
    assert mouse.is_solved()


class TestNews:
    """What is done is said in the window, wherever one has scrolled to."""

    @pytest.fixture(params=[(1200, 800), (390, 780)], ids=str)
    def scrolled(self, mouse, request) -> Iterator[Mouse]:
        """Return a solved scene, scrolled to its chat."""
        mouse.page.set_viewport_size(dict(zip(("width", "height"), request.param, strict=True)))
        mouse.open("legacy/L4")
        mouse.page.reload()  # forgets what was solved before
        mouse.page.locator(".status.ready").wait_for(timeout=2 * WAIT)
        mouse.page.locator("#stage[data-opened]").wait_for(timeout=WAIT)
        mouse.play(SCRIPTS["legacy/L4"][:1])
        mouse.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        mouse.play(SCRIPTS["legacy/L4"][1:])
        assert mouse.is_solved()
        yield mouse
        mouse.page.set_viewport_size({"width": 1200, "height": 1000})

    def test_a_solved_scene_is_told_beside_bobs_screen_and_leads_on(self, scrolled):
        page = scrolled.page
        news = page.locator("#news")
        news.get_by_text("Solved: L4").wait_for(timeout=WAIT)
        assert is_in_window(news)
        scrolled.come_to_rest()
        assert not overlap(news.bounding_box(), page.locator("#bob").bounding_box())
        assert "Solved: L4" in (page.locator("#live").text_content() or "")
        news.get_by_role("button", name="Why it works").press("Enter")
        page.wait_for_function("() => document.activeElement.id === 'doing'", timeout=WAIT)
        page.wait_for_function(IN_WINDOW, arg="#doing h2", timeout=WAIT)
        assert news.is_hidden()

    def test_its_link_opens_the_next_scene(self, scrolled):
        scrolled.page.locator("#news a").press("Enter")
        scrolled.page.get_by_role("heading", name="L5 The clock splice").wait_for(timeout=WAIT)
        assert scrolled.page.locator("#news").is_hidden()
        assert scrolled.page.locator("#welcome").is_hidden()


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
            "free/modern",
        ):
            mouse.open(link)
            if link not in ("legacy/L1",):
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
