"""The careful way with the old wire: a reader that loses no message, and a fitting writer."""
