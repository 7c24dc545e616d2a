"""Two sessions of the third chat, or two connected chats, for the tests of this folder."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from modern.chat import Chat
from modern.errors import ModernError
from modern.hardened.session import HardenedSession
from modern.session import Session

W = 0xA11CE
HELLO, CONFIRMATION = 66, 32


def make(w: int = W, **options: object) -> tuple[HardenedSession, HardenedSession]:
    """Return a client's and a server's session, before they have met."""
    client, server = (
        HardenedSession(w, is_client=is_client, **options)  # type: ignore[arg-type]
        for is_client in (True, False)
    )
    return client, server


def introduce(client: Session, server: Session) -> None:
    """Let two sessions agree."""
    for _ in range(2):
        assert not list(server.receive(client.replies()))
        assert not list(client.receive(server.replies()))
    assert client.ready
    assert server.ready


def agreed(**options: object) -> tuple[HardenedSession, HardenedSession]:
    """Return two sessions that have agreed."""
    client, server = make(**options)  # type: ignore[arg-type]
    introduce(client, server)
    return client, server


def say(session: Session, *texts: str) -> bytes:
    """Return the bytes of some texts, each sealed by itself."""
    return b"".join(data for text in texts for data in session.seal([text]))


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect two sockets over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    with near, far:
        yield near, far


@dataclass
class Held:
    """What one side of a conversation showed and said, and how it ended."""

    screen: io.BytesIO = field(default_factory=io.BytesIO)
    said: list[str] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def shown(self) -> bytes:
        return self.screen.getvalue()


def converse(
    one: Session,
    other: Session,
    inputs: tuple[BinaryIO | None, BinaryIO | None],
    make_chat: Callable[..., Chat] = Chat,
) -> tuple[Held, Held]:
    """Let two chats talk until both have ended."""
    helds = Held(), Held()

    def hold(held: Held, connection: socket.socket, session: Session, stdin: BinaryIO) -> None:
        try:
            make_chat(connection, session, stdin, held.screen, report=held.said.append).run()
        except ModernError as error:
            held.error = error

    with connected() as connections:
        threads = [
            threading.Thread(target=hold, args=each, daemon=True)
            for each in zip(helds, connections, (one, other), inputs, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
    return helds
