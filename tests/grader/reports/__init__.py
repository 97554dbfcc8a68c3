"""Tests of `grader/reports`."""
