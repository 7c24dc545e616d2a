"""What is drawn is right: a right submission gets all points, whatever the seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from modern import protocol
from modern.hardened import records
from tests import rarely
from tests.coursework import expected, facts
from tests.coursework.answers import Keys
from tests.coursework.drawing import Draw, new_seed
from tests.coursework.expected import keys_of_secrets
from tests.coursework.grading import PROTOCOLS, total
from tests.coursework.model import Outcome
from tests.coursework.places import HANDS, REFERENCE
from tests.coursework.selftests import in_process

RIGHT = [REFERENCE, *sorted(path for path in HANDS.iterdir() if path.is_dir())]


def lost(folder: Path, protocol: str, seed: int) -> list[str]:
    results = in_process.grade(folder, protocol, seed)
    return [f"{seed}: {r.report}" for r in results if r.outcome is not Outcome.PASSED]


@rarely.each(
    ("folder", "protocol"),
    {f"{folder.name}-{name}": (folder, name) for folder in RIGHT for name in PROTOCOLS},
    daily=["plain-legacy", "classes-modern", "compact-hardened"],
)
def test_a_right_answer_gets_all_points(folder: Path, protocol: str) -> None:
    """Each day with another seed, as our own chats in `test_mutants.py`."""
    assert not lost(folder, protocol, new_seed())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("folder", RIGHT, ids=lambda folder: folder.name)
def test_no_seed_of_a_thousand_costs_a_point(folder: Path, protocol: str) -> None:
    assert not [words for seed in range(1000) for words in lost(folder, protocol, seed)]


def test_the_expected_answers_are_those_of_the_recordings() -> None:
    """Otherwise the grader is wrong itself."""
    for case in facts.LEGACY["sent"]:
        key = expected.legacy_key(case["passphrase"])
        sealed = expected.legacy_sealed(case["message"], case["timestamp"], key)
        assert sealed.hex() == case["ciphertext"]
        assert expected.envelope(case["message"], case["timestamp"]) == case["json"]
    for case in facts.MODERN["sent"]:
        if case["key_schedule"] == "independent":
            keys = keys_of_secrets(case["confkey"], case["authkey"])
            assert keys[:2] == facts.keys_of(case)[:2]
            for frame, row in zip(facts.frames_of(case), case["frames"], strict=True):
                chunk, size = row["chunk"].encode(), int(row["length"])
                assert expected.modern_frame(chunk, size, keys, frame[:16]) == frame


def test_the_expected_records_are_those_of_the_recording() -> None:
    for side, keys in zip(("client", "server"), facts.hardened_keys(), strict=True):
        sent = facts.hardened_sent(side)
        assert sent
        for number, (kind, text, record) in enumerate(sent):
            assert expected.hardened_record(kind, text, number, keys, record[2:18]) == record


def test_the_expected_keys_are_those_of_our_own_chat() -> None:
    """The recording has the keys, and not what they come from."""
    draw = Draw(new_seed(), "keys")
    agreed, transcript, keys = draw.octets(16), draw.octets(132), draw.keys()
    own = records.derive_keys(agreed, transcript)
    for right, made in zip(expected.keys_of_directions(agreed, transcript), own, strict=True):
        assert right[:2] == (made.confidentiality, made.authentication)
    renewed = records.renew(protocol.Keys(keys.confidentiality, keys.authentication))
    assert expected.renewed(keys)[:2] == (renewed.confidentiality, renewed.authentication)


def test_the_expected_answers_are_those_that_are_published() -> None:
    assert expected.ecb(facts.ECB_PLAIN, facts.ECB_KEY) == facts.ECB_CIPHER
    keys = Keys(bytes(32), facts.HMAC_KEY)
    assert expected.hmac_of(facts.HMAC_DATA, keys) == facts.HMAC_TAG


def test_a_check_draws_the_same_for_the_same_seed() -> None:
    """It does so alone and among others: `-k` does not change what a check asks."""
    first, same, other, elsewhere = (
        Draw(seed, name).words(20) for seed, name in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))
    )
    assert first == same
    assert len({first, other, elsewhere}) == 3


def test_foreign_texts_have_characters_of_each_size() -> None:
    for seed in range(50):
        sizes = {len(character.encode()) for character in Draw(seed, "").foreign()}
        assert sizes >= {1, 3, 4}


def test_points_can_be_lost_here() -> None:
    """In this process, too, a mistake is seen: the starter has nothing but mistakes."""
    starter = REFERENCE.parent.parent / "starter"
    assert total(in_process.grade(starter, "legacy", 1))[0] == 0
    assert lost(starter, "legacy", 1)
