"""The notebooks in a browser, with nothing to install: `python -m notebooks.lite FOLDER`.

The site is JupyterLite: JupyterLab, whose kernel is Python for browsers (Pyodide). All of it is
files; any web server can serve them. A reader's answers stay in the reader's browser.
"""
