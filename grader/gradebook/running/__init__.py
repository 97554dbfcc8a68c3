"""Grading a whole class: what is due, and who does it."""
