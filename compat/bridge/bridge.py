"""The bridge itself: lines from either side reach the other, until both have ended.

When one side ends, the other gets everything that was sent, learns that the chat is over, and has
some seconds to end. If something from a modern peer could not be delivered or failed its check, the
connection to this peer is reset, so that the peer knows.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from compat.bridge.sides import LegacySide, ModernSide, Report
from modern.errors import ModernError, ProtocolError
from modern.network import POLL_SECONDS

FAREWELL_SECONDS = 2
"""How long the bridge still waits for a silent side after the other side has ended.

An original program never ends by itself.
"""


class Bridge:
    """Carries lines both ways until both sides have ended."""

    def __init__(self, legacy: LegacySide, modern: ModernSide, tell: Report):
        """Take both sides; `tell` gets a line for each thing that the user should know."""
        self._legacy, self._modern, self._tell = legacy, modern, tell
        self._ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._carried = {"legacy": 0, "modern": 0}
        self._taken = {"legacy": 0, "modern": 0}

    def run(self) -> None:
        """Carry until both sides have ended. Raises ProtocolError, NetworkError."""
        try:
            for work in (self._carry_to_modern, self._carry_to_legacy):
                threading.Thread(target=self._guard, args=(work,), daemon=True).start()
            failures = [self._wait_for_first(), self._wait_for_second()]
        except BaseException:  # Ctrl-C: the modern peer must not believe that all was received
            self._modern.reset()
            raise
        self._tell(
            f"ended; lines from the legacy side: {self._carried['legacy']}, "
            f"from the modern side: {self._carried['modern']}"
        )
        # A peer's error comes first, then the failures that it caused.
        for failure in sorted(failures, key=lambda error: not isinstance(error, ProtocolError)):
            if failure:
                raise failure

    def _guard(self, carry: Callable[[], None]) -> None:
        try:
            carry()
        except BaseException as error:  # a bug, too, must end the bridge and not block it
            self._ended.put(error)
        else:
            self._ended.put(None)

    def _carry_to_modern(self) -> None:
        try:
            for line in self._legacy.lines():
                self._taken["legacy"] += 1
                self._modern.send(line)
                self._carried["legacy"] += 1
        finally:
            self._modern.finish()

    def _carry_to_legacy(self) -> None:
        try:
            for line in self._modern.lines():
                self._taken["modern"] += 1
                self._legacy.send(line)
                self._carried["modern"] += 1
        except ModernError:
            self._modern.reset()
            raise
        finally:
            self._legacy.finish()

    def _wait_for_first(self) -> BaseException | None:
        while True:
            try:
                return self._ended.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue

    def _wait_for_second(self) -> BaseException | None:
        """Wait while lines still come, and then a while longer: the peer may never end."""
        while True:
            before = sum(self._carried.values())
            try:
                return self._ended.get(timeout=FAREWELL_SECONDS)
            except queue.Empty:
                if self._legacy.is_under_way or self._modern.is_under_way:
                    continue  # a peer that does not read is waited for
                if self._taken == self._carried and sum(self._carried.values()) == before:
                    return None  # no line waits for a slow reader
