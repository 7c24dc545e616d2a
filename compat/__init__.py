"""Programs for both chats, and for old programs: readers, writers, a bridge, a wiretap, the tour.

Only this package may import both `legacy` and `modern`. For learning, not for real secrets.
"""

from modern.start import check_python

check_python()
