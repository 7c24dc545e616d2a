"""The tour, run as a user runs it."""

from __future__ import annotations

from tests.programs import Program


def test_the_tour_plays_to_its_end_on_no_terminal():
    with Program("-m", "compat", "--fast") as tour:
        assert tour.wait() == 0, tour.stderr
        assert tour.stderr == ""
        assert tour.stdout.count("☑") == 6
        assert "ERROR: HMAC verification failed" in tour.stdout
        assert tour.stdout.count("sees      pay mallory 5") == 2
        assert "\x1b" not in tour.stdout
