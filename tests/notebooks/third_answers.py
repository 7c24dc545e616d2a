"""Answers to the exercises of notebook 5: right in other ways than the solution, and wrong.

A wrong answer is usually the notebook's own solution with one slip, and what the check must say.
"""

from __future__ import annotations

from typing import NamedTuple

RIGHT = {
    "tag": {
        "with-objects": """\
import struct

def seal_record(text, keys, iv):
    missing = 16 - len(text) % 16
    aes = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    body = iv + aes.encrypt(text + missing * bytes([missing]))
    body = struct.pack(">H", len(body) + 32) + body
    return body + hmac.new(keys.authentication, body, "sha256").digest()

def open_record(record, keys):
    mac = hmac.new(keys.authentication, digestmod="sha256")
    mac.update(record[:-32])
    if hmac.compare_digest(record[-32:], mac.digest()):
        aes = AES.new(keys.confidentiality, AES.MODE_CBC, record[2:18])
        text = aes.decrypt(record[18:-32])
        return text[: -text[-1]]
    raise AuthenticationError("somebody changed it")
""",
        "another-import-of-the-comparison": """\
from hmac import compare_digest as same, digest

def seal_record(text, keys, iv):
    c = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    r = (48 + len(c)).to_bytes(2, "big") + iv + c
    return r + digest(keys.authentication, r, "sha256")

def open_record(record, keys):
    head, tag = record[:-32], record[-32:]
    fits = same(digest(keys.authentication, head, "sha256"), tag)
    if fits is False:
        raise AuthenticationError()
    return unpad(AES.new(keys.confidentiality, AES.MODE_CBC, iv=head[2:18]).decrypt(head[18:]), 16)
""",
        "the-library-verifies": """\
from Crypto.Hash import HMAC

def mac(data, keys):
    return HMAC.new(keys.authentication, data, SHA256)

def seal_record(text, keys, iv):
    ciphertext = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    length = len(iv + ciphertext) + 32
    record = bytes([length // 256, length % 256]) + iv + ciphertext
    return record + mac(record, keys).digest()

def open_record(record, keys):
    try:
        mac(record[:-32], keys).verify(record[-32:])
    except ValueError:
        raise AuthenticationError from None
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    return unpad(cipher.decrypt(record[18:-32]), 16)
""",
    },
    "counter": {
        "the-counter-last": """\
def tag(n, record, keys):
    mac = hmac.new(keys.authentication, record, "sha256")
    mac.update(n.to_bytes(8, "little"))
    return mac.digest()

def seal_record(text, counter, keys, iv):
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + tag(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(tag(counter, record[:-32], keys), record[-32:]):
        raise AuthenticationError
    return unpad(
        AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-32]), 16
    )
""",
        "packed": """\
import struct

def seal_record(text, counter, keys, iv):
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    covered = struct.pack(">QH", counter, len(rest) + 32) + rest
    return covered[8:] + hmac.digest(keys.authentication, covered, "sha256")

def open_record(record, counter, keys):
    covered = struct.pack(">Q", counter) + record[:-32]
    if not hmac.compare_digest(hmac.digest(keys.authentication, covered, "sha256"), record[-32:]):
        raise AuthenticationError
    aes = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    return unpad(aes.decrypt(record[18:-32]), 16)
""",
        "seals-again-to-check": """\
def authenticate(record, counter, keys):
    return hmac.digest(keys.authentication, b"%020d" % counter + record, "sha256")

def seal_record(text, counter, keys, iv):
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + authenticate(record, counter, keys)

def open_record(record, counter, keys):
    honest = record[:-32] + authenticate(record[:-32], counter, keys)
    if not hmac.compare_digest(honest, record):
        raise AuthenticationError
    return unpad(AES.new(keys.confidentiality, 2, iv=record[2:18]).decrypt(record[18:-32]), 16)
""",
    },
    "direction": {
        "two-labels": """\
def direction_keys(agreed_key):
    return tuple(
        Keys(*HKDF(agreed_key, 32, b"", SHA256, 2, label)) for label in (b"client", b"server")
    )
""",
        "one-long-key": """\
def direction_keys(agreed_key):
    long = HKDF(agreed_key, 128, b"", SHA256, context=b"all four")
    return Keys(long[:32], long[32:64]), Keys(long[64:96], long[96:])
""",
        "hmac-of-a-name": """\
def direction_keys(agreed_key):
    def key(name):
        return hmac.digest(agreed_key, name, "sha256")
    return [Keys(key(b"c enc"), key(b"c mac")), Keys(key(b"s enc"), key(b"s mac"))]
""",
    },
    "length": {
        "a-set-of-all": """\
def measure(start):
    sizes = {16 + 32 + 16 * blocks for blocks in range(1, 65)}
    if len(start) >= 2:
        rest = start[0] * 256 + start[1]
        if rest in sizes:
            return rest + 2
        raise AuthenticationError("no record is so long")
    return 0
""",
        "struct": """\
import struct

def measure(start):
    try:
        (rest,) = struct.unpack_from(">H", start)
    except struct.error:
        return 0
    blocks, over = divmod(rest - 48, 16)
    if over or blocks not in range(1, 65):
        raise AuthenticationError
    return rest + 2
""",
        "by-ciphertext": """\
def measure(start):
    if len(start) in (0, 1):
        return 0
    ciphertext = int.from_bytes(bytes(start)[:2], "big") - 16 - 32
    if ciphertext < 16:
        raise AuthenticationError
    if ciphertext > 1024 or ciphertext & 15:
        raise AuthenticationError
    return 2 + 16 + ciphertext + 32
""",
    },
    "size": {
        "padding-by-hand": """\
def tag(counter, record, keys):
    return hmac.digest(keys.authentication, counter.to_bytes(8, "big") + record, "sha256")

def seal_record(kind, text, counter, keys, iv):
    plain = kind.value + text + b"\\x80"
    plain += bytes(-len(plain) % 256)
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain)
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + tag(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(tag(counter, record[:-32], keys), record[-32:]):
        raise AuthenticationError
    plain = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-32])
    plain = plain.rstrip(b"\\0")[:-1]
    return Kind(plain[:1]), plain[1:]
""",
        "ljust": """\
def seal_record(kind, text, counter, keys, iv):
    plain = (kind.value + text + b"\\x80").ljust(256, b"\\0")
    sealed = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain)
    record = b"\\x01\\x30" + iv + sealed
    covered = counter.to_bytes(8, "big") + record
    return record + hmac.digest(keys.authentication, covered, "sha256")

def open_record(record, counter, keys):
    covered = counter.to_bytes(8, "big") + record[:-32]
    tag = hmac.digest(keys.authentication, covered, "sha256")
    if not hmac.compare_digest(tag, record[-32:]):
        raise AuthenticationError
    plain = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-32])
    end = plain.rindex(b"\\x80")
    return Kind(plain[:1]), plain[1:end]
""",
        "kinds-in-a-table": """\
BY_BYTE = {kind.value[0]: kind for kind in Kind}

def tag(counter, record, keys):
    mac = hmac.new(keys.authentication, counter.to_bytes(8, "big"), "sha256")
    mac.update(record)
    return mac.digest()

def seal_record(kind, text, counter, keys, iv):
    blocks = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    plain = pad(kind.value + text, 256, style="iso7816")
    record = (304).to_bytes(2, "big") + iv
    record += b"".join(blocks.encrypt(plain[at : at + 16]) for at in range(0, 256, 16))
    return record + tag(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(record[-32:], tag(counter, record[:-32], keys)):
        raise AuthenticationError
    blocks = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    plain = unpad(blocks.decrypt(record[18:-32]), 256, style="iso7816")
    return BY_BYTE[plain[0]], plain[1:]
""",
    },
    "end": {
        "kinds-in-a-list": """\
def receive(stream, keys):
    kinds, texts, at = [], [], 0
    while True:
        size = measure(stream[at : at + 2])
        if not size or at + size > len(stream):
            break
        kind, text = open_record(stream[at : at + size], len(kinds), keys)
        kinds.append(kind)
        texts.append(text)
        at += size
    if at != len(stream) or kinds[-1:] != [Kind.END]:
        raise TruncationError
    return b"".join(texts)
""",
        "returns-at-the-end": """\
def receive(stream, keys):
    text, counter = b"", 0
    while size := measure(stream):
        record, stream = stream[:size], stream[size:]
        if len(record) < size:
            break
        kind, more = open_record(record, counter, keys)
        if kind is Kind.END:
            return text
        text, counter = text + more, counter + 1
    raise TruncationError("cut")
""",
        "recursive": """\
def receive(stream, keys, counter=0):
    size = measure(stream)
    if size == 0 or size > len(stream):
        raise TruncationError
    kind, text = open_record(stream[:size], counter, keys)
    if kind == Kind.END:
        return b""
    return text + receive(stream[size:], keys, counter + 1)
""",
    },
    "middle": {
        "plain-numbers": "at_home, one_by_one = 7, 3",
        "logarithms": """\
import math
at_home = math.ceil((math.log2(4e9 * 1000 * 365.25 * 86400) + 1) / 10)
one_by_one = math.ceil((math.log2(1000 * 365.25 * 1440) + 1) / 10)
""",
        "a-search": """\
years = 1000 * 365.25
at_home = next(n for n in range(99) if 1024**n / 2 / (4e9 * 86400) >= years)
one_by_one = next(n for n in range(99) if 1024**n / 2 / 1440 >= years)
""",
    },
}
"""For each exercise, answers in three other styles than the solution."""


class Slip(NamedTuple):
    """A wrong answer: what stands in the solution, what instead, and words of the hint."""

    old: str
    new: str
    hint: str


ALL = ""
"""In the place of `old`: the answer is `new` alone."""

_RECORD_SLIPS = {
    "compares-with-equals": Slip(
        "not hmac.compare_digest(tag, record[-32:])",
        "tag != record[-32:]",
        "stop at the first byte",
    ),
    "decrypts-first": Slip(
        "    if not hmac",
        "    AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])"
        ".decrypt(record[18:-32])\n    if not hmac",
        "M3 is open again",
    ),
    "returns-none": Slip(
        "        raise AuthenticationError", "        return None", "returns None"
    ),
    "raises-something-else": Slip(
        "raise AuthenticationError", "raise ValueError", "raise AuthenticationError instead"
    ),
    "forgets-its-tag-in-the-length": Slip("len(rest) + 32", "len(rest)", "the number of bytes"),
    "little-endian": Slip('32).to_bytes(2, "big")', '32).to_bytes(2, "little")', "yours says"),
}
"""Slips that can be made in exercises 1, 2 and 5."""

WRONG = {
    "tag": {
        **_RECORD_SLIPS,
        "an-iv-without-a-tag": Slip(
            ALL,
            """\
def mac(record, keys):
    return hmac.digest(keys.authentication, record[:2] + record[18:], "sha256")

def seal_record(text, keys, iv):
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + mac(record, keys)

def open_record(record, keys):
    if not hmac.compare_digest(mac(record[:-32], keys), record[-32:]):
        raise AuthenticationError
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    return unpad(cipher.decrypt(record[18:-32]), 16)
""",
            "M4 still gets through: mallory joined the first 18 bytes",
        ),
        "two-tags": Slip(
            ALL,
            """\
def mac(part, keys):
    return hmac.digest(keys.authentication, part, "sha256")

def seal_record(text, keys, iv):
    body = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    head = (16 + 32 + len(body) + 32).to_bytes(2, "big") + iv
    return head + mac(head, keys) + body + mac(body, keys)

def open_record(record, keys):
    head, first, body, second = record[:18], record[18:50], record[50:-32], record[-32:]
    fits = hmac.compare_digest(mac(head, keys), first)
    if not (hmac.compare_digest(mac(body, keys), second) and fits):
        raise AuthenticationError
    return unpad(AES.new(keys.confidentiality, AES.MODE_CBC, iv=head[2:]).decrypt(body), 16)
""",
            "M4 still gets through: mallory joined the first 50 bytes",
        ),
        "a-length-without-a-tag": Slip(
            ALL,
            """\
def seal_record(text, keys, iv):
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(text, 16))
    tag = hmac.digest(keys.authentication, rest, "sha256")
    return (len(rest) + 32).to_bytes(2, "big") + rest + tag

def open_record(record, keys):
    tag = hmac.digest(keys.authentication, record[2:-32], "sha256")
    if not hmac.compare_digest(tag, record[-32:]):
        raise AuthenticationError
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    return unpad(cipher.decrypt(record[18:-32]), 16)
""",
            "in the length, and bob reads",
        ),
        "half-a-tag": Slip(
            "compare_digest(tag, record[-32:])",
            "compare_digest(tag[:16], record[-32:-16])",
            "in the tag, and bob reads",
        ),
        "no-padding": Slip("pad(text, 16)", "text", "fill the text up"),
        "an-iv-of-its-own": Slip(
            "    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)",
            "    import os\n    iv = os.urandom(16)\n"
            "    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)",
            "the IV that was given",
        ),
        "no-encryption": Slip("cipher.encrypt(pad(text, 16))", "pad(text, 16)", "not encrypted"),
        "one-key-for-both": Slip(
            "hmac.digest(keys.authentication", "hmac.digest(keys.confidentiality", "keys.auth"
        ),
        "the-packages-own": Slip(
            ALL,
            """\
from modern.hardened import records as theirs

def seal_record(text, keys, iv):
    return theirs.seal_record(Kind.TEXT, text, 0, keys, iv)

def open_record(record, keys):
    return theirs.open_record(record, 0, keys)[1]
""",
            "seal_record calls seal_record of records.py, which is ours",
        ),
    },
    "counter": {
        **_RECORD_SLIPS,
        "no-counter": Slip(
            'data = counter.to_bytes(8, "big") + record', "data = record", "record 0 a second time"
        ),
        "one-byte": Slip('counter.to_bytes(8, "big")', "bytes([counter])", "a byte ends at 255"),
        "begins-again": Slip(
            'counter.to_bytes(8, "big")', "bytes([counter % 256])", "again as record 256"
        ),
        "only-odd-and-even": Slip(
            'counter.to_bytes(8, "big")', "bytes([counter % 2])", "again as record 256"
        ),
        "the-length-of-it": Slip(
            'counter.to_bytes(8, "big")', "bytes(counter.bit_length())", "as records 2 and 3"
        ),
        "a-tag-of-the-counter-alone": Slip(
            'data = counter.to_bytes(8, "big") + record',
            'data = counter.to_bytes(8, "big")',
            "M4 still gets through",
        ),
        "sent-as-well": Slip(
            ALL,
            """\
def seal_record(text, counter, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    rest = iv + cipher.encrypt(pad(text, 16)) + counter.to_bytes(8, "big")
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + hmac.digest(keys.authentication, record, "sha256")

def open_record(record, counter, keys):
    tag = hmac.digest(keys.authentication, record[:-32], "sha256")
    if not hmac.compare_digest(tag, record[-32:]):
        raise AuthenticationError
    if record[-40:-32] != counter.to_bytes(8, "big"):
        raise AuthenticationError
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18])
    return unpad(cipher.decrypt(record[18:-40]), 16)
""",
            "makes 74 bytes; 66 are enough",
        ),
    },
    "direction": {
        "one-for-both": Slip("Keys(a, b), Keys(c, d)", "Keys(a, b), Keys(a, b)", "her own record"),
        "one-for-the-tags": Slip("Keys(c, d)", "Keys(c, b)", "her own record back"),
        "one-for-encryption": Slip("Keys(c, d)", "Keys(a, d)", "are equal"),
        "one-bit-flipped": Slip(
            "Keys(c, d)", "Keys(bytes([a[0] ^ 1]) + a[1:], bytes([b[0] ^ 1]) + b[1:])", "same bits"
        ),
        "the-agreed-key-itself": Slip("Keys(a, b), ", "Keys(agreed_key * 2, b), ", "itself stands"),
        "too-short": Slip("32, b", "16, b", "each key has 32 bytes"),
        "random": Slip(
            "    a, b, c, d = HKDF(agreed_key, 32",
            "    import os\n    a, b, c, d = HKDF(os.urandom(16), 32",
            "nothing may be random",
        ),
        "constant": Slip("HKDF(agreed_key", 'HKDF(b"a constant key!!"', "another agreement"),
        "only-bytes": Slip("Keys(a, b), Keys(c, d)", "(a, b), (c, d)", "return two"),
        "the-packages-own": Slip(
            ALL,
            """\
from modern.hardened.records import derive_keys as mine

def direction_keys(agreed_key):
    return mine(agreed_key, b"")
""",
            "calls derive_keys of records.py, which is ours",
        ),
    },
    "length": {
        "without-its-own-bytes": Slip("return 2 + rest", "return rest", "come on top"),
        "little-endian": Slip('"big"', '"little"', "refused"),
        "no-limit": Slip(" <= 16 + 1024 + 32 or rest % 16", "", "65535 still gets through"),
        "a-limit-too-high": Slip("16 + 1024 + 32", "16 + 1024 + 48", "1088 still gets through"),
        "nothing-too-short": Slip("16 + 16 + 32 <= rest", "0 <= rest", "length of 0 still"),
        "no-block-of-text": Slip("16 + 16 + 32 <= rest", "48 <= rest", "length of 48 still"),
        "no-whole-blocks": Slip(" or rest % 16", "", "length of 65 still"),
        "returns-zero": Slip("        raise AuthenticationError", "        return 0", "returns 0"),
        "waits-for-nothing": Slip(
            "    if len(start) < 2:\n        return 0\n", "", "refused: 0, from 0 bytes"
        ),
        "its-own-size": Slip("return 2 + rest", "return len(start)", "only the first 2 bytes"),
        "the-packages-own": Slip(
            ALL,
            "from modern.hardened.records import measure",
            "calls measure of records.py, which is ours",
        ),
    },
    "size": {
        **_RECORD_SLIPS,
        "zeros-alone": Slip(
            ALL,
            """\
def tag_of(counter, record, keys):
    return hmac.digest(keys.authentication, counter.to_bytes(8, "big") + record, "sha256")

def seal_record(kind, text, counter, keys, iv):
    plain = (kind.value + text).ljust(256, b"\\0")
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain)
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + tag_of(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(tag_of(counter, record[:-32], keys), record[-32:]):
        raise AuthenticationError
    plain = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-32])
    return Kind(plain[:1]), plain[1:].rstrip(b"\\0")
""",
            "ends in zeros",
        ),
        "pkcs7": Slip(', 256, "iso7816")', ", 256)", "yours encrypts 00 70 61 79"),
        "one-block": Slip(
            'pad(kind.value + text, 256, "iso7816")',
            'pad(kind.value + text, 16, "iso7816")',
            "M6 still gets through",
        ),
        "only-the-text-is-filled": Slip(
            'pad(kind.value + text, 256, "iso7816")',
            'pad(kind.value + pad(text, 240, "iso7816"), 16, "iso7816")',
            "M6 still gets through|alice said",
        ),
        "the-kind-in-the-clear": Slip(
            ALL,
            """\
def tag_of(counter, record, keys):
    return hmac.digest(keys.authentication, counter.to_bytes(8, "big") + record, "sha256")

def seal_record(kind, text, counter, keys, iv):
    plain = pad(text, 256, "iso7816")
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain) + kind.value
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + tag_of(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(tag_of(counter, record[:-32], keys), record[-32:]):
        raise AuthenticationError
    plain = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-33])
    return Kind(record[-33:-32]), unpad(plain, 256, "iso7816")
""",
            "the kind must be encrypted, too",
        ),
        "forgets-the-counter": Slip(
            'data = counter.to_bytes(8, "big") + record', "data = record", "record 0 a second time"
        ),
        "the-kind-last": Slip(
            ALL,
            """\
def tag_of(counter, record, keys):
    return hmac.digest(keys.authentication, counter.to_bytes(8, "big") + record, "sha256")

def seal_record(kind, text, counter, keys, iv):
    plain = pad(text + kind.value, 256, "iso7816")
    rest = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain)
    record = (len(rest) + 32).to_bytes(2, "big") + rest
    return record + tag_of(counter, record, keys)

def open_record(record, counter, keys):
    if not hmac.compare_digest(tag_of(counter, record[:-32], keys), record[-32:]):
        raise AuthenticationError
    plain = AES.new(keys.confidentiality, AES.MODE_CBC, iv=record[2:18]).decrypt(record[18:-32])
    plain = unpad(plain, 256, "iso7816")
    return Kind(plain[-1:]), plain[:-1]
""",
            "every attack is refused, but bob's real program expects kind, text",
        ),
        "the-counter-last": Slip(
            'counter.to_bytes(8, "big") + record',
            'record + counter.to_bytes(8, "big")',
            "bob's real program makes the tag",
        ),
        "returns-the-byte": Slip("return Kind(plain[:1])", "return plain[:1]", "bob reads (b'"),
        "the-packages-own": Slip(
            ALL,
            "from modern.hardened.records import open_record, seal_record",
            "seal_record calls seal_record of records.py, which is ours",
        ),
    },
    "end": {
        "believes-the-silence": Slip(
            "stream or kind is not Kind.END", "stream", "M7 still gets through: mallory cut"
        ),
        "believes-any-record-without-text": Slip(
            "kind is not Kind.END", "part", "mallory cut the stream after record 4"
        ),
        "believes-a-word": Slip(
            "kind is not Kind.END",
            'not (kind is Kind.END or text.endswith(b"(end)\\n"))',
            "mallory cut the stream after record 3",
        ),
        "an-end-once-is-an-end-for-ever": Slip(
            ALL,
            """\
def receive(stream, keys):
    text, counter = b"", 0
    while (size := measure(stream)) and size <= len(stream):
        text += open_record(stream[:size], counter, keys)[1]
        counter += 1
        stream = stream[size:]
    if counter == 0:
        raise TruncationError
    return text
""",
            "M7 still gets through: mallory cut the stream after record 1,",
        ),
        "counts-nothing": Slip("counter += 1", "pass", "are its records counted"),
        "raises-something-else": Slip("raise TruncationError", "raise EOFError", "not EOFError"),
        "a-half-record-is-opened": Slip(
            ALL,
            """\
def receive(stream, keys):
    text, counter, kind = b"", 0, None
    while size := measure(stream):
        kind, part = open_record(stream[:size], counter, keys)
        text, counter, stream = text + part, counter + 1, stream[size:]
    if kind is not Kind.END:
        raise TruncationError
    return text
""",
            "raise TruncationError, not AuthenticationError",
        ),
        "only-the-last": Slip("text += part", "text = part", "alice said"),
        "the-packages-own": Slip(
            ALL,
            """\
from modern.hardened.records import Decoder, Direction

def receive(stream, keys):
    decoder = Decoder(Direction(keys))
    text = b"".join(decoder.feed(stream))
    decoder.close()
    return text
""",
            "which is ours",
        ),
    },
    "middle": {
        "one-more-to-be-sure": Slip(ALL, "at_home, one_by_one = 8, 3", "one word fewer is enough"),
        "one-too-few": Slip(ALL, "at_home, one_by_one = 6, 3", "6 words last 4.6 years"),
        "one-a-second": Slip(ALL, "at_home, one_by_one = 7, 4", "one_by_one: one word fewer"),
        "exchanged": Slip(ALL, "at_home, one_by_one = 3, 7", "at_home: too few"),
        "not-whole": Slip(ALL, "at_home, one_by_one = 6.7, 2.9", "a whole number"),
        "only-one": Slip(ALL, "at_home, one_by_one = 7, ...", "one_by_one has no number yet"),
    },
}
"""For each exercise at least five answers that look right and are not."""
