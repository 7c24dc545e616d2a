"""Every attack of modern/attacks.py and legacy/attacks.py, by its id: here, and in the modern chat.

`pytest -s` prints the table. What remains open of an id is said in it, and shown.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from unittest import mock

import pytest
from Crypto.Cipher import AES

from legacy import attacks as legacy_attacks
from legacy import guessing as legacy_guessing
from legacy import protocol as legacy_protocol
from modern import attacks, guessing, protocol
from modern.errors import AuthenticationError, FrameError, ModernError, ProtocolError
from modern.hardened import pake, records
from modern.hardened.errors import AgreementError
from modern.hardened.session import HardenedSession
from tests.generators import hardened_wire as plain
from tests.modern.hardened.pairs import CONFIRMATION, W, agreed, make, say

KEYS = protocol.derive_keys("c" * 32, "a" * 32)
WORDS = ("pay bob 10 now\n", "never pay bob!\n", "burn the paper\n")
RECORD = 306
DICTIONARY = ["apple", "banana", "cherry", "secret"]


def of_modern(stream: bytes) -> str:
    """Return what the modern chat shows, and how it ends."""
    decoder = protocol.Decoder(KEYS)
    shown = b""
    try:
        for text in decoder.feed(stream):
            shown += text
        decoder.close()
    except ModernError:
        return "refused"
    return f"takes {shown.decode()!r}"


class Wire:
    """What mallory has recorded of two who have agreed, and who wait for what it sends."""

    def __init__(self) -> None:
        self.client, self.server = agreed()
        self.stream = say(self.client, *WORDS)
        self.records = [self.stream[at : at + RECORD] for at in range(0, len(self.stream), RECORD)]

    def receive(self, stream: bytes, *, by_sender: bool = False) -> str:
        side = self.client if by_sender else self.server
        shown = b""
        try:
            for text in side.receive(stream):
                shown += text
            side.receive_end()
        except ModernError as error:
            assert "".join(WORDS).startswith(shown.decode())
            return f"refused: {type(error).__name__}"
        return f"takes {shown.decode()!r}"


def records_as_frames(size: int = RECORD):
    """Let the attacks on frames work on records: they cut a stream at each frame."""
    return mock.patch.object(attacks, "FRAME_SIZE", size)


# By id ---------------------------------------------------------------------------------------


Oracle = Callable[[bytes], bool]
"""Takes a record; says whether a receiver finds its padding right."""


class PaddingError(FrameError):
    """Only a careless receiver says this."""


def open_carelessly(record: bytes, keys: protocol.Keys) -> bytes:
    """Open a record as `records.open_record` does, check no tag, and tell what is wrong."""
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    plaintext = cipher.decrypt(record[18:-32])
    try:
        records.unpad(plaintext, len(plaintext), "iso7816")
    except ValueError:
        raise PaddingError from None
    return records.read_plaintext(plaintext)[1]


def padding_oracle(receiver: Callable[[bytes], object]) -> Oracle:
    def is_padding_right(record: bytes) -> bool:
        try:
            receiver(record)
        except (PaddingError, AuthenticationError):
            return False
        except ProtocolError:
            return True
        return True

    return is_padding_right


def read_block(block: bytes, previous: bytes, oracle: Oracle) -> tuple[bytes, int]:
    """Decrypt a block with an oracle for the padding 80 00 00 ...: Vaudenay's attack, adapted.

    From the last byte on: an IV is looked for with which this byte is 80 and all after it are 0.
    Returns the plaintext and the number of questions. Raises AttackFailed.
    """
    inner = bytearray(16)
    questions = 0

    def fits(iv: bytes) -> bool:
        nonlocal questions
        questions += 1
        rest = len(iv + block) + 32
        return oracle(rest.to_bytes(2, "big") + iv + block + bytes(32))

    for place in reversed(range(16)):
        after = bytes(inner[place + 1 :])
        for guess in range(256):
            iv = bytes(place) + bytes([guess]) + after
            if fits(iv) and (not place or fits(b"\x55" * place + iv[place:])):
                inner[place] = guess ^ 0x80
                break
        else:
            raise attacks.AttackFailed
    return attacks.xor(bytes(inner), previous), questions


def m3_padding_oracle() -> tuple[str, str]:
    frame = protocol.seal("attack at dawn\n", KEYS)
    careless = attacks.padding_oracle(lambda forged: attacks.open_carelessly(forged, KEYS))
    *_, recovered = attacks.decrypt_chunk(frame, careless)
    assert recovered.plaintext.startswith(b"attack at dawn\n")
    client, server = agreed()
    record = say(client, "attack at dawn\n")
    direction = server._decoder._direction
    careful = padding_oracle(lambda asked: records.open_record(asked, 0, direction.keys))
    with pytest.raises(attacks.AttackFailed):
        read_block(record[18:34], record[2:18], careful)
    return "takes away the text, if the tags are not checked", "refused: one answer to all"


def m4_splice() -> tuple[str, str]:
    frames = attacks.split_frames(protocol.seal("".join(WORDS * 20), KEYS))
    past_the_tags = 0
    for header in frames[:20]:
        for body in frames[20:40]:
            try:
                protocol.open_frame(attacks.splice(header, body), KEYS)
            except FrameError:
                past_the_tags += 1
    assert past_the_tags >= 399
    borders = [0, 1, 2, *range(18, RECORD - 32, 16), RECORD - 32, RECORD - 1, RECORD]
    for at in borders:  # the long search of mallory joins at any place
        wire = Wire()
        spliced = wire.records[0][:at] + wire.records[1][at:]
        if spliced != wire.records[0]:
            assert wire.receive(spliced).startswith("refused")
    return "takes it: the tags fit", "refused wherever they are joined"


def m5_replay() -> tuple[str, str]:
    stream = protocol.seal("".join(WORDS), KEYS)
    with_modern = of_modern(attacks.replay(stream, 0))
    wire = Wire()
    with records_as_frames():
        return with_modern, wire.receive(attacks.replay(wire.stream, 0))


def m5_drop() -> tuple[str, str]:
    stream = protocol.seal("".join(WORDS), KEYS)
    with_modern = of_modern(attacks.drop(stream, 1))
    wire = Wire()
    with records_as_frames():
        return with_modern, wire.receive(attacks.drop(wire.stream, 1))


def m5_swap() -> tuple[str, str]:
    stream = protocol.seal("".join(WORDS), KEYS)
    with_modern = of_modern(attacks.swap(stream, 0, 2))
    wire = Wire()
    with records_as_frames():
        return with_modern, wire.receive(attacks.swap(wire.stream, 0, 2))


def m5_reflect() -> tuple[str, str]:
    stream = protocol.seal("".join(WORDS), KEYS)
    with_modern = of_modern(attacks.reflect(stream, [0, 2]))
    wire = Wire()
    with records_as_frames():
        return with_modern, wire.receive(attacks.reflect(wire.stream, [0, 2]), by_sender=True)


def m5_from_another_conversation() -> tuple[str, str]:
    with_modern = of_modern(protocol.seal(WORDS[0], KEYS))
    return with_modern, Wire().receive(Wire().stream)


def m6_lengths() -> tuple[str, str]:
    guesses = ["yes\n", "no, and please never ask me again\n"]
    size = attacks.wire_size(guesses[1])
    assert attacks.fitting_messages(guesses, size) == [guesses[1]]
    client, _ = agreed()
    sizes = {len(say(client, text)) for text in (*guesses, "x" * 254)}
    assert sizes == {RECORD}
    assert len(say(client, "x" * 255)) == 2 * RECORD
    return "to within 15 bytes", "remains: to within 254 bytes, and the rhythm without --steady"


def m7_cut() -> tuple[str, str]:
    stream = protocol.seal("".join(WORDS), KEYS)
    with_modern = of_modern(attacks.cut(stream, 1))
    for count in range(4):
        wire = Wire()
        with records_as_frames():
            outcome = wire.receive(attacks.cut(wire.stream, count))
        assert outcome == "refused: TruncationError"
    return with_modern, outcome


def m8_dictionary() -> tuple[str, str]:
    frame = protocol.seal("hi\n", protocol.derive_keys("c" * 32, "cherry"))
    assert guessing.guess_authkey(frame, DICTIONARY).secret == "cherry"
    return "one hash a guess", recorded_session_tests_no_guess()


def l3_dictionary() -> tuple[str, str]:
    message = legacy_protocol.seal("hi", "12:34:56", legacy_protocol.derive_key("secret"))
    found = [word for word in DICTIONARY if legacy_guessing.passphrase_fits(word, message)]
    assert found == ["secret"]
    return "(legacy) one hash a guess", recorded_session_tests_no_guess()


def recorded_session_tests_no_guess() -> str:
    """Run a dictionary that has the right word in it on all that was sent: no word fits better.

    And none can: for each guess there is a secret number with which the share is honest. To show
    that, M is made from a number that we know, as nobody knows the true one.
    """
    hellos, confirmations, _ = recorded_conversation()
    for guess in (1, W - 1, W, W + 1):
        assert not confirmations & {made for _, made in all_that_follows(guess, hellos)}
    number_of_m, x = 0xD00, 0x5EC2E7
    m = plain.multiply(number_of_m, plain.G)
    sent = plain.add(plain.multiply(x, plain.G), plain.multiply(W, m))
    for guess in (1, W - 1, W, W + 1):
        x_of_guess = (x + (W - guess) * number_of_m) % plain.ORDER
        assert sent == plain.add(plain.multiply(x_of_guess, plain.G), plain.multiply(guess, m))
    return "nothing to test a guess against"


def recorded_conversation() -> tuple[list[bytes], set[bytes], bytes]:
    """Return both hellos, both confirmations and a record of one conversation."""
    client, server = make()
    sent = [client.replies()]
    list(server.receive(sent[0]))
    sent.append(server.replies())
    list(client.receive(sent[1]))
    sent.append(client.replies())
    list(server.receive(sent[2]))
    sent.append(server.replies())
    list(client.receive(sent[3]))
    return sent[:2], set(sent[2:]), say(client, "meet me\n")


def all_that_follows(w: int, hellos: list[bytes]) -> list[tuple[protocol.Keys, bytes]]:
    """Return keys and confirmations that follow from w, what was sent, and sums of its points.

    With w, the blinding comes off: x*G and y*G are known. But x*y*G does not follow from those.
    """
    shares = [hello[1:] for hello in hellos]
    one, other = (
        plain.add(plain.decode(share), plain.negate(plain.multiply(w, blind)))
        for share, blind in zip(shares, (plain.M, plain.N), strict=True)
    )
    found = []
    points = [one, other, plain.add(one, other), plain.multiply(w, one), plain.multiply(w, other)]
    for point in points:
        transcript = pake.build_transcript(*shares, plain.encode(point), w)
        for is_client in (True, False):
            agreement = pake.derive_agreement(transcript, b"\x01", is_client=is_client)
            keys = records.derive_keys(agreement.key, b"".join(hellos))[not is_client]
            found.append((keys, agreement.confirmation))
    return found


def m8_one_guess_a_connection() -> tuple[str, str]:
    """In the middle, with one guess: refused and seen. A second one is not taken."""
    for guess in (W + 1, W):
        mallory, server = HardenedSession(guess, is_client=True), make()[1]
        list(server.receive(mallory.replies()))
        list(mallory.receive(server.replies()))
        confirmation = mallory.replies()
        if guess == W:
            list(server.receive(confirmation))
            assert server.replies()
            assert server.ready
            continue
        for attempt in (confirmation, bytes(CONFIRMATION)):
            with pytest.raises(AgreementError):
                list(server.receive(attempt))
    return "as many as one likes, at home", "one a connection, and it is noticed"


def l12_passphrase_known_later() -> tuple[str, str]:
    key = legacy_protocol.derive_key("secret")
    recorded = [
        legacy_attacks.Captured("alice", "bob", legacy_protocol.seal("meet me", "12:34:56", key))
    ]
    assert legacy_attacks.decrypt_captured(recorded, "secret")[0].message == "meet me"
    hellos, _, stream = recorded_conversation()
    for keys, _ in all_that_follows(W, hellos):
        with pytest.raises(AuthenticationError):
            records.open_record(stream, 0, keys)
    return "(legacy) reads everything", "reads nothing: x and y are forgotten"


def l9_byte_at_a_time() -> tuple[str, str]:
    """Chosen text in one record with a secret: equal text gives no equal block."""
    client, _ = agreed()
    blocks = [
        record[at : at + 16]
        for record in (say(client, "A" * 200 + "secret") for _ in range(50))
        for at in range(2, RECORD - 32, 16)
    ]
    assert len(set(blocks)) == len(blocks)
    return "(legacy) one character after the other", "refused: no block comes twice"


def l10_segments() -> tuple[str, str]:
    wire = Wire()
    joined = legacy_attacks.join_segments(wire.records)
    pieces = legacy_attacks.tear_segment(joined, 400)
    shown = b"".join(text for piece in pieces for text in wire.server.receive(piece))
    assert shown.decode() == "".join(WORDS)
    return "(legacy) lost", "all is shown"


def l6_forge() -> tuple[str, str]:
    """Whoever has the passphrase can speak as a peer, from then on: in its own conversation."""
    wire = Wire()
    mallory_client, _ = agreed()
    assert wire.receive(say(mallory_client, "forged\n")).startswith("refused")
    return "(legacy) any words, with ☑", "refused, even from who knows the passphrase"


def l5_transplant() -> tuple[str, str]:
    """Put a block of one record in the place of another's."""
    for block in range(16):
        wire = Wire()
        first, second = wire.records[:2]
        at = 18 + 16 * block
        assert wire.receive(first[:at] + second[at : at + 16] + first[at + 16 :]).startswith(
            "refused"
        )
    return "(legacy) another time, with ☑", "refused: one tag over all"


Attack = Callable[[], tuple[str, str]]
BY_ID: dict[str, Attack] = {
    "M3 padding oracle": m3_padding_oracle,
    "M4 halves of two frames": m4_splice,
    "M5 repeated": m5_replay,
    "M5 left out": m5_drop,
    "M5 swapped": m5_swap,
    "M5 sent back to its sender": m5_reflect,
    "M5 from another conversation": m5_from_another_conversation,
    "M6 the length shows": m6_lengths,
    "M7 cut in silence": m7_cut,
    "M8 a dictionary, on what was recorded": m8_dictionary,
    "M8 a dictionary, in the middle": m8_one_guess_a_connection,
    "L3 a dictionary": l3_dictionary,
    "L5 a part of another message": l5_transplant,
    "L6 forged": l6_forge,
    "L9 a secret behind chosen text": l9_byte_at_a_time,
    "L10 joined and torn": l10_segments,
    "L12 the passphrase known later": l12_passphrase_known_later,
}
REMAINS = ("M6", "M8", "L3", "L10", "L12")
"""What is not refused, because there is nothing to refuse, or something remains."""


@pytest.mark.parametrize("name", BY_ID)
def test_attack(name):
    of_the_other, here = BY_ID[name]()
    print(f"\n| {name} | {of_the_other.replace(chr(92) + 'n', ' ')} | {here} |")
    if not name.startswith(REMAINS):
        assert here.startswith("refused")
    if name.startswith(("M5", "M7")):
        assert of_the_other.startswith("takes"), "the same attack must work on the modern chat"


# What guards ---------------------------------------------------------------------------------


def test_m3_without_the_check_of_the_tag_the_padding_gives_the_text_away():
    """The tag is what guards. Two blocks are read, without a key."""
    client, server = agreed()
    record = say(client, "attack at dawn, and burn this\n")
    keys = server._decoder._direction.keys
    careless = padding_oracle(lambda asked: open_carelessly(asked, keys))
    first, questions = read_block(record[18:34], record[2:18], careless)
    second, more = read_block(record[34:50], record[18:34], careless)
    assert first + second == b"\0attack at dawn, and burn this\n\x80"
    assert questions + more < 2 * 16 * 260


def test_m3_even_then_one_error_for_everything_says_less():
    """The careless receiver above tells padding from content. Ours does not, as a second wall."""
    client, server = agreed()
    keys = server._decoder._direction.keys
    record = say(client, "attack at dawn\n")
    unchecked = mock.patch.object(records.hmac, "compare_digest", return_value=True)
    with unchecked:
        words = set()
        for seed in range(3000):
            asked = record[:2] + Random(seed).randbytes(16) + record[18:]
            try:
                records.open_record(asked, 0, keys)
            except ProtocolError as error:
                words.add(str(error))
    assert words == {"a record with a wrong kind, wrong padding or text not UTF-8"}
