"""Runs in the process of a submission: loads one file and calls its functions.

`python -I worker.py FILE`. The first line that the grader sends says what the file may not reach.

The grader sends requests and gets answers, each a line of JSON, on the standard input and output
with which this process starts. The submission does not see these: its own standard input is empty,
and what it prints goes to standard error. The right answers are known only in the grader's process.
This file uses nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any

MEMORY_LIMIT = 2 << 30
MOST_ANSWER = 1 << 20
"""No answer has more bytes: the grader must keep all of it in memory."""

_MOST_ITEMS, _MOST_SHOWN = 100_000, 20_000
_LONGEST_REPR = 10_000
_LONGEST_TEXT, _LONGEST_NAME, _MOST_KINDS = 300, 80, 30
_LONGEST_CODE = 64
_printed = 0
_decryptions = _comparisons = 0
_shown = bytearray()
"""The first bytes that the call that runs now has printed."""
_watched: set[type] = set()


def encode(value: object) -> object:
    """Return a value in a form that JSON can carry; of an unknown type, keep only its name."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) < 1 << 63:
        return int(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).hex()}
    if hasattr(value, "confidentiality") and hasattr(value, "authentication"):
        keys = [encode(value.confidentiality), encode(value.authentication)]
        return {"keys": keys, "repr": repr(value)[:_LONGEST_REPR]}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return _name_of(value)


def _name_of(value: object) -> dict[str, str]:
    """Return the name of a kind of record; of an unknown type, only the type's name."""
    kind = type(value).__name__[:_LONGEST_NAME]
    if kind == "Kind" and hasattr(value, "name"):
        return {"kind": str(value.name)[:_LONGEST_NAME]}
    return {"other": kind}


def describe(error: BaseException, file: str) -> dict[str, object]:
    """Return what a student wants to know of an exception: its class, its text, its line."""
    lines = [
        step.tb_lineno
        for step in _steps(error.__traceback__)
        if step.tb_frame.f_code.co_filename == file
    ]
    more: dict[str, object] = {}
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno or 1)
        more = _code_of(error)
    elif isinstance(error, NotImplementedError):
        more = {"function": _function_of(error, file)}
    return {
        "kinds": [kind.__name__[:_LONGEST_NAME] for kind in type(error).__mro__][:_MOST_KINDS],
        "text": _text_of(error),
        "line": lines[-1] if lines else None,
        **more,
    }


def _code_of(error: SyntaxError) -> dict[str, object]:
    """Return the part of a line around the place where Python stops reading, and that place."""
    if not (isinstance(error.text, str) and isinstance(error.offset, int)):
        return {}
    line = error.text.split("\n")[0].rstrip()
    place = min(max(error.offset - 1, 0), len(line))
    start = max(len(line) - len(line.lstrip()), place - _LONGEST_CODE * 2 // 3)
    return {"code": line[start : start + _LONGEST_CODE], "column": max(place - start, 0)}


def _function_of(error: BaseException, file: str) -> str:
    """Return the name of the function in the file that raised it; a method's with its class."""
    frames = [step.tb_frame for step in _steps(error.__traceback__)]
    own = [frame for frame in frames if frame.f_code.co_filename == file]
    if not own or own[-1].f_code.co_name == "<module>":
        return ""
    name = own[-1].f_code.co_name
    if "self" in own[-1].f_locals:
        name = f"{type(own[-1].f_locals['self']).__name__}.{name}"
    return name[:_LONGEST_NAME]


def _steps(step: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the steps of a traceback. The module that can do so takes long to load."""
    while step:
        yield step
        step = step.tb_next


def _text_of(error: BaseException) -> str:
    """Return what an exception says. Of a SyntaxError, leave out the place: it is named once."""
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # an exception may be unable to say anything
        return ""
    return str(text)[:_LONGEST_TEXT]


class MissingName(Exception):  # noqa: N818 - the grader is told this name
    """The file does not define a name that the specification asks for."""


class Session:
    """One loaded submission and its decoder objects."""

    def __init__(self, file: str):
        self._file = file
        self._module: object = None
        self._objects: list[object] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the value, or the exception and the items yielded before it."""
        global _decryptions, _comparisons  # noqa: PLW0603 - counted for the whole process
        _decryptions = _comparisons = 0
        _shown.clear()
        result: dict[str, object] = {"value": None, "raised": None}
        watch_decryption()
        try:
            with self._standing_in(request.get("instead", {})):
                value = getattr(self, request["do"])(**request["with"])
                if isinstance(value, Iterator):
                    items: list[object] = []
                    result["value"] = items
                    self._drain(value, items)
                else:
                    result["value"] = encode(value)
        except BaseException as error:  # even sys.exit and Ctrl-C are answers
            result["raised"] = describe(error, self._file)
        result["decryptions"] = _decryptions
        result["comparisons"] = _comparisons
        with contextlib.suppress(Exception):  # the submission may have closed it
            sys.stdout.flush()
        result["shown"] = _shown.decode(errors="replace")
        return result

    @staticmethod
    def _drain(values: Iterator[object], items: list[object]) -> None:
        for item in values:
            items.append(encode(item))
            if len(items) > _MOST_ITEMS:
                raise OverflowError("it never stops yielding values")

    def load(self) -> None:
        """Run the file as `python FILE` would: a file that Python refuses is refused here, too."""
        name = os.path.splitext(os.path.basename(self._file))[0]
        spec = importlib.util.spec_from_file_location(name, self._file)
        assert spec
        with open(self._file, "rb") as stream:
            source = stream.read()
        _refuse_wrong_encoding(source)
        self._module = sys.modules[name] = importlib.util.module_from_spec(spec)
        exec(_compiled(source, self._file), self._module.__dict__)

    def call(self, name: str, arguments: list[Any], any_json: bool = False) -> object:
        """Call a function. With `any_json`, what JSON does not know becomes text."""
        if not hasattr(self._module, name):
            raise MissingName(name)
        values = [*map(self._decode, arguments)]
        with _taking_any_json(any_json):
            return self._call(name, values)

    @contextlib.contextmanager
    def _standing_in(self, instead: dict[str, Any]) -> Iterator[None]:
        """Let other functions stand in the place of some functions of the file."""
        names = vars(self._module) if self._module else {}
        before = {name: names[name] for name in instead if name in names}
        names |= {name: self._stand_in(value) for name, value in instead.items()}
        try:
            yield
        finally:
            for name in instead:
                del names[name]
            names |= before

    def _stand_in(self, value: Any) -> Callable[..., object]:
        """Return a function that returns a value, a fingerprint, or what a table says."""
        if value == "fingerprint":
            return fingerprint
        if isinstance(value, dict) and "table" in value:
            return self._looking_up(value["table"])
        return _always(self._decode(value))

    def _looking_up(self, table: dict[str, Any]) -> Callable[..., object]:
        def look_up(given: Any, *_: object) -> object:
            key = given if isinstance(given, str) else bytes(given).hex()
            if key not in table:
                raise getattr(self._module, "RecordError", ValueError)("it is not in the table")
            return self._decode(table[key])

        return look_up

    def _call(self, name: str, values: list[object]) -> object:
        function = getattr(self._module, name)
        if name != "open_record":
            return function(*values)
        before = sys.getprofile()
        sys.setprofile(_note_comparison)
        try:
            return function(*values)
        finally:
            sys.setprofile(before)

    def new(self, name: str, arguments: list[Any]) -> int:
        self._objects.append(self.call(name, arguments))
        return len(self._objects) - 1

    def method(self, number: int, name: str, arguments: list[Any]) -> object:
        return getattr(self._objects[number], name)(*map(self._decode, arguments))

    def _decode(self, value: object) -> object:
        if isinstance(value, dict) and "bytes" in value:
            return bytes.fromhex(value["bytes"])
        if isinstance(value, dict) and "keys" in value:
            return self._module.Keys(*map(bytes.fromhex, value["keys"]))  # type: ignore[attr-defined]
        if isinstance(value, dict) and "direction" in value:
            return self._module.Direction(*map(self._decode, value["direction"]))  # type: ignore[attr-defined]
        if isinstance(value, dict) and "kind" in value:
            return self._module.Kind[value["kind"]]  # type: ignore[attr-defined]
        return [*map(self._decode, value)] if isinstance(value, list) else value


def fingerprint(*arguments: Any) -> bytes:
    """Return 32 bytes that depend on all arguments: what stands in the place of a broken `tag`.

    They are no right answer to anything.
    """
    import random  # noqa: PLC0415 - few submissions need it

    return random.Random(b"|".join(map(_octets, arguments))).randbytes(32)


def _octets(value: Any) -> bytes:
    if hasattr(value, "authentication"):
        return bytes(value.confidentiality) + bytes(value.authentication)
    return b"%d" % value if isinstance(value, int) else bytes(value)


def _always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


@contextlib.contextmanager
def _taking_any_json(wanted: bool) -> Iterator[None]:
    """Let `json.dumps` write a word for a value that it would refuse."""
    before = json.JSONEncoder.default
    if wanted:
        json.JSONEncoder.default = lambda _, value: f"({type(value).__name__})"  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        json.JSONEncoder.default = before  # type: ignore[method-assign]


def _refuse_wrong_encoding(source: bytes) -> None:
    """Raise SyntaxError for bytes that are not in the encoding that the file declares, or UTF-8.

    Some releases of Python overlook such bytes in a comment when they compile them from memory.
    """
    try:
        importlib.util.decode_source(source)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        words = f"line {line} is not in {error.encoding}, and the file declares no other encoding"
        raise SyntaxError(words) from None


def _compiled(source: bytes, file: str) -> Any:
    """Return the code of a file. Raises SyntaxError, with the place counted in characters.

    Some releases of Python count bytes if they get bytes. So a file that they refuse is shown to
    them once more, as text.
    """
    try:
        return compile(source, file, "exec", dont_inherit=True)
    except SyntaxError:
        compile(importlib.util.decode_source(source), file, "exec", dont_inherit=True)
        raise


def _note_comparison(frame: FrameType, event: str, argument: Any) -> None:
    """Count a comparison that takes the same time for all values, however it was imported."""
    global _comparisons  # noqa: PLW0603
    if event == "c_call":
        _comparisons += getattr(argument, "__name__", "") in {
            "compare_digest",
            "bytes_eq",
            "verify",
        }
    elif event == "call":
        _comparisons += frame.f_code.co_name in {"verify", "hexverify"} and any(
            library in frame.f_code.co_filename for library in ("Crypto", "cryptography")
        )


def watch_decryption() -> None:
    """From now on, count how often the loaded AES libraries decrypt.

    No library is loaded here: that would take time in every process. Libraries that are not in the
    list are not counted.
    """
    for module, class_name, method, watch in _LIBRARIES:
        kind = getattr(sys.modules.get(module), class_name, None)
        if kind and kind not in _watched:
            _watched.add(kind)
            setattr(kind, method, watch(getattr(kind, method)))


def _counting(decrypt: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*arguments: object, **options: object) -> Any:
        global _decryptions  # noqa: PLW0603
        _decryptions += 1
        return decrypt(*arguments, **options)

    return counted


class _CountingContext:
    """Wraps a decryptor of `cryptography`. Using it is counted; making it is not."""

    def __init__(self, decryptor: Any):
        self._decryptor = decryptor
        self.update = _counting(decryptor.update)
        self.update_into = _counting(decryptor.update_into)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decryptor, name)


def _counting_later(make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: _CountingContext(make(*arguments))


_LIBRARIES = (
    ("Crypto.Cipher._mode_cbc", "CbcMode", "decrypt", _counting),
    ("Crypto.Cipher._mode_ecb", "EcbMode", "decrypt", _counting),
    ("Cryptodome.Cipher._mode_cbc", "CbcMode", "decrypt", _counting),
    ("Cryptodome.Cipher._mode_ecb", "EcbMode", "decrypt", _counting),
    ("pyaes.aes", "AES", "decrypt", _counting),
    ("cryptography.hazmat.primitives.ciphers.base", "Cipher", "decryptor", _counting_later),
)


def limit_memory() -> None:
    """Let a list that grows without end raise MemoryError before the computer stops working."""
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # on Windows, or if the limit is lower
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def line_of(answer: dict[str, Any]) -> bytes:
    """Return an answer as one line of JSON. If it is too long, return one that says so."""
    line = json.dumps(answer).encode() + b"\n"
    if len(line) <= MOST_ANSWER:
        return line
    text = f"what it returned takes more than {MOST_ANSWER >> 20} MiB"
    raised = {"kinds": ["OverflowError"], "text": text, "line": None}
    return line_of(answer | {"value": None, "raised": raised})


class _Printed(io.FileIO):
    """Standard output or standard error, which counts the bytes: the grader waits for all."""

    def write(self, data: Any) -> int:
        global _printed  # noqa: PLW0603
        count = super().write(data) or 0
        _printed += count
        _shown.extend(bytes(data)[: max(0, _MOST_SHOWN - len(_shown))])
        return count


def open_console(descriptor: int) -> io.TextIOWrapper:
    """Return a stream for `print` that remembers what one call has printed."""
    raw = io.BufferedWriter(_Printed(descriptor, "wb", closefd=False))
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)


_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
           "os.forkpty", "os.startfile", "os.startfile/2", "pty.spawn", "_winapi.CreateProcess",
           "cpython.PyInterpreterState_New")  # fmt: skip
"""The last one starts no program, but an interpreter without the hook."""

_STARTS_UNSEEN = {"_posixsubprocess": "fork_exec", "_interpreters": "create",
                  "_xxsubinterpreters": "create"}  # fmt: skip
"""Modules with a function that does so, too, and of which no event tells in all releases."""

_LOOKS_INSIDE = ("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames")
"""With these, a submission could find the function that watches it, and change it."""


def watch(rules: dict[str, Any], folder: str, answers: int) -> None:
    """From now on, end this process when the submission reaches for what is not its own.

    An audit hook cannot be taken off. Whoever gets hold of its frame finds only what nobody can
    change: constants, frozen sets and functions that are not written in Python; no name of a module
    and no closure, which a frame can change since Python 3.13. Nothing in it runs a method of what
    the submission passes. That is no proof: README.md says so.
    """
    own = frozenset(name.removesuffix(".py") for name in os.listdir(folder))
    _refuse_unseen_starts()
    reach, start = (line_of(_forbidden(kind)) for kind in ("ForbiddenImport", "ForbiddenStart"))
    _add_hook(
        answers,
        reach,
        start,
        frozenset(map(tuple, rules["hidden"])),
        frozenset(rules["packages"]) - own,
        _folders_for_files(folder),
    )


_UNNAMED = getattr(os, "O_TMPFILE", 0)
"""The flags by which Linux is asked for a file without a name; others have none."""


def _folders_for_files(folder: str) -> frozenset[tuple[int, int]]:
    """Return where a file without a name may be: `tempfile.TemporaryFile()` makes one on Linux."""
    places = [folder, "/tmp", "/var/tmp", *map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))]
    found = set()
    for place in filter(None, places):
        with contextlib.suppress(OSError):
            status = os.stat(place)
            found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def _add_hook(  # noqa: C901, PLR0917 - see below
    answers: int,
    reach: bytes,
    start: bytes,
    hidden: frozenset[Any],
    packages: frozenset[str],
    for_files: frozenset[Any],
) -> None:
    """Add the hook. What it needs stands in its defaults, so that each call has its own copy.

    If it fails, the process ends. But in an endless recursion, or without memory, an honest program
    gets its exception: what it wanted to do does not happen.
    """

    def hook(  # noqa: C901, PLR0912 - a function of its own would be in its frame
        event: str, arguments: Any, /, *, answers: Any = answers, reach: Any = reach,
        start: Any = start, hidden: Any = hidden, packages: Any = packages,
        for_files: Any = for_files, unnamed: Any = _UNNAMED,
        starts: Any = frozenset(_STARTS), looks: Any = frozenset(_LOOKS_INSIDE),
        unseen: Any = frozenset(_STARTS_UNSEEN), write: Any = os.write,
        leave: Any = os._exit, stat: Any = os.stat,
        cut: Any = str.partition, kind: Any = type, is_a: Any = issubclass, text: Any = str,
        a_path: Any = (str, bytes), number: Any = int, absent: Any = (OSError, ValueError),
        honest: Any = (RecursionError, MemoryError), anything: Any = BaseException,
    ) -> None:  # fmt: skip
        line = None
        try:
            if event == "open":
                path, mode = arguments[0], arguments[1]
                if is_a(kind(path), a_path):
                    try:
                        status = stat(path)
                    except absent:
                        return
                    which, flags = (status.st_dev, status.st_ino), arguments[2]
                    folder = mode is None and status.st_mode & 0o170000 == 0o040000
                    if folder and which in for_files and kind(flags) is number:
                        folder = not unnamed or flags & unnamed != unnamed
                    if folder or which in hidden:
                        line = reach
                elif not is_a(kind(path), number):  # io.FileIO asks such an object again, later
                    line = reach
            elif event == "import":
                name = arguments[0]
                if kind(name) is not text or cut(name, ".")[0] in packages:
                    line = reach
                elif name in unseen:  # a new one, with what was replaced in it
                    line = start
            elif event in starts:
                line = start
            elif event in looks:
                line = reach
        except honest:
            raise
        except anything:
            line = reach
        if line:
            try:
                write(answers, line)
            finally:
                leave(1)

    sys.addaudithook(hook)


def _refuse_unseen_starts() -> None:
    """Let nobody use what starts something, and raises no event.

    `asyncio` and others import such a module as well, so that it must be there.
    """
    audit = sys.audit
    for name, function in _STARTS_UNSEEN.items():
        with contextlib.suppress(ImportError):  # each is in some releases or systems only
            setattr(importlib.import_module(name), function, lambda *_, **__: audit("os.fork"))
    if loaded := sys.modules.get("subprocess"):
        loaded._fork_exec = lambda *_: audit("os.fork")  # type: ignore[attr-defined]


def _forbidden(kind: str) -> dict[str, Any]:
    raised = {"kinds": [kind], "text": "", "line": None}
    return {"value": None, "raised": raised, "decryptions": 0, "printed": 0}


def find_modules(rules: dict[str, Any], folder: str) -> None:
    """Let the submission import what is in its folder and the installed libraries, no more."""
    ours = [
        path for path in sys.path if os.path.isfile(os.path.join(path, "legacy", "protocol.py"))
    ]
    others = [path for path in sys.path if path not in ours]
    sys.path[:] = [folder, *others, *(each for each in rules["paths"] if each not in others)]


def nursery(become: Callable[[Any, list[int]], None], libraries: Iterable[str]) -> None:
    """Load libraries, copy this process for each request, and report how each copy ended.

    Each copy goes on with `become`, which gets the request and, as files, its input, its output and
    its console.
    """
    for name in libraries:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    asked = socket.socket(fileno=os.dup(0))
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    statuses: dict[int, int] = {}
    while True:
        ready = select.select([asked.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            _report_ended(statuses)
        if asked.fileno() in ready:
            data, files, *_ = socket.recv_fds(asked, 65536, 4)
            if not data:
                return
            pid = os.fork()
            if not pid:
                _forget_the_nursery([asked.detach(), woken, wake, *statuses.values(), *files[3:]])
                become(json.loads(data), files[:3])
                return
            statuses[pid] = _let_go(pid, files, asked)


_LIBRARIES_TO_LOAD = ("hashlib", "hmac", "secrets", "dataclasses", "struct", "pyaes",
                      "Crypto.Cipher.AES", "Crypto.Util.Padding", "Crypto.Hash.HMAC")  # fmt: skip


def _report_ended(statuses: dict[int, int]) -> None:
    while statuses:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        report = statuses.pop(pid)
        with contextlib.suppress(OSError):
            os.write(report, b"%d" % os.waitstatus_to_exitcode(status))
        os.close(report)


def _let_go(pid: int, files: list[int], asked: socket.socket) -> int:
    """Tell the number of a new copy, which has its files now; return where to report its end."""
    with contextlib.suppress(OSError):  # it may have ended, or begun its group itself
        os.setpgid(pid, pid)
    for each in files[:3]:
        os.close(each)
    asked.send(b"%d" % pid)
    return files[3]


def _forget_the_nursery(files: list[int]) -> None:
    """Be a process of its own, which knows nothing of other copies."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)
    for each in files:
        os.close(each)


def take_streams(files: list[int]) -> None:
    """Make these files the standard input, output and error of this process."""
    for descriptor, each in enumerate(files):
        os.dup2(each, descriptor)
        os.close(each)


def _grade(file: str, files: list[int]) -> None:
    """Go on as the process of one file; never return."""
    status = 1
    try:
        take_streams(files)
        os.chdir(os.path.dirname(file))
        sys.argv[1:] = [file]
        main()
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    file = sys.argv[1]
    folder = os.path.dirname(file)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout, sys.stderr = open_console(1), open_console(2)
    rules = json.loads(requests.readline())
    find_modules(rules, folder)
    limit_memory()
    session = Session(file)
    if rules["hidden"] is not None:
        watch(rules, folder, answers.fileno())
    for line in requests:
        answer = session.answer(json.loads(line))
        with contextlib.suppress(Exception):  # the submission may have closed both
            sys.stdout.flush()
            sys.stderr.flush()
        answer["printed"] = _printed
        answers.write(line_of(answer))
        answers.flush()


if __name__ == "__main__":
    nursery(_grade, _LIBRARIES_TO_LOAD) if sys.argv[1:] == ["nursery"] else main()
