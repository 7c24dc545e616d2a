"""Grades programs: our own, those in JavaScript, and mutants of the ones in JavaScript."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.coursework.grading import Assignment, total
from tests.coursework.model import Outcome, Result
from tests.coursework.places import REPOSITORY, SELFTESTS
from tests.coursework.selftests.jobs import Graded, Job

NODE = SELFTESTS / "node"
PYTHON = f'"{Path(sys.executable).as_posix()}"'
OURS = REPOSITORY.as_posix()
COMMANDS = {
    "legacy": {
        "server": f'{PYTHON} "{OURS}/legacy/Server.py" {{port}}',
        "client": f'{PYTHON} "{OURS}/legacy/Client.py"',
    },
    "modern": {
        "server": f'{PYTHON} "{OURS}/modern/p2p_encryption.py" --server --port {{port}}',
        "client": f'{PYTHON} "{OURS}/modern/p2p_encryption.py" --client {{host}} --port {{port}}',
    },
}
NODE_COMMANDS = {
    "legacy": {
        "server": 'node "{submission}/legacy_chat.mjs" server {port}',
        "client": 'node "{submission}/legacy_chat.mjs" client',
    },
    "modern": {
        "server": 'node "{submission}/modern_chat.mjs" --server --port {port}',
        "client": 'node "{submission}/modern_chat.mjs" --client {host} --port {port}',
    },
}
MUTANT_TIME_LIMIT = 10


def grade(
    protocol: str, role: str, command: str, folder: Path, time_limit: float = 20
) -> list[Result]:
    return Assignment((protocol,), {role: command}, time_limit).grade(folder)


def ours(protocol: str, role: str, folder: Path) -> list[Result]:
    return grade(protocol, role, COMMANDS[protocol][role], folder)


def in_javascript(protocol: str, role: str, _: Path) -> list[Result]:
    return grade(protocol, role, NODE_COMMANDS[protocol][role], NODE)


def mutated(protocol: str, role: str, *changes_and_folder: Any) -> list[Result]:
    """Grade the program in JavaScript with one mistake in it: each old piece is replaced."""
    *changes, folder = changes_and_folder
    source = (NODE / f"{protocol}_chat.mjs").read_text("utf-8")
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    (folder / f"{protocol}_chat.mjs").write_text(source, "utf-8")
    return grade(protocol, role, NODE_COMMANDS[protocol][role], folder, MUTANT_TIME_LIMIT)


PAIRS = [(protocol, role) for protocol in COMMANDS for role in ("server", "client")]


def quick(
    name: str, run: Callable[[str, str, Path], list[Result]], chosen: tuple[int, ...]
) -> list[Any]:
    """Return the jobs of all pairs. Those that are not chosen run only in the long runs."""
    return [
        pytest.param(
            Job(f"{name}-{protocol}-{role}", partial(run, protocol, role)),
            marks=() if number in chosen else pytest.mark.soak,
        )
        for number, (protocol, role) in enumerate(PAIRS)
    ]


OUR_JOBS = quick("python", ours, (0,))
NODE_JOBS = quick("node", in_javascript, ())

MUTANTS = {
    "prompt-without-space": (
        ("legacy", "client", 'ask("[+] Enter Destination IP   : ")', 'ask("Destination IP: ")'),
        {"console"},
    ),
    "upper-case-hash": (
        ("legacy", "server", '[timestamp, message, sha256(message).digest("hex")]',
         '[timestamp, message, sha256(message).digest("hex").toUpperCase()]'),
        {"sends"},
    ),
    "compact-json": (
        ("legacy", "client", '"message": ${text}, "hash"', '"message":${text},"hash"'),
        {"wire"},
    ),
    "iso-timestamp": (
        ("legacy", "server", "new Date().toTimeString().slice(0, 8)", "new Date().toISOString()"),
        {"clock"},
    ),
    "only-padding-removed": (
        ("legacy", "client", '.replaceAll("~", "")', '.replace(/~+$/, "")'),
        {"tilde"},
    ),
    "long-line-shown": (
        ("legacy", "server", 'spaces < 1 ? null : `Received : ${message}${" ".repeat(spaces)}',
         '`Received : ${message}${" ".repeat(Math.max(spaces, 1))}'),
        {"longest-line"},
    ),
    "noise-in-silence": (
        ("legacy", "client", "  } catch {\n    return UNRECOGNISED;",
         "  } catch {\n    return null;"),
        {"noise"},
    ),
    "quit-is-a-message": (
        ("legacy", "server", 'if (line === "quit()") break;', ""),
        {"quit"},
    ),
    "passphrase-echoed": (
        ("legacy", "client", 'say("[+] Listening On Thread 1");',
         'say("[+] Listening On Thread 1"); console.error(key.toString("hex"));'),
        {"no-secrets"},
    ),
    "nothing-said-at-the-end": (
        ("legacy", "client", "if (!leaving) say(UNRECOGNISED);", ""),
        {"peer-leaves"},
    ),
    "text-with-a-prefix": (
        ("modern", "client", "process.stdout.write(openFrame(",
         'process.stdout.write("> " + openFrame('),
        {"shows"},
    ),
    "split-inside-a-character": (
        ("modern", "server", "(line[end] & 0xc0) === 0x80", "false"),
        {"unicode"},
    ),
    "fixed-iv": (
        ("modern", "client", "const iv = randomBytes(16);", "const iv = Buffer.alloc(16);"),
        {"fresh-iv"},
    ),
    "one-recv-is-one-frame": (
        ("modern", "server", "pending = Buffer.concat([pending, data]);", "pending = data;"),
        {"pieces"},
    ),
    "one-frame-for-each-recv": (
        ("modern", "client", "for (; pending.length >= FRAME_SIZE; pending =",
         "for (let once = 1; once-- && pending.length >= FRAME_SIZE; pending ="),
        {"joined"},
    ),
    "always-9999": (
        ("modern", "server", "String(chunk.length)", '"9999"'),
        {"length"},
    ),
    "length-of-the-line": (
        ("modern", "client", "sealFrame(chunk, keys)));", "sealFrame(chunk, keys, line.length)));",
         "function sealFrame(chunk, keys) {", "function sealFrame(chunk, keys, whole) {",
         "String(chunk.length)", "String(whole)"),
        {"length"},
    ),
    "length-counts-characters": (
        ("modern", "server", "String(chunk.length)", "String([...decode(chunk)].length)"),
        {"length"},
    ),
    "status-2-for-a-forged-frame": (
        ("modern", "client", "function fail(words, status) {",
         "function fail(words) {\n  const status = 2;"),
        {"says-so"},
    ),
    "lines-in-brackets": (
        ("legacy", "server", 'spaces < 1 ? null : `Received : ${message}${" ".repeat(spaces)}',
         'spaces < 1 ? null : `[Received : ${message}${" ".repeat(spaces)}'),
        {"shows"},
    ),
    "tag-in-column-81": (
        ("legacy", "client", '" ".repeat(spaces)}', '" ".repeat(spaces + 1)}'),
        {"shows"},
    ),
    "second-tag-not-checked": (
        ("modern", "server", "if (!(headerFits && bodyFits))", "if (!headerFits)"),
        {"rejects"},
    ),
    "tags-compared-on-a-prefix": (
        ("modern", "client", "timingSafeEqual(tag(body, keys), frame.subarray(80, 112))",
         "timingSafeEqual(tag(body, keys).subarray(0, 8), frame.subarray(80, 88))"),
        {"rejects"},
    ),
    "bad-tag-in-silence": (
        ("modern", "server", 'ProtocolError("ERROR: HMAC verification failed")',
         'ProtocolError("no")'),
        {"says-so"},
    ),
    "length-not-looked-at": (
        ("modern", "client", "|| Number(length) < characters", ""),
        {"bad-length"},
    ),
    "cut-goes-unnoticed": (
        ("modern", "server", 'if (pending.length) fail("the connection ended inside a frame", 1);',
         ""),
        {"truncated"},
    ),
    "leaves-at-end-of-input": (
        ("modern", "client", "socket.end(); // close only our direction: the peer may send more",
         "socket.destroySoon();"),
        {"ends"},
    ),
    "keys-in-the-error": (
        ("modern", "server", 'ProtocolError("ERROR: HMAC verification failed")',
         'ProtocolError("ERROR: HMAC verification failed" + keys.authentication.toString("hex"))'),
        {"no-secrets"},
    ),
}  # fmt: skip
ALSO_LOST = {"noise-in-silence": {"joined"}}
"""What cannot be seen because of the mistake. All other checks go on, and give their points."""

MUTANT_JOBS = [Job(name, partial(mutated, *change)) for name, (change, _) in MUTANTS.items()]

OLD_PEER = f'{PYTHON} "{OURS}/tests/originals/p2p_peer.py"'
OLD_COMMAND = f"{OLD_PEER} server {{port}} independent {{confkey}} {{authkey}}"
OLD_JOB = Job(
    "original-style", partial(grade, "modern", "server", OLD_COMMAND, time_limit=MUTANT_TIME_LIMIT)
)

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")


def expect_all_points(results: list[Result]) -> None:
    assert not [result.report for result in results if result.outcome is not Outcome.PASSED]
    assert total(results) == (25, 25)


@pytest.mark.parametrize("job", OUR_JOBS, ids=str)
def test_our_programs_get_all_points(job: Job, graded: Graded) -> None:
    expect_all_points(graded(job))


@needs_node
def test_a_program_in_javascript_sends_and_receives() -> None:
    """Every day the other chat and the other role; the long runs ask all."""
    grader = Assignment(("modern",), {"client": NODE_COMMANDS["modern"]["client"]}, 20).grader(NODE)
    results = [grader.result(f"modern-client-{name}") for name in ("shows", "sends", "rejects")]
    grader.close()
    assert not [result.report for result in results if result.outcome is not Outcome.PASSED]


@needs_node
@pytest.mark.parametrize("job", NODE_JOBS, ids=str)
def test_programs_in_javascript_get_all_points(job: Job, graded: Graded) -> None:
    expect_all_points(graded(job))


@pytest.mark.soak
@needs_node
@pytest.mark.parametrize("job", MUTANT_JOBS, ids=str)
def test_exactly_the_intended_checks_catch_a_mutant(job: Job, graded: Graded) -> None:
    (protocol, role, *_), caught_by = MUTANTS[job.name]
    results = graded(job)
    failed = {result.check.id for result in results if result.outcome is Outcome.FAILED}
    assert failed == {f"{protocol}-{role}-{name}" for name in caught_by}
    lost = {r.check.id for r in results if r.outcome is Outcome.NOT_REACHED}
    assert lost == {f"{protocol}-{role}-{name}" for name in ALSO_LOST.get(job.name, ())}


@pytest.mark.soak
@pytest.mark.parametrize("job", [OLD_JOB], ids=str)
def test_an_original_style_program_loses_the_points_that_it_should(
    job: Job, graded: Graded
) -> None:
    """It reads with `recv(112)` and never checks a length."""
    failed = {result.check.id for result in graded(job) if result.outcome is Outcome.FAILED}
    assert failed == {"modern-server-pieces", "modern-server-bad-length"}
