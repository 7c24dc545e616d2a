"""TCP for the programs of this project: listen, accept, connect, and break off.

`accept` takes one peer and refuses the rest. Every failure is a NetworkError; its text says what to
do.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct

from modern.errors import NetworkError, reason_of

POLL_SECONDS = 0.2
"""The longest wait in one call. On Windows, Ctrl-C cannot end a wait. Elsewhere it can, except in a
short moment: after Python has looked for signals and before the wait has begun."""


def listen(host: str | None, port: int) -> socket.socket:
    """Return a listening socket: on `host`, or on every interface, IPv4 and IPv6.

    With port 0, the system chooses the port. Raises NetworkError.
    """
    try:
        if host:
            family, *_, address = socket.getaddrinfo(
                strip_brackets(host), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            return socket.create_server(address, family=family, backlog=1)
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1
            )
        return socket.create_server(("", port), backlog=1)
    except (OSError, UnicodeError) as error:
        where = f"{host} port {port}" if host else f"port {port}"
        raise NetworkError(
            f"cannot listen on {where}: {reason_of(error)}; "
            "end the program that uses it, or choose another port or address"
        ) from None


def accept(listener: socket.socket) -> socket.socket:
    """Wait for one peer, then stop listening: a second one is refused."""
    listener.settimeout(POLL_SECONDS)
    with listener:
        while True:
            try:
                return _prepare(listener.accept()[0])
            except (TimeoutError, ConnectionError):  # ConnectionError: a peer has left already
                continue


def connect(host: str, port: int) -> socket.socket:
    """Return a socket connected to a host name, an IPv4 or an IPv6 address. Raises NetworkError."""
    try:
        return _prepare(socket.create_connection((strip_brackets(host), port)))
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: not the form of a name
        raise NetworkError(f"unknown host {host!r}: {reason_of(error)}; check the name") from None
    except OSError as error:
        raise NetworkError(
            f"cannot connect to {host} port {port}: {reason_of(error)}; "
            "is the server running there?"
        ) from None


def _prepare(connection: socket.socket) -> socket.socket:
    with contextlib.suppress(OSError):  # already reset (macOS says so here): the next read fails
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    watch(connection)
    return connection


def watch(connection: socket.socket, timeout: int | None = None) -> None:
    """Turn a silence of the network into an error after a while.

    While no data is on its way, the system asks the peer's system every minute whether it is still
    there, and gives up after two minutes. Otherwise it repeats what was sent, for about 15 minutes
    (Linux). With a `timeout` in seconds, it gives up after this time in both cases. But then it
    also gives up a peer that does not read for so long, so only a user may ask for it.
    """
    idle, pause = (max(timeout // 2, 1), max(timeout // 12, 1)) if timeout else (60, 10)
    with contextlib.suppress(OSError):  # reset already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", idle),
            ("TCP_KEEPALIVE", idle),  # its name on macOS
            ("TCP_KEEPINTVL", pause),
            ("TCP_KEEPCNT", 6),
            ("TCP_USER_TIMEOUT", (timeout or 0) * 1000),
        ):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def reset(connection: socket.socket) -> None:
    """Break off the connection: the peer's next read fails, and does not look like a normal end."""
    linger_for_no_time = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    with contextlib.suppress(OSError):  # already gone
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
    connection.close()


def close(connection: socket.socket) -> None:
    """Close a connection normally. Its two directions may have ended already."""
    with contextlib.suppress(OSError):  # already gone
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def strip_brackets(host: str) -> str:
    """Return a host without brackets. They separate an IPv6 address from its port: `[::1]:9999`."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def describe(address: tuple[str, int]) -> str:
    """Return a peer's address as text. An IPv4 address on an IPv6 socket gets its usual form."""
    return f"{address[0].removeprefix('::ffff:')} port {address[1]}"


def name_peer(connection: socket.socket) -> str:
    """Return how the peer of a connection is shown, even if the peer has left already."""
    try:
        return describe(connection.getpeername())
    except OSError:
        return "a peer that has left already"
