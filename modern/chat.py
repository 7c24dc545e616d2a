"""A modern conversation: a session between a socket and a console, one thread for each direction.

Each line that is typed, or comes from a pipe, is sent as one message. Text that arrives is written
to standard output as soon as it has passed the session's checks. How a chat ends:

- our input ends: everything was sent, so we close our direction of the connection. The chat goes on
  until the peer closes its direction; the peer does so only when it has read everything;
- the peer closes its direction: at a terminal, the chat ends at once; a pipe first sends its rest;
- a bad frame, a vanished peer, a full disk: the connection is reset, so that the peer, too, ends
  with a failure and does not believe that everything it sent was received.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from modern.channel import Channel
from modern.console import defuse, is_terminal, read_messages, write_text
from modern.errors import ConsoleError, NetworkError
from modern.network import POLL_SECONDS
from modern.session import Session

NOT_TEXT = {
    True: "skipped a line that is not in the terminal's encoding: set both to UTF-8",
    False: "skipped a line that is not UTF-8: convert the text first (iconv -t UTF-8)",
}
"""What is said of the first line that cannot be sent: at a terminal, and of a pipe."""

Pace = Callable[[Iterator[Iterable[str]]], Iterator[Iterable[str]]]


class Chat:
    """Both directions of one chat, from the connection until both sides are done."""

    def __init__(
        self,
        connection: socket.socket,
        session: Session,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
        *,
        report: Callable[[str], None] = lambda line: None,
        farewell: str = "",
        pace: Pace = iter,
    ):
        """Take a connected socket, a fresh session and unbuffered streams.

        `report` gets a line for each thing that the user should know while the chat goes on. When
        the peer has ended, `report` gets `farewell`, if there is any. `pace` may join or cut the
        messages, and delay them.
        """
        self._channel = Channel(connection, session, report)
        self._stdin, self._stdout, self._report = stdin, stdout, report
        self._farewell, self._pace = farewell, pace
        self._at_terminal = is_terminal(stdin)
        self._make_safe = defuse if is_terminal(stdout) else bytes
        self._ended: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
        self._unsent = 0
        self._leaving = False

    def run(self) -> None:
        """Talk until both sides are done.

        Raises ProtocolError for bytes that fail a check, NetworkError for a peer that is gone,
        ConsoleError for standard streams that fail. What arrived before has been shown.
        """
        try:
            for name, work in (("receiving", self._receive), ("sending", self._send_input)):
                threading.Thread(target=self._guard, args=(name, work), daemon=True).start()
            self._wait()
            self._channel.leave()  # at a terminal, only the peer's half may have ended so far
        except BaseException as error:
            self._leaving = True
            if isinstance(error, Exception) or not self._at_terminal:  # Ctrl-C cuts a pipe short
                self._channel.reset()
            else:
                self._channel.leave()
            raise
        finally:
            self._channel.close()
        if self._unsent:
            raise ConsoleError(f"lines not sent, because they are not UTF-8: {self._unsent}")

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # a bug, too, must end the chat and not block it
            self._ended.put((name, error))
        else:
            self._ended.put((name, None))

    def _wait(self) -> None:
        ends: dict[str, BaseException | None] = {}
        while not self._is_over(ends):
            name, error = self._next_end()
            ends[name] = error
        failure = ends.get("receiving") or ends.get("sending")
        if failure:
            raise failure
        if "sending" in ends:
            self._channel.wait_until_delivered()

    def _is_over(self, ends: dict[str, BaseException | None]) -> bool:
        """Whether the chat is over. `ends` says which direction has ended, and how."""
        if "receiving" in ends and (ends["receiving"] or self._at_terminal):
            return True
        if not isinstance(ends.get("sending"), NetworkError | None):
            return True
        return len(ends) == 2  # noqa: PLR2004 - both; if only sending failed, text still arrives

    def _next_end(self) -> tuple[str, BaseException | None]:
        while True:
            try:
                return self._ended.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue

    def _receive(self) -> None:
        for text in self._channel.texts():
            write_text(self._stdout, self._make_safe(text))
        if self._farewell and not self._leaving:
            self._report(self._farewell)

    def _send_input(self) -> None:
        if self._stdin:
            for messages in self._pace(map(self._decode, read_messages(self._stdin))):
                self._channel.send(messages)
        self._leaving = True
        self._channel.finish()

    def _decode(self, messages: list[bytes]) -> Iterator[str]:
        for message in messages:
            try:
                yield self._end_line(message).decode()
            except UnicodeDecodeError:
                if not self._unsent:
                    self._report(NOT_TEXT[self._at_terminal])
                self._unsent += 1

    def _end_line(self, message: bytes) -> bytes:
        """Return a typed line with a newline at its end: Windows terminals send two bytes there."""
        if self._at_terminal and message.endswith(b"\r\n"):
            return message[:-2] + b"\n"
        return message
