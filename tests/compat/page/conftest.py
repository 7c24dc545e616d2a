"""The built page, a server for it, and a browser. What is missing on this computer is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.page.pyodide import FetchError
from compat.page.site import build
from tests.compat.page.hosting import serve

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = "axe-core@4"


@pytest.fixture(scope="module")
def browser():
    """Return Chromium, driven by playwright, whose loop runs in this thread until the end.

    So not for the whole session: other tests run loops of their own.
    """
    api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not path:
        pytest.skip("no Chromium on this computer")
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page, built by the program; `PAGE_SITE` may name one that was built before."""
    if given := os.environ.get("PAGE_SITE"):
        return Path(given)
    folder = tmp_path_factory.mktemp("site")
    try:
        build(folder)
    except FetchError as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Return the address of a static host that serves the page."""
    with serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the code of axe, which looks for faults of accessibility."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("no npm on this computer")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), AXE]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("npm cannot fetch axe-core")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder, filter="data")
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")
