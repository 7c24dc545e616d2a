"""Answers to the exercises L1 to L5 of notebook 2: right in other ways, and wrong."""

from tests.notebooks.judged import Wrong

RIGHT = {
    "l1": {
        "counter": """\
from collections import Counter

def repeated_blocks(ciphertexts):
    blocks = Counter(c[i : i + 16] for c in ciphertexts for i in range(0, len(c) // 16 * 16, 16))
    return {block for block, number in blocks.items() if number > 1}
""",
        "a-list": """\
def repeated_blocks(ciphertexts):
    blocks = []
    for ciphertext in ciphertexts:
        while len(ciphertext) >= 16:
            blocks.append(ciphertext[:16])
            ciphertext = ciphertext[16:]
    return set(b for b in blocks if blocks.count(b) >= 2)
""",
        "with-split-blocks": """\
def repeated_blocks(ciphertexts):
    blocks = sorted(sum(map(attacks.split_blocks, ciphertexts), []))
    return frozenset(a for a, b in zip(blocks, blocks[1:]) if a == b)
""",
    },
    "l2": {
        "a-dictionary": """\
def looks_like_ecb(ciphertext):
    seen = {}
    for i in range(len(ciphertext) // 16):
        block = ciphertext[16 * i : 16 * i + 16]
        if block in seen:
            return True
        seen[block] = i
    return False
""",
        "sorted": """\
def looks_like_ecb(ciphertext):
    blocks = sorted(attacks.split_blocks(ciphertext))
    return any(a == b for a, b in zip(blocks, blocks[1:]))
""",
        "counter": """\
from collections import Counter

def looks_like_ecb(ciphertext):
    counts = Counter(ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16))
    return counts.most_common(1)[0][1] > 1
""",
    },
    "l3": {
        "encrypts-instead": """\
def fits(guess, block):
    aes = AES.new(hashlib.sha256(guess.encode()).digest(), AES.MODE_ECB)
    return block in [aes.encrypt(b'{"timestamp": "%d' % hour) for hour in range(3)]
""",
        "the-protocols-steps": """\
def fits(guess, block):
    text = protocol.process_bytes(block, protocol.derive_key(guess))
    return text.startswith('{"timestamp": "')
""",
        "cbc-of-one-block": """\
import re

def fits(guess, block):
    key = hashlib.sha256(guess.encode("utf-8"))
    text = AES.new(key.digest(), AES.MODE_CBC, iv=bytes(16)).decrypt(block)
    return re.fullmatch(rb'{"timestamp": "[0-2]', text) is not None
""",
        "another-library": """\
import pyaes

def fits(guess, block):
    words = pyaes.AES(hashlib.sha256(guess.encode()).digest()).decrypt(block)
    return bytes(words)[:-1] == b'{"timestamp": "'
""",
    },
    "l4": {
        "hashes": """\
def is_new(ciphertext, seen):
    digest = hashlib.sha256(ciphertext).hexdigest()
    new = digest not in seen
    seen.add(digest)
    return new
""",
        "length-of-the-set": """\
def is_new(ciphertext, seen):
    before = len(seen)
    seen |= {bytes(ciphertext)}
    return len(seen) > before
""",
        "by-union": """\
def is_new(ciphertext, seen):
    known = seen & {ciphertext}
    seen.update([ciphertext])
    return not known
""",
    },
    "l5": {
        "blocks": """\
def move_time(target, donor):
    blocks = [target[i : i + 16] for i in range(0, len(target), 16)]
    blocks[0], blocks[1] = donor[:16], donor[16:32]
    return b"".join(blocks)
""",
        "bytearray": """\
def move_time(target, donor):
    moved = bytearray(target)
    moved[:32] = donor[:32]
    return bytes(moved)
""",
        "twice-the-trick": """\
def move_time(target, donor):
    return attacks.transplant_clock(donor[:16] + target[16:], donor)
""",
    },
}
"""For each exercise answers that are right in another way than the solution."""

WRONG = {
    "l1": {
        "all-blocks": Wrong(
            """\
def repeated_blocks(ciphertexts):
    return {c[i : i + 16] for c in ciphertexts for i in range(0, len(c), 16)}
""",
            "the number of repeated blocks is 1, and yours is 2",
        ),
        "within-one-only": Wrong(
            """\
def repeated_blocks(ciphertexts):
    found = set()
    for c in ciphertexts:
        blocks = [c[i : i + 16] for i in range(0, len(c), 16)]
        found |= {b for b in blocks if blocks.count(b) > 1}
    return found
""",
            "count over all ciphertexts together",
        ),
        "between-two-only": Wrong(
            """\
def repeated_blocks(ciphertexts):
    sets = [{c[i : i + 16] for i in range(0, len(c), 16)} for c in ciphertexts]
    return {b for i, one in enumerate(sets) for other in sets[:i] for b in one & other}
""",
            "a block is repeated in one ciphertext",
        ),
        "neighbours-only": Wrong(
            """\
def repeated_blocks(ciphertexts):
    wire = b"".join(ciphertexts)
    blocks = [wire[i : i + 16] for i in range(0, len(wire), 16)]
    return {a for a, b in zip(blocks, blocks[1:]) if a == b}
""",
            "a block is repeated in one ciphertext",
        ),
        "exactly-twice": Wrong(
            """\
def repeated_blocks(ciphertexts):
    blocks = [c[i : i + 16] for c in ciphertexts for i in range(0, len(c), 16)]
    return {b for b in blocks if blocks.count(b) == 2}
""",
            "twice or more often is enough",
        ),
        "at-every-offset": Wrong(
            """\
def repeated_blocks(ciphertexts):
    blocks = [c[i : i + 16] for c in ciphertexts for i in range(len(c) - 15)]
    return {b for b in blocks if blocks.count(b) > 1}
""",
            "cut at 0, 16, …",
        ),
        "all-joined-first": Wrong(
            """\
def repeated_blocks(ciphertexts):
    wire = bytes(16).join(ciphertexts)
    blocks = [wire[i : i + 16] for i in range(0, len(wire), 16)]
    return {b for b in blocks if blocks.count(b) > 1 and b != bytes(16)} | {b"?" * 16}
""",
            "and yours is 2",
        ),
        "bytes": Wrong(
            """\
def repeated_blocks(ciphertexts):
    wire = b"".join(ciphertexts)
    return {b for b in wire if wire.count(b) > 1}
""",
            "each element must be a block: 16 bytes",
        ),
        "a-list": Wrong(
            """\
def repeated_blocks(ciphertexts):
    blocks = [c[i : i + 16] for c in ciphertexts for i in range(0, len(c), 16)]
    return [b for b in blocks if blocks.count(b) > 1]
""",
            "must return set, and yours returns list",
        ),
        "ours": Wrong(
            """\
def repeated_blocks(ciphertexts):
    return set(attacks.find_equal_blocks([attacks.Captured("", "", c) for c in ciphertexts]))
""",
            "repeated_blocks calls find_equal_blocks of attacks.py, which is ours",
        ),
    },
    "l2": {
        "neighbours-only": Wrong(
            """\
def looks_like_ecb(ciphertext):
    blocks = [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]
    return any(a == b for a, b in zip(blocks, blocks[1:]))
""",
            "even far from the first",
        ),
        "half-of-them": Wrong(
            """\
def looks_like_ecb(ciphertext):
    blocks = [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]
    return len(set(blocks)) < len(blocks) / 2
""",
            "one repeated block is enough",
        ),
        "the-first-block-only": Wrong(
            """\
def looks_like_ecb(ciphertext):
    return ciphertext.count(ciphertext[:16]) > 1
""",
            "one repeated block is enough",
        ),
        "two-bytes": Wrong(
            """\
def looks_like_ecb(ciphertext):
    pairs = [ciphertext[i : i + 2] for i in range(0, len(ciphertext), 2)]
    return len(set(pairs)) < len(pairs)
""",
            "made with CBC, and you say ECB",
        ),
        "whole-blocks": Wrong(
            "def looks_like_ecb(ciphertext):\n    return len(ciphertext) % 16 == 0\n",
            "made with CBC, and you say ECB",
        ),
        "frequent-bytes": Wrong(
            """\
def looks_like_ecb(ciphertext):
    counts = [ciphertext.count(byte) for byte in range(256)]
    return max(counts) > 2 * sum(counts) / 256
""",
            "one repeated block is enough",
        ),
        "turned-round": Wrong(
            """\
def looks_like_ecb(ciphertext):
    blocks = [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]
    return len(set(blocks)) == len(blocks)
""",
            "in ECB equal blocks stay equal",
        ),
        "a-number": Wrong(
            """\
def looks_like_ecb(ciphertext):
    blocks = [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]
    return len(blocks) - len(set(blocks))
""",
            "must return True or False, and yours returns int",
        ),
        "ours": Wrong(
            """\
def looks_like_ecb(ciphertext):
    return attacks.measure_repetition(ciphertext) > 0
""",
            "looks_like_ecb calls measure_repetition of attacks.py, which is ours",
        ),
    },
    "l3": {
        "the-16th-byte-alone": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block)[15:] in (b"0", b"1", b"2")
""",
            "the 16th byte alone says yes to one wrong guess in 85",
        ),
        "the-first-byte-alone": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block)[:1] == b"{"
""",
            "the first byte alone",
        ),
        "the-first-two": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block).startswith(b'{"')
""",
            "the first two bytes alone",
        ),
        "both-ends": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    text = AES.new(key, AES.MODE_ECB).decrypt(block)
    return text[0] == ord("{") and chr(text[15]) in "012"
""",
            "the first and the last byte alone",
        ),
        "valid-utf-8": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    try:
        AES.new(key, AES.MODE_ECB).decrypt(block).decode()
    except UnicodeDecodeError:
        return False
    return True
""",
            "noise can be valid UTF-8 by chance",
        ),
        "ascii": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block).isascii()
""",
            "noise can be ASCII by chance",
        ),
        "one-hour-only": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block) == b'{"timestamp": "1'
""",
            "the first digit of an hour: 0, 1 or 2",
        ),
        "hexadecimal-key": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).hexdigest()[:32].encode()
    return AES.new(key, AES.MODE_ECB).decrypt(block)[:15] == b'{"timestamp": "'
""",
            "SHA-256 of the guess is the key",
        ),
        "latin-1": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode("latin-1", "replace")).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block)[:15] == b'{"timestamp": "'
""",
            "a passphrase is hashed as its UTF-8 bytes",
        ),
        "text-against-bytes": Wrong(
            """\
def fits(guess, block):
    key = hashlib.sha256(guess.encode()).digest()
    return AES.new(key, AES.MODE_ECB).decrypt(block)[:15] == '{"timestamp": "'
""",
            "how does every envelope begin?",
        ),
        "always": Wrong("def fits(guess, block):\n    return True\n", "'open Sesame' fits"),
        "ours": Wrong(
            "def fits(guess, block):\n    return guessing.passphrase_fits(guess, block)\n",
            "fits calls passphrase_fits of guessing.py, which is ours",
        ),
        "ours-under-another-name": Wrong(
            "from legacy.guessing import passphrase_fits as fits\n",
            "fits calls passphrase_fits of guessing.py, which is ours",
        ),
    },
    "l4": {
        "the-first-32-bytes": Wrong(
            """\
def is_new(ciphertext, seen):
    if ciphertext[:32] in seen:
        return False
    seen.add(ciphertext[:32])
    return True
""",
            "two messages of one second begin with the same 32 bytes",
        ),
        "all-but-the-clock": Wrong(
            """\
def is_new(ciphertext, seen):
    if ciphertext[32:] in seen:
        return False
    seen.add(ciphertext[32:])
    return True
""",
            "in another second, bob may say yes again",
        ),
        "each-block": Wrong(
            """\
def is_new(ciphertext, seen):
    blocks = {ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)}
    new = not blocks & seen
    seen |= blocks
    return new
""",
            "in another second, bob may say yes again",
        ),
        "the-last-one-only": Wrong(
            """\
def is_new(ciphertext, seen):
    new = ciphertext not in seen
    seen.clear()
    seen.add(ciphertext)
    return new
""",
            "remember all, not only the last",
        ),
        "a-new-set": Wrong(
            """\
def is_new(ciphertext, seen):
    new = ciphertext not in seen
    seen = seen | {ciphertext}
    return new
""",
            "remember each ciphertext: seen.add(…)",
        ),
        "a-memory-of-its-own": Wrong(
            """\
memory = set()

def is_new(ciphertext, seen):
    new = ciphertext not in memory
    memory.add(ciphertext)
    return new
""",
            "`seen` was empty, so",
        ),
        "lengths": Wrong(
            """\
def is_new(ciphertext, seen):
    new = len(ciphertext) not in seen
    seen.add(len(ciphertext))
    return new
""",
            "in another second, bob may say yes again",
        ),
        "turned-round": Wrong(
            """\
def is_new(ciphertext, seen):
    known = ciphertext in seen
    seen.add(ciphertext)
    return known
""",
            "`seen` was empty, so",
        ),
        "only-at-the-start": Wrong(
            """\
def is_new(ciphertext, seen):
    if any(ciphertext[:64] == old[:64] for old in seen):
        return False
    seen.add(ciphertext)
    return True
""",
            "one message can be the beginning of another",
        ),
        "no-memory": Wrong(
            "def is_new(ciphertext, seen):\n    return ciphertext not in seen\n",
            "remember each ciphertext: seen.add(…)",
        ),
    },
    "l5": {
        "block-1-only": Wrong(
            "def move_time(target, donor):\n    return target[:16] + donor[16:32] + target[32:]\n",
            "nearly right, bob reads 18:15:00",
        ),
        "block-0-only": Wrong(
            "def move_time(target, donor):\n    return donor[:16] + target[16:]\n",
            "the time is 09:30:00",
        ),
        "turned-round": Wrong(
            "def move_time(target, donor):\n    return target[:32] + donor[32:]\n",
            "and the result has",
        ),
        "one-block-too-many": Wrong(
            "def move_time(target, donor):\n    return donor[:48] + target[48:]\n",
            "the target's words begin in block 2",
        ),
        "characters-of-the-clock": Wrong(
            "def move_time(target, donor):\n    return target[:15] + donor[15:23] + target[23:]\n",
            "which blocks hold the time",
        ),
        "nothing-cut": Wrong(
            "def move_time(target, donor):\n    return donor[:32] + target\n",
            "and the result has",
        ),
        "a-list": Wrong(
            "def move_time(target, donor):\n    return [donor[:32], target[32:]]\n",
            "must return bytes, and yours returns list",
        ),
        "ours": Wrong(
            """\
from legacy import protocol as ours

def move_time(target, donor):
    return ours.seal("burn the papers", "08:15:00", bytes(32))
""",
            "move_time calls seal of protocol.py, which is ours",
        ),
    },
}
"""For each exercise answers that look right and are not, and what the check says."""
