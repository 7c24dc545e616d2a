"""All checks, in the order in which students meet them.

Each file here adds its checks to a catalogue of its own. The lists below join these catalogues.
"""

from __future__ import annotations

from tests.coursework.checks import (
    hardened_receiving,
    hardened_sending,
    hardened_streaming,
    legacy_programs,
    legacy_receiving,
    legacy_sending,
    modern_programs,
    modern_receiving,
    modern_sending,
    modern_streaming,
)

FUNCTION_CHECKS = {
    "legacy": [*legacy_sending.CATALOGUE.checks, *legacy_receiving.CATALOGUE.checks],
    "modern": [
        *modern_sending.CATALOGUE.checks,
        *modern_receiving.CATALOGUE.checks,
        *modern_streaming.CATALOGUE.checks,
    ],
    "hardened": [
        *hardened_sending.CATALOGUE.checks,
        *hardened_receiving.CATALOGUE.checks,
        *hardened_streaming.CATALOGUE.checks,
    ],
}
"""Checks of the functions in a submission's file."""

PROGRAM_CHECKS = {
    "legacy": legacy_programs.CATALOGUE,
    "modern": modern_programs.CATALOGUE,
}
"""Checks of a running program. Each applies to a server and to a client.

The third chat has none: its coursework is about records, not about a program."""
