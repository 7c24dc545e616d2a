"""A peer of any wire of the modern family: `wire_peer.py server|client PORT DIALECT CONF AUTH`.

Written from recorded facts, with nothing of `modern` in it: that is what the dialects are held
against. Lengths count bytes, and bodies are read by them, as whoever relies on a length must.
"""

import hashlib
import hmac
import os
import socket
import sys
import threading

from Crypto.Cipher import AES

# keys, prefix, length (form, counts), chunk size, filling of the body, newline, body's IV, tag
PLAIN = ("each", 0, ("digits", "chunk"), 15, "pkcs7", True, "on", "hmac")


def line(keys="each", prefix=0, length=("digits", "chunk"), filling="pkcs7", **rest):
    newline, iv, tag = (rest.get(name, default) for name, default in DEFAULTS)
    return (keys, prefix, length, None, filling, newline, iv, tag)


DEFAULTS = (("newline", True), ("iv", "on"), ("tag", "hmac"))
WIRES = {
    "independent": PLAIN,
    "chained": ("chained", 0, ("digits", "rest"), *PLAIN[3:]),
    "big-endian": line(length=((8, "big", "pkcs7"), "chunk")),
    "zero-padded": line(length=((16, "big", "none"), "chunk"), filling="zeros1"),
    "zero-padded-no-newline": line(
        length=((4, "big", "zeros"), "chunk"), filling="zeros0", newline=False
    ),
    "little-endian-no-newline": line(length=((16, "little", "none"), "chunk"), newline=False),
    "raw-authkey": line(keys="rawauth", length=((15, "little", "pkcs7"), "chunk")),
    "data-twice": line(length=((8, "little", "pkcs7"), "chunk"), tag="twice"),
    "hash-for-hmac": line(length=((4, "big", "pkcs7"), "padded"), iv="same", tag="sha"),
    "hex-keys": line(keys="hex"),
    "running-tags": line(keys="raw", tag="running"),
    "two-block-length": line(length=((16, "big", "pkcs7"), "chunk")),
    "size-in-the-clear": line(prefix=4, length=((4, "big", "pkcs7"), "chunk"), iv="same"),
    "second-iv": line(length=((4, "big", "pkcs7"), "chunk"), iv="second"),
    "untagged-second-iv": line(iv="untagged"),
}


def derive(how, conf, auth):
    conf, auth = conf.encode(), auth.encode()
    if how == "raw":
        return conf.ljust(32, b"a"), auth.ljust(32, b"a")
    if how == "hex":
        return tuple(hashlib.sha256(key).hexdigest()[:16].encode() for key in (conf, auth))
    hashed = hashlib.sha256(conf + auth if how == "chained" else auth).digest()
    return hashlib.sha256(conf).digest(), auth if how == "rawauth" else hashed


def fill(data, how):
    missing = 16 - len(data) % 16
    if how == "pkcs7":
        return data + bytes([missing]) * missing
    return data + bytes(missing if how == "zeros1" else missing % 16)


class Tags:
    def __init__(self, how, key):
        self.how, self.key, self.past = how, key, b""

    def make(self, data):
        if self.how == "sha":
            return hashlib.sha256(data + self.key).digest()
        if self.how == "twice":
            data += data
        if self.how == "running":
            data = self.past = self.past + data
        return hmac.new(self.key, data, "sha256").digest()


class Wire:
    def __init__(self, name, conf, auth):
        how, self.prefix, self.length, self.size, *rest = WIRES[name]
        self.filling, self.newline, self.iv, tag = rest
        self.conf, key = derive(how, conf, auth)
        self.headers, self.bodies = Tags(tag, key), Tags(tag, key)

    def cipher(self, iv):
        return AES.new(self.conf, AES.MODE_CBC, iv)

    def write_length(self, number):
        form = self.length[0]
        if form == "digits":
            return fill(str(number).encode(), "pkcs7")
        width, order, filling = form
        data = number.to_bytes(width, order)
        return fill(data, "pkcs7") if filling == "pkcs7" else data.ljust(16, b"\0")

    def read_length(self, data):
        form = self.length[0]
        if form == "digits":
            return int(data[: -data[-1]])
        return int.from_bytes(data[: form[0]], form[1])

    def frames(self, text):
        text = text if self.newline else text.rstrip("\n")
        while True:
            chunk = text
            while self.size and len(chunk.encode()) > self.size:
                chunk = chunk[:-1]
            yield self.frame(chunk.encode(), text)
            text = text[len(chunk) :]
            if not text:
                return

    def frame(self, chunk, rest):
        padded = fill(chunk, self.filling)
        counts = {"chunk": len(chunk), "rest": len(rest), "padded": len(padded)}
        iv, second = os.urandom(16), b""
        encrypted = self.cipher(iv).encrypt(self.write_length(counts[self.length[1]]))
        start = iv if self.iv == "same" else encrypted[-16:]
        if self.iv in ("second", "untagged"):
            start = second = os.urandom(16)
        body = self.cipher(start).encrypt(padded)
        tagged = second + body if self.iv == "second" else body
        head = iv + encrypted
        frame = head + self.headers.make(head) + second + body + self.bodies.make(tagged)
        return len(frame).to_bytes(self.prefix, "big") + frame if self.prefix else frame

    def read_frame(self, read):
        read(self.prefix)
        iv = read(16)
        encrypted = read(len(self.write_length(0)))
        if self.headers.make(iv + encrypted) != read(32):
            raise ValueError("the header's tag")
        length = self.read_length(self.cipher(iv).decrypt(encrypted))
        second = read(16) if self.iv in ("second", "untagged") else b""
        size = length if self.length[1] == "padded" else len(fill(bytes(length), self.filling))
        body = read(16 if self.size else size)
        if self.bodies.make(second + body if self.iv == "second" else body) != read(32):
            raise ValueError("the body's tag")
        start = second or (iv if self.iv == "same" else encrypted[-16:])
        padded = self.cipher(start).decrypt(body)
        text = padded[: -padded[-1]] if self.filling == "pkcs7" else padded.rstrip(b"\0")
        return text.decode() + ("" if self.newline else "\n")


def listen(connection, wire):
    stream = connection.makefile("rb")

    def read(size):
        data = stream.read(size)
        if len(data) < size:
            raise EOFError
        return data

    while stream.peek(1):
        try:
            sys.stdout.write(wire.read_frame(read))
            sys.stdout.flush()
        except (ValueError, EOFError) as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    print("closed", file=sys.stderr, flush=True)


def main():
    role, port, name, conf, auth = sys.argv[1:]
    if role == "server":
        listener = socket.create_server(("127.0.0.1", int(port)))
        print(
            f"waiting for a peer on port {listener.getsockname()[1]}", file=sys.stderr, flush=True
        )
        connection, _ = listener.accept()
    else:
        connection = socket.create_connection(("127.0.0.1", int(port)))
    sending, receiving = Wire(name, conf, auth), Wire(name, conf, auth)
    listening = threading.Thread(target=listen, args=(connection, receiving), daemon=True)
    listening.start()
    for typed in sys.stdin:
        for frame in sending.frames(typed):
            connection.sendall(frame)
    connection.shutdown(socket.SHUT_WR)
    listening.join()
    connection.close()


if __name__ == "__main__":
    sys.stdout.reconfigure(newline="\n")  # on Windows, print would write two bytes there
    main()
