"""Tests of `lab/handout`."""
