"""Answers to the exercises L9 to L12 of notebook 2: right in other ways, and wrong."""

from tests.notebooks.judged import Wrong

_RECOVER = """\
def first_characters(front_door, number):
    known = ""
    while len(known) < number:
        filler = "A" * ((15 - 38 - len(known)) % 16)
        end = 38 + len(filler) + len(known) + 1
        wanted = front_door(filler)[32:end]
        for character in attacks.PLAIN_CHARACTERS:
            if front_door(filler + known + character)[32:end] == wanted:
                known += character
                break
        else:
            return known
    return known
"""

RIGHT = {
    "l9": {
        "one-block": """\
def first_characters(front_door, number):
    known = ""
    for place in range(number):
        filler = 25 - place % 16
        start = 38 + filler + place - 15
        wanted = front_door("A" * filler)[start : start + 16]
        before = ("A" * 15 + known)[-15:]
        for character in set(map(chr, range(32, 127))) - set('"\\\\'):
            if wanted == front_door("A" * 10 + before + character)[48:64]:
                known += character
    return known
""",
        "a-dictionary": """\
def first_characters(front_door, number):
    known = []
    for _ in range(number):
        filler = "A" * (9 - len(known) % 16 + 16)
        block = (38 + len(filler) + len(known)) // 16 * 16
        table = {}
        for c in attacks.PLAIN_CHARACTERS:
            table[front_door(filler + "".join(known) + c)[block : block + 16]] = c
        known.append(table[front_door(filler)[block : block + 16]])
    return known
""",
        "many-guesses-a-note": """\
def first_characters(front_door, number):
    known = ""
    for place in range(number):
        filler = "A" * (10 + (15 - place) % 16)
        start = (38 + len(filler) + place) // 16 * 16
        wanted = front_door(filler)[start : start + 16]
        before = ("A" * 16 + known)[-15:]
        guesses = "".join(before + c for c in attacks.PLAIN_CHARACTERS)
        blocks = attacks.split_blocks(front_door("A" * 10 + guesses)[48:])
        known += attacks.PLAIN_CHARACTERS[blocks.index(wanted)]
    return known
""",
    },
    "l10": {
        "splits-where-envelopes-begin": """\
def read_all(received, key):
    parts = protocol.process_bytes(received, key).split('{"timestamp": "')
    return [json.loads('{"timestamp": "' + part)["message"] for part in parts[1:]]
""",
        "block-by-block": """\
def read_all(received, key):
    messages, start = [], 0
    for end in range(16, len(received) + 1, 16):
        try:
            text = protocol.process_bytes(received[start:end], key)
            messages.append(protocol.parse_envelope(text).message)
        except protocol.UnrecognisedData:
            continue
        start = end
    return messages
""",
        "recursive": """\
def read_all(received, key):
    text = AES.new(key, AES.MODE_ECB).decrypt(received).decode().replace("~", "")

    def read(text):
        if not text:
            return []
        fields, end = json.JSONDecoder().raw_decode(text)
        return [fields["message"], *read(text[end:])]

    return read(text)
""",
    },
    "l11": {
        "piece-by-piece": """\
def careful_envelope(message, timestamp):
    digest = hashlib.sha256(message.encode()).hexdigest()
    written = json.dumps(message).replace("~", r"\\u007E")
    return f'{{"timestamp": "{timestamp}", "message": {written}, "hash": "{digest}"}}'
""",
        "all-as-escapes": """\
def careful_envelope(message, timestamp):
    units = message.encode("utf-16-be").hex()
    written = "".join("\\\\u" + units[i : i + 4] for i in range(0, len(units), 4))
    digest = hashlib.sha256(message.encode()).hexdigest()
    return f'{{"timestamp": "{timestamp}", "message": "{written}", "hash": "{digest}"}}'
""",
        "join-and-split": """\
def careful_envelope(message, timestamp):
    fields = {"timestamp": timestamp, "message": message}
    fields["hash"] = hashlib.sha256(message.encode()).hexdigest()
    return "\\\\u007e".join(json.dumps(fields).split("~"))
""",
    },
    "l12": {
        "a-block-of-constants-under-the-key": """\
def next_key(key):
    return AES.new(key, AES.MODE_ECB).encrypt(bytes(range(32)))
""",
        "hmac": """\
import hmac

def next_key(key):
    return hmac.new(key, b"next", "sha256").digest()
""",
        "a-longer-hash": """\
def next_key(key):
    return hashlib.sha512(key).digest()[32:]
""",
        "twice": """\
def next_key(key):
    once = hashlib.sha3_256(key)
    once.update(b"again")
    return bytes(once.digest())
""",
    },
}
"""For each exercise answers that are right in another way than the solution."""

WRONG = {
    "l9": {
        "the-clock-as-well": Wrong(
            _RECOVER.replace("[32:end]", "[:end]"), "compare no block before block 2"
        ),
        "one-filler-too-many": Wrong(
            _RECOVER.replace("15 - 38", "16 - 38"), "must be the last of its block"
        ),
        "from-the-start-of-a-block": Wrong(
            _RECOVER.replace("15 - 38", "0 - 38"), "must be the last of its block"
        ),
        "no-header": Wrong(_RECOVER.replace("15 - 38", "15"), "the message starts at offset 38"),
        "does-not-begin-again": Wrong(
            _RECOVER.replace("((15 - 38 - len(known)) % 16)", "(9 - len(known))"),
            "There are no A left to take away",
        ),
        "always-the-same-filler": Wrong(
            _RECOVER.replace("(15 - 38 - len(known)) % 16", "9"), "For the next, one A less"
        ),
        "forgets-what-it-knows": Wrong(
            _RECOVER.replace("filler + known + character", "filler + character"),
            "write what you know before each guess",
        ),
        "block-2-for-ever": Wrong(
            _RECOVER.replace("[32:end]", "[32:48]"), "There are no A left to take away"
        ),
        "small-letters-only": Wrong(
            _RECOVER.replace(
                "attacks.PLAIN_CHARACTERS", '"abcdefghijklmnopqrstuvwxyz 0123456789:,-"'
            ),
            "Try all of attacks.PLAIN_CHARACTERS",
        ),
        "one-and-no-more": Wrong(
            _RECOVER.replace("while len(known) < number", "while len(known) < 1"),
            "Right so far: 'r'",
        ),
        "all-pairs": Wrong(
            """\
def first_characters(front_door, number):
    from itertools import product
    filler = "A" * (10 + 16 - number)
    wanted = front_door(filler)[48:64]
    for guess in product(attacks.PLAIN_CHARACTERS, repeat=number):
        if front_door(filler + "".join(guess))[48:64] == wanted:
            return "".join(guess)
""",
            "try one character at a time",
        ),
        "ours": Wrong(
            """\
def first_characters(front_door, number):
    return attacks.recover_secret(front_door).secret[:number]
""",
            "first_characters calls recover_secret of attacks.py, which is ours",
        ),
    },
    "l10": {
        "splits-at-braces": Wrong(
            """\
def read_all(received, key):
    text = protocol.process_bytes(received, key).replace("}{", "}\\n{")
    return [json.loads(line)["message"] for line in text.splitlines()]
""",
            "a message may hold braces",
        ),
        "a-pattern": Wrong(
            """\
import re

def read_all(received, key):
    text = protocol.process_bytes(received, key)
    return [json.loads(one)["message"] for one in re.findall(r"{.*?}", text)]
""",
            "a message may hold braces",
        ),
        "counts-braces": Wrong(
            """\
def read_all(received, key):
    messages, depth, start = [], 0, 0
    text = protocol.process_bytes(received, key)
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            messages.append(json.loads(text[start : at + 1])["message"])
            start = at + 1
    return messages
""",
            "a message may hold braces",
        ),
        "the-first-only": Wrong(
            """\
def read_all(received, key):
    fields, _ = json.JSONDecoder().raw_decode(protocol.process_bytes(received, key))
    return [fields["message"]]
""",
            "after one object, go on where it ended",
        ),
        "as-one-object": Wrong(
            """\
def read_all(received, key):
    return [json.loads(protocol.process_bytes(received, key))["message"]]
""",
            "after one object, go on where it ended",
        ),
        "every-128-bytes": Wrong(
            """\
def read_all(received, key):
    pieces = [received[start : start + 128] for start in range(0, len(received), 128)]
    return [json.loads(protocol.process_bytes(one, key))["message"] for one in pieces]
""",
            "after one object, go on where it ended",
        ),
        "fails-for-nothing": Wrong(
            """\
def read_all(received, key):
    text, messages, position = protocol.process_bytes(received, key), [], 0
    while True:
        fields, position = json.JSONDecoder().raw_decode(text, position)
        messages.append(fields["message"])
        if position == len(text):
            return messages
""",
            "no message came; then return an empty list",
        ),
        "objects": Wrong(
            """\
def read_all(received, key):
    text, objects, position = protocol.process_bytes(received, key), [], 0
    while position < len(text):
        fields, position = json.JSONDecoder().raw_decode(text, position)
        objects.append(fields)
    return objects
""",
            "['yes'] were joined, and read_all returns [{",
        ),
        "escapes": Wrong(
            """\
import re

def read_all(received, key):
    text = protocol.process_bytes(received, key)
    return re.findall(r'"message": "(.*?)", "hash"', text)
""",
            "a message may hold braces",
        ),
        "ours": Wrong(
            """\
def read_all(received, key):
    return lab.deliver([received], key)
""",
            "which is ours: write it yourself",
        ),
    },
    "l11": {
        "removes-it": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message.replace("~", ""), timestamp)
""",
            "'~5 people' arrives as '5 people'",
        ),
        "replaces-too-early": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message.replace("~", "\\\\u007e"), timestamp)
""",
            "'~5 people' arrives as",
        ),
        "only-the-first": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, timestamp).replace("~", "\\\\u007e", 1)
""",
            "every ~ must be written as \\u007e",
        ),
        "hash-without-it": Wrong(
            """\
def careful_envelope(message, timestamp):
    digest = hashlib.sha256(message.replace("~", "").encode()).hexdigest()
    fields = {"timestamp": timestamp, "message": message, "hash": digest}
    return json.dumps(fields).replace("~", "\\\\u007e")
""",
            "hash the message itself, with each ~",
        ),
        "no-json-escape": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, timestamp).replace("~", "\\\\x7e")
""",
            "does not recognise",
        ),
        "as-in-html": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, timestamp).replace("~", "&#126;")
""",
            "arrives as '&#126;5 people'",
        ),
        "python-reads-the-escape": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, timestamp).replace("~", "\\u007e")
""",
            "a ~ stands in the envelope",
        ),
        "another-tilde": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message.replace("~", "∼"), timestamp)
""",
            "'~5 people' arrives as '∼5 people'",
        ),
        "another-time": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, "12:00:00").replace("~", "\\\\u007e")
""",
            "the time arrives as '12:00:00'",
        ),
        "bytes": Wrong(
            """\
def careful_envelope(message, timestamp):
    return protocol.build_envelope(message, timestamp).replace("~", "\\\\u007e").encode()
""",
            "must return text (str), and yours returns bytes",
        ),
    },
    "l12": {
        "ecb-under-a-constant-key": Wrong(
            """\
def next_key(key):
    return AES.new(bytes(32), AES.MODE_ECB).encrypt(key)
""",
            "a way back, as from encryption under a known key",
        ),
        "cbc-under-a-constant-key": Wrong(
            """\
def next_key(key):
    return AES.new(b"k" * 32, AES.MODE_CBC, iv=bytes(16)).encrypt(key)
""",
            "a way back, as from encryption under a known key",
        ),
        "ctr-under-a-constant-key": Wrong(
            """\
def next_key(key):
    return AES.new(b"k" * 32, AES.MODE_CTR, nonce=bytes(8)).encrypt(key)
""",
            "a way back",
        ),
        "backwards": Wrong("def next_key(key):\n    return key[::-1]\n", "a way back"),
        "plus-one": Wrong(
            """\
def next_key(key):
    return ((int.from_bytes(key, "big") + 1) % 2**256).to_bytes(32, "big")
""",
            "a way back",
        ),
        "half-of-it": Wrong(
            "def next_key(key):\n    return hashlib.sha256(key[:16]).digest()\n",
            "byte 16 of the old key changes nothing",
        ),
        "the-same-always": Wrong(
            'def next_key(key):\n    return hashlib.sha256(b"next").digest()\n',
            "byte 0 of the old key changes nothing",
        ),
        "random": Wrong(
            "import os\n\ndef next_key(key):\n    return os.urandom(32)\n", "nothing may be random"
        ),
        "hexadecimal": Wrong(
            "def next_key(key):\n    return hashlib.sha256(key).hexdigest().encode()\n",
            "AES-256 needs a key of 32 bytes, and yours has 64",
        ),
        "unchanged": Wrong("def next_key(key):\n    return key\n", "the key must change"),
        "text": Wrong(
            "def next_key(key):\n    return hashlib.sha256(key).hexdigest()[:32]\n",
            "must return bytes, and yours returns str",
        ),
    },
}
"""For each exercise answers that look right and are not, and what the check says."""
