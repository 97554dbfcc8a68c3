"""What the trusted side starts in the sandbox: its arguments are the folder of this code, and `Settings` as JSON."""

import sys

from grader.inside.fast_imports import main

if __name__ == "__main__":
    main(sys.argv[2])
