"""Tests of `grader/gradebook/running`."""
