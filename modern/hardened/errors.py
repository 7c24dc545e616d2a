"""The errors of the third chat, beside those of modern/errors.py."""

from modern.errors import ProtocolError


class AgreementError(ProtocolError):
    """The two sides did not arrive at the same key."""

    def __init__(self, detail: str = "the passphrases differ, or somebody is in between"):
        super().__init__(f"ERROR: no agreement ({detail})")


class RecordError(ProtocolError):
    """A record that an honest peer does not send: its length, padding, kind or text is wrong."""
