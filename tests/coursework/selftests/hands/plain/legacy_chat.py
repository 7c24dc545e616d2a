"""A right legacy chat, written step by step, as a beginner would."""

import hashlib
import json

import pyaes


class UnrecognisedData(Exception):
    """Not an envelope."""


def derive_key(passphrase):
    hasher = hashlib.sha256()
    hasher.update(passphrase.encode("utf-8"))
    return hasher.digest()


def build_envelope(message, timestamp):
    envelope = {}
    envelope["timestamp"] = timestamp
    envelope["message"] = message
    envelope["hash"] = hashlib.sha256(message.encode("utf-8")).hexdigest()
    return json.dumps(envelope)


def process_text(text):
    while len(text) % 16 != 0:
        text = text + "~"
    blocks = []
    position = 0
    while position < len(text):
        block = []
        for character in text[position : position + 16]:
            block.append(ord(character))
        blocks.append(block)
        position = position + 16
    return blocks


def encrypt_blocks(blocks, key):
    result = b""
    aes = pyaes.AES(key)
    for block in blocks:
        result = result + bytes(aes.encrypt(block))
    return result


def seal(message, timestamp, key):
    text = build_envelope(message, timestamp)
    blocks = process_text(text)
    return encrypt_blocks(blocks, key)


def process_bytes(received, key):
    aes = pyaes.AES(key)
    text = ""
    number = len(received) // 16
    for index in range(number):
        block = list(received[index * 16 : index * 16 + 16])
        for value in aes.decrypt(block):
            if chr(value) != "~":
                text = text + chr(value)
    return text


def verify_and_display(text):
    try:
        envelope = json.loads(text)
        message = envelope["message"]
        timestamp = envelope["timestamp"]
        digest = envelope["hash"]
    except (ValueError, KeyError, TypeError):
        raise UnrecognisedData(text[:20])
    if hashlib.sha256(message.encode("utf-8")).hexdigest() == digest:
        box = "☑"
    else:
        box = "☒"
    spaces = 80 - len(message) - 12
    if spaces < 1:
        return None
    line = "Received : " + message
    line = line + " " * spaces
    line = line + box + "  " + timestamp
    return line
