"""Answers to the exercises of notebook 1: right in other ways than the solution, and wrong."""

from tests.notebooks.judged import Wrong

RIGHT = {
    "size": {
        "builds-it": """\
def wire_size(message):
    envelope = protocol.build_envelope(message, "00:00:00")
    while len(envelope) % 16:
        envelope += "~"
    return len(envelope)
""",
        "counts-blocks": """\
def wire_size(message):
    return 16 * len(protocol.process_text(protocol.build_envelope(message, "12:34:56")))
""",
        "by-hand": """\
import math

def wire_size(message):
    digest = hashlib.sha256(message.encode()).hexdigest()
    fields = {"timestamp": "20:00:00", "message": message, "hash": digest}
    return math.ceil(len(json.dumps(fields)) / 16) * 16
""",
        "counts-characters": """\
def wire_size(message):
    size = 116
    for c in message:
        if c in '"\\\\\\n\\r\\t\\b\\f':
            size += 2
        elif " " <= c <= "\\x7f":
            size += 1
        else:
            size += 12 if ord(c) > 0xFFFF else 6
    return (size + 15) // 16 * 16
""",
    },
    "tag": {
        "with-try": """\
def tag_of(text):
    try:
        envelope = json.loads(text)
        digest = hashlib.new("sha256", bytes(envelope["message"], "utf-8"))
        assert digest.hexdigest() == envelope["hash"]
        return chr(0x2611)
    except AssertionError:
        return chr(0x2612)
""",
        "compares-bytes-in-constant-time": """\
from hmac import compare_digest

def tag_of(text):
    fields = json.loads(text)
    mine = hashlib.sha256(fields["message"].encode("utf8")).hexdigest().encode()
    return "☒☑"[compare_digest(mine, fields["hash"].encode())]
""",
        "takes-it-apart": """\
def tag_of(text):
    time, message, claimed = map(json.loads(text).get, ("timestamp", "message", "hash"))
    if hashlib.sha256(message.encode()).hexdigest() != claimed:
        return "☒"
    return "☑"
""",
    },
    "survive": {
        "formats-a-line": """\
def survives(message):
    if "~" in message:
        return False
    line = "Received : " + message + " "
    return len(line) < 80
""",
        "builds-and-parses": """\
def survives(message):
    if len(message) > 67:
        return False
    text = json.dumps({"message": message}).replace("~", "")
    return json.loads(text)["message"] == message
""",
        "counts-tildes": """\
def survives(message):
    return not (message.count("~") or len(message) >= 68)
""",
    },
}
"""For each exercise answers that are right in another way than the solution."""

WRONG = {
    "size": {
        "no-last-block": Wrong(
            """\
def wire_size(message):
    return 116 + len(json.dumps(message)) - 2
""",
            "AES makes whole blocks of 16 bytes",
        ),
        "rounded-down": Wrong(
            """\
def wire_size(message):
    return (116 + len(json.dumps(message)) - 2) // 16 * 16
""",
            "so round up",
        ),
        "always-padded": Wrong(
            """\
def wire_size(message):
    return ((116 + len(json.dumps(message)) - 2) // 16 + 1) * 16
""",
            "a full last block gets no padding",
        ),
        "one-too-many": Wrong(
            """\
def wire_size(message):
    return -(-(116 + len(json.dumps(message))) // 16) * 16
""",
            "one more character begins a new one",
        ),
        "no-hash": Wrong(
            """\
def wire_size(message):
    return -(-(52 + len(json.dumps(message)) - 2) // 16) * 16
""",
            "how long is the envelope without the message?",
        ),
        "characters": Wrong(
            """\
def wire_size(message):
    return -(-(116 + len(message)) // 16) * 16
""",
            "what does json.dumps make of é and ☃?",
        ),
        "bytes-of-utf-8": Wrong(
            """\
def wire_size(message):
    return -(-(116 + len(message.encode())) // 16) * 16
""",
            "what does json.dumps make of é and ☃?",
        ),
        "six-for-all": Wrong(
            """\
def wire_size(message):
    escaped = sum(1 if ord(c) < 128 else 6 for c in message)
    return -(-(116 + escaped) // 16) * 16
""",
            "a 🔑 is twelve characters in JSON",
        ),
        "no-escapes-in-ascii": Wrong(
            """\
def wire_size(message):
    escaped = sum(1 if ord(c) < 128 else 6 if ord(c) < 65536 else 12 for c in message)
    return -(-(116 + escaped) // 16) * 16
""",
            "JSON escapes some ASCII characters, too",
        ),
        "the-function-under-test": Wrong(
            """\
def wire_size(message):
    return len(protocol.seal(message, "00:00:00", bytes(32)))
""",
            "wire_size calls seal of protocol.py, which is ours",
        ),
        "under-another-name": Wrong(
            """\
from legacy.protocol import encrypt_blocks as helper

def wire_size(message):
    text = protocol.build_envelope(message, "00:00:00")
    return len(helper(protocol.process_text(text), bytes(32)))
""",
            "wire_size calls encrypt_blocks of protocol.py, which is ours",
        ),
        "half-a-number": Wrong(
            """\
def wire_size(message):
    return (116 + len(message)) / 16 * 16
""",
            "must return a whole number, and yours returns float",
        ),
    },
    "tag": {
        "true-or-false": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    return hashlib.sha256(fields["message"].encode()).hexdigest() == fields["hash"]
""",
            "must return text (str), and yours returns bool",
        ),
        "words": Wrong('def tag_of(text):\n    return "ticked"\n', "one of the two characters"),
        "always-ticked": Wrong('def tag_of(text):\n    return "☑"\n', "with `at 9` instead"),
        "boxes-exchanged": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    digest = hashlib.sha256(fields["message"].encode()).hexdigest()
    return "☒" if digest == fields["hash"] else "☑"
""",
            "are the boxes exchanged?",
        ),
        "bytes-and-text": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    digest = hashlib.sha256(fields["message"].encode()).digest()
    return "☑" if digest == fields["hash"] else "☒"
""",
            "are both texts of 64 digits?",
        ),
        "hashes-the-envelope": Wrong(
            """\
def tag_of(text):
    digest = json.loads(text)["hash"]
    return "☑" if hashlib.sha256(text.encode()).hexdigest() == digest else "☒"
""",
            "so your hash is not the one that came",
        ),
        "hashes-the-time-too": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    known = (fields["timestamp"] + fields["message"]).encode()
    return "☑" if hashlib.sha256(known).hexdigest() == fields["hash"] else "☒"
""",
            "so your hash is not the one that came",
        ),
        "latin-1": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    message = fields["message"].encode("latin-1", "replace")
    return "☑" if hashlib.sha256(message).hexdigest() == fields["hash"] else "☒"
""",
            "'☃' gets ☒",
        ),
        "splits-at-quotation-marks": Wrong(
            """\
def tag_of(text):
    parts = text.split('"')
    return "☑" if hashlib.sha256(parts[7].encode()).hexdigest() == parts[11] else "☒"
""",
            "as json.loads gives it, without escapes",
        ),
        "eight-digits-are-enough": Wrong(
            """\
def tag_of(text):
    fields = json.loads(text)
    digest = hashlib.sha256(fields["message"].encode()).hexdigest()
    return "☑" if digest[:8] == fields["hash"][:8] else "☒"
""",
            "all 64 digits must fit",
        ),
        "anywhere": Wrong(
            """\
def tag_of(text):
    digest = hashlib.sha256(json.loads(text)["message"].encode()).hexdigest()
    return "☑" if f'"{digest}"' in text else "☒"
""",
            "must be in the field `hash`, not anywhere",
        ),
        "counts-fields": Wrong(
            """\
def tag_of(text):
    _, message, digest = json.loads(text).values()
    return "☑" if hashlib.sha256(message.encode()).hexdigest() == digest else "☒"
""",
            "the fields may come in any order",
        ),
        "the-packages-own": Wrong(
            """\
def tag_of(text):
    return "☑" if protocol.parse_envelope(text).verified else "☒"
""",
            "tag_of calls parse_envelope of protocol.py, which is ours",
        ),
    },
    "survive": {
        "always": Wrong("def survives(message):\n    return True\n", "what happens to a ~?"),
        "at-the-end-only": Wrong(
            """\
def survives(message):
    return not message.endswith("~") and len(message) <= 67
""",
            "what happens to a ~?",
        ),
        "one-too-long": Wrong(
            """\
def survives(message):
    return "~" not in message and len(message) <= 68
""",
            "one space must fit before the box",
        ),
        "one-too-short": Wrong(
            """\
def survives(message):
    return "~" not in message and len(message) < 67
""",
            "one space must fit before the box",
        ),
        "bytes": Wrong(
            """\
def survives(message):
    return "~" not in message and len(message.encode()) <= 67
""",
            "the screen counts characters, not bytes",
        ),
        "escapes": Wrong(
            """\
def survives(message):
    return "~" not in message and len(json.dumps(message)) - 2 <= 67
""",
            "the screen counts characters, not bytes",
        ),
        "ascii-only": Wrong(
            """\
def survives(message):
    return "~" not in message and len(message) <= 67 and message.isascii()
""",
            "it arrives as it was sent",
        ),
        "not-empty": Wrong(
            """\
def survives(message):
    return bool(message) and "~" not in message and len(message) <= 67
""",
            "survives('') is False",
        ),
        "no-truth-value": Wrong(
            """\
def survives(message):
    return message and "~" not in message
""",
            "must return True or False",
        ),
        "asks-the-receiver": Wrong(
            """\
def survives(message):
    key = protocol.derive_key("secret")
    return bool(lab.deliver([protocol.seal(message, "12:00:00", key)], key))
""",
            "which is ours: write it yourself",
        ),
        "the-checks-own": Wrong(
            "from notebooks.checks.legacy_built import _really_survives as survives\n",
            "survives calls _really_survives of legacy_built.py, which is ours",
        ),
    },
}
"""For each exercise answers that look right and are not, and what the check says."""
