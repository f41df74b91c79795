#!/usr/bin/env bash
# Checks the contents of the crate: everything that `cargo install rootgate` needs, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

list=$(cargo package --locked --list --allow-dirty)

# Files that the code includes from outside src/ must be in the crate, or it does not compile.
included=$(grep -rhoE 'include_(str|bytes)!\("[^"]+"\)' src | grep -oE '(\.\./)+[^"]+' | sed 's|^\(\.\./\)*||' | sort -u || true)

broken=0
for file in Cargo.toml Cargo.lock LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md src/main.rs \
    src/lib.rs schema/report.json schema/evidence.json policy.example.yaml; do
    grep -qx "$file" <<<"$list" || { echo "missing in the package: $file" >&2; broken=1; }
done
for file in $included; do
    # The paths are relative to a file in src. A file outside src is listed by its path from the root.
    [ -e "src/$file" ] || grep -qx "$file" <<<"$list" || { echo "missing in the package: $file, which src includes" >&2; broken=1; }
done
if foreign=$(grep -E '^(\.github|\.ci|tests|scripts|action|examples/workflows|target)/|^action\.yml$' <<<"$list"); then
    printf 'the package contains files that only the repository needs:\n%s\n' "$foreign" >&2
    broken=1
fi
exit "$broken"
