"""What runs inside the sandbox, beside the submission: nothing here decides a mark.

No check, no expected value and no line of the solution is in this package or in what its process can read.
"""
