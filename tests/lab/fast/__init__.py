"""Tests of `lab/fast`."""
