"""A class: what arrived, what came of grading it, and how it is handed on."""
