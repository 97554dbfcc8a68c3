"""Grades any submission of the lab; never imports `solution` or `skeleton`."""
