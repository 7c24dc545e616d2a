"""What spans both chats and meets old programs: readers, writers, a bridge, a wiretap, the tour.

The one package that may import both `legacy` and `modern`. For learning, not for real secrets.
"""
