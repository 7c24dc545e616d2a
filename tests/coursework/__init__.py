"""Coursework: two specifications to implement, and the checks that grade what comes of it."""
