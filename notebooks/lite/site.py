"""Builds the site: JupyterLite, the kernel's folder, and copies of the notebooks."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notebooks.handout import CHECKOUT, without_solutions
from notebooks.lite.errors import LiteError
from notebooks.lite.kernel import write_kernel

KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
KERNEL_SPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
"""What a notebook in JupyterLite names as its kernel."""

FIRST = "1_the_legacy_chat.ipynb"
_LONGEST_LINE = 200


def build_site(folder: Path, *, solutions: bool = False) -> Iterator[str]:
    """Write the site into a new or empty folder; yield a line about each step, and how to see it.

    Raises CompatError if something is missing or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise LiteError(f"{folder} is not empty: give a new folder")
        _require("jupyterlite_core", "jupyterlite_pyodide_kernel", "jupyter_server")
        yield from _build(folder.resolve(), solutions)
    except OSError as error:
        raise LiteError(f"cannot write {error.filename or folder}: {error.strerror}") from None


def _build(folder: Path, solutions: bool) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        names = write_copies(work / "contents", solutions=solutions)
        yield f"{len(names)} notebooks, {'with' if solutions else 'without'} solutions"
        packages = write_kernel(work / "static/pyodide")
        yield f"Python for browsers, with {len(packages)} packages"
        _write_settings(work, packages)
        _run_jupyterlite(work, folder)
    yield f"{folder} is ready. To see it: python -m http.server --directory {folder}"
    yield f"Then open http://127.0.0.1:8000/lab/index.html?path={FIRST}"


def _require(*modules: str) -> None:
    missing = [name.replace("_", "-") for name in modules if not importlib.util.find_spec(name)]
    if missing:
        raise LiteError(
            f"{' and '.join(missing)} missing: python -m pip install --editable '.[lite]'"
        )


def write_copies(folder: Path, *, solutions: bool, checkout: Path = CHECKOUT) -> list[str]:
    """Write the notebooks as a browser gets them; return their names. Raises LiteError."""
    originals = sorted((checkout / "notebooks").glob("*.ipynb"))
    if not originals:
        raise LiteError("the notebooks are not here: take them from a checkout of the project")
    folder.mkdir(parents=True)
    for original in originals:
        notebook = json.loads(original.read_text(encoding="utf-8"))
        text = json.dumps(_for_a_browser(notebook, solutions), ensure_ascii=False, indent=1)
        (folder / original.name).write_text(text, encoding="utf-8", newline="\n")
    return [original.name for original in originals]


def _for_a_browser(notebook: dict[str, Any], solutions: bool) -> dict[str, Any]:
    copy = notebook if solutions else without_solutions(notebook)
    return {**copy, "metadata": {**copy["metadata"], "kernelspec": KERNEL_SPEC}}


def _write_settings(work: Path, packages: list[str]) -> None:
    """Let the kernel load all its packages at its start, and ask no index for others."""
    settings = {"loadPyodideOptions": {"packages": packages}, "disablePyPIFallback": True}
    config = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "tilde-to-tag",
            "litePluginSettings": {KERNEL_PLUGIN: settings},
        },
    }
    (work / "jupyter-lite.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


def _run_jupyterlite(work: Path, folder: Path) -> None:
    options = ["--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages"]
    places = ["--lite-dir", str(work), "--output-dir", str(folder), "--contents", "contents"]
    command = [sys.executable, "-m", "jupyterlite_core", "build", *options, *places]
    done = subprocess.run(  # noqa: S603
        command, cwd=work, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LiteError(f"JupyterLite could not build the site: {find_reason(done.stdout)}")


def find_reason(said: str) -> str:
    """Return the line that names the error, of all that a build has said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no reason given"]
    errors = [line for line in lines if line.split(":")[0].endswith("Error")]
    return (errors or lines)[-1][:_LONGEST_LINE]
