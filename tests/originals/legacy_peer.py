"""An original-style legacy peer: `legacy_peer.py server|client PORT PASSPHRASE`.

Each line of standard input is sent; each `recv` is shown. A server prints its port first.
"""

import hashlib
import json
import os
import socket
import sys
import threading
import time

import pyaes


def send(connection, cipher, message):
    envelope = json.dumps(
        {
            "timestamp": time.strftime("%H:%M:%S"),
            "message": message,
            "hash": hashlib.sha256(message.encode()).hexdigest(),
        }
    )
    envelope += "~" * (-len(envelope) % 16)
    blocks = [envelope[n : n + 16].encode() for n in range(0, len(envelope), 16)]
    connection.send(b"".join(bytes(cipher.encrypt(list(block))) for block in blocks))


def listen(connection, cipher):
    while True:
        try:
            received = connection.recv(1024)
        except OSError:  # `quit()` closes the socket under this thread's hands
            return
        if not received:
            print("closed", flush=True)
            return
        whole = received[: len(received) // 16 * 16]
        text = "".join(
            chr(value)
            for n in range(0, len(whole), 16)
            for value in cipher.decrypt(list(whole[n : n + 16]))
        ).replace("~", "")
        try:
            fields = json.loads(text)
            message = str(fields["message"])
            fits = hashlib.sha256(message.encode()).hexdigest() == fields["hash"]
            spaces = 80 - len(message) - len("Received : ") - 1
            if spaces > 0:
                tag = "☑" if fits else "☒"
                print(f"Received : {message}{' ' * spaces}{tag}  {fields['timestamp']}", flush=True)
        except Exception:
            print("Unrecognised Data or Broken PIPE ", flush=True)


def main():
    role, port, passphrase = sys.argv[1:]
    if role == "server":
        listener = socket.socket()
        listener.bind(("127.0.0.1", int(port)))
        listener.listen()
        print(f"[+] PORT {listener.getsockname()[1]}", flush=True)
        connection, _ = listener.accept()
    else:
        connection = socket.create_connection(("127.0.0.1", int(port)))
    cipher = pyaes.AES(hashlib.sha256(passphrase.encode()).digest())
    threading.Thread(target=listen, args=(connection, cipher), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        if line == "quit()\n":
            break
        send(connection, cipher, line.rstrip("\n"))
    connection.close()
    sys.stdout.flush()
    os._exit(0)  # the thread may be printing: the interpreter's own end would abort


if __name__ == "__main__":
    sys.stdout.reconfigure(newline="\n")  # on Windows, print would write two bytes there
    main()
