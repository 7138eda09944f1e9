#!/usr/bin/env bash
# Checks licences, doubled crates and origins of what we depend on, by deny.toml.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! cargo deny --version >/dev/null 2>&1; then
    printf 'error: cargo-deny is not installed\nhint: cargo install --locked cargo-deny\n' >&2
    exit 1
fi
exec cargo deny check bans licenses sources
