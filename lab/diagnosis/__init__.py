"""What `lab doctor` looks at."""
