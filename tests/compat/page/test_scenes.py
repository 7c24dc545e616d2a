"""Each scene's task can be solved, and only by what it asks for: with the browser's engine."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest

import legacy.chat
from compat.page import events, wording
from compat.page.events import Command, Event
from compat.page.lab import BITS, Oracle
from compat.page.local import LocalEngine
from compat.page.room import ANSWER_SECONDS, QUIT
from compat.page.scenes import SCENES
from compat.page.scenes.hardened import NOBODY
from compat.page.scenes.modern import GUESSES
from compat.page.secrets import Secrets
from compat.page.third import RECORD_BITS
from compat.page.workshop import IN_WORKSHOP
from compat.wiretap.recording import read_recording
from compat.wiretap.wires import LEGACY, Place
from legacy.protocol import derive_key, seal
from modern.attacks import wire_size
from modern.hardened import pake
from modern.protocol import LENGTH, derive_keys, seal_frame
from tests.compat.page.scripts import REPLAY, SCRIPTS, SECRETS, SPLICE, alice, new, on
from tests.programs import ROOT


def fill(name: str, number: int, passphrase: str = "x") -> list[dict]:
    """Return a command on that message; twice if it has a switch, once with each setting."""
    given = {
        "message": number,
        "messages": [1, number],
        "donor": number - 1 or 2,
        "start": 0,
        "stop": 1,
        "byte": 0,
        "bit": 0,
        "who": "alice",
        "bytes": "00",
        "text": "x",
        "answer": "",
        "passphrase": passphrase,
    }
    entries = [field.name for field in fields(Command.names[name])]
    switches = (True, False) if {"checks", "on"} & set(entries) else (True,)
    return [
        {"do": name, **{entry: given.get(entry, switch) for entry in entries}}
        for switch in switches
    ]


class Player:
    """An engine, and all that it has said."""

    def __init__(self) -> None:
        self.seconds = itertools.count()
        self.second = next(self.seconds)
        self.heard: list[dict] = []
        self.engine = LocalEngine(self.take, lambda: f"12:00:{self.second:02}")

    def take(self, event: Event) -> None:
        self.heard.append(json.loads(json.dumps(wording.to_json(event))))

    def play(self, *script) -> list[dict]:
        """Do all commands; return what was said meanwhile."""
        before = len(self.heard)
        for command in script:
            if command is None:
                self.second = next(self.seconds)
            else:
                self.engine.do(command)
        return self.heard[before:]

    def all(self, name: str) -> list[dict]:
        return [event for event in self.heard if event["is"] == name]

    @property
    def is_solved(self) -> bool:
        return any(event["all"] for event in self.all("solved"))


@pytest.fixture
def player() -> Iterator[Player]:
    return Player()


@pytest.mark.parametrize("link", ["modern/M6", "hardened/M6"])
def test_the_answer_comes_some_time_after_its_question(link):
    waiting, heard = [], []
    engine = LocalEngine(heard.append, later=lambda seconds, act: waiting.append((seconds, act)))

    def typed():
        return [event.who for event in heard if isinstance(event, events.Typed)]

    engine.do(new(link))
    (seconds, answer) = waiting[0]
    assert typed() == ["bob"]
    assert seconds == ANSWER_SECONDS
    answer()
    assert typed() == ["bob", "alice"]
    engine.do(new("legacy/L5"))
    answer()  # nobody answers in a chat that is over
    assert typed() == ["bob", "alice"]


@pytest.mark.parametrize("link", SCRIPTS)
def test_its_script_solves_a_scene_with_the_last_click(player, link):
    *most, last = SCRIPTS[link]
    player.play(new(link), *most)
    assert not player.is_solved
    player.play(last)
    assert player.is_solved
    assert not player.all("wrong")


class TestLegacy:
    def test_bob_sees_another_time_and_still_a_tick(self, player):
        player.play(new("legacy/L5"), *SPLICE)
        *_, honest, spliced = player.all("shown")
        assert (honest["text"], honest["tag"], honest["clock"]) == ("I am leaving", "☑", "12:00:01")
        assert (spliced["text"], spliced["tag"], spliced["clock"]) == (
            "I am leaving",
            "☑",
            "12:00:00",
        )

    def test_alices_screen_has_the_time_that_her_program_has_sent(self, player):
        player.play(new("legacy/L5"), *SPLICE)
        stamped = [(event["who"], event["clock"]) for event in player.all("stamped")]
        assert stamped == [("alice", "12:00:00"), ("alice", "12:00:01")]  # and none for mallory

    def test_a_clock_of_the_same_second_changes_nothing(self, player):
        said = player.play(new("legacy/L5"), *(each for each in SPLICE if each))
        assert said[-1]["is"] == "wrong"
        assert not player.is_solved

    def test_a_replay_does_not_solve_the_splice(self, player):
        player.play(new("legacy/L5"), *REPLAY)
        assert not player.is_solved

    def test_the_two_messages_that_say_the_same(self, player):
        player.play(new("legacy/L1"))
        words = {}
        for number, event in enumerate(player.all("typed"), 1):
            words.setdefault(event["text"], []).append(number)
        (pair,) = [numbers for numbers in words.values() if len(numbers) > 1]
        claim = {"do": "claim", "answer": ""}
        others = [number for number in range(1, 6) if number not in pair]
        assert not player.play({**claim, "messages": [pair[0], others[0]]})[0]["right"]
        assert not player.play({**claim, "messages": pair[:1] * 2})[0]["right"]
        assert player.play({**claim, "messages": pair})[0]["right"]
        assert player.is_solved

    def test_the_equal_messages_have_equal_blocks_from_block_2_on(self, player):
        player.play(new("legacy/L1"))
        ends = [
            tuple(field["letter"] for field in message["fields"][2:])
            for message in player.all("message")
        ]
        assert len(ends) == 5
        assert len(set(ends)) == 4

    def test_the_passphrase_is_found_and_used(self, player, monkeypatch):
        monkeypatch.setattr("compat.page.secrets._FIRST_WORDS", 8)  # so that it is found soon
        player.play(new("legacy/L3"), alice("hello"))
        forged = {"do": "forge", "text": "give mallory the key"}
        assert player.play(forged)[0]["is"] == "wrong"
        while not (found := player.play(on(1, "search"))[0])["found"]:
            assert found["tried"] < 8 * 500
        guess = player.play(on(1, "guess", passphrase=found["found"]))[0]
        assert guess["found"] == found["found"]
        assert not player.play(on(1, "guess", passphrase="another"))[0]["found"]
        player.play(forged)
        shown = player.all("shown")[-1]
        assert (shown["who"], shown["text"], shown["tag"]) == ("bob", "give mallory the key", "☑")
        assert player.is_solved

    def test_a_forged_message_is_like_the_first_that_mallory_has_not_changed(
        self, player, monkeypatch
    ):
        monkeypatch.setattr(Secrets, "draw", lambda: SECRETS)
        player.play(new("legacy/L3"), {"do": "hold", "on": True}, alice("hello"))
        player.play(on(1, "guess", passphrase=SECRETS.passphrase), on(1, "flip", byte=70, bit=0))
        forge = {"do": "forge", "text": "give mallory the key"}
        assert player.play(forge)[0]["words"].startswith("alice must first send")
        player.play(None, alice("hello again"))
        player.play(forge)
        assert [(e["text"], e["clock"]) for e in player.all("shown")] == [
            ("give mallory the key", "12:00:01")
        ]

    def test_a_passphrase_of_mallorys_own_message_does_not_stay(self, player, monkeypatch):
        monkeypatch.setattr(Secrets, "draw", lambda: SECRETS)
        own = seal("hello", "12:00:00", derive_key("mine")).hex()
        player.play(
            new("free/legacy"), alice("hello"), {"do": "inject", "who": "bob", "bytes": own}
        )
        forge = {"do": "forge", "text": "give mallory the key"}
        assert player.play(on(2, "guess", passphrase="mine"))[0]["found"] == "mine"
        assert [event["is"] for event in player.play(forge)] == ["wrong"]
        player.play(on(1, "guess", passphrase=SECRETS.passphrase), forge)
        assert player.all("shown")[-1]["text"] == "give mallory the key"

    def test_the_search_begins_anew_with_another_message(self, player):
        player.play(new("free/legacy"), alice("hello"))
        player.play({"do": "inject", "who": "bob", "bytes": bytes(16).hex()})
        searches = [on(2, "search"), on(2, "search"), on(1, "search")]
        tried = [player.play(search)[0]["tried"] for search in searches]
        assert tried[1] == 2 * tried[0]
        assert tried[2] <= tried[0]

    def test_quit_ends_the_chat_as_in_the_programs(self, player):
        assert legacy.chat.QUIT == QUIT
        player.play(new("free/legacy"), alice(QUIT))
        assert [event["who"] for event in player.all("ended")] == ["alice", "bob"]
        assert not player.all("message")

    def test_a_teacher_can_look_inside(self, player):
        player.play(new("free/legacy"), alice("hello"), on(1, "peek"))
        (plain,) = player.all("plain")
        assert plain["texts"][:3] == ['{"timestamp": "1', '2:00:00", "messa', 'ge": "hello", "h']

    def test_a_long_line_is_accepted_and_not_shown(self, player):
        player.play(new("free/legacy"), alice("x" * 68))
        assert [event["who"] for event in player.all("silent")] == ["bob"]
        assert not player.all("shown")


class TestModern:
    @pytest.mark.parametrize("bit", [0, 16 * 8, 32 * 8 + 3, 64 * 8, 80 * 8 + 7, BITS - 1])
    def test_a_flipped_bit_is_refused_and_nothing_was_decrypted(self, player, bit):
        player.play(new("modern/M2"), alice("yes"), on(1, "flip", byte=bit // 8, bit=bit % 8))
        assert [event["decrypted"] for event in player.all("refused")] == [False]
        fits = [fits for _, fits in player.all("judged")[0]["checks"]]
        assert fits == ([False, True] if bit < 64 * 8 else [True, False])
        assert [(e["who"], e["status"]) for e in player.all("ended")] == [("bob", 1), ("alice", 1)]

    def test_all_bits_are_refused_and_which_tag_said_so(self, player):
        said = player.play(new("modern/M2"), alice("yes"), *[on(1, "flip_all", checks=True)] * 28)
        verdicts = "".join(event["verdicts"] for event in said if event["is"] == "probed")
        assert verdicts == "1" * 512 + "2" * 384

    def test_without_the_checks_most_bits_go_unnoticed(self, player):
        said = player.play(new("modern/M2"), alice("yes"), *[on(1, "flip_all", checks=False)] * 28)
        verdicts = "".join(event["verdicts"] for event in said if event["is"] == "probed")
        assert verdicts[32 * 8 : 64 * 8] == verdicts[80 * 8 :] == "s" * 256
        assert "p" in verdicts[: 32 * 8]

    def test_the_oracle_gives_the_chunk_away(self, player):
        player.play(new("modern/M3"), alice("meet me at 8"), *[on(1, "ask", checks=False)] * 16)
        assert player.all("answered")[-1]["text"] == "meet me at 8⏎"

    def test_the_oracle_gives_it_away_even_where_a_number_stands_before_the_padding(self):
        keys, iv = derive_keys("conf", "auth"), itertools.count()
        while True:  # the first byte of the block before its XOR is a digit for one IV in 26
            frame = seal_frame(b"meet me at 8\n", 13, keys, next(iv).to_bytes(16, "big"))
            if (frame[LENGTH][0] ^ ord("m")) in b"0123456789":
                break
        oracle = Oracle(1, frame, keys, checks=False)
        answers = [oracle.step() for _ in range(16)]
        assert [answer.failed for answer in answers] == [False] * 16
        assert answers[-1].text == "meet me at 8⏎"

    def test_two_halves_have_tags_that_fit_and_are_still_refused(self, player):
        script = [alice("yes"), alice("no"), on(1, "splice", donor=2, start=64, stop=112)]
        player.play(new("modern/M4"), *script)
        assert all(fits for _, fits in player.all("judged")[0]["checks"])
        assert [event["step"] for event in player.all("solved")] == [0]

    def test_two_halves_that_were_sought_are_shown(self, player, monkeypatch):
        monkeypatch.setattr("modern.attacks._is_shown", _is_shown_soon)
        player.play(new("modern/M4"), alice("yes"))
        while not (found := player.play({"do": "seek"})[-1])["message"]:
            pass
        said = player.play(on(found["message"], "pass"))
        assert said[0] == {"is": "gone", "message": found["message"], "state": "passed"}

    def test_a_teacher_can_look_inside(self, player):
        script = [alice("yes"), alice("no"), on(1, "splice", donor=2, start=64, stop=112)]
        player.play(new("free/modern"), *script, on(1, "peek"), on(3, "peek"))
        honest, spliced = (event["texts"] for event in player.all("plain"))
        assert honest == ["", "4", "", "yes⏎", ""]
        assert spliced[3] != honest[3]

    def test_the_answer_shows_in_the_number_of_frames(self, player):
        player.play(new("modern/M6"))
        frames = sum(event["sender"] == "alice" for event in player.all("message"))
        (fitting,) = [text for text in GUESSES if wire_size(f"{text}\n") == 112 * frames]
        claim = {"do": "claim", "messages": []}
        wrong = next(text for text in GUESSES if text != fitting)
        assert not player.play({**claim, "answer": wrong})[0]["right"]
        player.play(alice("and much more of it, after the answer"))
        assert player.play({**claim, "answer": fitting})[0]["right"]
        assert player.is_solved

    def test_an_honest_end_is_no_cut(self, player):
        player.play(new("modern/M7"), alice("yes"), on(1, "pass"), {"do": "leave", "who": "alice"})
        assert [event["status"] for event in player.all("ended")] == [0, 0]
        assert not player.is_solved


def _is_shown_soon(block: bytes, length: int) -> bool:
    """Take any block for a text: about one pair in a million gives a real one."""
    return block[-1] == 1


class TestHardened:
    @pytest.mark.parametrize("text", GUESSES)
    def test_all_answers_look_alike(self, player, text):
        player.play(new("free/hardened"), alice(text))
        assert [event["size"] for event in player.all("message")][4:] == [306]

    def test_nobody_can_tell_the_answer(self, player):
        player.play(new("hardened/M6"))
        claim = {"do": "claim", "messages": []}
        assert not any(player.play({**claim, "answer": text})[0]["right"] for text in GUESSES)
        assert player.play({**claim, "answer": NOBODY})[0]["right"]
        assert player.is_solved

    def test_all_bits_of_a_record_are_refused_and_why(self, player):
        said = player.play(new("hardened/M2"), alice("yes"), *[on(5, "flip_all", checks=True)] * 16)
        verdicts = "".join(event["verdicts"] for event in said if event["is"] == "probed")
        lengths, rest = verdicts[:16], verdicts[16:]
        assert rest == "t" * (RECORD_BITS - 16)
        # 304 and the other way round: 64 to 1,072 in steps of 16, so four bits, and 48 is too small
        changed = [304 ^ 1 << (8 + bit if bit < 8 else bit - 8) for bit in range(16)]
        possible = [64 <= length <= 1072 and length % 16 == 0 for length in changed]
        assert lengths == "".join("t" if each else "l" for each in possible)

    def test_a_receiver_without_a_tag_check_would_be_found_out(self, player, monkeypatch):
        monkeypatch.setattr("hmac.compare_digest", lambda one, other: True)
        said = player.play(new("hardened/M2"), alice("yes"), *[on(5, "flip_all", checks=True)] * 16)
        assert "s" in "".join(event["verdicts"] for event in said if event["is"] == "probed")
        player.play(new("hardened/M3"), alice("yes"), on(5, "ask", checks=True))
        assert not player.all("answered")[-1]["failed"]

    def test_there_is_no_receiver_that_forgets_the_tag(self, player):
        player.play(new("hardened/M3"), alice("yes"))
        assert [e["is"] for e in player.play(on(5, "ask", checks=False))] == ["wrong"]
        assert [e["is"] for e in player.play(on(1, "ask", checks=True))] == ["wrong"]

    def test_a_guess_leaves_a_point_of_the_curve_whether_right_or_wrong(self, player):
        player.play(new("hardened/M8"))
        right = player.engine._room._workshop._passphrase
        said = player.play(*(on(1, "guess", passphrase=each) for each in (right, "dragon", right)))
        first, wrong, again = (e["point"] for e in said if e["is"] == "unmasked")
        assert first == again != wrong
        assert len(first) == len(wrong) == 16

    def test_the_right_guess_leaves_what_alices_program_has_drawn(self, player, monkeypatch):
        monkeypatch.setattr(pake, "randbelow", lambda _: 2024 - 1)
        player.play(new("hardened/M8"))
        right = player.engine._room._workshop._passphrase
        said = player.play(*(on(1, "guess", passphrase=each) for each in (right, "dragon")))
        first, wrong = (e["point"] for e in said if e["is"] == "unmasked")
        assert first == pake.encode(pake.G * 2024)[1:9].hex() != wrong

    def test_a_guess_is_taken_off_alices_own_share_alone(self, player):
        player.play(new("hardened/M8"), on(1, "flip", byte=10, bit=0))
        for message in (2, 3, 5):  # of bob, no share, changed
            said = player.play(on(message, "guess", passphrase="dragon"))
            assert [event["is"] for event in said] == ["wrong"]
        player.play(new("hardened/M8"), on(1, "replay"))
        assert player.play(on(5, "guess", passphrase="dragon"))[0]["is"] == "wrong"
        assert player.play(on(1, "guess", passphrase="dragon"))[0]["is"] == "unmasked"

    def test_the_door_opens_for_the_right_guess_alone(self, player):
        player.play(new("hardened/M8"))
        right = player.engine._room._workshop._passphrase
        knocks = [{"do": "knock", "passphrase": each} for each in ("dragon", "monkey", right)]
        said = [event for event in player.play(*knocks) if event["is"] == "knocked"]
        assert [(e["tried"], e["pause"]) for e in said] == [(1, 1), (2, 2), (3, 0)]
        assert ["no agreement" in event["refused"] for event in said] == [True, True, False]

    def test_both_programs_have_the_passphrase_that_mallory_guesses(self, player, monkeypatch):
        """Otherwise the recording would be of another passphrase than the door's."""
        seen = []
        monkeypatch.setattr("compat.page.local.quick_w", lambda text: seen.append(text) or 5)
        player.play(new("hardened/M8"))
        assert seen == [player.engine._room._workshop._passphrase]

    def test_an_honest_end_is_believed(self, player):
        player.play(new("free/hardened"), alice("yes"), {"do": "leave", "who": "alice"})
        assert [event["status"] for event in player.all("ended")] == [0, 0]


class TestRecording:
    def test_it_is_the_wiretaps_own_file(self, player, tmp_path):
        player.play(new("free/legacy"), alice("one"), {"do": "hold", "on": True}, alice("two"))
        (recorded,) = player.play(on(2, "pass"), on(1, "replay"), {"do": "record"})[-1:]
        path = tmp_path / recorded["name"]
        path.write_text(recorded["content"], encoding="utf-8")
        recording = read_recording(path)
        assert recording.protocol is LEGACY
        first, second = (segment.data for segment in recording.segments[:2])
        assert recording.received_by(Place.SERVER) == [first, second, first]
        assert [segment.tampering for segment in recording.segments] == [
            "",
            "held back",
            "message 2 sent on late",
            "message 1 replayed",
        ]

    def test_an_empty_one_is_whole(self, player):
        (recorded,) = player.play(new("free/modern"), {"do": "record"})[-1:]
        assert json.loads(recorded["content"])["wire"] == []


class TestCommands:
    @pytest.mark.parametrize(
        "sent",
        [
            [],
            {},
            {"do": "shout"},
            {"do": "pass"},
            {"do": "pass", "message": "1"},
            {"do": "pass", "message": True},
            {"do": "pass", "message": 1, "more": 1},
            {"do": "claim", "messages": [1, "2"], "answer": ""},
            {"do": "open", "scene": "nowhere"},
            {"do": "type", "who": "mallory", "text": "x"},
            {"do": "type", "who": "alice", "text": "two\nlines"},
            {"do": "type", "who": "alice", "text": "x" * 401},
            {"do": "pass", "message": 1},
            {"do": "splice", "message": 1, "donor": 2, "start": 0, "stop": 999},
            {"do": "flip", "message": 1, "byte": -1, "bit": 0},
            {"do": "inject", "who": "bob", "bytes": "xyz"},
            {"do": "search", "message": 1},
            {"do": "peek", "message": 9},
        ],
    )
    def test_what_cannot_be_done_is_said_and_nothing_happens(self, player, sent):
        player.play(new("free/modern"), alice("yes"))
        said = player.play(sent)
        assert [event["is"] for event in said] == ["wrong"]
        assert len(player.play(alice("still here"))) == 3

    @pytest.mark.parametrize("link", ["free/legacy", "free/modern", "free/hardened"])
    def test_no_bytes_of_mallory_bring_a_command_down(self, player, link, monkeypatch):
        """Whatever goes wrong is an event. An exception would end the page's chat."""
        monkeypatch.setattr("compat.page.lab.FRAMES_A_STEP", 16)  # seek reads no message: be short
        ends = ("cut", "leave")  # to be done last
        names = sorted(set(Command.names) - {"open"}, key=lambda name: (name in ends, name))
        for size, holds in itertools.product((1, 15, 17, 66, 112, 128, 306), (True, False)):
            hold = {"do": "hold", "on": holds}
            inject = {"do": "inject", "who": "bob", "bytes": bytes(size).hex()}
            said = player.play(new(link), hold, alice("hello"), inject)
            number = [event["message"] for event in said if event["is"] == "message"][-1]
            for name in names:
                player.play(*fill(name, number))

    @pytest.mark.parametrize("link", ["free/legacy", "free/hardened"])
    @pytest.mark.parametrize("name", ["guess", "knock"])
    def test_half_a_character_is_refused_as_a_guess(self, player, link, name):
        player.play(new(link), alice("yes"))
        for command in fill(name, 1, passphrase="\ud83d"):
            assert [event["is"] for event in player.play(command)] == ["wrong"]

    def test_before_any_scene(self, player):
        assert [event["is"] for event in player.play(alice("yes"))] == ["wrong"]

    def test_every_command_is_carried_out_somewhere(self, player):
        player.play(new("free/modern"))
        for name in set(Command.names) - {"open"}:
            handler = f"_do_{Command.names[name].__name__.lower()}"
            room = player.engine._room
            where = room._workshop if Command.names[name] in IN_WORKSHOP else room
            assert hasattr(where, handler), name

    def test_the_page_hears_every_event_and_sends_only_commands(self):
        static = ROOT / "compat" / "page" / "static"
        code = {path.name: path.read_text(encoding="utf-8") for path in static.glob("*.js")}
        handlers = code["main.js"].partition("const draw = {")[2].partition("\n};")[0]
        heard = set(re.findall(r"^  (\w+)[:(]", handlers, re.MULTILINE))
        assert heard == set(Event.names)
        sent = {
            name
            for text in code.values()
            for name in re.findall(r'(?:send|run|does)\((?:["`][^"`]*["`], )?"(\w+)"', text)
        }
        assert sent <= set(Command.names)
        assert {"splice", "flip", "replay", "reflect", "swap", "drop", "pass"} <= sent


class TestTexts:
    def test_every_notebook_has_the_section(self):
        for scene in SCENES.values():
            if scene.notebook:
                book = (ROOT / "notebooks" / scene.notebook).read_text(encoding="utf-8")
                assert re.search(rf"## .*\b{scene.id}\b", book), scene.link

    def test_each_weakness_that_a_teacher_shows_has_a_scene(self):
        legacy = {f"legacy/{name}" for name in ("L1", "L3", "L4", "L5", "L7", "L8", "L11")}
        modern = {f"modern/M{number}" for number in range(2, 8)}
        hardened = {f"hardened/M{number}" for number in (2, 3, 4, 5, 6, 7, 8)}
        free = {"free/legacy", "free/modern", "free/hardened"}
        assert legacy | modern | hardened | free == set(SCENES)

    def test_secrets_are_not_shown(self):
        drawn = Secrets.draw()
        secrets = (drawn.passphrase, drawn.confkey, drawn.authkey, drawn.hardened)
        assert all(secrets)
        assert not any(secret in repr(drawn) for secret in secrets if len(secret) > 8)
        assert repr(drawn) == "Secrets()"
