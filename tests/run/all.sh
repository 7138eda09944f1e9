#!/usr/bin/env bash
# Runs the stages of `make test`, or those named, and prints how long each took.
#
# Stops at the first stage that fails. The last lines are the table of times and then the
# closing lines of the test runners themselves.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec </dev/null

ALL=(format lints docs unit doctests build python sdk sdks native schemas recogniser crash readme examples)
STAGES=("${@:-${ALL[@]}}")
BINARY="${CARGO_TARGET_DIR:-target}/debug/ringback"
LOGS="$(mktemp -d)"
TABLE="$LOGS/table"
touch "$TABLE"

format() { cargo fmt --all --check; }
lints() { cargo clippy --workspace --all-targets -- -D warnings; }
docs() { RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps; }
build() { cargo build -p ringback; }
python() { tests/run/venv.sh; }
sdk() { check tests/sdk; }
sdks() {
    tests/run/venv.sh twilio
    tests/run/venv.sh signalwire-sdk
    tests/run/node.sh tests/sdks/signalwire-node
    tests/run/node.sh tests/sdks/twilio-node
    check tests/sdks
}
native() { check tests/native; }
schemas() {
    tests/run/venv.sh schemas
    check tests/schemas schemas
}
recogniser() { check tests/recogniser; }
crash() { check tests/crash; }
readme() { check tests/readme; }
examples() { examples/run --prepare && check tests/examples; }
doctests() { cargo test --workspace --doc --quiet; }
unit() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --no-fail-fast
    else
        cargo test --workspace --lib --bins --tests --no-fail-fast
    fi
}

# Runs one folder of Python tests against the binary, in `.venv/tests` or in the environment named.
check() {
    local python=".venv/${2:-tests}/bin/python"
    RINGBACK="$(absolute "$BINARY")" "$python" -m pytest -c tests/pytest.ini "$1"
}

absolute() {
    case "$1" in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

# In seconds, with a fraction where the shell can tell one.
now() { echo "${EPOCHREALTIME:-$(date +%s)}" | tr , .; }

# Runs one stage; says what it is, keeps what it printed, notes its time.
run() {
    local stage="$1" began ended status=0
    printf '\n== %s\n' "$stage"
    began="$(now)"
    set +e
    (set -e; "$stage") 2>&1 | tee "$LOGS/$stage.log"
    status="${PIPESTATUS[0]}"
    set -e
    ended="$(now)"
    awk -v stage="$stage" -v began="$began" -v ended="$ended" -v status="$status" \
        'BEGIN { printf "%-10s %8.1f s   %s\n", stage, ended - began, status ? "FAILED" : "ok" }' \
        >>"$TABLE"
    return "$status"
}

# The line with which cargo test, nextest and pytest each close.
closing_lines() {
    local stage
    for stage in "${STAGES[@]}"; do
        if [ -f "$LOGS/$stage.log" ]; then
            sed $'s/\x1b\\[[0-9;]*m//g' "$LOGS/$stage.log" |
                grep -E '^ *kill: |^ +Summary \[|^test result: .* [1-9][0-9]* passed|^=+ .*(passed|failed|error).* in .*=+$' |
                tail -n 20 || true
        fi
    done
}

report() {
    local status=$?
    printf '\n== time of each stage\n'
    cat "$TABLE"
    awk '{ total += $2 } END { printf "%-10s %8.1f s\n", "all", total }' "$TABLE"
    closing_lines
    rm -rf "$LOGS"
    exit "$status"
}
trap report EXIT

for stage in "${STAGES[@]}"; do
    run "$stage"
done
