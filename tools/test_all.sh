#!/usr/bin/env bash
# Runs the tests that need no bindings on every Python from 3.9 to 3.13 that is installed, each in its own environment.
set -euo pipefail
cd "$(dirname "$0")/.."

# The interpreter of a version that can make environments: on PATH, or one that pyenv keeps.
find_python() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

wanted=$(sha256sum <pyproject.toml)
tried=0
failed=()
for version in 3.9 3.10 3.11 3.12 3.13; do
    python=$(find_python "$version") || {
        echo "test-all: Python $version is not installed, skipped"
        continue
    }
    environment=.venv/python$version
    if [ "$(cat "$environment/.prepared" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$environment"
        "$python" -m venv "$environment"
        "$environment/bin/python" -m pip --disable-pip-version-check --no-input install -q -e '.[test]'
        printf '%s\n' "$wanted" >"$environment/.prepared"
    fi
    echo "test-all: Python $version"
    "$environment/bin/python" -m pytest -q -m 'not bindings and not policy and not slow' tests || failed+=("$version")
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "test-all: no Python from 3.9 to 3.13 was found"; exit 1; }
[ ${#failed[@]} = 0 ] || { echo "test-all: failed on Python ${failed[*]}"; exit 1; }
