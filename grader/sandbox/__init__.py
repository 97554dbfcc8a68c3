"""Processes, on the trusted side: what runs a submission, and what bounds it."""
