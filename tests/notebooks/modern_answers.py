"""Answers to the exercises of notebook 3: right in other ways than the solution, and wrong.

A wrong answer comes with words of what the check must say.
"""

from __future__ import annotations

from tests.notebooks.third_answers import ALL, Slip

RIGHT = {
    "chunks": {
        "by-characters": """\
def cut(message):
    chunks = []
    for character in message:
        byte = character.encode()
        if chunks and len(chunks[-1]) + len(byte) <= 15:
            chunks[-1] += byte
        else:
            chunks.append(byte)
    return chunks
""",
        "a-generator": """\
def cut(message):
    data = message.encode("utf-8")
    while data:
        piece = data[:15].decode(errors="ignore").encode()
        yield piece
        data = data[len(piece):]
""",
        "tries-to-decode": """\
def cut(message):
    data, found = message.encode(), ()
    while data != b"":
        for size in range(15, 0, -1):
            try:
                data[:size].decode()
            except UnicodeDecodeError:
                continue
            break
        found += (data[:size],)
        data = data[size:]
    return found
""",
    },
    "m1": {
        "a-power": "def frames_until(chance):\n    return (chance * 2**127) ** 0.5\n",
        "the-exact-sum": """\
def frames_until(chance):
    # n(2n - 1) = chance * 2**128
    return (1 + math.sqrt(1 + 8 * chance * 2**128)) / 4
""",
        "whole-frames": """\
def frames_until(chance):
    return math.isqrt(int(chance * 2**128) // 2)
""",
        "of-the-exponential": """\
from math import log1p, sqrt
frames_until = lambda chance: sqrt(-log1p(-chance)) * 2**63.5
""",
    },
    "foreseen": {
        "the-whole-block": """\
def was_it(guess, captured, says):
    n = says("what?").iv[0] + 1
    wanted = pad(guess.encode(), 16)
    block = attacks.xor(wanted, attacks.xor(captured.iv, bytes([n] + 15 * [0])))
    return says(unpad(block, 16).decode()).ciphertext == captured.ciphertext
""",
        "only-the-first-letter": """\
def was_it(guess, captured, says):
    seen, _ = says("")
    first = chr(ord(guess[0]) ^ captured.iv[0] ^ (seen[0] + 1))
    return says(first + guess[1:]).ciphertext == captured.ciphertext
""",
        "with-whole-numbers": """\
def was_it(guess, captured, says):
    number = lambda data: int.from_bytes(data, "little")
    size = len(guess)
    text = number(guess.encode()) ^ number(captured[0]) ^ (number(says("a")[0]) + 1)
    found = says(text.to_bytes(size, "little").decode())
    return True if found[1] == captured[1] else False
""",
    },
    "m2": {
        "one-comparison": """\
def tags_fit(frame, key):
    tags = [hmac.digest(key, part, "sha256") for part in (frame[0:32], frame[64:80])]
    return hmac.compare_digest(b"".join(tags), frame[32:64] + frame[80:112])
""",
        "another-import": """\
from hmac import compare_digest, new

def tags_fit(frame, key):
    for data, tag in ((frame[:32], frame[32:64]), (frame[64:80], frame[80:])):
        if not compare_digest(new(key, data, sha256).digest(), tag):
            return False
    return True
""",
        "secrets": """\
import secrets

def tags_fit(frame, key):
    def fits(data, tag):
        return secrets.compare_digest(hmac.new(key, data, "sha256").hexdigest(), tag.hex())
    return fits(frame[0:32], frame[32:64]) & fits(frame[64:80], frame[80:112])
""",
        "the-library-verifies": """\
from Crypto.Hash import HMAC, SHA256

def tags_fit(frame, key):
    try:
        HMAC.new(key, frame[0:32], SHA256).verify(frame[32:64])
        HMAC.new(key, frame[64:80], SHA256).verify(frame[80:112])
    except ValueError:
        return False
    return True
""",
    },
    "errors": {
        "a-list": """\
def changed(place, size):
    if place < 16:
        return [place]
    block = place // 16 - 1
    numbers = list(range(16 * block, 16 * block + 16))
    if place + 16 < size:
        numbers.append(place)
    return numbers
""",
        "by-trying": """\
import os

def changed(place, size):
    sent = bytearray(os.urandom(size))
    key, found = os.urandom(32), set()
    def text():
        return AES.new(key, AES.MODE_CBC, iv=bytes(sent[:16])).decrypt(bytes(sent[16:]))
    before = text()
    for bit in range(8):
        sent[place] ^= 1 << bit
        now = text()
        found |= {n for n in range(size - 16) if now[n] != before[n]}
        sent[place] ^= 1 << bit
    return found
""",
        "one-condition-for-each-byte": """\
def changed(place, size):
    return {
        n
        for n in range(size - 16)
        if n == place or n // 16 == (place - 16) // 16
    }
""",
    },
    "m3": {
        "downwards": """\
def last_byte(block, previous, oracle):
    iv = bytearray(16)
    for value in reversed(range(256)):
        iv[15] = value
        if oracle(bytes(iv) + block + bytes(80)):
            return value ^ previous[-1] ^ 0x01
""",
        "asks-a-second-time": """\
def last_byte(block, previous, oracle):
    def fits(n, other):
        return oracle(bytes(14) + bytes([other, n]) + block + bytes(80))
    (n,) = [n for n in range(256) if fits(n, 0) and fits(n, 1)]
    return attacks.xor(bytes([n]), bytes([1 ^ previous[15]]))[0]
""",
        "next": """\
def last_byte(block, previous, oracle):
    ivs = (bytes([0] * 15 + [b]) for b in range(256))
    found = next(iv for iv in ivs if oracle(iv + block + b"\\0" * 80))
    return found[-1] ^ 1 ^ previous[-1]
""",
    },
}
"""For each exercise, answers in at least three other styles than the solution."""

WRONG = {
    "chunks": {
        "counts-characters": Slip(
            ALL,
            "def cut(message):\n    return [message[i : i + 15].encode() "
            "for i in range(0, len(message), 15)]\n",
            "count bytes, not characters",
        ),
        "through-a-character": Slip(
            ALL,
            "def cut(message):\n    data = message.encode()\n"
            "    return [data[i : i + 15] for i in range(0, len(data), 15)]\n",
            "inside a character",
        ),
        "whole-blocks": Slip("min(15", "min(16", "16 bytes, and 15 fit into a block"),
        "to-be-safe": Slip("min(15", "min(12", "some chunk could be longer"),
        "loses-what-is-cut": Slip(
            ALL,
            "def cut(message):\n    data = message.encode()\n"
            '    return [data[i : i + 15].decode(errors="ignore").encode() '
            "for i in range(0, len(data), 15)]\n",
            "joined, the chunks are not the text",
        ),
        "text": Slip("chunks.append(rest[:end])", "chunks.append(rest[:end].decode())", "is bytes"),
        "an-empty-one-at-the-end": Slip("return chunks", 'return chunks + [b""]', "an empty chunk"),
        "one-for-a-short-text": Slip(
            "    return chunks", "    return chunks if len(chunks) > 1 else chunks[0]", "a list"
        ),
        "the-packages-own": Slip(
            ALL,
            "from modern.protocol import split_chunks as cut\n",
            "cut calls split_chunks of protocol.py, which is ours",
        ),
    },
    "m1": {
        "counts-ivs": Slip("2**127", "2**129", "twice too many"),
        "no-root": Slip("math.sqrt(chance * 2**127)", "chance * 2**127", "a square root in it"),
        "n-times-n-pairs": Slip("2**127", "2**128", "too many by √2"),
        "pairs-twice": Slip("2**127", "2**126", "too few by √2"),
        "half": Slip(
            "math.sqrt(chance * 2**127)", "math.sqrt(chance * 2**127) / 2", "half as many"
        ),
        "bytes": Slip("math.sqrt", "112 * math.sqrt", "how many frames is that"),
        "any-chance": Slip("chance * ", "", "for four times the chance"),
        "another-cipher": Slip("2**127", "2**63", "a block has 128 bits"),
        "text": Slip("math.sqrt(chance * 2**127)", '"many"', "must return a number"),
    },
    "foreseen": {
        "the-guess-itself": Slip(
            ALL,
            "def was_it(guess, captured, says):\n"
            "    return says(guess).ciphertext == captured.ciphertext\n",
            "seal the guess itself",
        ),
        "only-the-old-iv": Slip("captured.iv, next_iv", "captured.iv, bytes(16)", "XOR the guess"),
        "only-the-new-iv": Slip("captured.iv, next_iv", "bytes(16), next_iv", "XOR the guess"),
        "the-iv-that-was-seen": Slip("now[0] + 1", "now[0]", "one more in byte 0"),
        "always-yes": Slip(
            ALL,
            "def was_it(guess, captured, says):\n    says(guess)\n    return True\n",
            "and yours says that it was",
        ),
        "as-long": Slip(
            ".ciphertext == captured.ciphertext",
            ".ciphertext[:0] == captured.ciphertext[:0]",
            "and yours says that it was",
        ),
        "compares-the-ivs": Slip(
            ".ciphertext == captured.ciphertext", ".iv == captured.iv", "does not see it"
        ),
        "asks-nothing": Slip(
            ALL, "def was_it(guess, captured, says):\n    return guess == 'yes'\n", "use says"
        ),
        "a-padded-text": Slip(
            "guess.encode()", "pad(guess.encode(), 16)", "has 16 characters, and the guess"
        ),
        "no-answer": Slip("    return says", "    says", "returns nothing yet"),
    },
    "m2": {
        "equals": Slip(
            ALL,
            """\
def tags_fit(frame, key):
    return (
        hmac.digest(key, frame[0:32], "sha256") == frame[32:64]
        and hmac.digest(key, frame[64:80], "sha256") == frame[80:112]
    )
""",
            "its running time tells",
        ),
        "equals-for-one": Slip(
            "hmac.compare_digest(body_tag, frame[80:112])",
            "body_tag == frame[80:112]",
            "its running time tells",
        ),
        "unequal": Slip(
            "hmac.compare_digest(body_tag, frame[80:112])",
            "not frame[80:112] != body_tag",
            "its running time tells",
        ),
        "no-iv": Slip("frame[0:32]", "frame[16:32]", "the first tag covers bytes 0 to 31"),
        "either": Slip("header_fits and body_fits", "header_fits or body_fits", "is accepted"),
        "one-tag": Slip("header_fits and body_fits", "header_fits", "E(chunk) is accepted"),
        "half-a-tag": Slip(
            "compare_digest(body_tag, frame[80:112])",
            "compare_digest(body_tag[:16], frame[80:96])",
            "compare all 32 bytes",
        ),
        "the-key-of-the-page": Slip(
            "hmac.digest(key, frame[64:80]",
            "hmac.digest(authentication, frame[64:80]",
            "the honest frame is rejected|the key that is given",
        ),
        "decrypts": Slip(
            "    header_tag",
            "    AES.new(key, AES.MODE_CBC, iv=frame[:16]).decrypt(frame[16:32])\n    header_tag",
            "no tag needs AES",
        ),
        "the-packages-own": Slip(
            ALL,
            """\
def tags_fit(frame, key):
    try:
        protocol.verify(frame, protocol.Keys(b"", key))
    except AuthenticationError:
        return False
    return True
""",
            "calls verify of protocol.py, which is ours",
        ),
    },
    "errors": {
        "only-its-block": Slip(
            "    if place + 16 < size:\n        found.add(place)\n",
            "",
            "look at the block after it",
        ),
        "everything-after": Slip(
            ALL,
            "def changed(place, size):\n    return range(max(place - 16, 0), size - 16)\n",
            "in the IV|look at its own block|do not change",
        ),
        "two-whole-blocks": Slip(
            "found.add(place)", "found |= set(range(start + 16, start + 32))", "do not change"
        ),
        "the-iv-garbles": Slip("return {place}", "return set(range(16))", "XORed with the first"),
        "the-iv-is-text": Slip(
            "start = place // 16 * 16 - 16",
            "start = place // 16 * 16",
            "look at its own block|the text has only",
        ),
        "only-the-byte": Slip(
            "found = set(range(start, start + 16))", "found = {place - 16}", "look at its own block"
        ),
        "beyond-the-end": Slip("if place + 16 < size", "if True", "the text has only"),
        "the-next-block-alone": Slip(
            "found = set(range(start, start + 16))", "found = set()", "look at its own block"
        ),
        "a-number": Slip("return found", "return len(found)", "several numbers"),
    },
    "m3": {
        "not-all-values": Slip("range(256)", "range(200)", "times and returns nothing"),
        "of-the-block-function": Slip(" ^ previous[-1]", "", "this is the last byte of D"),
        "zero-for-one": Slip("guess ^ 1 ^", "guess ^", "the XOR gives 01"),
        "the-iv": Slip("guess ^ 1 ^ previous[-1]", "guess", "the last byte of your IV"),
        "the-first-byte": Slip("previous[-1]", "previous[0]", "of 6 blocks are right"),
        "bytes": Slip(
            "guess ^ 1 ^ previous[-1]", "bytes([guess ^ 1 ^ previous[-1]])", "a whole number"
        ),
        "another-iv": Slip(
            "bytes(15) + bytes([guess])",
            "bytes([guess]) + bytes(15)",
            "asks 256 times and returns nothing",
        ),
        "the-page-has-the-key": Slip(
            ALL,
            """\
def last_byte(block, previous, oracle):
    *_, last = attacks.decrypt_block(block, previous, oracle)
    return last.plaintext[-1]
""",
            "calls decrypt_block of attacks.py, which is ours",
        ),
    },
}
"""For each exercise at least five answers that look right and are not."""
