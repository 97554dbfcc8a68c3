"""The finished lab: one file a step, the code that the docs explain and the grader gives 100 points."""
