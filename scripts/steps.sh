#!/usr/bin/env bash
# Runs make targets in order, stops at the first failure and prints how long each took.
set -euo pipefail

summary=()

finish() {
    printf '\n== summary\n'
    printf '%s\n' "${summary[@]}"
    printf '%-14s %4d s\n' total "$SECONDS"
}

for step in "$@"; do
    printf '\n== %s\n' "$step"
    start=$SECONDS
    if ! "${MAKE:-make}" --no-print-directory "$step"; then
        summary+=("$(printf '%-14s %4d s  FAILED' "$step" $((SECONDS - start)))")
        finish
        printf '\nmake check stopped at %s; to run it alone: make %s\n' "$step" "$step" >&2
        exit 1
    fi
    summary+=("$(printf '%-14s %4d s' "$step" $((SECONDS - start)))")
done
finish
