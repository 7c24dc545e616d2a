"""Much text at once: the sums are equal, and it takes little memory."""

from __future__ import annotations

import sys

import pytest

from tests.soak.exchange import exchange

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MEBIBYTE = 1 << 20


def test_a_megabyte_each_way(tmp_path):
    _, memory = exchange(tmp_path, 1_300_000)
    assert memory < 64 * MEBIBYTE
