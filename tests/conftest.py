"""What all tests share."""

import contextlib
import signal

# Whoever only grades coursework has no hypothesis.
with contextlib.suppress(ImportError):
    from hypothesis import settings

    # A slow moment of a busy machine is no failure of ours. Thirty examples are enough for every
    # day; soak runs choose their own number.
    settings.register_profile("tilde-to-tag", deadline=None, max_examples=30)
    settings.load_profile("tilde-to-tag")

# A shell lets its background jobs ignore Ctrl-C, and their children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Under `nohup` they would inherit that SIGHUP is ignored. A handler of ours is not inherited.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)
