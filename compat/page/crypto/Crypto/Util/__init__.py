"""Small helpers: padding, XOR."""
