#!/usr/bin/env bash
# Writes docs/callbacks and docs/errors.md anew: the page of each type of callback and that of error
# codes, as the binary prints them.
set -euo pipefail
cd "$(dirname "$0")/../.."

ringback="${CARGO_TARGET_DIR:-target}/debug/ringback"
types="$("$ringback" callbacks | sed -n 's/^\([a-z][a-z-]*\)  *The .*/\1/p')"
for type in $types; do
    "$ringback" callbacks "$type" --markdown >"docs/callbacks/$type.md.new"
    mv "docs/callbacks/$type.md.new" "docs/callbacks/$type.md"
    echo "docs/callbacks/$type.md"
done
"$ringback" errors --markdown >docs/errors.md.new
mv docs/errors.md.new docs/errors.md
echo docs/errors.md
