"""Everything that `modern` raises on purpose: one small tree."""


class ModernError(Exception):
    """Anything that this package raises on purpose."""


class ProtocolError(ModernError):
    """What was received is not what an honest peer with the same keys sends."""


class AuthenticationError(ProtocolError):
    """A tag does not fit: the frame was changed on the way, or the peer has other keys."""

    def __init__(self) -> None:
        super().__init__(
            "ERROR: HMAC verification failed (changed on the way, or sealed with other keys)"
        )


class FrameError(ProtocolError):
    """Both tags fit, and yet what they vouch for is no length, no padded chunk or no UTF-8."""


class TruncationError(ProtocolError):
    """The stream ended inside a frame."""

    def __init__(self) -> None:
        super().__init__("the connection ended inside a frame")


class UsageError(ModernError):
    """The program was called in a way that cannot work."""


class NetworkError(ModernError):
    """The peer cannot be reached or waited for, or it vanished."""


class ConsoleError(ModernError):
    """Standard input or output failed, or held what this chat does not carry."""


def reason_of(error: Exception) -> str:
    """Return why the system refused something, in its own words."""
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return reason.partition(" (while attempting to bind")[0]  # what socket.create_server adds
