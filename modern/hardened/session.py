"""The third chat's session: it agrees on a key with the peer, then seals and opens records.

    client                                      server
      version | share      ---------------->                        66 bytes
                           <----------------      version | share   66 bytes
      confirmation         ---------------->                        32 bytes
                           <----------------      confirmation      32 bytes
      records              <--------------->      records

The client confirms first. So a client must show that it has the key, before the server says
anything that could be used to test a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from modern.hardened import bulk, pake
from modern.hardened.errors import AgreementError
from modern.hardened.records import FILL, Direction, Kind, derive_keys
from modern.hardened.sizes import CONFIRMATION_SIZE, HELLO_SIZE, VERSION


class HardenedSession:
    """One conversation of the third chat: a `modern.session.Session`.

    It is given w, not the passphrase. The secrets of the agreement are dropped as soon as the keys
    follow from them. Python cannot overwrite them in memory, so a copy may stay there for a while.
    """

    frame_size = 1
    in_doubt = False
    agreement = "both sides know the passphrase"

    def __init__(self, w: int, *, is_client: bool, fill: int = FILL, steady: bool = False):
        """Take the number that the passphrase stands for (`pake.derive_w`).

        If there is no text to seal, a `steady` session gives a record that says nothing, and any
        other session gives no record.
        """
        self._is_client, self._fill, self._steady = is_client, fill, steady
        exchange = pake.Exchange(w, is_client=is_client, aad=bytes([VERSION]))
        self._hello = bytes([VERSION]) + exchange.share
        self._replies = self._hello if is_client else b""
        self._arrived = b""
        self._missing = HELLO_SIZE
        self._take: Callable[[bytes], None] = partial(self._take_hello, exchange)
        self._sealer: bulk.Sealer | None = None
        self._decoder: bulk.Decoder | None = None

    @property
    def ready(self) -> bool:
        """Whether the peer has proved that it knows the passphrase, and has all our replies."""
        return self._sealer is not None and not self._replies

    @property
    def missing(self) -> int:
        """How many bytes the next step of the agreement still waits for; 0 once ready."""
        return self._missing - len(self._arrived)

    def give_up(self) -> None:
        """Raise AgreementError: no more bytes came in time."""
        raise AgreementError("the peer does not answer")

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece, as `Session.receive` does. Raises AgreementError, too."""
        if self._missing == HELLO_SIZE and not self._arrived:
            _check_version(data[:1])
        while not self._decoder and data:
            part, data = data[: self.missing], data[self.missing :]
            self._arrived += part
            if not self.missing:
                take, self._take = self._take, _refuse  # whatever fails has no second try
                arrived, self._arrived = self._arrived, b""
                take(arrived)
        if self._decoder:
            yield from self._decoder.feed(data)

    def receive_end(self) -> None:
        """Take the end of what the peer sends. Raises AgreementError, TruncationError."""
        if not self._decoder:
            raise AgreementError
        self._decoder.close()

    def replies(self) -> bytes:
        """Return the next message of the agreement, once."""
        replies, self._replies = self._replies, b""
        return replies

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the records of messages, a batch at a time."""
        if not self._sealer:
            raise RuntimeError("nothing is agreed yet")
        text = "".join(messages)
        if not text and self._steady:
            return iter([self._sealer.seal_empty(Kind.PADDING)])
        return self._sealer.seal([text])

    def farewell(self) -> bytes | None:
        """Return the record that says our end; None before the agreement."""
        return self._sealer.seal_empty(Kind.END) if self._sealer and self.ready else None

    def _take_hello(self, exchange: pake.Exchange, hello: bytes) -> None:
        agreement = exchange.finish(hello[1:])
        self._replies = agreement.confirmation if self._is_client else self._hello
        hellos = (self._hello, hello) if self._is_client else (hello, self._hello)
        self._missing = CONFIRMATION_SIZE
        self._take = partial(self._take_confirmation, agreement, b"".join(hellos))

    def _take_confirmation(
        self, agreement: pake.Agreement, transcript: bytes, confirmation: bytes
    ) -> None:
        agreement.check(confirmation)
        of_client, of_server = derive_keys(agreement.key, transcript)
        if self._is_client:
            ours, theirs = of_client, of_server
        else:
            ours, theirs = of_server, of_client
            self._replies = agreement.confirmation
        self._missing = 0
        self._sealer = bulk.Sealer(Direction(ours), self._fill)
        self._decoder = bulk.Decoder(Direction(theirs))


def _check_version(first: bytes) -> None:
    """Refuse a peer of another version or chat at its first byte."""
    if first not in (b"", bytes([VERSION])):
        raise AgreementError("the peer does not speak this version of the third chat")


def _refuse(data: bytes) -> None:
    raise AgreementError
