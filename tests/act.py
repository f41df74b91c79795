#!/usr/bin/env python3
"""Runs the action as a workflow does, by `act` in host mode: `make act`.

Each run has a repository of its own with the action and one workflow. The input `binary` names a
script, so that the real binary can be sent to a server of ours without the product having an input
for it. A later step writes down what the gate left: outputs, outcome, files.
"""

import contextlib
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
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "debug"
SCENARIOS = REPOSITORY / "examples" / "scenarios"
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

# Stands for rootgate: says and leaves what rootgate would, and ends as told; after a moment, because
# `act` in host mode may lose the last lines of a step that ends at once.
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
echo "the token for GitHub is ${{GITHUB_TOKEN:-missing}}"
echo '# rootgate: {verdict}' >>"$GITHUB_STEP_SUMMARY"
echo '{{}}' >"$sarif"
echo '{{}}' >"$report"
for output in verdict={verdict} exit-code={code} "sarif-file=$sarif" "report-file=$report"; do
    printf '%s\\n' "$output" >>"$GITHUB_OUTPUT"
done
sleep 0.3
exit {code}
"""

# The real binary, sent to the fake AWS. `act` sets INPUT_*, GitHub does not in composite actions.
REAL = """\
#!/bin/sh
for name in $(env | sed -n 's/^\\(INPUT_[A-Z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
"{rootgate}" "$@" --endpoint-url "{url}"
status=$?
sleep 0.3
exit "$status"
"""

POLICY = """\
version: 1
scope:
  accounts:
    - { id: "111122223333", name: prod }
"""


class Gate:
    """One run of the action: its log, outcome, outputs, report files and job summary."""

    def __init__(self, binary, inputs=None, policy=None, oidc=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            repository, seen = folder / "repository", folder / "seen"
            (repository / ".github" / "workflows").mkdir(parents=True)
            seen.mkdir()
            shutil.copy(REPOSITORY / "action.yml", repository)
            shutil.copytree(REPOSITORY / "action", repository / "action")
            if policy is not None:
                (repository / ".github" / "rootgate.yaml").write_text(policy)
            inputs = dict(inputs or {})
            if binary is not None:
                (folder / "rootgate").write_text(binary)
                (folder / "rootgate").chmod(0o755)
                inputs["binary"] = str(folder / "rootgate")
            workflow = WORKFLOW.format(inputs=json.dumps(inputs), seen=seen)
            (repository / ".github" / "workflows" / "gate.yml").write_text(workflow)
            self.log = act(repository, folder, oidc)
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


@contextlib.contextmanager
def fake(server, scenario):
    """A server of ours with a file of its scenario, on a free port; ends when its input closes."""
    command = [BUILT / "examples" / server, scenario]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


def fake_aws(scenario):
    """The fake AWS, and GitHub's token endpoint."""
    return fake("fake_aws", SCENARIOS / f"{scenario}.txt")


def act(repository, folder, oidc):
    """Runs the workflow and returns its log; that the gate fails does not end it."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", repository]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=gate"], check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
    command = [ACT, "push", "--platform", "ubuntu-latest=-self-hosted", "--directory", repository]
    if oidc is not None:
        command += ["--env", f"ACTIONS_ID_TOKEN_REQUEST_URL={oidc}/token?api-version=2.0"]
        command += ["--env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=runner-token"]
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise AssertionError(f"act ended with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


class Launcher(unittest.TestCase):
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

    def test_the_token_is_handed_on_by_the_environment(self):
        gate = Gate(FAKE.format(verdict="pass", code=0), {"token": "example-token"})
        self.assertIn("the token for GitHub is example-token", gate.log)

    def test_without_a_binary_a_tree_without_digests_judges_nothing(self):
        gate = Gate(None)
        self.assertIn("This commit of the action is no release", gate.log)
        self.assertEqual(gate.outcome, "failure")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertEqual(gate.files, [])


class RealGate(unittest.TestCase):
    def gate(self, scenario, policy_file=POLICY, **inputs):
        role = {"role-to-assume": "arn:aws:iam::111122223333:role/rootgate"}
        with fake_aws(scenario) as url:
            binary = REAL.format(rootgate=BUILT / "rootgate", url=url)
            return Gate(binary, {**role, **inputs}, policy_file, oidc=url)

    def assert_judged(self, gate, verdict, code):
        self.assertEqual(gate.outputs.get("verdict"), verdict)
        self.assertEqual(gate.outputs["exit-code"], str(code))
        self.assertEqual(gate.outcome, "success" if code == 0 else "failure")
        self.assertEqual(gate.files, ["rootgate.json", "rootgate.sarif"])
        self.assertEqual(sorted(gate.outputs), sorted(OUTPUTS))
        self.assertIn("rootgate", gate.summary.splitlines()[0])

    def test_a_sound_account_passes(self):
        self.assert_judged(self.gate("green"), "pass", 0)

    def test_an_active_key_fails_the_step(self):
        gate = self.gate("red")
        self.assert_judged(gate, "fail", 1)
        self.assertIn("root-access-key-active", gate.summary)
        self.assertIn("::error", gate.log)

    def test_a_denied_call_is_undetermined_and_fails_the_step(self):
        gate = self.gate("undetermined")
        self.assert_judged(gate, "undetermined", 3)
        self.assertIn("iam:GetAccountSummary", gate.summary)

    def test_a_failed_sign_in_judges_nothing(self):
        gate = self.gate("untrusted")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertEqual(gate.files, [])
        self.assertIn("sts:AssumeRoleWithWebIdentity", gate.log)

    def test_a_named_policy_that_is_missing_judges_nothing(self):
        gate = self.gate("green", policy="other.yaml")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertIn("other.yaml", gate.log)

    def test_without_a_policy_file_the_built_in_defaults_judge(self):
        gate = self.gate("green", policy_file=None)
        self.assertEqual(gate.outputs["verdict"], "pass")
        self.assertNotIn("policy-sha256", gate.outputs)
        self.assertIn("built-in", gate.summary)

    def test_the_token_and_the_credentials_are_masked_and_never_shown(self):
        log = self.gate("green").log
        masks = re.findall(r"^\[gate.yml/gate\]   ⚙  \*\*\*$", log, re.MULTILINE)
        self.assertEqual(len(masks), 4, "the JWT, key id, secret and session token")
        for secret in ("runner-token", "eyJ", "ASIAFAKE", "wJalrXUtnFEMI"):
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main()
