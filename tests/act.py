#!/usr/bin/env python3
"""Runs the action as a workflow does, by `act` in host mode: `make act`.

Each run has a repository of its own with the action and one workflow. The input `binary` names a
script, so that the real binary can be sent to a server of ours without the product having an input
for it. A later step writes down what the gate left: outputs, outcome, files.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ACT = REPOSITORY / "target" / "tools" / "act"
OUTPUTS = (
    ["verdict", "exit-code", "failed-count", "undetermined-count", "waived-count"]
    + ["sarif-file", "report-file", "policy-sha256", "evaluated-at", "valid-until"]
)

WORKFLOW = """\
on: push
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7 # `act` copies the repository instead
      - id: gate
        uses: ./
        continue-on-error: true
        with: {inputs}
      - env:
          STEP: ${{{{ toJSON(steps.gate) }}}}
          SARIF: ${{{{ steps.gate.outputs.sarif-file }}}}
          REPORT: ${{{{ steps.gate.outputs.report-file }}}}
        run: |
          printf '%s' "$STEP" >"{seen}/step.json"
          for file in "$SARIF" "$REPORT"; do
            if [ -f "$file" ]; then cp "$file" "{seen}"; fi
          done
"""

# Stands for rootgate: says and leaves what rootgate would, and ends as told.
FAKE = """\
#!/bin/sh
sarif= report=
for argument; do
    case $argument in
        --sarif=*) sarif=${{argument#--sarif=}} ;;
        --json=*) report=${{argument#--json=}} ;;
    esac
done
echo '::add-mask::example-session-token'
echo 'the session token is example-session-token'
echo '# rootgate: {verdict}' >>"$GITHUB_STEP_SUMMARY"
echo '{{}}' >"$sarif"
echo '{{}}' >"$report"
for output in verdict={verdict} exit-code={code} "sarif-file=$sarif" "report-file=$report"; do
    printf '%s\\n' "$output" >>"$GITHUB_OUTPUT"
done
exit {code}
"""


class Gate:
    """One run of the action: its log, outcome, outputs, report files and job summary."""

    def __init__(self, binary, inputs=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            repository, seen = folder / "repository", folder / "seen"
            (repository / ".github" / "workflows").mkdir(parents=True)
            seen.mkdir()
            shutil.copy(REPOSITORY / "action.yml", repository)
            shutil.copytree(REPOSITORY / "action", repository / "action")
            inputs = dict(inputs or {})
            if binary is not None:
                (folder / "rootgate").write_text(binary)
                (folder / "rootgate").chmod(0o755)
                inputs["binary"] = str(folder / "rootgate")
            workflow = WORKFLOW.format(inputs=json.dumps(inputs), seen=seen)
            (repository / ".github" / "workflows" / "gate.yml").write_text(workflow)
            self.log = act(repository, folder)
            step = seen / "step.json"
            if not step.exists():
                raise AssertionError(f"the workflow did not get past the gate:\n{self.log}")
            step = json.loads(step.read_text())
            self.outcome = step["outcome"]
            self.outputs = {name: value for name, value in step["outputs"].items() if value}
            self.files = sorted(file.name for file in seen.glob("rootgate.*"))
            # `act` drops the file after the step, and prints it.
            summary = re.search(r"Summary - (.*?)\n\[gate", self.log, re.DOTALL)
            self.summary = summary[1] if summary else ""



def act(repository, folder):
    """Runs the workflow and returns its log; that the gate fails does not end it."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", repository]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=gate"], check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        [ACT, "push", "--platform", "ubuntu-latest=-self-hosted", "--directory", repository],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise AssertionError(f"act ended with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


class Action(unittest.TestCase):
    def test_each_exit_code_decides_the_step_and_reaches_the_workflow(self):
        for verdict, code, outcome in [
            ("pass", 0, "success"),
            ("fail", 1, "failure"),
            ("undetermined", 3, "failure"),
        ]:
            with self.subTest(verdict):
                gate = Gate(FAKE.format(verdict=verdict, code=code))
                self.assertEqual(gate.outcome, outcome)
                self.assertEqual(gate.outputs["verdict"], verdict)
                self.assertEqual(gate.outputs["exit-code"], str(code))
                self.assertEqual(gate.files, ["rootgate.json", "rootgate.sarif"])
                self.assertEqual(gate.summary, f"# rootgate: {verdict}")
                self.assertIn("the session token is ***", gate.log)
                self.assertNotIn("example-session-token", gate.log)

    def test_a_run_that_judged_nothing_leaves_the_verdict_error_and_no_file(self):
        gate = Gate(FAKE.format(verdict="pass", code=2))
        self.assertEqual(gate.outcome, "failure")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertEqual(gate.files, [])

    def test_a_missing_binary_is_an_error_that_says_what_to_do(self):
        gate = Gate(None)
        self.assertEqual(gate.outcome, "failure")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertEqual(gate.files, [])
        self.assertIn("build rootgate in an earlier step", gate.log)


if __name__ == "__main__":
    unittest.main()
