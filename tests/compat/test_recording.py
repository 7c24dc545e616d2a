"""A recording holds everything that was on the wire, at every moment, and is read back the same."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.wiretap.files import Recording, RecordingError
from compat.wiretap.recording import Recorder, read_recording
from compat.wiretap.relay import Ending
from compat.wiretap.wires import LEGACY, WIRE_PROTOCOLS, Place, Segment

CLIENT, SERVER, WIRETAP = Place

PROTOCOLS = st.sampled_from(list(WIRE_PROTOCOLS.values()))
SEGMENTS = st.builds(
    Segment,
    st.just(LEGACY),
    st.sampled_from(list(Place)),
    st.sampled_from(list(Place)),
    st.binary(min_size=1, max_size=40),
    st.builds(
        lambda first, count: range(first, first + count), st.integers(1, 9), st.integers(1, 3)
    )
    | st.just(range(0)),
    st.integers(0, 111),
    st.text(max_size=9),
)
EVENTS = st.lists(SEGMENTS | st.tuples(st.sampled_from([CLIENT, SERVER]), st.sampled_from(Ending)))


def record(file, events):
    recorder = Recorder(file, itertools.count().__next__)
    for event in events:
        if isinstance(event, Segment):
            recorder.saw(event)
        else:
            recorder.ended(*event)
    return recorder


@given(EVENTS, PROTOCOLS)
def test_what_was_written_is_read_back(tmp_path_factory, events, protocol):
    path = tmp_path_factory.mktemp("recording") / "wire.json"
    events = [
        replace(event, protocol=protocol) if isinstance(event, Segment) else event
        for event in events
    ]
    record(path.open("wb"), events).close()
    segments = tuple(event for event in events if isinstance(event, Segment))
    assert read_recording(path) == Recording(
        protocol if segments else None,
        segments,
        tuple(event for event in events if not isinstance(event, Segment)),
    )


def test_the_file_is_complete_after_every_event(tmp_path):
    path = tmp_path / "wire.json"
    recorder = Recorder(path.open("wb"))
    for count in range(1, 4):
        recorder.saw(Segment(LEGACY, CLIENT, SERVER, b"x"))
        assert len(read_recording(path).segments) == count
    recorder.close()


def test_the_file_tells_times_and_names_in_plain_words(tmp_path):
    path = tmp_path / "wire.json"
    tampered = Segment(LEGACY, CLIENT, WIRETAP, b"\x01\xff", range(2, 4), 5, tampering="dropped")
    record(path.open("wb"), [tampered, (SERVER, Ending.RESET)]).close()
    assert json.loads(path.read_text()) == {
        "format": "tilde-to-tag wire 1",
        "protocol": "legacy",
        "wire": [
            {
                "seconds": 0,
                "from": "client",
                "to": "wiretap",
                "bytes": "01ff",
                "numbers": [2, 3],
                "offset": 5,
                "tampering": "dropped",
            },
            {"seconds": 1, "from": "server", "ended": "reset"},
        ],
    }


def test_what_each_side_sent_and_received(tmp_path):
    path = tmp_path / "wire.json"
    wire = [
        Segment(LEGACY, CLIENT, SERVER, b"one"),
        Segment(LEGACY, CLIENT, WIRETAP, b"two"),
        Segment(LEGACY, WIRETAP, SERVER, b"2"),
    ]
    record(path.open("wb"), wire).close()
    recording = read_recording(path)
    assert recording.sent_by(CLIENT) == [b"one", b"two"]
    assert recording.received_by(SERVER) == [b"one", b"2"]
    assert recording.sent_by(SERVER) == []


class FullDisk(io.BytesIO):
    """Takes a head and one event, and no more."""

    def write(self, data):
        if self.tell() > 100:
            raise OSError(28, "No space left on device")
        return super().write(data)

    def close(self):
        super().close()
        raise OSError(28, "No space left on device")  # as a buffered file does, once more


def test_a_full_disk_is_told_at_the_end_and_stops_nothing():
    recorder = record(FullDisk(), [Segment(LEGACY, CLIENT, SERVER, b"x" * 50)] * 3)
    with pytest.raises(RecordingError, match="not complete: No space left on device"):
        recorder.close()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format": "another"}',
        '{"format": "tilde-to-tag wire 1", "protocol": "telnet", "wire": []}',
        '{"format": "tilde-to-tag wire 1", "protocol": "legacy", "wire": [{"bytes": "0"}]}',
        '{"format": "tilde-to-tag wire 1", "protocol": "legacy", "wire": [{"bytes": "00"}]}',
        '{"format": "tilde-to-tag wire 1", "protocol": "legacy", "wire": [7]}',
        '{"format": "tilde-to-tag wire 1", "protocol": null, "wire": [{"bytes": "00"}]}',
    ],
)
def test_another_file_is_no_recording(tmp_path, content):
    path = tmp_path / "wire.json"
    path.write_text(content)
    with pytest.raises(RecordingError, match=r"wire\.json is no recording of a wiretap"):
        read_recording(path)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(RecordingError, match="cannot read"):
        read_recording(tmp_path / "missing.json")
