"""Commands for who writes the lab."""
