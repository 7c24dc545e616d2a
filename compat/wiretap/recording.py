"""A conversation as a file: what the wiretap writes with `--record`, and how tests read it back.

The file is JSON, like the vectors of the tests. While the wiretap runs, it is `FILE.part`. It
is complete after every segment, however the wiretap ends, and is moved into its place at the end.
It holds bytes of the wire and no key:

    {"format": "tilde-to-tag wire 1", "wire": [
    {"seconds": 0.0, "from": "client", "to": "server", "bytes": "0637bd75…", "numbers": [1]},
    {"seconds": 1.2, "from": "wiretap", "to": "server", "bytes": "…",
     "tampering": "message 1 replayed"},
    {"seconds": 8.9, "from": "client", "ended": "closed"}
    ], "protocol": "legacy"}

`bytes` are hexadecimal. `numbers` count the sender's messages or frames from 1. If the wiretap did
not pass on a segment, `to` is `wiretap`. If a segment begins inside a frame, it has an `offset`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from compat.wiretap.files import FileRecorder, Recording, RecordingError
from compat.wiretap.relay import Ending
from compat.wiretap.wires import WIRE_PROTOCOLS, Place, Segment, WireProtocol

FORMAT = "tilde-to-tag wire 1"
CAPTURE_SUFFIX = ".pcapng"
"""The name of a capture ends like this; pcapng.py writes and reads those."""
_HEAD = json.dumps({"format": FORMAT, "wire": []}).removesuffix("]}").encode()


# Writing -------------------------------------------------------------------------------------


class Recorder(FileRecorder):
    """Writes JSON."""

    def __init__(
        self,
        file: BinaryIO,
        clock: Callable[[], float] = time.monotonic,
        put_in_place: Callable[[], None] = lambda: None,
    ):
        """Take an empty file in which `seek` works, and what FileRecorder takes."""
        super().__init__(file, put_in_place)
        self._clock = clock
        self._protocol: WireProtocol | None = None  # not known before something was sent
        self._began: float | None = None
        self._end = 0  # where the tail begins, which the next event is written over

    def saw(self, segment: Segment) -> None:
        """Write a segment down."""
        self._protocol = segment.protocol
        self._add(_describe(segment))

    def ended(self, side: Place, ending: Ending) -> None:
        """Write down that one side ended."""
        self._add({"from": side.value, "ended": ending.value})

    def finish(self) -> None:
        """Write the head of a recording in which nothing ever happened."""
        if self._began is None:
            self._add_line(_HEAD)

    def _add(self, event: dict[str, object]) -> None:
        now = self._clock()
        separator = b",\n"
        if self._began is None:
            self._began, separator = now, _HEAD + b"\n"
        line = json.dumps({"seconds": round(now - self._began, 6), **event})
        self._add_line(separator + line.encode())

    def _add_line(self, line: bytes) -> None:
        """Write the line in the place of the old tail, and then a new tail."""
        protocol = json.dumps(self._protocol and self._protocol.name)
        tail = f'\n], "protocol": {protocol}}}\n'.encode()
        try:
            self._file.seek(self._end)
        except OSError as error:
            self._fail(error)
        self._write(line + tail)
        self._end += len(line)


def _describe(segment: Segment) -> dict[str, object]:
    event: dict[str, object] = {
        "from": segment.sender.value,
        "to": segment.receiver.value,
        "bytes": segment.data.hex(),
    }
    if segment.numbers:
        event["numbers"] = list(segment.numbers)
    if segment.offset:
        event["offset"] = segment.offset
    if segment.tampering:
        event["tampering"] = segment.tampering
    return event


# Reading -------------------------------------------------------------------------------------


def read_recording(path: Path) -> Recording:
    """Read a file that the wiretap wrote: JSON, or a capture (.pcapng). Raises CompatError.

    If the file is no recording, this is a RecordingError.
    """
    if path.suffix == CAPTURE_SUFFIX:
        from compat.wiretap import pcapng  # noqa: PLC0415 - JSON needs no packets

        return pcapng.read_recording(path)
    try:
        content = json.loads(path.read_bytes())
        return _parse(content)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RecordingError(f"{path} is no recording of a wiretap") from None


def _parse(content: dict[str, Any]) -> Recording:
    if content["format"] != FORMAT:
        raise ValueError
    wire = content["wire"]
    name = content["protocol"]
    protocol = WIRE_PROTOCOLS[name] if name is not None else None
    return Recording(
        protocol,
        tuple(_parse_segment(event, protocol) for event in wire if "bytes" in event),
        tuple((Place(event["from"]), Ending(event["ended"])) for event in wire if "ended" in event),
    )


def _parse_segment(event: dict[str, Any], protocol: WireProtocol | None) -> Segment:
    if not protocol:
        raise ValueError
    numbers = event.get("numbers", [])
    return Segment(
        protocol,
        Place(event["from"]),
        Place(event["to"]),
        bytes.fromhex(event["bytes"]),
        range(numbers[0], numbers[-1] + 1) if numbers else range(0),
        event.get("offset", 0),
        event.get("tampering", ""),
    )
