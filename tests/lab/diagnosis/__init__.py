"""Tests of `lab/diagnosis`."""
