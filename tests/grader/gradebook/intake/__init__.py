"""Tests of `grader/gradebook/intake`."""
