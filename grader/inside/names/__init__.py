"""Names in a source: which a statement binds and reads, and which statements a function needs."""
