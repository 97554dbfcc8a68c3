"""Tests of `grader/gradebook/exports`."""
