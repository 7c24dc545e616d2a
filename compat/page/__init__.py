"""The page: alice, bob and mallory in a browser, with this project's own Python as the engine."""
