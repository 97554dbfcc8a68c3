"""From bytes to a submission: nothing here runs, compiles or unpickles what was handed in."""
