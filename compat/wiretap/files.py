"""What all recordings share, whatever their format: a file that appears when it is whole.

recording.py writes and reads JSON, pcapng.py captures for Wireshark.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from compat.errors import CompatError
from compat.wiretap.relay import Ending, Observer
from compat.wiretap.wires import Place, Segment, WireProtocol


class RecordingError(CompatError):
    """A recording cannot be written, or a file is no recording."""


class NewFile:
    """The place of a recording. Until the recording is whole, it is in `FILE.part`, beside it."""

    def __init__(self, path: str, *, overwrite: bool):
        """Open `FILE.part`. Raises OSError, ValueError; FileExistsError unless `overwrite`."""
        self._path, self._beside, self._overwrite = path, f"{path}.part", overwrite
        if not path:
            raise FileNotFoundError(errno.ENOENT, "a file needs a name")
        self._refuse_existing()
        if overwrite:  # and do not write through a link, which would empty another file
            _refuse_other_than_file(self._beside)
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._beside)
        self.file: BinaryIO = open(self._beside, "xb")  # noqa: SIM115

    def put_in_place(self) -> None:
        """Move the file into its place. Raises FileExistsError if another file is there by now."""
        self._refuse_existing()
        os.replace(self._beside, self._path)

    def _refuse_existing(self) -> None:
        _refuse_other_than_file(self._path)
        if os.path.lexists(self._path) and not self._overwrite:
            raise FileExistsError(errno.EEXIST, f"{self._path} exists already")


def _refuse_other_than_file(path: str) -> None:
    """Raise OSError if there is something else than a file, or a link to something else.

    Such a thing is not replaced: for example, `/dev/stdout` is a link that other programs need.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "it is no file, but a device or a pipe")


class FileRecorder(Observer):
    """Writes all events to a file, at once. If writing fails, the conversation must not suffer."""

    def __init__(self, file: BinaryIO, put_in_place: Callable[[], None] = lambda: None):
        """Take an empty file in which `seek` works.

        `put_in_place` is called at the end with the whole recording. It may raise OSError.
        """
        self._file, self._put_in_place = file, put_in_place
        self.failure: RecordingError | None = None
        """Why the recording is not complete."""

    def finish(self) -> None:
        """Write what a file must contain even if nothing was ever sent."""

    def close(self) -> None:
        """Close the file; raise RecordingError if it is not complete."""
        self.finish()
        try:
            self._file.close()  # a full disk refuses once more what is still in the buffer
            if not self.failure:
                self._put_in_place()
        except OSError as error:
            self._fail(error)
        if self.failure:
            raise self.failure

    def _write(self, data: bytes) -> None:
        if self.failure:
            return
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        what = "in its place" if isinstance(error, FileExistsError) else "complete"
        self.failure = self.failure or RecordingError(
            f"the recording is not {what}: {error.strerror}"
        )


@dataclass(frozen=True)
class Recording:
    """A conversation that was recorded."""

    protocol: WireProtocol | None
    """The protocol; None if nothing was ever sent."""
    segments: tuple[Segment, ...]
    endings: tuple[tuple[Place, Ending], ...]

    def sent_by(self, place: Place) -> list[bytes]:
        """Return the segments that came from this place, in order."""
        return [segment.data for segment in self.segments if segment.sender is place]

    def received_by(self, place: Place) -> list[bytes]:
        """Return the segments that went to this place, in order."""
        return [segment.data for segment in self.segments if segment.receiver is place]
