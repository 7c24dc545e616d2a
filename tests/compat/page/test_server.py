"""The page's server: only its own pages may talk to programs, and none reaches another's."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compat.page.site import write_page
from tests.programs import Program, environment

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
client = pytest.importorskip("websockets.sync.client")
exceptions = pytest.importorskip("websockets.exceptions")

SECONDS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_page(folder)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with Program("-m", "compat.page", "--site", str(folder), "--port", "0") as program:
        found = program.wait_for(r"open (http://127\.0\.0\.1:\d+/[\w-]+/)", "stderr")
        yield found[1]


def get(url: str, **headers: str) -> Any:
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=SECONDS)


def status(url: str, **headers: str) -> int:
    try:
        return get(url, **headers).status
    except urllib.error.HTTPError as error:
        return error.code


@contextlib.contextmanager
def talk(address: str, origin: str | None = "own") -> Iterator[Any]:
    base = re.match(r"http://[^/]+", address)[0]
    origin = base if origin == "own" else origin
    url = f"{address.replace('http', 'ws')}talk"
    with client.connect(url, origin=origin, open_timeout=SECONDS, proxy=None) as socket:
        yield socket


def ask(socket: Any, **command: Any) -> None:
    socket.send(json.dumps(command))


def hear(socket: Any, name: str) -> dict[str, Any]:
    """Return the next event of that name."""
    while True:
        event = json.loads(socket.recv(timeout=SECONDS))
        if event["is"] == name:
            return event


class TestPages:
    def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(self, address):
        answer = get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert b"alice, bob and mallory" in answer.read()
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")

    def test_it_offers_only_the_programs_where_python_for_browsers_is_missing(self, address):
        assert json.load(get(f"{address}engines.json")) == ["server"]

    def test_without_the_token_there_is_nothing(self, address):
        base, token = re.fullmatch(r"(http://[^/]+/)([\w-]+)/", address).groups()
        assert len(token) >= 16
        assert status(base) == 404
        assert status(f"{base}{token[:-1]}x/") == 404
        assert status(f"{base}index.html") == 404

    def test_a_name_that_is_not_this_computers_is_refused(self, address):
        assert status(address, Host="evil.example") == 400

    def test_nothing_outside_the_folder_is_served(self, address):
        assert status(f"{address}..%2f..%2fetc%2fpasswd") == 404


class TestTalks:
    @pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
    def test_another_site_cannot_talk_to_the_programs(self, address, origin):
        with pytest.raises(exceptions.InvalidStatus, match="403"), talk(address, origin):
            pass

    def test_two_pages_do_not_reach_each_other(self, address):
        with talk(address) as one, talk(address) as other:
            for socket in (one, other):
                ask(socket, do="open", scene="free/legacy")
                hear(socket, "opened")
            ask(one, do="type", who="alice", text="only for one")
            assert hear(one, "shown")["text"] == "only for one"
            ask(other, do="replay", message=1)
            assert hear(other, "wrong")["words"] == "there is no message 1"
            ask(other, do="type", who="alice", text="only for the other")
            assert hear(other, "shown")["text"] == "only for the other"

    @pytest.mark.parametrize("junk", ["no json", "[" * 4000, "x" * 9000])
    def test_junk_ends_only_the_page_that_sent_it(self, address, junk):
        with talk(address) as good, talk(address) as bad:
            bad.send(junk)
            with pytest.raises(exceptions.ConnectionClosed):
                bad.recv(timeout=SECONDS)
            ask(good, do="open", scene="nowhere")
            assert hear(good, "wrong")["words"] == "there is no such scene"

    def test_a_page_that_leaves_takes_its_programs_along(self, address):
        with talk(address) as socket:
            ask(socket, do="open", scene="free/modern")
            hear(socket, "opened")
        with talk(address) as socket:  # the server is still there
            ask(socket, do="open", scene="nowhere")
            hear(socket, "wrong")


class TestCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "status", "words"),
        [
            (["build"], 2, "build needs a folder"),
            (["--site", "nowhere"], 2, "no page is there"),
        ],
    )
    def test_wrong_use_is_one_line(self, arguments, status, words):
        with Program("-m", "compat.page", *arguments) as program:
            assert program.wait() == status
            assert words in program.stderr
            assert program.stderr.count("\n") <= 2
            assert "Traceback" not in program.stderr

    def test_without_npm_one_line_says_what_to_do(self, tmp_path):
        with Program(
            "-m", "compat.page", "build", str(tmp_path / "site"), env=environment(PATH="")
        ) as program:
            assert program.wait() == 1
            assert program.stderr.count("\n") == 1
            assert "install Node.js" in program.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
    def test_ctrl_c_ends_the_server_in_one_line(self, folder):
        with Program("-m", "compat.page", "--site", str(folder), "--port", "0") as program:
            program.wait_for("open http", "stderr")
            program.process.send_signal(signal.SIGINT)
            assert program.wait() == 130
            assert "Traceback" not in program.stderr
