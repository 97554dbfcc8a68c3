"""What is said of a submission: the report itself, and its looks on a terminal and in HTML."""
