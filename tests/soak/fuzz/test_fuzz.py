"""The fuzzer itself, for a while, on every target."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest

from tests.programs import ROOT, environment
from tests.soak.fuzz.targets import TARGETS


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS)
def test_fuzz(name, figures, scaled, tmp_path):
    seconds = scaled(120)
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.fuzz", name, f"-max_total_time={seconds}",
         "-max_len=4096", "-rss_limit_mb=512", "-timeout=10", f"-artifact_prefix={tmp_path}/"],
        capture_output=True, text=True, errors="replace", check=False,
        env=environment(), cwd=ROOT,
    )  # fmt: skip
    tail = "\n".join(done.stderr.splitlines()[-40:])
    assert done.returncode == 0, tail
    runs = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
    coverage = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", done.stderr)
    assert runs, tail
    assert coverage, tail
    figures(
        f"fuzz {name}",
        f"{int(runs[1]):,} inputs in {runs[2]} s, {coverage[-1][0]} branches, no finding",
    )
