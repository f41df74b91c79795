#!/usr/bin/env bash
# Writes SHA256SUMS in the folder $1: a line for each archive, in sha256sum's format.
set -euo pipefail
cd "$1"
if command -v sha256sum >/dev/null; then
    sha256sum rootgate-v*.tar.gz >SHA256SUMS
else
    shasum -a 256 rootgate-v*.tar.gz >SHA256SUMS
fi
