#!/usr/bin/env bash
# Gradescope runs this once, while it builds the image: what requirements/lock.txt names, each file checked by its hash.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
cd "$root/source"

fits='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c "$fits" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

if ! python="$(find_python)"; then
    apt-get update -q
    apt-get install -yq python3-venv || true
    if ! python="$(find_python)"; then
        apt-get install -yq python3.11 python3.11-venv || true
        python="$(find_python)" || {
            echo "Python 3.11, 3.12, 3.13 가운데 하나가 필요합니다 / Python 3.11, 3.12 or 3.13 is needed" >&2
            exit 1
        }
    fi
fi

"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
export VIRTUAL_ENV="$PWD/.venv" UV_NO_CACHE="${UV_NO_CACHE:-1}"
.venv/bin/uv pip sync --quiet --compile-bytecode --require-hashes requirements/lock.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
