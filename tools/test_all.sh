#!/usr/bin/env bash
# Runs the tests that need no bindings on every Python from 3.9 to 3.13 that is installed, each in its own environment.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(sha256sum <pyproject.toml)
tried=0
for version in 3.9 3.10 3.11 3.12 3.13; do
    python=python$version
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        echo "test-all: Python $version is not installed, skipped"
        continue
    fi
    environment=.venv/python$version
    if [ "$(cat "$environment/.prepared" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$environment"
        "$python" -m venv "$environment"
        "$environment/bin/python" -m pip --disable-pip-version-check --no-input install -q -e '.[test]'
        printf '%s\n' "$wanted" >"$environment/.prepared"
    fi
    echo "test-all: Python $version"
    "$environment/bin/python" -m pytest -q -m 'not bindings and not policy and not slow' tests
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "test-all: no Python from 3.9 to 3.13 was found"; exit 1; }
