"""The old protocol without its losses: a reader that loses no message, and a fitting writer."""
