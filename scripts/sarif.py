#!/usr/bin/env python3
"""Validates SARIF files with Microsoft's Sarif.Multitool and GitHub's rules: `sarif.py FILE...`.

The tool always exits with 0, so this script reads its report: errors fail, warnings are shown.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MULTITOOL = Path(__file__).resolve().parent.parent / "target" / "tools" / "Sarif.Multitool"


def message(result, rules):
    """The text of a result, which may be stored with its rule."""
    text = result["message"].get("text")
    if text is None:
        rule = rules.get(result["ruleId"].split("/")[0], {})
        text = rule["messageStrings"][result["message"]["id"]]["text"]
        for number, argument in enumerate(result["message"].get("arguments", [])):
            text = text.replace(f"{{{number}}}", argument)
    return text


def validate(file):
    """Prints the tool's results for the file and returns the number of errors."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.sarif"
        done = subprocess.run(
            [MULTITOOL, "validate", file, "--rule-kind", "Sarif;Ghas"]
            + ["--output", report, "--log", "ForceOverwrite"],
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0 or not report.exists():
            print(f"{done.stdout}{file}: Sarif.Multitool wrote no report")
            return 1
        run = json.loads(report.read_text(encoding="utf-8-sig"))["runs"][0]
    broken = [
        note
        for invocation in run.get("invocations", [])
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
        for note in invocation.get(kind, [])
        if note.get("level") == "error"
    ]
    for note in broken:
        print(f"{file}: Sarif.Multitool failed: {note['message']}")
    rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", [])}
    errors = 0
    for result in run.get("results", []):
        level = result.get("level", "warning")
        errors += level == "error"
        region = result.get("locations", [{}])[0].get("physicalLocation", {}).get("region", {})
        line = region.get("startLine", 1)
        print(f"{file}:{line}: {level} {result['ruleId']}: {message(result, rules)}")
    return errors + len(broken)


def main():
    files = sys.argv[1:]
    if not files:
        raise SystemExit("no SARIF file was given")
    errors = sum(validate(file) for file in files)
    if errors:
        raise SystemExit(f"Sarif.Multitool found {errors} errors")
    print(f"Sarif.Multitool: no errors in {len(files)} files")


if __name__ == "__main__":
    main()
