"""The modern chat with its frames done the plain way: `python -m tests.benchmarks.plain_chat`."""

import sys
from unittest import mock

from modern import session
from modern.p2p_encryption import main
from tests.benchmarks import plain

if __name__ == "__main__":
    with mock.patch.object(session, "bulk", plain):
        sys.exit(main())
