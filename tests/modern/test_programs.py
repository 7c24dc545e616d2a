"""The modern chat as people run it: real processes, real sockets, on pipes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
import signal
import socket
import string
import subprocess
import sys
from pathlib import Path

import pytest

from modern import program, protocol
from modern.dialects import DIALECTS
from tests import programs, rarely
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    KEYS,
    MODERN,
    OLD_MODERN,
    ROOT,
    Program,
    end_sending,
    environment,
    modern_client,
    modern_pair,
    modern_port,
    modern_server,
    one_line,
)
from tests.systems import not_under_wine

SESSION_KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)
ODD_PORTS = ("5_557", "+5559", "-1", "٥٥٥٦", "5 555", "00000099999", "0" * 5000)
"""Some of them are numbers to Python."""
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and devices")


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the modern chat to its end."""
    return programs.run(*MODERN, *arguments, **options)


def run_here(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run it to its end in this process."""
    return programs.run_here(*MODERN, *arguments, **options)


def text_of(size: int) -> bytes:
    """Return `size` bytes of lines of many lengths, some with characters of several bytes."""
    dice = random.Random(size)
    letters = string.ascii_letters + "  ~é☃🔑"
    lines = []
    missing = size
    while missing > 0:
        line = "".join(dice.choices(letters, k=dice.randrange(120))) + "\n"
        lines.append(line.encode())
        missing -= len(lines[-1])
    return b"".join(lines)


class TestSpellings:
    @rarely.each(
        ("program", "server_option", "client_option"),
        {
            f"{name} {server_option} {client_option}": (program, server_option, client_option)
            for name, program in (("file", ("modern/p2p_encryption.py",)), ("-m", MODERN))
            for server_option in ("--server", "--s")
            for client_option in ("--client", "--c")
        },
        daily=["file --s --client", "-m --server --c"],
    )
    def test_both_sides(self, program, server_option, client_option):
        env = environment()
        env.pop("PYTHONPATH")  # as from a checkout, without our help
        with Program(*program, server_option, "--port", "0", *KEYS, env=env) as server:
            port = modern_port(server)
            arguments = (client_option, "127.0.0.1", "--port", port, *KEYS)
            with Program(*program, *arguments, env=env) as client:
                client.type("hello\n")
                server.wait_for("^hello\n")
                server.type("hello yourself\n")
                client.wait_for("^hello yourself\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)

    def test_from_another_folder(self, tmp_path):
        script = str(ROOT / "modern" / "p2p_encryption.py")
        env = environment()
        env.pop("PYTHONPATH")
        with Program(script, "--help", env=env, cwd=tmp_path) as program:
            assert program.wait() == 0

    @rarely.each("host", ["localhost", "::1", "[::1]", "127.0.0.1"], daily=["localhost", "[::1]"])
    def test_hosts(self, host):
        if ":" in host and not socket.has_dualstack_ipv6():
            pytest.skip("no IPv6 here")
        with modern_server(stdin=subprocess.DEVNULL) as server:
            where = ("--client", host, "--port", modern_port(server))
            client = run(*where, *KEYS, typed="x")
            assert server.wait() == 0
        assert (client.returncode, server.stdout) == (0, "x")

    def test_bind_listens_there_only(self):
        with modern_server("--bind", "127.0.0.1") as server:
            port = modern_port(server)
            with pytest.raises(OSError), socket.create_connection(("127.0.0.2", int(port))):  # noqa: PT011
                pass
            with modern_client(port, stdin=subprocess.DEVNULL) as client:
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)


class TestConversation:
    def test_standard_output_is_the_text_and_nothing_else(self):
        with modern_pair() as (server, client):
            client.type("first\n\nthird, naïve ☃ 🔑\nno newline at the end")
            client.end_input()
            server.end_input()
            assert (client.wait(), server.wait()) == (0, 0)
        assert server.stdout == "first\n\nthird, naïve ☃ 🔑\nno newline at the end"
        assert client.stdout == ""
        assert "first" not in server.stderr + client.stderr

    def test_bytes_pass_as_they_are_through_a_pipe(self):
        text = "\0 \x1b[31m \r\n \u0085 \u2028 \ufeff ~ \t\v\f\n".encode()
        with modern_pair() as (server, client):
            client.type(text)
            client.end_input()
            server.end_input()
            server.wait()
        assert server.stdout_bytes == text

    def test_a_line_is_shown_while_the_chat_goes_on(self):
        with modern_pair() as (server, client):
            for number in range(20):
                client.type(f"line {number}\n")
                server.wait_for(f"line {number}\n")
                server.type(f"answer {number}\n")
                client.wait_for(f"answer {number}\n")

    @pytest.mark.soak  # every day, tests/security/test_much_at_once.py sends as much
    def test_megabytes_both_ways_at_once(self, tmp_path):
        """More than all buffers between them hold; the long runs send a hundred."""
        ours, theirs = text_of(4_000_000), text_of(1_000_000)
        (tmp_path / "ours").write_bytes(ours)
        (tmp_path / "theirs").write_bytes(theirs)
        with (
            (tmp_path / "ours").open("rb") as ours_in,
            (tmp_path / "theirs").open("rb") as theirs_in,
            modern_pair({"stdin": theirs_in}, {"stdin": ours_in}) as (server, client),
        ):
            assert (client.process.wait(60), server.process.wait(60)) == (0, 0)
            client.wait()
            server.wait()
            assert server.stdout_bytes == ours
            assert client.stdout_bytes == theirs

    def test_a_megabyte_without_a_newline(self):
        text = ("☃" * 349_525).encode()
        with modern_pair() as (server, client):
            client.type(text)
            client.end_input()
            server.end_input()
            assert client.wait() == 0
            server.wait()
        assert server.stdout_bytes == text

    @rarely.each(
        ("ours", "dialect"),
        {
            f"{ours} {dialect}": (ours, dialect)
            for ours in ("server", "client")
            for dialect in ("independent", "chained")
        },
        daily=["server independent", "client chained"],
    )
    def test_with_a_program_that_reads_recv_112(self, ours, dialect):
        theirs = "client" if ours == "server" else "server"
        options = ("--dialect", dialect)
        with contextlib.ExitStack() as stack:
            if ours == "server":
                our_program = stack.enter_context(modern_server(*options))
                port = modern_port(our_program)
            peer_port = port if ours == "server" else "0"
            peer = stack.enter_context(
                Program(*OLD_MODERN, theirs, peer_port, dialect, CONFKEY, AUTHKEY)
            )
            if ours == "client":
                our_program = stack.enter_context(modern_client(modern_port(peer), *options))
            our_program.type("sixteen bytes ok, and naïve ☃ café 🔑🔑🔑🔑\nsecond\n")
            peer.wait_for("^sixteen bytes ok, and naïve ☃ café 🔑🔑🔑🔑\nsecond\n")
            peer.type("an answer of more than fifteen bytes\n")
            our_program.wait_for("^an answer of more than fifteen bytes\n")
            peer.end_input()
            our_program.end_input()
            assert (peer.wait(), our_program.wait()) == (0, 0)

    @rarely.each("dialect", list(DIALECTS), daily=["chained"])
    def test_an_automatic_server_answers_in_the_dialect_that_it_hears(self, dialect):
        with modern_server("--dialect", "auto") as server:
            server.type("typed before anything was heard\n")
            with modern_client(modern_port(server), "--dialect", dialect) as client:
                client.type("hello, this is who I am\n")
                server.wait_for("^hello, this is who I am\n")
                client.wait_for("^typed before anything was heard\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)
        assert f"the peer speaks the {dialect} dialect" in server.stderr

    def test_an_automatic_server_survives_a_peer_that_never_speaks(self):
        with modern_server("--dialect", "auto", stdin=subprocess.DEVNULL) as server:
            with modern_client(modern_port(server), stdin=subprocess.DEVNULL) as client:
                assert (client.wait(), server.wait()) == (0, 0)


class TestEnds:
    def test_a_peers_end_waits_for_the_rest_of_a_pipe(self):
        with modern_pair() as (server, client):
            client.end_input()
            for number in range(50):
                server.type(f"still to be sent {number}\n")
                client.wait_for(f"still to be sent {number}\n")
            server.end_input()
            assert (client.wait(), server.wait()) == (0, 0)

    def test_no_standard_input_at_all(self):
        with modern_server(stdin=subprocess.DEVNULL) as server:
            with modern_client(modern_port(server)) as client:
                client.type("hello\n")
                client.end_input()
                assert (client.wait(), server.wait()) == (0, 0)
        assert server.stdout == "hello\n"

    @posix_only
    def test_standard_input_closed(self):
        with modern_server(stdin=subprocess.DEVNULL) as server:
            command = [
                sys.executable,
                *MODERN,
                "--client",
                "localhost",
                "--port",
                modern_port(server),
            ]
            shell = " ".join([*command, *KEYS, "<&-"])
            done = subprocess.run(shell, shell=True, check=False, env=environment(), cwd=ROOT)
            assert (done.returncode, server.wait()) == (0, 0)

    @posix_only
    def test_ctrl_c(self):
        with modern_pair() as (server, client):
            client.type("sent before\n")
            server.wait_for("sent before\n")
            client.process.send_signal(signal.SIGINT)
            assert client.wait() == 130
            assert server.wait() == 1  # a pipe was cut short: nobody takes it for the whole text
        assert "Traceback" not in client.stderr + server.stderr

    @posix_only
    def test_ctrl_c_while_waiting_for_a_peer(self):
        with modern_server() as server:
            modern_port(server)
            server.process.send_signal(signal.SIGINT)
            assert server.wait() == 130
        assert "Traceback" not in server.stderr

    def test_a_second_client_is_turned_away_and_disturbs_nothing(self):
        with modern_server() as server:
            port = modern_port(server)
            with modern_client(port) as client:
                server.wait_for("connected by", "stderr")
                second = run("--client", "127.0.0.1", "--port", port, *KEYS)
                assert second.returncode == 1
                assert "cannot connect" in one_line(second.stderr)
                client.type("undisturbed\n")
                server.wait_for("^undisturbed\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)

    def test_a_killed_peer(self):
        with modern_pair() as (server, client):
            client.type("before\n")
            server.wait_for("before\n")
            client.process.kill()
            client.wait()
            server.type("after\n" * 1000)
            server.end_input()
            assert server.wait() == 1
        assert server.stdout == "before\n"
        assert "the peer" in server.stderr.splitlines()[-1]
        assert "Traceback" not in server.stderr


class TestBadPeers:
    def other_keys(self) -> tuple[str, ...]:
        return ("--confkey", CONFKEY, "--authkey", "0" * 32)

    def test_other_keys_fail_on_both_sides(self):
        with (
            modern_server() as server,
            modern_client(modern_port(server), keys=self.other_keys()) as client,
        ):
            client.type("hello\n")
            assert server.wait() == 1
            client.end_input()
            assert client.wait() == 1
        assert "ERROR: HMAC verification failed" in server.stderr.splitlines()[-1]
        assert (server.stdout, client.stdout) == ("", "")

    def test_a_peer_that_leaves_without_a_word_may_speak_another_dialect(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            with modern_client(port) as client:
                connection, _ = listener.accept()
                with connection:
                    client.type("hello\n")
                    connection.recv(1024)
                client.wait_for("left without having sent anything", "stderr")
                client.end_input()
                client.wait()
        assert "does it speak another dialect?" in client.stderr

    def attack(self, stream: bytes) -> tuple[int, str, str]:
        """Connect to a server as an attacker, send a stream and end it; return how it ended."""
        with modern_server() as server:
            with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as attacker:
                attacker.sendall(stream)
                end_sending(attacker)
                server.end_input()
                status = server.wait()
        return status, server.stdout, server.stderr.splitlines()[-1]

    def test_a_changed_frame_ends_the_chat_after_what_came_before_it(self):
        stream = bytearray(protocol.seal("shown\n" + "not shown\n", SESSION_KEYS))
        stream = bytearray(protocol.seal("shown\n", SESSION_KEYS)) + stream
        stream[112 + 70] ^= 1
        status, shown, line = self.attack(bytes(stream))
        assert (status, shown) == (1, "shown\n")
        assert "ERROR: HMAC verification failed" in line

    def test_a_frame_that_is_no_text(self):
        frame = protocol.seal_frame(b"\xff", 1, SESSION_KEYS, bytes(16))
        status, shown, line = self.attack(protocol.seal("shown\n", SESSION_KEYS) + frame)
        assert (status, shown) == (1, "shown\n")
        assert "the padding or the text does not" in line

    def test_a_truncated_stream(self):
        status, shown, line = self.attack(protocol.seal("shown, then cut\n", SESSION_KEYS)[:-1])
        assert (status, shown) == (1, "shown, then cut")
        assert "ended inside a frame" in line

    def test_a_cut_between_frames_looks_like_an_end(self):
        """What this protocol cannot tell; the notebooks show it."""
        cut = protocol.seal("shown, then cut\n", SESSION_KEYS)[:112]
        assert self.attack(cut)[:2] == (0, "shown, then cut")

    @not_under_wine("it ends a connection that Windows resets")
    def test_a_peer_that_breaks_off(self):
        with modern_server() as server:
            attacker = socket.create_connection(("127.0.0.1", int(modern_port(server))))
            attacker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            attacker.sendall(protocol.seal("a word\n", SESSION_KEYS))
            server.wait_for("a word\n")
            attacker.close()
            assert server.wait() == 1
        assert "the peer" in server.stderr.splitlines()[-1]

    def test_one_byte_a_segment(self):
        with modern_server() as server:
            with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in protocol.seal("a byte at a time\n", SESSION_KEYS):
                    peer.sendall(bytes([byte]))
                server.wait_for("^a byte at a time\n")


class TestStandardStreams:
    def test_lines_that_are_not_utf8_are_skipped_and_counted(self):
        with modern_pair() as (server, client):
            client.type(b"good\nbad \xff\nalso bad \xc3\ngood again\n")
            client.end_input()
            server.end_input()
            assert (client.wait(), server.wait()) == (1, 0)
        assert server.stdout == "good\ngood again\n"
        assert client.stderr.endswith("lines not sent, because they are not UTF-8: 2\n")

    @posix_only
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk(self):
        with Path("/dev/full").open("wb") as full, modern_server(stdout=full) as server:
            with modern_client(modern_port(server)) as client:
                client.type("hello\n")
                assert server.wait() == 1
                client.end_input()
                assert client.wait() == 1
        assert "cannot write to standard output: No space left" in server.stderr.splitlines()[-1]

    @posix_only
    def test_nobody_reads_what_we_show(self):
        read, write = os.pipe()
        os.close(read)
        with modern_server(stdout=write) as server, modern_client(modern_port(server)) as client:
            os.close(write)
            client.type("hello\n")
            assert server.wait() == 1
        assert "cannot write to standard output" in server.stderr.splitlines()[-1]

    @posix_only
    def test_input_that_cannot_be_read(self):
        unreadable = os.open(os.devnull, os.O_WRONLY)
        with (
            modern_server() as server,
            modern_client(modern_port(server), stdin=unreadable) as client,
        ):
            os.close(unreadable)
            assert client.wait() == 1
        assert "cannot read standard input" in client.stderr.splitlines()[-1]


class TestKeys:
    def chat_with(self, *arguments: str, **variables: str) -> Program:
        """Return an ended client that got its keys in some way and sent a word with them."""
        with modern_server(stdin=subprocess.DEVNULL) as server:
            env = environment(**variables)
            with modern_client(modern_port(server), *arguments, keys=(), env=env) as client:
                client.type("hello\n")
                client.end_input()
                assert (client.wait(), server.wait()) == (0, 0), client.stderr
            assert server.stdout == "hello\n"
            return client

    def test_from_files(self, tmp_path):
        (tmp_path / "conf").write_text(CONFKEY + "\n")
        (tmp_path / "auth").write_bytes(AUTHKEY.encode() + b"\r\n")
        for name in ("conf", "auth"):
            (tmp_path / name).chmod(0o600)
        files = ("--confkey-file", str(tmp_path / "conf"), "--authkey-file", str(tmp_path / "auth"))
        assert "warning" not in self.chat_with(*files).stderr

    def test_from_the_environment(self):
        self.chat_with(MODERN_CONFKEY=CONFKEY, MODERN_AUTHKEY=AUTHKEY)

    def test_an_option_wins_over_the_environment(self):
        self.chat_with("--authkey", AUTHKEY, MODERN_CONFKEY=CONFKEY, MODERN_AUTHKEY="wrong")

    @pytest.mark.skipif(sys.platform != "linux", reason="no /proc")
    def test_given_by_file_or_environment_they_are_not_in_the_process_list(self, tmp_path):
        (tmp_path / "auth").write_text(AUTHKEY)
        env = environment(MODERN_CONFKEY=CONFKEY)
        with modern_server("--authkey-file", str(tmp_path / "auth"), keys=(), env=env) as server:
            modern_port(server)
            shown = Path(f"/proc/{server.process.pid}/cmdline").read_text()
        assert CONFKEY not in shown
        assert AUTHKEY not in shown

    def test_none_and_no_terminal(self):
        for missing in ("confkey", "authkey"):
            given = [] if missing == "confkey" else ["--confkey", CONFKEY]
            done = run_here("--client", "localhost", *given)
            assert done.returncode == 2
            assert f"no {missing}: give --{missing}, --{missing}-file or MODERN_" in one_line(
                done.stderr
            )

    def test_a_file_that_cannot_be_read(self, tmp_path):
        (tmp_path / "large").write_bytes(bytes(65537))
        for name, reason in (("missing", "No such file"), ("large", "more than a key"), ("", "")):
            done = run_here(
                "--server", "--confkey-file", str(tmp_path / name), "--authkey", AUTHKEY
            )
            assert done.returncode == 2
            assert reason in one_line(done.stderr)

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"\xef\xbb\xbfkey\n", "byte order mark"), (b"one\ntwo\n", "more than one line")],
    )
    def test_a_file_that_cannot_mean_one_key_is_refused_by_name(self, tmp_path, content, words):
        file = tmp_path / "conf"
        file.write_bytes(content)
        file.chmod(0o600)
        done = run_here("--server", "--confkey-file", str(file), "--authkey", AUTHKEY)
        assert (done.returncode, done.stdout) == (2, "")
        line = one_line(done.stderr)
        assert words in line
        assert str(file) in line

    @rarely.each(
        ("keys", "words"),
        {
            "short": (("short", AUTHKEY), ["the confkey has 5 of 32 characters"]),
            "the same": ((CONFKEY, CONFKEY), ["both keys are the same"]),
            "of 32 characters, which are more bytes": (("é" * 32, AUTHKEY), []),
            "none": (("", ""), ["confkey has 0", "authkey has 0", "same"]),
        },
        daily=["of 32 characters, which are more bytes", "none"],
    )
    def test_weak_keys_are_warned_of_in_one_line(self, keys, words):
        arguments = ("--confkey", keys[0], "--authkey", keys[1])
        with modern_server(keys=arguments, stdin=subprocess.DEVNULL) as server:
            with modern_client(modern_port(server), keys=arguments) as client:
                client.type("hello\n")
                client.end_input()
                assert (client.wait(), server.wait()) == (0, 0)
        warnings = [line for line in client.stderr.splitlines() if "warning" in line]
        assert len(warnings) == bool(words)
        assert all(word in warnings[0] for word in words)
        assert server.stdout == "hello\n"

    def test_generated_keys_can_be_pasted(self):
        done = run_here("--generate-keys")
        assert done.returncode == 0
        form = r'(?:export |\$env:)(MODERN_\w+) ?= ?"?(\w{32})"?'
        pairs = dict(re.fullmatch(form, line).groups() for line in done.stdout.splitlines())
        assert set(pairs) == {"MODERN_CONFKEY", "MODERN_AUTHKEY"}
        assert len(set(pairs.values())) == 2
        assert done.stdout != run_here("--generate-keys").stdout

    @posix_only
    def test_generated_keys_work_in_a_shell(self):
        command = f'eval "$({sys.executable} -m modern --generate-keys)"; env | grep -c "^MODERN_"'
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, env=environment(), check=True
        )
        assert done.stdout == "2\n"


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "--server/--s"),
            (["--server", "--client", "x"], "not allowed with"),
            (["--client"], "expected one argument"),
            (["--client", ""], "host name"),
            (["--client", "x", "--port", "0"], "--port 0"),
            (["--client", "x", "--bind", "x"], "--bind"),
            (["--server", "--dialect", "klingon"], "choose one of independent, chained, "),
            (["--server", "--port", "http"], "no port"),
            (["--server", "--port", "-1"], "no port"),
            (["--server", "--port", "65536"], "no port"),
            *((["--server", f"--port={port}"], "no port") for port in ODD_PORTS),
            (["--server", "--confkey", "a", "--confkey-file", "b"], "not allowed with"),
            (["--server", "extra"], "belongs to no option"),
            (["--serv"], "unrecognized option --serv"),
            (["--clien", "x"], "unrecognized option --clien"),
            (["--clien=x"], "unrecognized option --clien;"),
            (["--port", "--confkey"], "expected one argument"),
        ],
        ids=" ".join,
    )
    def test_is_one_line_and_status_2(self, arguments, words):
        done = run_here(*arguments, *([] if "--confkey" in arguments else KEYS))
        assert (done.returncode, done.stdout) == (2, "")
        assert words in one_line(done.stderr)

    @pytest.mark.parametrize("words", [["--confke", "--s3cret"], ["--confkey", "--s3cret"]])
    def test_what_may_be_a_key_is_not_printed(self, words):
        assert "s3cret" not in one_line(run_here("--server", *words).stderr)

    def test_a_process_of_its_own_ends_so_too(self):
        done = run("--server", "--port", "http", *KEYS)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no port" in one_line(done.stderr)

    def test_help_says_that_it_is_for_learning(self):
        done = run("--help")
        assert done.returncode == 0
        assert "Do not use it for real secrets" in done.stdout

    def test_help_ends_with_commands_that_work(self):
        parser = program.build_parser()
        _, _, example = parser.format_help().partition("\nexample")
        commands = re.findall(r"^  modern-chat (.+)", example, re.MULTILINE)
        server, client = (parser.parse_args(each.split()) for each in commands)
        assert (server.server, client.client) == (True, "127.0.0.1")


@pytest.mark.parametrize("module", ["modern.program", "modern.hardened.command_line"])
def test_help_loads_nothing_that_only_a_conversation_needs(module):
    late = ("Crypto", "asyncio", "modern.console", "prompt_toolkit", "socket", "typing")
    code = (
        "import argparse, contextlib, sys\n"
        "of_python, sys.argv[1:] = set(sys.modules), ['--help']\n"
        f"from {module} import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        f"print([name for name in {late} if name in sys.modules.keys() - of_python])"
    )
    done = programs.run("-c", code)
    assert done.stdout.endswith("\n[]\n"), done.stdout + done.stderr


class TestNetwork:
    def test_a_used_port(self):
        with socket.create_server(("", 0)) as other:
            done = run_here("--server", "--port", str(other.getsockname()[1]), *KEYS)
        assert done.returncode == 1
        assert "cannot listen on port" in one_line(done.stderr)

    def test_an_address_that_is_not_ours(self):
        done = run_here("--server", "--bind", "no-such-host.invalid", *KEYS)
        assert done.returncode == 1
        assert "cannot listen on no-such-host.invalid" in one_line(done.stderr)

    def test_a_refused_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = str(closed.getsockname()[1])
        done = run_here("--client", "127.0.0.1", "--port", port, *KEYS)
        assert done.returncode == 1
        assert "is the server running there?" in one_line(done.stderr)

    @pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64, "..", "a\u00ad" * 99])
    def test_an_unknown_host(self, host):
        done = run_here("--client", host, *KEYS)
        assert done.returncode == 1
        assert "host" in one_line(done.stderr)


def test_text_of_is_what_the_large_transfer_needs():
    text = text_of(50_000)
    assert len(text) >= 50_000
    assert hashlib.sha256(text).digest() == hashlib.sha256(text_of(50_000)).digest()
    assert "🔑" in text.decode()
