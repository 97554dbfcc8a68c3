"""Tests of all floors."""
