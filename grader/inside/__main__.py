"""What the trusted side starts in the sandbox: its arguments are the folder of this code, and the settings as JSON."""

import json
import sys

from grader.inside.fast_imports import main

if __name__ == "__main__":
    main(json.loads(sys.argv[2]))
