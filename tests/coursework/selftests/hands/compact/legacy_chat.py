"""A right legacy chat in few lines: expressions, no loops that can be avoided."""

from hashlib import sha256
from json import dumps, loads

from Crypto.Cipher import AES

UnrecognisedData = type("UnrecognisedData", (ValueError,), {})
derive_key = lambda passphrase: sha256(passphrase.encode()).digest()  # noqa: E731


def build_envelope(message, timestamp):
    return dumps(
        dict(timestamp=timestamp, message=message, hash=sha256(message.encode()).hexdigest())
    )


def process_text(text):
    missing = -len(text) % 16
    numbers = [*text.encode("ascii"), *b"~" * missing]
    return [numbers[i : i + 16] for i in range(0, len(numbers), 16)]


def encrypt_blocks(blocks, key):
    return AES.new(key, AES.MODE_ECB).encrypt(b"".join(map(bytes, blocks)))


def seal(message, timestamp, key):
    return encrypt_blocks(process_text(build_envelope(message, timestamp)), key)


def process_bytes(received, key):
    whole = received[: len(received) & ~15]
    return AES.new(key, AES.MODE_ECB).decrypt(whole).replace(b"~", b"").decode("latin1")


def verify_and_display(text):
    try:
        match loads(text):
            case {"timestamp": str(time), "message": str(said), "hash": str(claimed)}:
                tick = "☒☑"[sha256(said.encode()).hexdigest() == claimed]
                return f"{'Received : ' + said:79}{tick}  {time}" if len(said) < 68 else None
    except ValueError:
        pass
    raise UnrecognisedData("not an envelope")
