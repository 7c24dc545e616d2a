"""The old protocol without lost messages: a reader that loses none, and a writer for it."""
