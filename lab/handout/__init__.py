"""What is handed out: the skeleton and the notebook, generated from the solution."""
