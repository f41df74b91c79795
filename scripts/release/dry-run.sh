#!/usr/bin/env bash
# Does every step of a release that works on one machine without a network: builds the release profile,
# packs it, writes the table, and tries the launcher with it. `--binary FILE` uses an existing binary.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=target/release-dry-run
limit=12000000 # maximum size of the binary in bytes
rm -rf "$out"
mkdir -p "$out"

machine=$(uname -m)
case $(uname -s)/$machine in
    Linux/x86_64 | Linux/aarch64) target=$machine-unknown-linux-musl ;;
    Darwin/x86_64) target=x86_64-apple-darwin ;;
    Darwin/arm64) target=aarch64-apple-darwin ;;
    *) echo "There is no release for this machine: $(uname -sm)" >&2; exit 1 ;;
esac

if [ "${1-}" = --binary ]; then
    binary=$2
    echo "== binary: $binary, existing; packed as $target"
elif rustup target list --installed 2>/dev/null | grep -qx "$target"; then
    echo "== binary: $target, as released"
    cargo build --locked --release --target "$target" --bin rootgate
    binary=${CARGO_TARGET_DIR:-target}/$target/release/rootgate
else
    echo "== binary: the target $target is not installed (rustup target add $target), so this builds"
    echo "   $(rustc -vV | sed -n 's/^host: //p') and packs it under the name of $target."
    echo "   The real release is built for $target."
    cargo build --locked --release --bin rootgate
    binary=${CARGO_TARGET_DIR:-target}/release/rootgate
fi

echo "== version: $("$binary" --version), to be tagged v$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)"
size=$(wc -c <"$binary")
echo "== size: $((size / 1000)) kB, maximum $((limit / 1000)) kB"
[ "$size" -lt "$limit" ] || { echo "The binary is too large." >&2; exit 1; }

echo "== archive"
archive=$(scripts/release/pack.py "$binary" "$target" "$out")
tar -tzf "$archive" | sed 's/^/  /'

echo "== table, the content of action/SHA256SUMS in the tagged commit"
scripts/release/table.sh "$out"
sed 's/^/  /' "$out/SHA256SUMS"

echo "== launcher"
python3 -B scripts/release/try.py "$archive"

cat <<END

The remaining steps need GitHub: the other platforms, the SBOM, the attestations, the tag and the
release itself (.github/workflows/release.yml).
END
