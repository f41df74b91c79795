#!/usr/bin/env bash
# What `cargo publish` would carry: all that `cargo install rootgate` needs, and nothing of ours.
set -euo pipefail
cd "$(dirname "$0")/../.."

list=$(cargo package --locked --list --allow-dirty)

# What the code includes from outside src/ must be there, or the package does not compile.
included=$(grep -rhoE 'include_(str|bytes)!\("[^"]+"\)' src | grep -oE '(\.\./)+[^"]+' | sed 's|^\(\.\./\)*||' | sort -u || true)

broken=0
for file in Cargo.toml Cargo.lock LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md src/main.rs \
    src/lib.rs schema/report.json schema/evidence.json policy.example.yaml; do
    grep -qx "$file" <<<"$list" || { echo "the package lacks $file" >&2; broken=1; }
done
for file in $included; do
    # Relative to a file in src: what does not lie in src is named from the repository's root.
    [ -e "src/$file" ] || grep -qx "$file" <<<"$list" || { echo "the package lacks $file, which src includes" >&2; broken=1; }
done
if foreign=$(grep -E '^(\.github|\.ci|tests|scripts|action|examples/workflows|target)/|^action\.yml$' <<<"$list"); then
    printf 'the package carries what only the repository needs:\n%s\n' "$foreign" >&2
    broken=1
fi
exit "$broken"
