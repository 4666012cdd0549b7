"""Runs a notebook's cells in order, in a folder of its own, and fails at the first that raises.

    python run_notebook.py NOTEBOOK FOLDER       needs nbclient and ipykernel; FOLDER is where the cells run
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(Path(sys.argv[1]), as_version=4)
NotebookClient(notebook, timeout=600, resources={"metadata": {"path": sys.argv[2]}}).execute()
shown = sum(len(cell.get("outputs", [])) > 0 for cell in notebook.cells)
pictures = sum("text/html" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
assert shown >= 5 and pictures >= 2, (shown, pictures)
print(f"{Path(sys.argv[1]).name}: {len(notebook.cells)} cells, {shown} with outputs")
