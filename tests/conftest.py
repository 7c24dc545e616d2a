"""What all tests share."""

import pytest
from hypothesis import settings

from tests.coursework import plugin

# A slow moment of a busy machine is no failure of ours.
settings.register_profile("tilde-to-tag", deadline=None)
settings.load_profile("tilde-to-tag")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the grader here, so that its options work from the top and from `coursework/`."""
    pluginmanager.register(plugin, "coursework")
