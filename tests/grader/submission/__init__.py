"""Tests of `grader/submission`."""
