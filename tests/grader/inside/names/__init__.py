"""Tests of `grader/inside/names`."""
