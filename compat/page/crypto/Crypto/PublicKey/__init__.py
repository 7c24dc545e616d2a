"""Points of the curve P-256."""
