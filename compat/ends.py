"""The two ends of the bridge: a peer of either chat, as lines of text in and out.

Each end has one thread that takes its lines and one that sends it some. What goes wrong is raised
as the modern chat's errors, also at the legacy end: towards its user, the bridge is one program.
"""

from __future__ import annotations

import contextlib
import functools
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from compat.aes import FastAES
from compat.chat import prepare, send_line
from compat.envelopes import Reader, Skipped, split_line
from legacy.protocol import NOT_VERIFIED, Envelope
from modern import bulk, protocol
from modern.chat import SEGMENT_FRAMES, SEND_FLAGS, Secrets, TextDecoder, reset
from modern.dialects import INDEPENDENT, Dialect, RecognisingDecoder
from modern.errors import ModernError, NetworkError

Report = Callable[[str], None]

_READ_SIZE = 1 << 16
_MAX_PARTIAL = 4096
"""Characters of a line whose end is awaited; of a longer one, what can go goes."""


def _receive(connection: socket.socket, name: str) -> Iterator[bytes]:
    """Yield what arrives, until the peer ends its half. Raises NetworkError."""
    try:
        while data := connection.recv(_READ_SIZE):
            yield data
    except OSError as error:
        raise NetworkError(f"the {name} peer broke off the chat: {error.strerror}") from None


@contextlib.contextmanager
def _sending(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NetworkError(
            f"the {name} peer left before everything was sent: {error.strerror}"
        ) from None


def _finish(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already: it knows
        connection.shutdown(socket.SHUT_WR)


class LegacyEnd:
    """A legacy peer, old or new."""

    def __init__(
        self,
        connection: socket.socket,
        key: bytes,
        take_unverified: Callable[[Envelope], Iterator[str]],
        report: Report,
    ):
        """Take over a connected socket; what `take_unverified` yields of a ☒ message goes on."""
        prepare(connection)
        self._connection, self._take_unverified, self._report = connection, take_unverified, report
        self._cipher = FastAES(key)

    def lines(self) -> Iterator[str]:
        """Yield what the peer says until it ends. Raises NetworkError."""
        reader = Reader(self._cipher)
        for data in _receive(self._connection, "legacy"):
            yield from self._take(reader.feed(data))
        yield from self._take(reader.close())

    def _take(self, items: Iterator[Envelope | Skipped] | Iterator[Skipped]) -> Iterator[str]:
        for item in items:
            if isinstance(item, Skipped):
                self._report(
                    f"legacy: skipped {item.size} bytes that are no message "
                    "(noise, or another passphrase)"
                )
            elif item.verified:
                yield item.message
            else:
                yield from self._take_unverified(item)

    def send(self, line: str) -> None:
        """Send a line of any length. Raises NetworkError."""
        with _sending("legacy"):
            send_line(self._connection, line, self._cipher)

    def finish(self) -> None:
        """Tell the peer that nothing more comes."""
        _finish(self._connection)


def mark(envelope: Envelope) -> Iterator[str]:
    """Yield the lines of a message that is not verified, each with the mark in front."""
    for line in envelope.message.splitlines() or [""]:
        yield f"{NOT_VERIFIED} {line}"


class ModernEnd:
    """A modern peer, in a dialect that is given, or (None) in the one that is heard."""

    def __init__(
        self,
        connection: socket.socket,
        secrets: Secrets,
        dialect: Dialect | None,
        report: Report,
    ):
        """Take over a connected socket."""
        self._connection, self._secrets, self._report = connection, secrets, report
        self._dialect: Future[Dialect] = Future()
        if dialect:
            self._dialect.set_result(dialect)

    def lines(self) -> Iterator[str]:
        """Yield what the peer says until it ends: lines, and of an endless line its parts.

        Raises ProtocolError, NetworkError, after all that was said before.
        """
        partial = ""
        failure: ModernError | None = None
        try:
            for text in self._texts():
                *lines, partial = (partial + text).split("\n")
                yield from (line.removesuffix("\r") for line in lines)
                if len(partial) > _MAX_PARTIAL:
                    *parts, partial = split_line(partial)
                    yield from parts
        except ModernError as error:
            failure = error
        if partial:
            yield partial
        if failure:
            raise failure

    def _texts(self) -> Iterator[str]:
        decoder = self._make_decoder()
        try:
            for data in _receive(self._connection, "modern"):
                for text in decoder.feed(data):
                    self._agree(decoder)
                    yield text.decode()
            decoder.close()
        except ModernError as error:
            if not self._dialect.done():  # nothing is sent to a peer that was not believed
                self._dialect.set_exception(error)
            raise
        if not self._dialect.done():  # it never spoke
            self._dialect.set_result(INDEPENDENT)

    def _agree(self, decoder: TextDecoder) -> None:
        if isinstance(decoder, RecognisingDecoder) and decoder.dialect and not self._dialect.done():
            self._dialect.set_result(decoder.dialect)
            self._report(f"modern: the peer speaks the {decoder.dialect.name} dialect")

    def _make_decoder(self) -> TextDecoder:
        confkey, authkey = self._secrets.confkey, self._secrets.authkey
        if not self._dialect.done():
            return RecognisingDecoder(confkey, authkey, bulk.Decoder)
        return bulk.Decoder(self._dialect.result().derive_keys(confkey, authkey))

    def send(self, line: str) -> None:
        """Send a line, once it is known in which dialect. Raises NetworkError, ProtocolError."""
        frames = b"".join(self._sealer.seal([f"{line}\n"]))
        size = SEGMENT_FRAMES * protocol.FRAME_SIZE
        with _sending("modern"):
            for start in range(0, len(frames), size):
                self._connection.sendall(frames[start : start + size], SEND_FLAGS)

    @functools.cached_property
    def _sealer(self) -> bulk.Sealer:
        dialect = self._dialect.result()
        keys = dialect.derive_keys(self._secrets.confkey, self._secrets.authkey)
        return bulk.Sealer(keys, dialect.count_lengths)

    def finish(self) -> None:
        """Tell the peer that nothing more comes."""
        _finish(self._connection)

    def reset(self) -> None:
        """Break off: the peer must not take its words for delivered."""
        reset(self._connection)
