#!/usr/bin/env python3
"""Compares the JSON Schema of the policy with rootgate's parser, policy by policy.

Editors check a policy with schema/policy.json, and rootgate with its parser. This script runs both on the
gallery, the example and the starter. For the schema it uses check-jsonschema, which has another YAML parser.
The tables below list the known differences and their reasons. Any other difference fails.
"""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GALLERY = Path("tests/policies")
SCHEMA = "schema/policy.json"

# Bad policies that only the parser refuses.
SCHEMA_ACCEPTS = {
    "bad/account-twice.yaml": "uniqueItems compares whole entries, not ids",
    "bad/anchors-and-aliases.yaml": "a schema sees the values, not how YAML wrote them",
    "bad/directive.yaml": "a schema sees the values, not how YAML wrote them",
    "bad/enforce-from-too-far.yaml": "a schema knows no today",
    "bad/events-shorter-than-the-look-back.yaml": "a schema cannot compare two values",
    "bad/limit-above-its-ceiling.yaml": "a schema cannot compare durations",
    "bad/organization-exclude-too-long.yaml": "a schema knows no today",
    "bad/organization-exclude-twice.yaml": "uniqueItems compares whole entries, not ids",
    "bad/organization-excludes-a-named-account.yaml": "a schema cannot compare two values",
    "bad/organization-grace-too-long.yaml": "a schema cannot compare durations",
    "bad/reason-over-several-lines.yaml": "the characters that text may hold are too many for a pattern",
    "bad/reason-with-a-tab.yaml": "the characters that text may hold are too many for a pattern",
    "bad/reason-with-a-zero-width-space.yaml": "the characters that text may hold are too many for a pattern",
    "bad/role-of-another-account.yaml": "a schema cannot compare two values",
    "bad/schedule-never-ending-day.yaml": "a schema cannot compare two values",
    "bad/schedule-open-every-day.yaml": "a schema cannot count on the calendar",
    "bad/schedules-too-long-together.yaml": "a schema cannot count on the calendar",
    "bad/tag.yaml": "a schema sees the values, not how YAML wrote them",
    "bad/timezone-misspelt.yaml": "a list of 600 zones would hide all else, and grows every year",
    "bad/waiver-ends-first.yaml": "a schema cannot compare two values",
    "bad/waiver-too-long.yaml": "a schema cannot compare two values",
    "bad/waiver-twice.yaml": "a schema cannot compare entries",
    "bad/windows-that-touch.yaml": "a schema cannot compare entries",
    "bad/windows-too-long-in-a-month.yaml": "a schema cannot count on the calendar",
    "bad/window-ends-first.yaml": "a schema cannot compare two values",
    "bad/window-too-long.yaml": "a schema cannot compare two values",
    "bad/window-twice.yaml": "a schema cannot compare entries",
}
# Valid policies that the validator refuses because of its YAML parser, not because of the schema.
SCHEMA_REFUSES = {
    "valid/tabs-before-comments.yaml": "the validator's YAML reader refuses a tab before a comment",
    "valid/words-that-older-yaml-misreads.yaml": "the validator's YAML reader takes 0b1 for a number",
}


def run(*command):
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"{' '.join(map(str, command[:2]))} did not answer:\n{done.stdout}{done.stderr}")


def refused_by_schema(files):
    tool = "target/tools/check-jsonschema"
    answer = run(tool, "--schemafile", SCHEMA, "--output-format", "json", *files)
    return {error["filename"] for error in answer["errors"] + answer["parse_errors"]}


def refused_by_reader(files):
    binary = REPOSITORY / "target/debug/rootgate"
    return {file["path"] for file in run(binary, "policy", "check", "--format", "json", *files) if not file["valid"]}


def main():
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--bin", "rootgate", "--example", "fake_aws"], cwd=REPOSITORY, check=True)
    starter = Path("target/gallery-starter.yaml")
    (REPOSITORY / starter).unlink(missing_ok=True)
    binary = REPOSITORY / "target/debug/rootgate"
    subprocess.run([binary, "policy", "init", "--output", starter], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)

    gallery = sorted(path.relative_to(REPOSITORY) for path in (REPOSITORY / GALLERY).glob("*/*.yaml"))
    files = [str(path) for path in [*gallery, Path("policy.example.yaml"), starter]]
    schema, reader = refused_by_schema(files), refused_by_reader(files)
    problems = []
    for file in files:
        name = file.removeprefix(f"{GALLERY}/")
        if (file in reader) != name.startswith("bad/"):
            problems.append(f"{file}: the parser {'refuses' if file in reader else 'accepts'} it")
        accepts, refuses = file in reader - schema, file in schema - reader
        if accepts != (name in SCHEMA_ACCEPTS):
            problems.append(f"{file}: {'only the parser refuses it' if accepts else 'the schema refuses it too'}")
        if refuses != (name in SCHEMA_REFUSES):
            problems.append(f"{file}: {'only the schema refuses it' if refuses else 'the schema accepts it too'}")
    names = {file.removeprefix(f"{GALLERY}/") for file in files}
    problems += [f"{name}: listed, but the file is missing" for name in {**SCHEMA_ACCEPTS, **SCHEMA_REFUSES} if name not in names]
    if problems:
        sys.exit("\n".join([*problems, "Fix the schema, or list the difference with its reason in scripts/gallery.py."]))
    print(f"{len(files)} policies: parser and schema agree, except for {len(SCHEMA_ACCEPTS)} that only the parser can refuse")


if __name__ == "__main__":
    main()
