"""The bridge with the third chat on its modern side, in both roles: real processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests import rarely
from tests.programs import HARDENED, LEGACY_CLIENT, REMEMBERING, Program, environment

PASSPHRASE = "lamp river onion kite"
WAITING = r"waiting for a peer on port (\d+)"


@contextmanager
def three_programs(modern_role: str, bridge_knows: str = PASSPHRASE) -> Iterator[list[Program]]:
    """Start a bridge between a legacy client and a hardened peer that has the `modern_role`."""
    of_bridge = environment(LEGACY_PASSPHRASE="secret", HARDENED_PASSPHRASE=bridge_knows)
    of_peer = environment(HARDENED_PASSPHRASE=PASSPHRASE)
    sides = ("--legacy", "listen:127.0.0.1:0", "--modern")
    bridge = (*REMEMBERING, "compat.bridge", "--hardened", *sides)
    with ExitStack() as stack:
        if modern_role == "server":
            peer = stack.enter_context(
                Program(*HARDENED, "--server", "--bind", "127.0.0.1", "--port", "0", env=of_peer)
            )
            address = f"connect:127.0.0.1:{peer.wait_for(WAITING, 'stderr')[1]}"
            between = stack.enter_context(Program(*bridge, address, env=of_bridge))
        else:
            between = stack.enter_context(Program(*bridge, "listen:127.0.0.1:0", env=of_bridge))
            port = between.wait_for(rf"modern: {WAITING}", "stderr")[1]
            peer = stack.enter_context(
                Program(*HARDENED, "--client", "127.0.0.1", "--port", port, env=of_peer)
            )
        legacy = stack.enter_context(Program(*LEGACY_CLIENT))
        yield [legacy, between, peer]


@rarely.each("role", ["server", "client"], daily=["server"])
def test_lines_pass_both_ways_and_all_end(role):
    with three_programs(role) as (legacy, bridge, peer):
        peer.wait_for("both sides know the passphrase", "stderr")  # before the legacy side is here
        legacy.type(f"127.0.0.1\n{bridge.wait_for(f'legacy: {WAITING}', 'stderr')[1]}\nsecret\n")
        legacy.wait_for("Listening")
        legacy.type("hello ☃\n")
        peer.wait_for("^hello ☃\n")
        peer.type("hello yourself\n")
        legacy.wait_for("Received : hello yourself ")
        peer.end_input()  # at which the legacy program leaves by itself
        assert (legacy.wait(), bridge.wait(), peer.wait()) == (0, 0, 0)


@rarely.each("role", ["server", "client"], daily=["client"])
def test_a_wrong_passphrase_is_a_line_on_both_sides(role):
    with three_programs(role, bridge_knows="another passphrase") as (_, bridge, peer):
        assert (bridge.wait(), peer.wait()) == (1, 1)
        for program in (bridge, peer):
            assert "the passphrases differ, or somebody is in between" in program.stderr
            assert "Traceback" not in program.stderr
