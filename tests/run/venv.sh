#!/usr/bin/env bash
# Makes `.venv` with the packages of tests/requirements.txt, unless it is there as it should be.
set -euo pipefail
cd "$(dirname "$0")/../.."
PYTHON="${PYTHON:-python3}"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

command -v "$PYTHON" >/dev/null ||
    fail "the tests need Python, and there is no \`$PYTHON\`" \
        "install Python 3.10 or later, or name it: make test PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "the tests need Python 3.10 or later" "name another one: make test PYTHON=/path/to/python3"
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$PYTHON cannot make virtual environments: ensurepip or venv is missing" \
        "install it; on Debian and Ubuntu: apt-get install python3-venv"

# What the environment is made from. Another Python or another list makes it anew.
stamp="$("$PYTHON" -c 'import sys; print(sys.version, sys.prefix)')
$(cat tests/requirements.txt)"
if [ -f .venv/stamp ] && [ "$(cat .venv/stamp)" = "$stamp" ]; then
    echo "unchanged: .venv"
    exit 0
fi

rm -rf .venv
"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --requirement tests/requirements.txt
printf '%s' "$stamp" >.venv/stamp
