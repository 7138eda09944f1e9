#!/usr/bin/env bash
# Runs the demonstration; with `once` on free ports and a data folder of its own, removed
# afterwards, until every callback has arrived.
set -euo pipefail
cd "$(dirname "$0")/../.."
BINARY="${CARGO_TARGET_DIR:-target}/debug/ringback"

if [ "${1:-}" != once ]; then
    exec "$BINARY" dev --demo
fi

data="$(mktemp -d)"
trap 'rm -rf "$data"' EXIT
"$BINARY" dev --demo --once --http 127.0.0.1:0 --https 127.0.0.1:0 --data "$data/ringback" </dev/null
