"""Programs for both chats, and for old programs: readers, writers, a bridge, a wiretap, the tour.

Only this package may import both `legacy` and `modern`. For learning, not for real secrets.
"""

import sys

try:
    from modern.start import check_python
except ImportError as error:  # somebody has copied this folder alone
    sys.exit(str(error) + ": a part of this project is missing; copy the whole project")

check_python()
