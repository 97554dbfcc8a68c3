"""Hand-ins that resemble each other."""
