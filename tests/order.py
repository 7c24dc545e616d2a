"""In which order the tests run. `--shuffle SEED` runs them in a random one.

No test may need another one before it. A run in a random order shows one that does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("order").addoption(
        "--shuffle",
        metavar="SEED",
        help="run the files in a random order, and the tests of each file too; "
        "the same SEED gives the same order",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("shuffle")
    return None if seed is None else f"order: --shuffle {seed}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle after all others have sorted. All workers of pytest-xdist get the same order."""
    if (seed := config.getoption("shuffle")) is not None:
        items[:] = shuffled(items, seed)


def shuffled(items: Sequence[pytest.Item], seed: str) -> list[pytest.Item]:
    """Return the tests in a random order, those of a file together.

    What a file prepares for all its tests is prepared once, in any order.
    """
    chance = random.Random(seed)
    files: dict[object, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    order = list(files.values())
    chance.shuffle(order)
    for tests in order:
        chance.shuffle(tests)
    return [item for tests in order for item in tests]
