"""Commands for who hands the lab out and grades it."""
