#!/usr/bin/env bash
# Waits until a moto server has started and prints its URL: `scripts/moto-url.sh LOG`, the server's log.
set -euo pipefail

for _ in {1..120}; do
    url=$(sed -n 's/.*Running on \(http:[^ ]*\).*/\1/p' "$1" | head -n 1)
    if [[ -n $url ]]; then
        echo "$url"
        exit
    fi
    sleep 0.25
done
cat "$1" >&2
echo 'moto did not start within 30 seconds' >&2
exit 1
