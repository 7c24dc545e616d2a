"""Takes pictures of the notebooks as readers see them: `python -m tests.notebooks.look FOLDER`.

Runs each notebook in JupyterLab in headless Chromium, then pictures it from top to bottom: light
and dark, 1200 and 800 pixels wide. A person looks at them. With `--lite`, the notebooks run in the
browser alone, as `python -m notebooks.lite` writes them.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from notebooks.lite.site import build_site
from tests.notebooks import books, browser

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = (1200, 800)
SLICE = 3000
"""Pixels of a page in one picture."""

ONLY_THE_PAGE = """() => {
  const app = window.jupyterapp;
  app.shell.collapseLeft();
  app.shell.collapseRight();
  app.shell.mode = "single-document";
}"""
SCROLL = """(top) => {
  const outer = document.querySelector(".jp-WindowedPanel-outer");
  outer.scrollTop = top;
  return outer.scrollTop + outer.clientHeight >= outer.scrollHeight;
}"""


def take_pictures(page: Any, folder: Path, stem: str) -> Iterator[Path]:
    """Picture the notebook that a page shows; yield the files."""
    page.evaluate(ONLY_THE_PAGE)
    page.add_style_tag(content=".Toastify { display: none }")  # news of Jupyter
    for theme, name in THEMES.items():
        page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            name,
        )
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": SLICE})
            yield from _picture_slices(page, folder / f"{stem}-{theme}-{width}")


def _picture_slices(page: Any, start: Path) -> Iterator[Path]:
    number, ended = 0, False
    while not ended:
        ended = page.evaluate(SCROLL, number * SLICE)
        page.wait_for_timeout(1500)  # until what has come into view is drawn
        path = start.with_name(f"{start.name}-{number + 1:02}.png")
        page.screenshot(path=path)
        number += 1
        yield path


@contextlib.contextmanager
def open_lite() -> Iterator[Callable[[str], str]]:
    """Build the site and serve it; give the address of each notebook."""
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        print(*build_site(site), sep="\n")
        browser.show_app(site / "jupyter-lite.json")
        with browser.serve(site) as url:
            yield lambda stem: f"{url}/lab/index.html?path={stem}.ipynb"


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":", maxsplit=1)[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("names", nargs="*", default=books.NAMES, help="default: all notebooks")
    parser.add_argument("--lite", action="store_true", help="in the browser alone")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    opened = open_lite() if options.lite else browser.jupyterlab(books.FOLDER)
    with opened as address_of, browser.chromium() as chromium:
        for name in options.names:
            page = chromium.new_page(viewport={"width": WIDTHS[0], "height": 1000})
            page.goto(address_of(name))
            print(name, browser.failures(browser.run_all(page)) or "ran without an error")
            for path in take_pictures(page, options.folder, name):
                print(path)
            page.close()


if __name__ == "__main__":
    main()
