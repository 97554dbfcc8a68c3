"""Tests of `grader/gradebook`."""
