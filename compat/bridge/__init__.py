"""The bridge: a legacy peer on one side, a modern peer on the other; it passes on every line."""
