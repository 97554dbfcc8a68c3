"""Tests of `grader`."""
