"""Tests of `lab/watching`."""
