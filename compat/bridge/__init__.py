"""The bridge: a legacy peer on one side, a modern one on the other, and every line reaches both."""
