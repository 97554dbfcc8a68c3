"""The pages of a class and of each person."""
