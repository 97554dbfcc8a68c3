"""Generating what students start from, the skeleton and the notebook, from the solution."""
