"""Checks of `hardened_chat.py`, first part: from the agreed key to the records that are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from tests.coursework import expected, facts
from tests.coursework.answers import Direction, Keys, Kind
from tests.coursework.checks.hardened_records import (
    expect_composed,
    own_tag,
    place_of_iv,
    split_records,
)
from tests.coursework.compare import expect
from tests.coursework.hardened_parts import (
    FIELDS,
    FILLED,
    MOST_TEXT,
    SIZE,
    layout_of,
    let_pieces_be_usable,
    own_record,
)
from tests.coursework.model import Catalogue, Failure, Unseen, after
from tests.coursework.parts import Fields
from tests.coursework.rules import rules_of
from tests.coursework.submission import Sealer, Submission

CATALOGUE = Catalogue("hardened", first="loads")
_add = CATALOGUE.add
_rule = rules_of("hardened")

_FEWEST_IVS = 12
NEAR_RENEWAL = (
    expected.RENEWED_AFTER - 2,
    0,
    expected.RENEWED_AFTER // 2 - 2,
    3 * expected.RENEWED_AFTER - 2,
)
"""Keys are replaced soon after the first and the last of these numbers, not after the others."""


@_add(
    "loads",
    "hardened_chat.py can be imported",
    0,
    "A submission: the file hardened_chat.py only defines names when it is imported",
    "Run `python hardened_chat.py`: it must end at once and print nothing",
)
def loads(student: Submission) -> None:
    student.load()


# Keys ------------------------------------------------------------------------------------------


def derived(student: Submission, agreed: bytes, transcript: bytes) -> tuple[Keys, Keys]:
    """Return what the submission derives. Raises Failure if that is no pair of keys."""
    made = student.call("derive_keys", agreed, transcript, returns=list)
    if len(made) != 2 or not all(isinstance(keys, Keys) for keys in made):
        text = "expected  two objects Keys(…): of the client, of the server"
        raise Failure(f"  derive_keys(agreed_key, transcript)\n\n  {text}\n  actual    {made!r}")
    client, server = made
    return client, server


def _compare_keys(student: Submission, place: int, side: str) -> None:
    agreements = [(bytes(16), b"")]
    agreements += [(student.draw.octets(16), student.draw.octets(132)) for _ in range(2)]
    for agreed, transcript in agreements:
        keys = derived(student, agreed, transcript)[place]
        right = expected.keys_of_directions(agreed, transcript)[place]
        for name in ("confidentiality", "authentication"):
            what = f"the {name} key of what the {side} sends, from derive_keys(…)"
            expect(getattr(keys, name), getattr(right, name), what)


@_add(
    "client-keys",
    "The keys of what the client sends come from HKDF",
    1,
    _rule("4"),
    "The info ends with hashlib.sha256(transcript).digest(), which has 32 bytes",
)
def client_keys(student: Submission) -> None:
    _compare_keys(student, 0, "client")


@_add(
    "server-keys",
    "What the server sends has keys of its own",
    1,
    _rule("4"),
    "The third and the fourth key are the server's: with the client's keys, a record could be sent "
    "back to its sender",
)
def server_keys(student: Submission) -> None:
    _compare_keys(student, 1, "server")


@_add(
    "renewed-keys",
    "The keys that follow come from HKDF of both keys",
    1,
    _rule("7"),
    "HKDF gets the confidentiality key and then the authentication key, as one text of 64 bytes",
)
def renewed_keys(student: Submission) -> None:
    for keys in (Keys(bytes(32), bytes(32)), student.draw.keys(), student.draw.keys()):
        made, right = student.call("renew", keys, returns=Keys), expected.renewed(keys)
        for name in ("confidentiality", "authentication"):
            expect(getattr(made, name), getattr(right, name), f"the {name} key of renew(keys)")


# Pieces ----------------------------------------------------------------------------------------


def pieces_of(student: Submission, text: bytes, size: int = MOST_TEXT) -> list[bytes]:
    """Return the pieces into which the submission cuts a text. Raises Failure."""
    cut: list[bytes] = student.call("split_text", text, size, returns=list)
    if not all(isinstance(piece, bytes) for piece in cut):
        raise Failure(f"  split_text({text[:20]!r}…, {size})\n\n  every piece must be bytes")
    return cut


@_add(
    "pieces",
    "A text is cut into pieces that fit",
    1,
    _rule("5"),
    "text[start : start + size] is a piece; the next one starts where it ends",
)
def pieces(student: Submission) -> None:
    sizes = (MOST_TEXT, MOST_TEXT, student.draw.number(9, 99))
    for size, count in zip(sizes, (MOST_TEXT, student.draw.number(255, 900), 300), strict=True):
        text = student.draw.letters(count).encode()
        cut = pieces_of(student, text, size)
        what = f"split_text of {count} bytes, with size {size}"
        longest = max(map(len, cut), default=0)
        if longest > size:
            raise Failure(f"  {what}\n\n  one piece has {longest} bytes")
        if b"" in cut:
            raise Failure(f"  {what}\n\n  no piece may be empty")
        expect(b"".join(cut), text, f"the pieces of {what}, joined")


@_add(
    "characters",
    "No piece ends inside a character",
    1,
    _rule("5"),
    "In UTF-8, a byte from 0x80 to 0xbf continues a character: no piece may begin with one",
)
@after("pieces")
def characters(student: Submission) -> None:
    for letter in student.draw.shuffled("éß☃€🔑🎈"):
        text = (student.draw.letters(student.draw.number(1, 4)) + letter * 70).encode()
        for size in (student.draw.number(9, 60), MOST_TEXT):
            cut = pieces_of(student, text, size)
            expect(b"".join(cut), text, f"the pieces of {text[:12]!r}…, joined")
            for piece in cut:
                try:
                    piece.decode()
                except UnicodeDecodeError:
                    why = f"this piece ends or begins inside a character: {piece[-12:]!r}"
                    raise Failure(f"  split_text({text[:12]!r}…, {size})\n\n  {why}") from None


# One record ------------------------------------------------------------------------------------


@_add(
    "fill",
    "Kind, text and padding have 256 bytes",
    1,
    _rule("5.1"),
    "kind.value + text + b'\\x80', then as many zero bytes as are missing",
)
def fill(student: Submission) -> None:
    cases = [(Kind.TEXT, MOST_TEXT), (Kind.TEXT, student.draw.number(1, 253)), (Kind.END, 0)]
    for kind, size in [*cases, (Kind.TEXT, student.draw.number(200, 253)), (Kind.PADDING, 0)]:
        text = student.draw.letters(size).encode()
        made = student.call("fill_up", kind, text, returns=bytes)
        expect(made, expected.filled(kind.value, text), f"fill_up({kind}, {size} bytes)")


@_add(
    "tag",
    "A tag is the HMAC-SHA256 of counter and record",
    1,
    _rule("5.2"),
    "hmac.digest(keys.authentication, counter.to_bytes(8, 'big') + record, 'sha256') has 32 bytes; "
    "hexdigest() of a hash object has 64",
)
def tag(student: Submission) -> None:
    published = int.from_bytes(facts.HMAC_DATA[:8], "big")
    keys, record = Keys(bytes(32), facts.HMAC_KEY), facts.HMAC_DATA[8:]
    made = student.call("tag", published, record, keys, returns=bytes)
    expect(made, facts.HMAC_TAG, "tag (RFC 4231, test case 4)")
    for most in (255, 65535, 1 << 40):
        counter, record = student.draw.number(most // 2, most), student.draw.octets(274)
        keys = student.draw.keys()
        made = student.call("tag", counter, record, keys, returns=bytes)
        right = expected.hmac_of(expected.numbered(counter, record), keys)
        expect(made, right, f"tag({counter}, a record, keys), drawn for this run")


class _Made(NamedTuple):
    """A record that the submission made, and what it should be."""

    kind: Kind
    text: bytes
    counter: int
    keys: Keys
    record: bytes
    right: bytes
    fields: Fields = FIELDS

    def part(self, name: str) -> bytes:
        return self.record[self.fields[name]]

    @property
    def covered(self) -> bytes:
        """What is before the tag, or beside it."""
        place = self.fields["tag"]
        return self.record[: place.start] + self.record[place.stop :]

    @property
    def what(self) -> str:
        return f"seal_record({self.kind}, {self.text[:12]!r}…, {self.counter}, …)"


def _records(student: Submission) -> list[_Made]:
    """Let the submission make some records: those of a recording, and some that are drawn.

    If its records have another layout, its points are lost already: the fields are looked for.
    """
    records = list(_made(student))
    if "record" in student.failed:
        fields = layout_of((made.record, made.right) for made in records)
        records = [made._replace(fields=fields) for made in records]
    return records


def _made(student: Submission) -> Iterator[_Made]:
    keys = facts.hardened_keys()[0]
    rows = [
        (kind, text, counter, keys, record[FIELDS["iv"]])
        for counter, (kind, text, record) in enumerate(facts.hardened_sent("client"))
    ]
    for kind in (Kind.TEXT, Kind.TEXT, Kind.END):
        text = student.draw.foreign().encode() if kind is Kind.TEXT else b""
        counter = student.draw.number(3, 1 << 30)
        rows.append((kind, text, counter, student.draw.keys(), student.draw.iv()))
    for row in rows:
        made = own_record(student, *row)
        yield _Made(*row[:4], made, expected.hardened_record(*row))


@_add(
    "record",
    "A record has 306 bytes, and starts with its length and its IV",
    1,
    "modern/hardened/README.md, One record: 0 | 2 | length of what follows … 2 | 16 | IV",
    "The length is 304, in two bytes: (304).to_bytes(2, 'big'). Behind it are the IV, what is "
    "encrypted, and the tag",
)
def record(student: Submission) -> None:
    for made in _records(student):
        if len(made.record) != SIZE:
            lines = f"expected  {SIZE} bytes\n  actual    {len(made.record)}"
            raise Failure(f"  {made.what}\n\n  {lines}")
        expect(made.record[:18], made.right[:18], f"bytes 0 to 17 of {made.what}")


@_add(
    "ciphertext",
    "Kind, text and padding are encrypted under the IV",
    1,
    "modern/hardened/README.md, One record: 18 | 256 | E(kind, text, padding): AES-256-CBC",
    "AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(fill_up(kind, text))",
)
@after("record")
def ciphertext(student: Submission) -> None:
    """Accept what is filled up wrongly, which costs points in another check."""
    for made in _records(student):
        came, right, place = made.part("body"), made.right, made.fields["body"]
        if came != right[FIELDS["body"]] and "fill" in student.failed:
            plain = student.attempt("fill_up", made.kind, made.text).value
            if not isinstance(plain, bytes) or len(plain) != FILLED:
                raise Unseen("fill")
            right = expected.sealed(plain, made.keys, made.part("iv"))
        what = f"bytes {place.start} to {place.stop - 1} of {made.what}"
        expect(came, right[FIELDS["body"]], what)


@_add(
    "one-tag",
    "One tag covers the counter and the whole record",
    2,
    "modern/hardened/README.md, One record: 274 | 32 | tag: HMAC-SHA256 of the counter and bytes "
    "0–273",
    "Encrypt first, then make the tag of all 274 bytes that are sent before it, also of the length",
)
@after("record")
def one_tag(student: Submission) -> None:
    for made in _records(student):
        came, place = made.part("tag"), made.fields["tag"]
        right = expected.hmac_of(expected.numbered(made.counter, made.covered), made.keys)
        if "record" in student.failed:
            right = right[: len(came)]
        if came != right and "tag" in student.failed:
            right = own_tag(student, made.counter, made.covered, made.keys)
        where = f"bytes {place.start} to {place.stop - 1} of {made.what}"
        expect(came, right, f"{where}, compared with the HMAC-SHA256 of what is before")


# A sender --------------------------------------------------------------------------------------


def _contents(student: Submission, text: str) -> list[tuple[Kind, bytes]]:
    let_pieces_be_usable(student, text)
    return [(Kind.TEXT, piece) for piece in pieces_of(student, text.encode())]


def _long(student: Submission) -> str:
    """Return a text of more than one piece; of one, if the submission cuts wrongly."""
    if "pieces" in student.failed:
        return f"{student.draw.words(9)}\n"
    return f"{student.draw.words(90)} {student.draw.foreign(9)}\n"


@_add(
    "sealer",
    "The records of a direction are numbered 0, 1, 2 and so on",
    1,
    _rule("5.2"),
    "Count each record, also from one call of seal to the next: direction.advance()",
)
@after("record")
def sealer(student: Submission) -> None:
    direction = Direction(student.draw.keys())
    made = student.sealer(direction)
    contents, stream = [], b""
    for text in (f"{student.draw.words()}\n", _long(student), "☃\n", _long(student)):
        contents += _contents(student, text)  # before it is sealed: it may need a stand-in
        stream += made.seal(text)
    what = "seal, called four times"
    expect_composed(student, stream, contents, direction, what, whenever_renewed=True)


@_add(
    "sealer-kinds",
    "Records without text are numbered as well",
    1,
    _rule("5.2"),
    "seal_empty makes a record of the kind that it is given, and counts it like all others",
)
@after("record", "sealer")
def sealer_kinds(student: Submission) -> None:
    direction = Direction(student.draw.keys(), student.draw.number(1, 99))
    made, text = student.sealer(direction), f"{student.draw.words()}\n"
    contents = [(Kind.PADDING, b""), *_contents(student, text), (Kind.END, b"")]
    stream = made.seal_empty(Kind.PADDING) + made.seal(text) + made.seal_empty(Kind.END)
    what = "seal_empty(Kind.PADDING), seal(…), seal_empty(Kind.END)"
    expect_composed(student, stream, contents, direction, what, whenever_renewed=True)


@_add(
    "fresh-iv",
    "Every record has its own IV",
    1,
    _rule("5.4"),
    "Make a new IV for each record, not one for each text or for the whole program",
)
@after("record")
def fresh_iv(student: Submission) -> None:
    ivs = _ivs(student)
    for number, iv in enumerate(ivs):
        if iv in ivs[:number]:
            both = f"records {ivs.index(iv)} and {number} have the same IV: {iv.hex(' ')}"
            raise Failure(f"  a Sealer, and another one: {len(ivs)} records\n\n  {both}")


def _ivs(student: Submission) -> list[bytes]:
    """Return the IVs of two sealers, each of which seals some texts and an end.

    What a sealer does not seal, `sealer` or `sealer-kinds` has reported.
    """
    found, place = list[bytes](), place_of_iv(student)
    for _ in range(2):
        made = student.sealer(Direction(student.draw.keys()))
        stream = _texts_and_end(student, made)
        found += [each[place] for each in split_records(student, stream, "seal")]
    student.notes += found
    return found


def _texts_and_end(student: Submission, made: Sealer) -> bytes:
    stream = b""
    with suppress(*[Failure] * ("sealer" in student.failed)):
        for _ in range(4):
            text = _long(student)
            let_pieces_be_usable(student, text)
            stream += made.seal(text)
    with suppress(*[Failure] * ("sealer-kinds" in student.failed)):
        for _ in range(1 if stream else _FEWEST_IVS):
            stream += made.seal_empty(Kind.END)
    return stream


@_add(
    "random-iv",
    "Nobody can predict an IV",
    1,
    _rule("5.4"),
    "Use os.urandom or the secrets module: no counter, no clock, no seed",
)
@after("record")
def random_iv(student: Submission) -> None:
    """By chance, a correct submission fails here less than once in 2**80 runs."""
    ivs = list(dict.fromkeys(_ivs(student)))
    if "fresh-iv" in student.failed and len(ivs) < _FEWEST_IVS:
        raise Unseen("fresh-iv")
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            told = f"{ivs[0].hex(' ')}, then {ivs[1].hex(' ')}"
            same = f"byte {position} of every IV is {ivs[0][position]:02x}: {told}"
            raise Failure(f"  seal: {len(ivs)} records\n\n  {same}")
    seen = set(student.notes)
    student.restart()
    if again := seen.intersection(_ivs(student)):
        told = f"it uses an IV of the first run again: {min(again).hex(' ')}"
        raise Failure(f"  seal, after the program was started again\n\n  {told}")


@_add(
    "sealer-renewal",
    "A sender replaces its keys after 2^20 records",
    1,
    _rule("7"),
    "In advance: if the counter is now a multiple of 2**20, the keys become renew(keys)",
)
@after("record", "sealer")
def sealer_renewal(student: Submission) -> None:
    for counter in NEAR_RENEWAL:
        direction = Direction(student.draw.keys(), counter)
        made = student.sealer(direction)
        contents, stream = [], b""
        for _ in range(4):
            text = _long(student)
            contents += _contents(student, text)
            stream += made.seal(text)
        what = f"seal, in a direction that had {counter} records before"
        expect_composed(student, stream, contents, direction, what)
