"""Tests of `grader/inside`."""
