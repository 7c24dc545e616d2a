"""Keys from secrets."""
