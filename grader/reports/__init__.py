"""The report of a submission: its data, and how it looks on a terminal and in HTML."""
