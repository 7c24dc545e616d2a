"""Tags first: nothing is decrypted before both tags fit, and a wrong byte's place does not show."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from unittest import mock

import pytest

from modern import bulk, protocol
from modern.errors import AuthenticationError
from modern.protocol import FRAME_SIZE
from tests.programs import AUTHKEY, CONFKEY

KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)


def receive_all(decoder: bulk.Decoder, stream: bytes) -> None:
    """Take a whole stream. A body whose tag does not fit may still be the start of a longer one."""
    list(decoder.feed(stream))
    decoder.close()


RECEIVERS = {
    "open_frame": lambda frame: protocol.open_frame(frame, KEYS),
    "Decoder": lambda frame: list(protocol.Decoder(KEYS).feed(frame)),
    "bulk.Decoder": lambda frame: receive_all(bulk.Decoder(KEYS), frame),
    "bulk.Opener": lambda frame: bulk.Opener(KEYS).open(frame),
}
every_receiver = pytest.mark.parametrize("receive", RECEIVERS.values(), ids=RECEIVERS)


class Instrumented:
    """Stands for the cipher and the comparison, and writes down in which order they were used."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._new, self._compare = protocol.AES.new, hmac.compare_digest

    def new(self, *arguments, **options):
        cipher = self._new(*arguments, **options)
        watched = mock.Mock(wraps=cipher)
        watched.decrypt.side_effect = lambda data: (self.events.append("decrypt"), mock.DEFAULT)[1]
        return watched

    def compare_digest(self, one, other):
        same = self._compare(one, other)
        self.events += ["fits" if same else "does not fit"] * (len(one) // 32)
        return same

    def watch(self, receive: Callable[[bytes], object], frame: bytes) -> list[str]:
        """Return what happened while a frame was received."""
        with (
            mock.patch.object(protocol.AES, "new", self.new),
            mock.patch.object(hmac, "compare_digest", self.compare_digest),
        ):
            try:
                receive(frame)
            except AuthenticationError:
                self.events.append("refused")
        return self.events


@every_receiver
def test_a_frame_is_decrypted_only_after_both_tags_fit(receive):
    events = Instrumented().watch(receive, protocol.seal("hello\n", KEYS))
    assert events[:2] == ["fits", "fits"]
    assert set(events[2:]) == {"decrypt"}


@every_receiver
@pytest.mark.parametrize("place", [0, 20, 40, 70, 100])
def test_with_a_wrong_byte_anywhere_nothing_is_decrypted(receive, place):
    frame = bytearray(protocol.seal("hello\n", KEYS))
    frame[place] ^= 1
    events = Instrumented().watch(receive, bytes(frame))
    assert events[-1] == "refused"
    assert "does not fit" in events
    assert "decrypt" not in events


@every_receiver
def test_in_many_frames_no_later_one_is_decrypted_before_its_tags(receive):
    """The bad frame is the last of three: the two before it may be shown, it may not."""
    frames = bytearray(protocol.seal("three frames, of which one is bad\n", KEYS))
    frames[-1] ^= 1
    if len(frames) != 3 * FRAME_SIZE or receive is RECEIVERS["open_frame"]:
        pytest.skip("takes one frame")
    instrumented = Instrumented()
    events = instrumented.watch(receive, bytes(frames))
    assert events[-1] == "refused"
    assert events.count("decrypt") <= 4  # two blocks for each good frame, one by one
