"""Tests of `lab/training`."""
