#!/usr/bin/env bash
# Installs what FOLDER's package-lock.json fixes, in FOLDER/node_modules, unless it is there as
# it should be. No script of a package is run.
set -euo pipefail
cd "$(dirname "$0")/../.."
FOLDER="${1:?name the folder that has a package.json and a package-lock.json}"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ -f "$FOLDER/package-lock.json" ] ||
    fail "there is no $FOLDER/package-lock.json" "(cd $FOLDER && npm install --ignore-scripts)"
# Of `"engines": { "node": ">=18" }`.
OLDEST="$(sed -n 's/.*"node": *">=\([0-9]*\)".*/\1/p' "$FOLDER/package.json")"
: "${OLDEST:=18}"
for program in node npm; do
    command -v "$program" >/dev/null ||
        fail "the tests need Node.js, and there is no \`$program\`" \
            "install Node.js $OLDEST or later, with npm: https://nodejs.org"
done
node -e 'process.exit(+(process.versions.node.split(".")[0] < +process.argv[1]))' "$OLDEST" ||
    fail "$FOLDER needs Node.js $OLDEST or later, and this is $(node --version)" \
        "put a later \`node\` first in PATH"

# What it is installed from. Another Node.js or another lock installs it anew.
stamp="$(node --version)
$(cat "$FOLDER/package-lock.json")"
if [ -f "$FOLDER/node_modules/.stamp" ] && [ "$(cat "$FOLDER/node_modules/.stamp")" = "$stamp" ]; then
    echo "unchanged: $FOLDER/node_modules"
    exit 0
fi

npm ci --prefix "$FOLDER" --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=error
printf '%s' "$stamp" >"$FOLDER/node_modules/.stamp"
