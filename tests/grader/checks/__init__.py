"""Tests of `grader/checks`."""
