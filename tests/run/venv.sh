#!/usr/bin/env bash
# Makes the virtual environment `.venv/NAME` with the packages of tests/requirements/NAME.txt,
# unless it is there as it should be. NAME is `tests` unless given: what most tests need.
set -euo pipefail
cd "$(dirname "$0")/../.."
NAME="${1:-tests}"
PYTHON="${PYTHON:-python3}"
LIST="tests/requirements/$NAME.txt"
ENVIRONMENT=".venv/$NAME"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ -f "$LIST" ] ||
    fail "there is no $LIST" "name one of: $(cd tests/requirements && echo *.txt | sed 's/\.txt//g')"
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
$(cat "$LIST")"
if [ -f "$ENVIRONMENT/stamp" ] && [ "$(cat "$ENVIRONMENT/stamp")" = "$stamp" ]; then
    echo "unchanged: $ENVIRONMENT"
    exit 0
fi

rm -rf "$ENVIRONMENT"
"$PYTHON" -m venv "$ENVIRONMENT"
"$ENVIRONMENT/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --requirement "$LIST"
printf '%s' "$stamp" >"$ENVIRONMENT/stamp"
