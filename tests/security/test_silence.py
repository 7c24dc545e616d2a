"""A network that falls silent for good, and a peer that does not read: what becomes of a chat."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from compat.bridge import sides
from compat.careful import conversation
from compat.wiretap.relay import Peer
from modern import bulk, network
from modern.protocol import derive_keys
from modern.session import FrameSession
from tests import rarely
from tests.programs import AUTHKEY, CONFKEY, KEYS, ROOT, Program, environment, modern_port

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the names are Linux's")


def settings(connection: socket.socket) -> list[int]:
    """Return whether and how the system looks after a connection."""
    names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
    alive = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    return [alive] + [
        connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names
    ]


@linux_only
class TestSettings:
    """An idle connection is given up after two minutes; a peer that only does not read, never."""

    def test_of_both_ends_of_the_modern_chat(self):
        with network.listen("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            with network.connect("127.0.0.1", port) as ours, network.accept(listener) as theirs:
                assert settings(ours) == settings(theirs) == [1, 60, 10, 6, 0]
                network.watch(ours, 30)
                assert settings(ours) == [1, 15, 2, 6, 30_000]

    @pytest.mark.parametrize("take", [Peer, lambda each: conversation.CarefulWire(each, bytes(32))])
    def test_of_the_programs_of_compat(self, take):
        with network.listen("127.0.0.1", 0) as listener:
            with socket.create_connection(listener.getsockname()[:2]) as connection:
                take(connection)
                assert settings(connection) == [1, 60, 10, 6, 0]

    def test_the_bridge_keeps_the_timeout_of_its_user_on_both_sides(self):
        with network.listen("127.0.0.1", 0) as listener:
            with socket.create_connection(listener.getsockname()[:2]) as connection:
                network.watch(connection, 30)
                for side in (
                    sides.LegacySide(connection, bytes(32), lambda item: iter(()), print),
                    sides.ModernSide(connection, FrameSession({}), print),
                ):
                    assert settings(connection) == [1, 15, 2, 6, 30_000], side


ALONE = """
    import subprocess, sys
    from tests.programs import Program, modern_client, modern_port, modern_server
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with modern_server("--timeout", "2") as server:
        with modern_client(modern_port(server), "--timeout", "2") as client:
            client.type("a word\\n")
            server.wait_for("a word\\n")
            subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
            if sys.argv[1] == "typed":
                client.type("into the void\\n")
            print(client.wait(), server.wait(), server.stdout == "a word\\n")
            print(client.stderr.splitlines()[-1])
"""


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a network of its own."""
    return subprocess.run(
        ["unshare", "-rn", sys.executable, *arguments],
        capture_output=True, text=True, check=False, timeout=40, env=environment(), cwd=ROOT,
    )  # fmt: skip


@rarely.each("typed", ["typed", "idle"], daily=["typed"])
def test_a_chat_with_a_timeout_ends_after_it_on_both_sides(typed: str):
    """No FIN and no RST: the link itself goes down."""
    if not (shutil.which("unshare") and shutil.which("ip")) or alone("-c", "pass").returncode:
        pytest.skip("no network of our own to be had")
    done = alone("-c", textwrap.dedent(ALONE), typed)
    assert done.returncode == 0, done.stderr
    statuses, words = done.stdout.splitlines()
    assert statuses == "1 1 True"
    assert "the peer" in words


BRIDGED = """
    import subprocess, time
    from tests.programs import KEYS, LEGACY_CLIENT, Program, modern_client
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    ends = ("--legacy", "listen:0", "--modern", "listen:0", "--passphrase", "secret")
    with Program("-m", "compat.bridge", *ends, *KEYS, "--timeout", "2") as bridge:
        old_port, new_port = (
            bridge.wait_for(f"{side}: waiting for a peer on port (\\d+)", "stderr")[1]
            for side in ("legacy", "modern")
        )
        with Program(*LEGACY_CLIENT) as old, modern_client(new_port) as new:
            old.type(f"127.0.0.1\\n{old_port}\\nsecret\\n")
            bridge.wait_for("both sides are here", "stderr")
            subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
            print(bridge.wait())
            old.process.kill()
            new.process.kill()
"""


@pytest.mark.soak
def test_a_bridge_with_a_timeout_ends_although_its_legacy_side_is_silent_too():
    if not (shutil.which("unshare") and shutil.which("ip")) or alone("-c", "pass").returncode:
        pytest.skip("no network of our own to be had")
    done = alone("-c", textwrap.dedent(BRIDGED))
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_peer_that_does_not_read_costs_no_memory_and_loses_nothing(tmp_path: Path):
    """The sender waits, is still to be ended, and goes on as soon as somebody reads again."""
    path = tmp_path / "long.txt"
    path.write_text("a line of this file\n" * 60_000)
    with path.open("rb") as file, Program("-m", "modern", *KEYS, *SERVER, stdin=file) as server:
        with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as peer:
            server.wait_for("connected by", "stderr")
            wait_until_at_rest(server.process.pid)  # not reading is the fault
            memory = resident(server.process.pid)
            assert server.process.poll() is None
            time.sleep(0.5)
            assert resident(server.process.pid) - memory < 1 << 20
            peer.shutdown(socket.SHUT_WR)
            decoder, text = bulk.Decoder(derive_keys(CONFKEY, AUTHKEY)), b""
            while data := peer.recv(1 << 16):
                text += b"".join(decoder.feed(data))
        assert server.wait() == 0
    assert text == path.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_who_sends_to_a_peer_that_does_not_read_can_be_ended(tmp_path: Path):
    path = tmp_path / "long.txt"
    path.write_text("a line of this file\n" * 150_000)
    with path.open("rb") as file, Program("-m", "modern", *KEYS, *SERVER, stdin=file) as server:
        with socket.create_connection(("127.0.0.1", int(modern_port(server)))):
            server.wait_for("connected by", "stderr")
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            assert server.wait() == 143


SERVER = ("--server", "--port", "0")


def wait_until_at_rest(process: int) -> None:
    """Wait until a process has used no processor for a while, where that can be told."""
    used = [""] * 3
    while len(set(used)) > 1 or not used[0]:
        time.sleep(0.2)
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except FileNotFoundError:  # it has ended, or this system has no such files
            return
        used = [*used[1:], " ".join(stat.rpartition(")")[2].split()[11:13])]


def resident(process: int) -> int:
    """Return the bytes of memory of a process, where that can be told."""
    status = Path(f"/proc/{process}/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0
