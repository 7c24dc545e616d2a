"""The page with real programs: a small web server, for one class and nobody else.

Each page that connects gets programs of its own, and can reach nothing of another page. The address
has a token that nobody can guess. The server accepts a WebSocket only from a page that it has sent
itself (the browser names the Origin). So no other site in a browser can talk to the programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from compat.page import wording
from compat.page.events import MOST_BYTES, Event
from compat.page.real import MOST_HASHES, RealEngine

MOST_PAGES = 40
"""How many pages may run programs at the same time. Each page has two processes."""
IDLE_SECONDS = 1800
MOST_COMMAND = 4 * MOST_BYTES
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CLOSED_BY_POLICY, _TRY_LATER = 1008, 1013


def make_token() -> str:
    """Return the secret part of the address: only people who got the address know it."""
    return secrets.token_urlsafe(12)


class Hall:
    """All pages that are open: how many, and which hosts they may come from."""

    def __init__(self, hosts: set[str]):
        """Take the names and addresses under which this server is reached; none means any."""
        self._hosts, self._open = hosts, 0
        self._turns = asyncio.Semaphore(MOST_HASHES)

    def knows(self, host: str | None) -> bool:
        """Whether a request is meant for this server."""
        name = urlsplit(f"//{host}").hostname if host else None
        return bool(name) and (not self._hosts or name in self._hosts)

    def trusts(self, socket: WebSocket) -> bool:
        """Whether a page that this server has sent wants to talk."""
        host, origin = socket.headers.get("host"), socket.headers.get("origin")
        return self.knows(host) and origin in (f"http://{host}", f"https://{host}")

    @contextlib.contextmanager
    def seat(self) -> Iterator[bool]:
        """Count a page while it is open; tell whether there is room for it."""
        self._open += 1
        try:
            yield self._open <= MOST_PAGES
        finally:
            self._open -= 1

    async def talk(self, socket: WebSocket) -> None:
        """Run one page's engine until the page is closed."""
        if not self.trusts(socket):
            await socket.close(_CLOSED_BY_POLICY)
            return
        await socket.accept()
        with self.seat() as has_room:
            if has_room:
                await Talk(socket, self._turns).run()
            else:
                await socket.close(_TRY_LATER, "too many pages are open: try again later")


class Talk:
    """One page, and the engine that is its own."""

    def __init__(self, socket: WebSocket, turns: asyncio.Semaphore):
        self._socket = socket
        self._said: asyncio.Queue[Event] = asyncio.Queue()
        self._engine = RealEngine(self._tell, turns)

    async def run(self) -> None:
        """Take commands and give events, until the page is closed."""
        writing = asyncio.ensure_future(self._write())
        try:
            await self._read()
        except (WebSocketDisconnect, RuntimeError, ValueError, RecursionError):
            pass  # gone, which starlette says in two ways, or no page of ours
        except asyncio.TimeoutError:
            with contextlib.suppress(RuntimeError):
                await self._socket.close(_TRY_LATER, "nothing was done for half an hour")
        finally:
            writing.cancel()
            await self._engine.close()

    async def _read(self) -> None:
        while True:
            text = await asyncio.wait_for(self._socket.receive_text(), IDLE_SECONDS)
            if len(text) > MOST_COMMAND:
                raise ValueError
            await self._engine.do(json.loads(text))

    async def _write(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the page is gone
            while True:
                event = await self._said.get()
                await self._socket.send_text(json.dumps(wording.to_json(event)))

    def _tell(self, event: Event) -> None:
        self._said.put_nowait(event)


class Guard:
    """Lets in only requests for this server, and adds the headers that every answer has."""

    def __init__(self, app: ASGIApp, hall: Hall):
        self._app, self._hall = app, hall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cache-Control"] = "no-cache"
            await send(message)

        if not self._hall.knows(Request(scope).headers.get("host")):
            await Response("unknown host", 400)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)


def make_app(folder: Path, token: str, hosts: set[str], engines: list[str]) -> Guard:
    """Return the server of the site in `folder`, under `/TOKEN/`."""
    hall = Hall(hosts)

    async def list_engines(_: Request) -> Response:
        return JSONResponse(engines)

    inside = [
        Route("/engines.json", list_engines),
        WebSocketRoute("/talk", hall.talk),
        Mount("/", StaticFiles(directory=folder, html=True)),
    ]
    return Guard(Starlette(routes=[Mount(f"/{token}", routes=inside)]), hall)
