"""Gives pytest the options of the grader."""

import pytest

from tests.coursework import plugin


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin(plugin.NAME):
        pluginmanager.register(plugin, plugin.NAME)
