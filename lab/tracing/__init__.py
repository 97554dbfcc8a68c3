"""Following one dialog through the whole lab, and showing its trace in the terminal or as an HTML page."""
