"""Coverage-guided fuzzing of every parser: `python -m tests.soak.fuzz TARGET`, given atheris."""

from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
"""A folder for each target: what the fuzzer starts from."""
