"""Kernels that have less than the usual one, as the tests stand in them."""

from __future__ import annotations

import socket
import subprocess
import threading

import pytest

KERNELS = ["usual", "no sockets", "in a browser"]


def stand_in(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away from this process what a kernel does not have."""

    def no_socket(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    if kernel != "usual":
        for name in ("socket", "create_server", "create_connection", "socketpair"):
            monkeypatch.setattr(socket, name, no_socket)
    if kernel == "in a browser":
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        monkeypatch.setattr(subprocess, "Popen", no_socket)
