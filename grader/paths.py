"""Where the project, its data and its scripts are: the one place that knows how its folders lie."""

from pathlib import Path

GRADER = Path(__file__).parent
PROJECT = GRADER.parent
SKELETON = PROJECT / "skeleton"
SOLUTION = PROJECT / "solution"
CHECKS = GRADER / "checks"
AUTOGRADER = GRADER / "gradebook" / "autograder"  # with the scripts that Gradescope runs
