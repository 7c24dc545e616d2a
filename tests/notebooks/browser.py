"""JupyterLab in headless Chromium, as the soak tests drive it: from a server or from files alone."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
RUN_SECONDS = 900

RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
  return panel.content.model.sharedModel.cells.map(cell => cell.toJSON());
}"""
"""Runs all cells; returns them with their outputs. The app is in `window` if the site says so."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and tells nobody."""

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Give a headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def run_all(page: Any) -> list[dict[str, Any]]:
    """Run all cells of the notebook that a page shows; return them with their outputs."""
    page.set_default_timeout(RUN_SECONDS * 1000)
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.content?.model?.sharedModel")
    cells: list[dict[str, Any]] = page.evaluate(RUN_ALL)
    return cells
