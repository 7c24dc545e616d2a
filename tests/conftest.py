"""What all tests share."""

import signal

import pytest
from hypothesis import settings

from tests.coursework import plugin

# A slow moment of a busy machine is no failure of ours. Thirty examples are enough for every day;
# soak runs choose their own number.
settings.register_profile("tilde-to-tag", deadline=None, max_examples=30)
settings.load_profile("tilde-to-tag")

# A shell lets its background jobs ignore Ctrl-C, and their children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the grader here, so that its options work from the top and from `coursework/`."""
    pluginmanager.register(plugin, "coursework")
