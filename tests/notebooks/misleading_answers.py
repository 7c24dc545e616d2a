"""Answers to the exercises L6 to L8 of notebook 2: right in other ways, and wrong."""

from tests.notebooks.judged import Wrong

_READ = """
def read(received, passphrase, me):
    peer = "alice" if me == "bob" else "bob"
    try:
        text = protocol.process_bytes(received, key_for(passphrase, peer))
        return protocol.parse_envelope(text).message
    except protocol.UnrecognisedData:
        return None
"""

RIGHT = {
    "l6": {
        "another-order": """\
def forge(message, timestamp, key):
    fields = {}
    fields["hash"] = hashlib.sha256(message.encode()).hexdigest()
    fields["message"] = message
    fields["timestamp"] = timestamp
    return protocol.encrypt_blocks(protocol.process_text(json.dumps(fields)), key)
""",
        "no-spaces": """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest()
    fields = dict(timestamp=timestamp, message=message, hash=digest)
    text = json.dumps(fields, separators=(",", ":"))
    return protocol.encrypt_blocks(protocol.process_text(text), key)
""",
        "with-its-own-blocks": """\
def forge(message, timestamp, key):
    digest = hashlib.new("sha256", bytes(message, "utf-8")).digest().hex()
    text = '{"timestamp": "%s", "message": %s, "hash": "%s"}'
    text %= timestamp, json.dumps(message), digest
    text = text.ljust(-(-len(text) // 16) * 16, "~")
    return AES.new(key, AES.MODE_ECB).encrypt(text.encode())
""",
    },
    "l7": {
        "hmac": """\
import hmac

def key_for(passphrase, sender):
    return hmac.digest(passphrase.encode(), sender.encode(), "sha256")

def read(received, passphrase, me):
    key = key_for(passphrase, {"alice": "bob", "bob": "alice"}[me])
    text = AES.new(key, AES.MODE_ECB).decrypt(received).rstrip(b"~")
    try:
        return json.loads(text)["message"]
    except ValueError:
        return None
""",
        "two-rounds": """\
def key_for(passphrase, sender):
    inner = hashlib.sha256(passphrase.encode()).digest()
    return hashlib.sha256(inner + sender.encode()).digest()

def read(received, passphrase, me):
    (peer,) = {"alice", "bob"} - {me}
    text = protocol.process_bytes(received, key_for(passphrase, peer))
    if text.startswith('{"timestamp": "'):
        return protocol.parse_envelope(text).message
""",
        "hkdf": """\
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

def key_for(passphrase, sender):
    return HKDF(passphrase.encode(), 32, b"", SHA256, context=sender.encode())
"""
        + _READ,
        "one-long-hash": """\
def key_for(passphrase, sender):
    both = hashlib.sha512(passphrase.encode()).digest()
    return both[:32] if sender == "alice" else both[32:]
"""
        + _READ,
    },
    "l8": {
        "sorted": """\
def receive(arrived):
    texts = dict(arrived)
    shown = []
    while len(shown) in texts:
        shown.append(texts[len(shown)])
    highest = max(texts) if texts else -1
    return shown, [n for n in range(highest) if n not in texts]
""",
        "a-set-of-numbers": """\
def receive(arrived):
    numbers = {number for number, _ in arrived}
    missing = sorted(set(range(max(numbers, default=0))) - numbers)
    first_gap = min(missing, default=len(numbers))
    messages = sorted({(n, text) for n, text in arrived if n < first_gap})
    return [text for _, text in messages], missing
""",
        "as-a-receiver-that-waits": """\
def receive(arrived):
    expected, waiting, shown = 0, {}, []
    for number, text in arrived:
        if number < expected:
            continue
        waiting[number] = text
        while expected in waiting:
            shown.append(waiting.pop(expected))
            expected += 1
    highest = max(waiting, default=expected - 1)
    return [shown, [n for n in range(expected, highest + 1) if n not in waiting]]
""",
    },
}
"""For each exercise answers that are right in another way than the solution."""

WRONG = {
    "l6": {
        "no-hash": Wrong(
            """\
def forge(message, timestamp, key):
    envelope = json.dumps({"timestamp": timestamp, "message": message})
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "an object with the fields timestamp, message and hash",
        ),
        "hash-of-the-envelope": Wrong(
            """\
def forge(message, timestamp, key):
    fields = {"timestamp": timestamp, "message": message}
    fields["hash"] = hashlib.sha256(json.dumps(fields).encode()).hexdigest()
    return protocol.encrypt_blocks(protocol.process_text(json.dumps(fields)), key)
""",
            "SHA-256 of the message's UTF-8 bytes",
        ),
        "a-mac-that-nobody-asked-for": Wrong(
            """\
import hmac

def forge(message, timestamp, key):
    digest = hmac.digest(key, message.encode(), "sha256").hex()
    envelope = json.dumps({"timestamp": timestamp, "message": message, "hash": digest})
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "SHA-256 of the message's UTF-8 bytes",
        ),
        "hash-of-the-escapes": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(json.dumps(message)[1:-1].encode()).hexdigest()
    envelope = json.dumps({"timestamp": timestamp, "message": message, "hash": digest})
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "json.dumps writes ☃ as an escape; hash its UTF-8 bytes",
        ),
        "json-by-hand": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest()
    text = f'{{"timestamp": "{timestamp}", "message": "{message}", "hash": "{digest}"}}'
    text = text.encode("ascii", "backslashreplace").decode()
    return protocol.encrypt_blocks(protocol.process_text(text), key)
""",
            "json.dumps escapes what JSON must",
        ),
        "no-escapes": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest()
    fields = {"timestamp": timestamp, "message": message, "hash": digest}
    text = json.dumps(fields, ensure_ascii=False)
    return protocol.encrypt_blocks(protocol.process_text(text), key)
""",
            "json.dumps writes ☃ as an escape",
        ),
        "another-time": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest()
    envelope = json.dumps({"timestamp": "20:00:24", "message": message, "hash": digest})
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "the time on bob's screen is 20:00:24",
        ),
        "capital-digits": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest().upper()
    envelope = json.dumps({"timestamp": timestamp, "message": message, "hash": digest})
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "SHA-256 of the message's UTF-8 bytes",
        ),
        "not-encrypted": Wrong(
            """\
def forge(message, timestamp, key):
    digest = hashlib.sha256(message.encode()).hexdigest()
    return json.dumps({"timestamp": timestamp, "message": message, "hash": digest})
""",
            "must return bytes, and yours returns str",
        ),
        "ours": Wrong(
            "def forge(message, timestamp, key):\n"
            "    return protocol.seal(message, timestamp, key)\n",
            "forge calls seal of protocol.py, which is ours",
        ),
        "half-ours": Wrong(
            """\
def forge(message, timestamp, key):
    envelope = protocol.build_envelope(message, timestamp)
    return protocol.encrypt_blocks(protocol.process_text(envelope), key)
""",
            "forge calls build_envelope of protocol.py, which is ours",
        ),
    },
    "l7": {
        "the-same-key": Wrong(
            "def key_for(passphrase, sender):\n"
            "    return hashlib.sha256(passphrase.encode()).digest()\n" + _READ,
            "alice and bob have the same key",
        ),
        "the-same-key-for-one-side": Wrong(
            """\
def key_for(passphrase, sender):
    if sender == "alice":
        return protocol.derive_key(passphrase)
    return hashlib.sha256(b"bob" + passphrase.encode()).digest()
"""
            + _READ,
            "which is ours",
        ),
        "the-old-key-for-one-side": Wrong(
            """\
def key_for(passphrase, sender):
    name = "" if sender == "alice" else sender
    return hashlib.sha256((name + passphrase).encode()).digest()
"""
            + _READ,
            "bob still reads messages under the old, single key",
        ),
        "one-bit-flipped": Wrong(
            """\
def key_for(passphrase, sender):
    key = hashlib.sha256(passphrase.encode()).digest()
    return key if sender == "alice" else bytes([key[0] ^ 1]) + key[1:]
"""
            + _READ,
            "both keys always differ in the same way",
        ),
        "plus-one": Wrong(
            """\
def key_for(passphrase, sender):
    key = int(hashlib.sha256(passphrase.encode()).hexdigest(), 16)
    return (key + (sender == "bob")).to_bytes(32, "big")
"""
            + _READ,
            "both keys always differ in the same way",
        ),
        "backwards": Wrong(
            """\
def key_for(passphrase, sender):
    key = hashlib.sha256(passphrase.encode()).digest()
    return key if sender == "alice" else key[::-1]
"""
            + _READ,
            "the bytes of the other, in another order",
        ),
        "of-the-sender-alone": Wrong(
            "def key_for(passphrase, sender):\n"
            "    return hashlib.sha256(sender.encode()).digest()\n" + _READ,
            "the key must depend on the passphrase",
        ),
        "random": Wrong(
            "import os\n\ndef key_for(passphrase, sender):\n    return os.urandom(32)\n" + _READ,
            "no randomness",
        ),
        "half-in-common": Wrong(
            """\
def key_for(passphrase, sender):
    half = hashlib.sha256(passphrase.encode()).digest()[:16]
    return half + hashlib.sha256((sender + passphrase).encode()).digest()[:16]
"""
            + _READ,
            "have a part in common",
        ),
        "too-long": Wrong(
            "def key_for(passphrase, sender):\n"
            "    return hashlib.sha256((sender + passphrase).encode()).hexdigest().encode()\n"
            + _READ,
            "AES-256 needs a key of 32 bytes, and yours has 64",
        ),
        "reads-both": Wrong(
            """\
def key_for(passphrase, sender):
    return hashlib.sha256((sender + passphrase).encode()).digest()

def read(received, passphrase, me):
    for sender in "alice", "bob":
        text = protocol.process_bytes(received, key_for(passphrase, sender))
        if text.startswith("{"):
            return protocol.parse_envelope(text).message
""",
            "L7 still gets through: alice believes that the peer wrote what alice wrote",
        ),
        "reads-its-own": Wrong(
            """\
def key_for(passphrase, sender):
    return hashlib.sha256((sender + passphrase).encode()).digest()

def read(received, passphrase, me):
    text = protocol.process_bytes(received, key_for(passphrase, me))
    return protocol.parse_envelope(text).message
""",
            "decrypt it with the key of the one who wrote it",
        ),
        "no-except": Wrong(
            """\
def key_for(passphrase, sender):
    return hashlib.sha256((sender + passphrase).encode()).digest()

def read(received, passphrase, me):
    peer = "bob" if me == "alice" else "alice"
    text = protocol.process_bytes(received, key_for(passphrase, peer))
    return protocol.parse_envelope(text).message
""",
            "if it is no envelope under the peer's key, return None",
        ),
        "returns-noise": Wrong(
            """\
def key_for(passphrase, sender):
    return hashlib.sha256((sender + passphrase).encode()).digest()

def read(received, passphrase, me):
    peer = "bob" if me == "alice" else "alice"
    text = protocol.process_bytes(received, key_for(passphrase, peer))
    try:
        return json.loads(text)["message"]
    except ValueError:
        return text
""",
            "L7 still gets through",
        ),
    },
    "l8": {
        "believes-all": Wrong(
            "def receive(arrived):\n    return [text for _, text in arrived], []\n",
            "mallory sends messages again",
        ),
        "only-sorts": Wrong(
            "def receive(arrived):\n    return [text for _, text in sorted(arrived)], []\n",
            "mallory sends messages again",
        ),
        "equal-words-are-replays": Wrong(
            """\
def receive(arrived):
    shown = []
    for _, text in sorted(arrived):
        if text not in shown:
            shown.append(text)
    return shown, []
""",
            "all arrive in order",
        ),
        "drops-what-comes-late": Wrong(
            """\
def receive(arrived):
    expected, shown = 0, []
    for number, text in arrived:
        if number == expected:
            shown.append(text)
            expected += 1
    return shown, []
""",
            "put them in order",
        ),
        "shows-behind-a-gap": Wrong(
            """\
def receive(arrived):
    texts = dict(arrived)
    missing = [n for n in range(max(texts, default=0)) if n not in texts]
    return [texts[n] for n in sorted(texts)], missing
""",
            "show nothing behind a gap",
        ),
        "begins-at-the-lowest": Wrong(
            """\
def receive(arrived):
    texts = dict(arrived)
    lowest, highest = min(texts, default=0), max(texts, default=0)
    missing = [n for n in range(lowest, highest) if n not in texts]
    end = missing[0] if missing else highest + 1
    return [texts[n] for n in range(lowest, end) if n in texts], missing
""",
            "show nothing behind a gap",
        ),
        "the-first-gap-only": Wrong(
            """\
def receive(arrived):
    texts, shown = dict(arrived), []
    while len(shown) in texts:
        shown.append(texts[len(shown)])
    return shown, [len(shown)] if len(shown) < max(texts, default=0) else []
""",
            "say which numbers below the highest are missing",
        ),
        "the-next-is-missing-too": Wrong(
            """\
def receive(arrived):
    texts, shown = dict(arrived), []
    while len(shown) in texts:
        shown.append(texts[len(shown)])
    return shown, [n for n in range(max(texts, default=-1) + 2) if n not in texts]
""",
            "nothing has arrived",
        ),
        "fails-for-nothing": Wrong(
            """\
def receive(arrived):
    texts = dict(arrived)
    missing = [n for n in range(max(texts)) if n not in texts]
    end = missing[0] if missing else max(texts) + 1
    return [texts[n] for n in range(end)], missing
""",
            "nothing has arrived",
        ),
        "one-list": Wrong(
            "def receive(arrived):\n    return [text for _, text in arrived]\n", "return two lists"
        ),
    },
}
"""For each exercise answers that look right and are not, and what the check says."""
