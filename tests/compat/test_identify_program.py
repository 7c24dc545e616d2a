"""The program `python -m compat.identify`: captures of each kind, a live peer, what it refuses."""

from __future__ import annotations

import itertools
import socket

import pytest

from compat.identify import command_line
from compat.identify.captures import CaptureError, from_text, read_captures
from compat.wiretap.recording import Recorder
from compat.wiretap.wires import MODERN, Place, Segment
from legacy import protocol as legacy
from tests.in_process import run_main
from tests.programs import Program, end_sending, one_line, run
from tests.recorded import load

WILD = {program["id"]: program for program in load("wild")["programs"]}
KEYS = ("--confkey", WILD["w03"]["confkey"], "--authkey", WILD["w03"]["authkey"])
WIRE = bytes.fromhex(WILD["w03"]["sent"][0]["wire"])
IDENTIFY = ("-m", "compat.identify")


def identify(*arguments, typed=""):
    return run_main(command_line.main, *arguments, typed=typed)


class TestCaptures:
    @pytest.mark.parametrize(
        "content",
        [
            WIRE,
            WIRE.hex().encode(),
            WIRE.hex(" ").upper().encode() + b"\r\n",
            WIRE.hex(":").encode(),
        ],
        ids=["raw", "hex", "spaces", "colons"],
    )
    def test_raw_bytes_and_hexadecimal_text(self, tmp_path, content):
        (tmp_path / "capture").write_bytes(content)
        (capture,) = read_captures(str(tmp_path / "capture"))
        assert (capture.who, capture.data) == ("", WIRE)

    @pytest.mark.parametrize("content", [b"hi", b"abcdef", b"deadbeef deadbee"])
    def test_a_few_letters_or_half_a_byte_are_no_hexadecimal_text(self, content):
        assert from_text(content) == content

    def test_a_recording_gives_what_each_side_sent(self, tmp_path):
        path = tmp_path / "wire.json"
        with path.open("wb") as file:
            recorder = Recorder(file, itertools.count().__next__)
            for sender in (Place.CLIENT, Place.SERVER, Place.CLIENT):
                recorder.saw(Segment(MODERN, sender, sender.peer, WIRE))
            recorder.close()
        client, server = read_captures(str(path))
        assert (client.who, client.data, client.cuts) == ("client", WIRE * 2, (112, 224))
        assert (server.who, server.data) == ("server", WIRE)

    def test_nothing_in_it(self, tmp_path):
        (tmp_path / "empty").touch()
        with pytest.raises(CaptureError, match="contains no bytes"):
            read_captures(str(tmp_path / "empty"))


class TestProgram:
    def test_one_command_is_the_answer(self):
        done = run(*IDENTIFY, "-", *KEYS, "--typed", "hi", typed=WIRE.hex())
        assert done.returncode == 0
        assert done.stdout.startswith(
            "112 bytes.\nBytes 0–111 are frames of the dialect `big-endian`. Their text is 'hi\\n'."
        )

    def test_a_closed_input_is_one_line(self):
        code = "import sys; sys.stdin = None; from compat.identify.command_line import main; "
        done = run("-c", f"{code} sys.exit(main())", "-", *KEYS)
        assert (done.returncode, done.stdout) == (1, "")
        assert "standard input is closed" in one_line(done.stderr)

    def test_without_a_proof_the_status_is_1(self):
        done = identify("-", "--confkey", "a", "--authkey", "b", typed=WIRE.hex())
        assert done.returncode == 1
        assert "Nothing could be proven" in done.stdout
        assert one_line(done.stderr.splitlines(keepends=True)[-1]).startswith(
            "identify: nothing was proven"
        )

    def test_only_a_passphrase(self):
        wire = legacy.seal("hello", "12:34:56", legacy.derive_key("tea"))
        done = identify("-", "--passphrase", "tea", typed=wire.hex())
        assert done.returncode == 0
        assert "a message of the legacy chat" in done.stdout

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "CAPTURE"),
            (("-", "--listen", "9999"), "not allowed with"),
            (("--listen", "ninety"), "is no port"),
            (("--listen", "0", "--pause", "0"), "no number of seconds"),
            (("-",), "no confkey"),
        ],
    )
    def test_wrong_use(self, arguments, words):
        done = identify(*arguments)
        assert done.returncode == 2
        assert words in one_line(done.stderr)

    def test_a_passphrase_that_is_not_utf8(self, tmp_path):
        (tmp_path / "passphrase").write_bytes(b"caf\xe9\n")
        done = identify("-", "--passphrase-file", str(tmp_path / "passphrase"), typed="ab")
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("identify: the passphrase is not UTF-8")
        assert "caf" not in done.stderr

    def test_no_such_file(self, tmp_path):
        done = identify(str(tmp_path / "none"), *KEYS)
        assert (done.returncode, done.stdout) == (1, "")
        assert "cannot read" in one_line(done.stderr)

    @pytest.mark.parametrize("ends", [True, False], ids=["it ends", "it pauses"])
    def test_live(self, ends):
        with Program(*IDENTIFY, "--listen", "127.0.0.1:0", "--pause", "0.3", *KEYS) as program:
            port = program.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                peer.sendall(WIRE[:50])
                peer.sendall(WIRE[50:])
                if ends:
                    end_sending(peer)
                assert program.wait() == 0
            assert "the dialect `big-endian`" in program.stdout
