"""A real modern chat inside one kernel goes the same with and without threads and sockets."""

from __future__ import annotations

import pytest

from modern import attacks
from modern.protocol import derive_keys
from notebooks import lab
from tests.notebooks.kernels import KERNELS, stand_in

KEYS = derive_keys("c" * 32, "a" * 32)


@pytest.fixture(params=KERNELS, autouse=True)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(request.param, monkeypatch)


def show(stream: bytes) -> lab.ChatRun:
    return lab.converse(KEYS, "", answer=lambda sent: stream)


def test_what_one_chat_sends_another_shows() -> None:
    alice = lab.converse(KEYS, "hello bob\nand good night\n")
    assert len(alice.sent) == 2 * 112
    assert show(alice.sent) == lab.ChatRun(b"", "hello bob\nand good night\n", "")


def test_the_answer_is_made_of_what_was_sent() -> None:
    text = "a line that takes more than one frame\n" * 500
    assert lab.converse(KEYS, text, answer=lambda sent: sent).shown == text


def test_a_bad_frame_ends_the_chat_with_its_error() -> None:
    sent = lab.converse(KEYS, "hello\n").sent
    run = show(sent + bytes(112) + sent)
    assert run.shown == "hello\n"
    assert "HMAC verification failed" in run.error


def test_an_end_inside_a_frame_is_told_from_one_between_frames() -> None:
    sent = lab.converse(KEYS, "hello\nbob\n").sent
    assert not show(attacks.cut(sent, 1)).error
    assert show(sent[:200]).error == "the connection ended inside a frame"
