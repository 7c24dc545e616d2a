"""Text is kept back until its line is complete."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


class Decoder(protocol.Decoder):
    held = b""

    def feed(self, data):
        for chunk in super().feed(data):
            self.held += chunk
            if self.held.endswith(b"\n"):
                yield self.held
                self.held = b""


protocol.Decoder = Decoder
