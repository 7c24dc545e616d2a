"""What a program lacks on this computer, such as a library, and the line that says what to do."""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import os
import sys

HELP = "see README.md, Troubleshooting"
_BROKEN = "Cannot load native module"  # pycryptodome, about its compiled part
TOO_MANY = (errno.EMFILE, errno.ENFILE)
"""The numbers of the errors that mean: this process, or this computer, has too many open files."""
_OURS = ("", "legacy", "modern", "compat", "notebooks", "tests")
_SOLD_AS = {"Crypto": "pycryptodome", "pytest": "pytest pytest-timeout"}
"""What pip installs for a library, if that is not its import name alone."""


def explain(error: ImportError | OSError) -> str:
    """Return one line: what is missing, and what to do. Raises any other error again."""
    if isinstance(error, ImportError):
        return _explain_import(error)
    if str(error).startswith(_BROKEN):
        return (
            "the compiled part of pycryptodome is missing, or was made for another kind of "
            f"computer: {_type('--force-reinstall pycryptodome')}; {HELP}"
        )
    if error.errno in TOO_MANY:
        return f"{error.strerror}: this shell allows few of them; type ulimit -n 256"
    raise error


def try_descriptors(count: int = 3) -> None:
    """Raise OSError if there are too few file descriptors for a loop of asyncio.

    It needs a selector and two sockets; who adds something of its own names the `count`.

    To be called before such a loop opens: the loop would report this in many lines.
    """
    with contextlib.ExitStack() as opened:
        for _ in range(count):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def _explain_import(error: ImportError) -> str:
    name = (error.name or "").partition(".")[0]
    if name in _OURS:
        return f"{error}: a part of this project is missing; copy the whole project"
    if name == "Crypto" and (instead := _find_instead()):
        others = (
            ""
            if "pycryptodomex" in instead
            else f"{_type('crypto pycrypto', 'uninstall -y')}, then "
        )
        reason = str(error).partition(" (")[0]  # without a path
        return f"{reason} ({instead}): {others}{_type('--force-reinstall pycryptodome')}; {HELP}"
    verb = "install" if isinstance(error, ModuleNotFoundError) else "install --upgrade"
    wanted = _type(_SOLD_AS.get(name, name), verb)
    return f"{error} for {sys.executable}: activate the environment, or {wanted}; {HELP}"


def _find_instead() -> str:
    """Return what is installed instead of pycryptodome: four packages have nearly this name."""
    if _is_here("Crypto"):
        version = getattr(importlib.import_module("Crypto"), "version_info", (0,))
        is_old = version[0] < 3  # noqa: PLR2004 - pycryptodome's first
        return (
            "here is pycrypto, which is too old" if is_old else "a part of pycryptodome is missing"
        )
    if _is_here("crypto"):
        return "here is crypto, which is another package"
    if _is_here("Cryptodome"):
        return "here is pycryptodomex, whose name in Python is Cryptodome"
    return ""


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # ValueError: a test has hidden it
        return False


def _type(words: str, verb: str = "install") -> str:
    return f'type "{sys.executable} -m pip {verb} {words}"'
