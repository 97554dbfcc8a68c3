"""The checks: one file a step, one test a check, tried on the examinee and judged on this side."""
