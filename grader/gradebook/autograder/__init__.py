"""The package that Gradescope runs."""
