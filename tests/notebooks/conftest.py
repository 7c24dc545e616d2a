"""Makes the tests of the notebooks start sooner, and not last."""

from __future__ import annotations

import sys

import pytest

# Where JupyterLab has brought this package, jsonschema prepares the grammar of each kind of URI
# with it. That takes a second of each process, and the format of notebooks asks for none of them.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with the runs, which take longest: at the end, all would wait for one."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.name != "test_run.py")
