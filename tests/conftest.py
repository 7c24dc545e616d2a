"""What all tests share."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator

import pytest

from tests import order, programs, remembering
from tests.order import (  # noqa: F401 - hooks of pytest
    pytest_collection_modifyitems,
    pytest_report_header,
)
from tests.soak.figures import pytest_terminal_summary  # noqa: F401 - a hook, here for `-n`

# Whoever only grades coursework has no hypothesis.
with contextlib.suppress(ImportError):
    from hypothesis import settings

    # A slow moment of a busy machine is no failure of ours. Some examples are enough for every day;
    # `--hypothesis-profile many` takes many, and soak runs choose their own number.
    settings.register_profile("tilde-to-tag", deadline=None, max_examples=15)
    settings.register_profile("many", deadline=None, max_examples=300)
    settings.load_profile("tilde-to-tag")

# A shell lets its background jobs ignore Ctrl-C, and their children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Under `nohup` they would inherit that SIGHUP is ignored. A handler of ours is not inherited.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

_ENDING = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU")
    if hasattr(signal, name)
]

MOST_AT_ONCE = 64
"""Tests that a worker gets in one part: all tests of the notebooks, which share their runs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    order.pytest_addoption(parser)
    parser.getgroup("programs").addoption(
        "--start-anew",
        action="store_true",
        help="start each program with a Python of its own, as the long runs do; "
        "everyday tests start most of them as copies of a loaded one (tests/copies.py)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.start_anew or "not soak" not in config.option.markexpr:
        programs.COPIES.wanted = False
    _keep_what_is_compiled(config)
    config.add_cleanup(remembering.make_folder())
    # Tests of programs take a hundred times as long as others and stand together. Of larger parts,
    # one worker would still have many when the others have ended.
    if getattr(config.option, "maxschedchunk", 0) is None:  # 0: there is no pytest-xdist
        config.option.maxschedchunk = MOST_AT_ONCE


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect thousands of tests without looking again and again for what nobody needs any more.

    They stay until the end, so nobody looks at them later, either. Each worker collects all tests.
    """
    gc.disable()
    yield
    gc.enable()
    gc.freeze()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Give the signals back as they were: a program that ran in this process may ignore them now.

    All programs that later tests start would inherit that.
    """
    before = {number: signal.getsignal(number) for number in _ENDING}
    yield
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Take one worker more than cores for `-n auto`: a third of the tests' time is waiting."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2) + 1


def _keep_what_is_compiled(config: pytest.Config) -> None:
    """Let Python keep what it compiled, for the many programs that the tests start.

    With PYTHONDONTWRITEBYTECODE, which images of containers set, each of nearly a thousand programs
    would compile our packages anew. The folders of the packages stay as clean as their owner wants
    them: what was compiled goes into pytest's own cache.
    """
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        folder = config.cache.mkdir("bytecode")
        for of_earlier_runs in folder.rglob("pytest-of-*"):
            shutil.rmtree(of_earlier_runs, ignore_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(folder)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
