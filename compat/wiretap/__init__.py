"""The wiretap: a program between two peers that shows what passes and tampers with it."""
