"""Every fuzz target over its corpus, and, behind the marker, the fuzzer itself."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.programs import ROOT, environment
from tests.vectors import load

CORPUS = Path(__file__).resolve().parent / "corpus"
SEEDS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]
STREAMS = [
    bytes.fromhex(case["stream"])
    for group in load("wycheproof_modern")["testGroups"]
    for case in group["tests"]
]


@pytest.mark.parametrize(
    ("name", "path"), SEEDS, ids=lambda value: str(getattr(value, "name", value))
)
def test_seed(name, path):
    TARGETS[name](path.read_bytes())


def test_every_target_has_seeds():
    assert {name for name, _ in SEEDS} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(data=st.binary(max_size=600))
def test_any_bytes(name, data):
    TARGETS[name](data)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS)
def test_fuzz(name, figures, scaled, tmp_path):
    seconds = scaled(120)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, f"-max_total_time={seconds}", "-max_len=4096",
         "-rss_limit_mb=512", "-timeout=10", f"-artifact_prefix={tmp_path}/"],
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
