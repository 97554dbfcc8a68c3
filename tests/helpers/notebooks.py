"""Notebooks for tests."""

import nbformat


def notebook(*cells: str) -> str:
    """The text of a notebook of these code cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return nbformat.writes(made)
