"""All errors that `modern` raises on purpose, as one small tree of classes."""

import errno


class ModernError(Exception):
    """The base of all errors that this package raises on purpose."""


class ProtocolError(ModernError):
    """An honest peer with the same keys would not have sent the received bytes."""


class AuthenticationError(ProtocolError):
    """A tag does not fit: the frame was changed on the way, or the peer has different keys."""

    def __init__(self, detail: str = "changed on the way, or sealed with other keys"):
        super().__init__(f"ERROR: HMAC verification failed ({detail})")


class FrameError(ProtocolError):
    """Both tags fit, but the length, the padding or the UTF-8 text of the frame is wrong."""


class TruncationError(ProtocolError):
    """The stream ended inside a frame, or before its proper end."""

    def __init__(self, detail: str = "the connection ended inside a frame"):
        super().__init__(detail)


class UsageError(ModernError):
    """The program was called with arguments that cannot work."""


class NetworkError(ModernError):
    """The network failed: no connection to the peer, no port to listen on, or a lost peer."""


class ConsoleError(ModernError):
    """Standard input or output failed, or the input cannot be sent by this chat."""


_SAME_EVERYWHERE = {
    ConnectionRefusedError: "Connection refused",
    ConnectionResetError: "Connection reset by peer",
}
"""The usual reasons, in the words of Linux and macOS. Windows uses long texts, in its language."""
_ADDED = " (while attempting to bind"  # by socket.create_server


def reason_of(error: Exception) -> str:
    """Return why the system refused something. Rare reasons are in the system's own words."""
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.EADDRINUSE:
        return "Address already in use"
    words = next((text for kind, text in _SAME_EVERYWHERE.items() if isinstance(error, kind)), "")
    return words or (error.strerror or str(error)).partition(_ADDED)[0]
