"""Tests of `grader/gradebook/pages`."""
