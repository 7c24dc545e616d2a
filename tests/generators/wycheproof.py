"""Makes `tests/vectors/wycheproof_*.json`: cases in the shape that Project Wycheproof gave them.

    python -m tests.generators.wycheproof

Each case has an id, a comment in plain words, flags that name the weakness or rule it is about,
and a verdict: `valid` (an honest peer sends this), `invalid` (it must not be believed) or
`acceptable` (every receiver that follows the specification takes it, and yet nobody honest sent it
so, or nobody would today). Nothing of ours is imported: bytes and verdicts are written from the
specifications alone, so the cases hold for any implementation.
"""

from __future__ import annotations

from pathlib import Path

from tests.generators.legacy import legacy_vectors
from tests.generators.modern import modern_vectors
from tests.generators.shape import render

FOLDER = Path(__file__).resolve().parent.parent / "vectors"

FILES = {"wycheproof_modern": modern_vectors, "wycheproof_legacy": legacy_vectors}


def main() -> None:
    """Write both files."""
    for name, make in FILES.items():
        vectors = make()
        (FOLDER / f"{name}.json").write_text(render(vectors), encoding="utf-8")
        print(f"{name}.json: {vectors['numberOfTests']} cases")


if __name__ == "__main__":
    main()
