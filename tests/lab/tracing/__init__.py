"""Tests of `lab/tracing`."""
