#!/usr/bin/env python3
"""Holds the JSON Schema of the policy against its reader, policy by policy.

An editor checks a policy by schema/policy.json, rootgate by its reader. Both judge the gallery, the
example and the starter here; the schema by check-jsonschema, whose YAML reader is not ours either.
Where the two differ, the difference and its reason are in the tables below: any other one fails.
"""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GALLERY = Path("tests/policies")
SCHEMA = "schema/policy.json"

# What only the reader can refuse.
SCHEMA_ACCEPTS = {
    "bad/account-twice.yaml": "uniqueItems compares whole entries, not ids",
    "bad/anchors-and-aliases.yaml": "a schema sees the values, not how YAML wrote them",
    "bad/directive.yaml": "a schema sees the values, not how YAML wrote them",
    "bad/enforce-from-too-far.yaml": "a schema knows no today",
    "bad/events-shorter-than-the-look-back.yaml": "a schema cannot compare two values",
    "bad/limit-above-its-ceiling.yaml": "a schema cannot compare durations",
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
# What the validator refuses although it is right: both are about its YAML reader, not the schema.
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
            problems.append(f"{file}: the reader {'refuses' if file in reader else 'accepts'} it")
        accepts, refuses = file in reader - schema, file in schema - reader
        if accepts != (name in SCHEMA_ACCEPTS):
            problems.append(f"{file}: {'only the reader refuses it' if accepts else 'the schema refuses it as well'}")
        if refuses != (name in SCHEMA_REFUSES):
            problems.append(f"{file}: {'only the schema refuses it' if refuses else 'the schema accepts it as well'}")
    names = {file.removeprefix(f"{GALLERY}/") for file in files}
    problems += [f"{name}: listed, but not there" for name in {**SCHEMA_ACCEPTS, **SCHEMA_REFUSES} if name not in names]
    if problems:
        sys.exit("\n".join([*problems, "Mend the schema, or list the difference with its reason in scripts/gallery.py."]))
    print(f"{len(files)} policies: reader and schema agree, but for {len(SCHEMA_ACCEPTS)} that only the reader can refuse")


if __name__ == "__main__":
    main()
