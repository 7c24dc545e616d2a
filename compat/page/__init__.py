"""What runs in a browser: the project's own Python, by Pyodide, with nothing to install."""
