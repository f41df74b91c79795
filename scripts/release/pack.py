#!/usr/bin/env python3
"""Packs a binary into a release archive: `pack.py BINARY TARGET FOLDER`. Prints the archive's path.

The same binary gives the same bytes: names, order, owners and times are fixed.
"""

import gzip
import io
import sys
import tarfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BESIDE = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]


def version():
    """The version in Cargo.toml."""
    with open(REPOSITORY / "Cargo.toml", "rb") as file:
        return tomllib.load(file)["package"]["version"]


def entry(name, content, mode):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    return info, io.BytesIO(content)


def main(binary, target, folder):
    program = "rootgate.exe" if "windows" in target else "rootgate"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(*entry(program, Path(binary).read_bytes(), 0o755))
        for name in BESIDE:
            tar.addfile(*entry(name, (REPOSITORY / name).read_bytes(), 0o644))
    archive = Path(folder) / f"rootgate-v{version()}-{target}.tar.gz"
    archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    announce(archive)


def announce(archive):
    """Prints the path for a shell's `$(...)`. On Windows, Python would end the line with a carriage return."""
    sys.stdout.reconfigure(newline="\n")
    print(archive.as_posix())


if __name__ == "__main__":
    main(*sys.argv[1:])
