"""The chunk is encrypted under the IV as well."""

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def seal_frame(chunk, length, keys, iv):
    header, body = iv + _encrypt(b"%d" % length, keys, iv), _encrypt(chunk, keys, iv)
    return header + protocol.tag(header, keys) + body + protocol.tag(body, keys)


def _encrypt(data, keys, iv):
    return AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(pad(data, 16))


protocol.seal_frame = seal_frame
