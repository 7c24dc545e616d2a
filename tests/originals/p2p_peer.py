"""An original-style modern peer: `p2p_peer.py server|client PORT independent|chained CONF AUTH`.

Reads each frame with one `recv(112)`, as public programs do, and breaks where that is not a frame.
"""

import hashlib
import os
import socket
import sys
import threading

from Crypto.Cipher import AES
from Crypto.Hash import HMAC, SHA256


def derive(dialect, conf, auth):
    confidentiality = hashlib.sha256(conf.encode()).digest()
    hashed = hashlib.sha256(conf.encode() if dialect == "chained" else b"")
    hashed.update(auth.encode())
    return confidentiality, hashed.digest()


def tag(key, data):
    return HMAC.new(key, data, SHA256).digest()


def fill(data):
    missing = 16 - len(data)
    return data + bytes([missing]) * missing


def send(connection, keys, dialect, message):
    while message:
        chunk = message
        while len(chunk.encode()) > 15:
            chunk = chunk[:-1]
        length = len(message) if dialect == "chained" else len(chunk.encode())
        iv = os.urandom(16)
        cipher = AES.new(keys[0], AES.MODE_CBC, iv)
        header = iv + cipher.encrypt(fill(str(length).encode()))
        body = cipher.encrypt(fill(chunk.encode()))
        connection.send(header + tag(keys[1], header) + body + tag(keys[1], body))
        message = message[len(chunk) :]


def listen(connection, keys):
    while True:
        frame = connection.recv(112)
        if not frame:
            print("closed", file=sys.stderr, flush=True)
            return
        if len(frame) != 112:
            print(f"broken: a recv of {len(frame)} bytes", file=sys.stderr, flush=True)
            os._exit(3)
        if frame[32:64] != tag(keys[1], frame[:32]) or frame[80:] != tag(keys[1], frame[64:80]):
            print("ERROR: HMAC verification failed", file=sys.stderr, flush=True)
            os._exit(1)
        cipher = AES.new(keys[0], AES.MODE_CBC, frame[:16])
        cipher.decrypt(frame[16:32])
        chunk = cipher.decrypt(frame[64:80])
        sys.stdout.write(chunk[: -chunk[-1]].decode())
        sys.stdout.flush()


def main():
    role, port, dialect, conf, auth = sys.argv[1:]
    if role == "server":
        listener = socket.socket()
        listener.bind(("127.0.0.1", int(port)))
        listener.listen()
        print(
            f"waiting for a peer on port {listener.getsockname()[1]}", file=sys.stderr, flush=True
        )
        connection, _ = listener.accept()
    else:
        connection = socket.create_connection(("127.0.0.1", int(port)))
    keys = derive(dialect, conf, auth)
    listener = threading.Thread(target=listen, args=(connection, keys), daemon=True)
    listener.start()
    for line in sys.stdin:
        send(connection, keys, dialect, line)
    connection.shutdown(socket.SHUT_WR)
    listener.join()
    connection.close()


if __name__ == "__main__":
    sys.stdout.reconfigure(newline="\n")  # on Windows, print would write two bytes there
    main()
