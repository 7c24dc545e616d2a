"""The dialects of the modern wire: their words, captures, and servers that find out by ear."""

from __future__ import annotations

import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern import protocol
from modern.construction import find_first_frame
from modern.dialects import CHAINED, DIALECTS, INDEPENDENT, derive_all_keys
from modern.errors import AuthenticationError
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    OLD_MODERN,
    Program,
    modern_client,
    modern_port,
    modern_server,
)
from tests.recorded import MODERN
from tests.systems import not_under_wine

BOTH = pytest.mark.parametrize("dialect", [INDEPENDENT, CHAINED], ids=lambda each: each.name)


def seal(text: str, dialect) -> bytes:
    keys = dialect.derive_keys(CONFKEY, AUTHKEY)
    return protocol.seal(text, keys, dialect.count_lengths)


class TestWords:
    def test_what_it_says_of_the_keys_is_so(self):
        parts = {"confkey": CONFKEY, "authkey": AUTHKEY}
        for dialect in (INDEPENDENT, CHAINED):
            recipe, _, _ = dialect.keys.rule.partition(":")
            hashed = "".join(parts[name] for name in re.findall("confkey|authkey", recipe))
            keys = dialect.derive_keys(CONFKEY, AUTHKEY)
            assert keys.authentication == protocol.derive_keys("", hashed).authentication

    def test_what_it_says_of_the_lengths_is_so(self):
        chunks = protocol.split_chunks("ein Käsekuchen, bitte")
        assert [len(chunk) for chunk in chunks] == [15, 7]
        assert INDEPENDENT.count_lengths(chunks) == [15, 7]
        assert CHAINED.count_lengths(chunks) == [21, 7]


class TestCaptures:
    @pytest.mark.parametrize("case", MODERN["sent"], ids=lambda case: case["text"].strip())
    def test_recorded_conversations(self, case):
        capture = b"".join(bytes.fromhex(frame["frame"]) for frame in case["frames"])
        found = find_first_frame(capture, derive_all_keys(case["confkey"], case["authkey"]))
        assert found == (0, DIALECTS[case["key_schedule"]])

    @BOTH
    @given(missed=st.integers(0, 111))
    def test_a_capture_that_begins_inside_a_frame(self, dialect, missed):
        capture = seal("a line of more than one frame\n", dialect)[missed:]
        assert find_first_frame(capture, derive_all_keys(CONFKEY, AUTHKEY)) == (
            -missed % protocol.FRAME_SIZE,
            dialect,
        )

    @BOTH
    @given(size=st.integers(0, 111))
    def test_too_little_to_tell(self, dialect, size):
        with pytest.raises(AuthenticationError):
            find_first_frame(seal("x", dialect)[:size], derive_all_keys(CONFKEY, AUTHKEY))

    @BOTH
    def test_other_keys(self, dialect):
        for confkey, authkey in ((CONFKEY, CONFKEY), ("", ""), (AUTHKEY, CONFKEY)):
            with pytest.raises(AuthenticationError):
                find_first_frame(seal("hello", dialect), derive_all_keys(confkey, authkey))


class TestAutomaticServer:
    @BOTH
    def test_with_an_old_program(self, dialect):
        with modern_server("--dialect", "auto") as server:
            port = modern_port(server)
            server.type("an answer of several frames, ready before the question\n")
            with Program(*OLD_MODERN, "client", port, dialect.name, CONFKEY, AUTHKEY) as old:
                old.type("a question of several frames, naïve ☃\n")
                server.wait_for("^a question of several frames, naïve ☃\n")
                old.wait_for("^an answer of several frames, ready before the question\n")
                old.end_input()
                server.end_input()
                assert (old.wait(), server.wait()) == (0, 0)
        assert f"the peer speaks the {dialect.name} dialect" in server.stderr

    def test_a_long_answer_out_of_a_pipe_waits_for_the_peer_to_speak(self, tmp_path):
        answer = "".join(f"line {number} of the answer\n" for number in range(5000))
        (tmp_path / "answer").write_bytes(answer.encode())
        with (
            (tmp_path / "answer").open("rb") as file,
            modern_server("--dialect", "auto", stdin=file) as server,
            modern_client(modern_port(server), "--dialect", "chained") as client,
        ):
            client.wait_for("connected", "stderr")
            assert client.stdout == ""
            client.type("go on\n")
            client.end_input()
            assert (client.wait(), server.wait()) == (0, 0)
        assert (client.stdout, server.stdout) == (answer, "go on\n")

    def test_to_a_peer_that_never_speaks_it_speaks_its_own(self):
        with modern_server("--dialect", "auto") as server:
            server.type("is anybody there?\n")
            server.end_input()
            with modern_client(modern_port(server)) as client:
                client.end_input()
                assert (client.wait(), server.wait()) == (0, 0)
        assert client.stdout == "is anybody there?\n"
        assert "the peer speaks" not in server.stderr

    @not_under_wine("it ends a connection that Windows resets")
    @pytest.mark.parametrize(
        "keys",
        [
            ("--confkey", AUTHKEY, "--authkey", CONFKEY),
            ("--confkey", CONFKEY, "--authkey", CONFKEY),
        ],
        ids=["exchanged", "one wrong"],
    )
    def test_other_keys_fail_on_both_sides_and_nothing_is_sent(self, keys):
        with modern_server("--dialect", "auto") as server:
            server.type("not for strangers\n")
            with modern_client(modern_port(server), keys=keys) as client:
                client.type("hello\n")
                assert (server.wait(), client.wait()) == (1, 1)
        assert "HMAC verification failed" in server.stderr
        assert "broke off" in client.stderr
        assert server.stdout == client.stdout == ""
        assert "Traceback" not in server.stderr + client.stderr

    def test_a_peer_that_leaves_inside_its_first_frame(self):
        with modern_server("--dialect", "auto") as server:
            with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as peer:
                peer.sendall(seal("x", INDEPENDENT)[:111])
            assert server.wait() == 1
        assert "inside a frame" in server.stderr
