"""JupyterLab in headless Chromium, for the soak tests: from a server, or from files alone."""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
RUN_SECONDS = 900
START_SECONDS = 120

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
OPENED = "window.jupyterapp?.shell?.currentWidget?.content?.model?.sharedModel"


def require(module: str, *programs: str) -> None:
    """Skip the test unless a module and programs are here, and a browser with its driver."""
    modules = [name for name in ("playwright", module) if not importlib.util.find_spec(name)]
    missing = [*modules, *(name for name in (CHROMIUM, *programs) if not shutil.which(name))]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and tells nobody."""

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextlib.contextmanager
def jupyterlab(notebooks: Path) -> Iterator[Callable[[str], str]]:
    """Run JupyterLab on loopback, with copies of notebooks; give the address of each.

    JupyterLab saves what it shows, so it gets copies. They import the packages of the checkout.
    """
    with tempfile.TemporaryDirectory() as name:
        for notebook in notebooks.glob("*.ipynb"):
            shutil.copy(notebook, name)
        with _serve_jupyterlab(Path(name), notebooks.parent) as address_of:
            yield address_of


@contextlib.contextmanager
def _serve_jupyterlab(folder: Path, checkout: Path) -> Iterator[Callable[[str], str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": True,
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    program = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api?token={token}")
        yield lambda name: f"{address}/lab/tree/{name}.ipynb?reset&token={token}"
    finally:
        program.terminate()
        program.wait(START_SECONDS)


def _wait_for(url: str) -> None:
    last = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            if time.monotonic() > last:
                raise
            time.sleep(0.2)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Give a headless browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of an extra

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def show_app(config: Path) -> None:
    """Let the pages of a JupyterLite site put the app into `window`."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    config.write_text(json.dumps(settings), encoding="utf-8")


def run_all(page: Any) -> list[dict[str, Any]]:
    """Run all cells of the notebook that a page shows; return them with their outputs."""
    page.set_default_timeout(RUN_SECONDS * 1000)
    page.wait_for_function(OPENED)
    cells: list[dict[str, Any]] = page.evaluate(RUN_ALL)
    return cells


def failures(cells: list[dict[str, Any]]) -> list[str]:
    """Return what did not run, and each error."""
    found = []
    for cell in cells:
        if cell["cell_type"] == "code":
            if cell["execution_count"] is None:
                found.append(f"{cell['id']} did not run")
            errors = [each for each in cell["outputs"] if each["output_type"] == "error"]
            found += [f"{cell['id']}: {each['ename']}: {each['evalue']}" for each in errors]
    return found
