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
import shlex
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
on: {event}
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7 # `act` copies the repository instead
      - run: {earlier}
      - id: gate
        uses: ./
        continue-on-error: true
        with: {inputs}
      - env:
          STEP: ${{{{ toJSON(steps.gate) }}}}
          SARIF: ${{{{ steps.gate.outputs.sarif-file }}}}
          REPORT: ${{{{ steps.gate.outputs.report-file }}}}
        shell: /bin/dash {{0}} # whatever an earlier step has set for other shells
        run: |
          printf '%s' "$STEP" >"{seen}/step.json"
          ls >"{seen}/workspace"
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

# The real binary, sent to the fake AWS and the fake GitHub. `act` sets INPUT_*, GitHub does not in
# composite actions.
REAL = """\
#!/bin/sh
for name in $(env | sed -n 's/^\\(INPUT_[A-Z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
export GITHUB_API_URL={github} GITHUB_REPOSITORY=octo-org/octo-repo
"{rootgate}" "$@" --endpoint-url "{url}"
status=$?
sleep 0.3
exit "$status"
"""

POLICY = """\
version: 1
evidence: { root-events: off }
scope:
  accounts:
    - { id: "111122223333", name: prod }
"""
# Lookups of events take their time; one run here, and tests/it, show that they are made.
WITH_EVENTS = POLICY.replace("evidence: { root-events: off }\n", "")


WEAKER = POLICY + "rules: { root-access-key-active: off, root-access-key-present: off }\n"
TOKEN = "example-token"
TIP = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
# A pull request of a branch of the repository.
PULL_REQUEST = {"number": 42, "pull_request": {"number": 42, "base": {"ref": "main"}, "head": {"ref": "x"}}}


class Gate:
    """One run of the action: its log, outcome, outputs, report files and job summary."""

    def __init__(self, binary, inputs=None, policy=None, oidc=None, event=("push", None), earlier="true", shell="sh"):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            repository, seen = folder / "repository", folder / "seen"
            (repository / ".github" / "workflows").mkdir(parents=True)
            seen.mkdir()
            shutil.copy(REPOSITORY / "action.yml", repository)
            shutil.copytree(REPOSITORY / "action", repository / "action")
            if callable(policy):
                policy(repository)
            elif policy is not None:
                (repository / ".github" / "rootgate.yaml").write_text(policy)
            inputs = dict(inputs or {})
            if binary is not None:
                (folder / "rootgate").write_text(binary)
                (folder / "rootgate").chmod(0o755)
                inputs["binary"] = str(folder / "rootgate")
            event, payload = event
            workflow = WORKFLOW.format(
                inputs=json.dumps(inputs), seen=seen, event=event, earlier=json.dumps(earlier)
            )
            (repository / ".github" / "workflows" / "gate.yml").write_text(workflow)
            (folder / "event.json").write_text(json.dumps(payload or {}))
            (folder / "bin").mkdir()
            (folder / "bin" / "sh").symlink_to(shutil.which(shell))
            self.log = act(repository, folder, oidc, event)
            step = seen / "step.json"
            if not step.exists():
                raise AssertionError(f"the workflow did not get past the gate:\n{self.log}")
            step = json.loads(step.read_text())
            self.outcome = step["outcome"]
            self.outputs = {name: value for name, value in step["outputs"].items() if value}
            self.files = sorted(file.name for file in seen.glob("rootgate.*"))
            self.workspace = (seen / "workspace").read_text().split()
            report = seen / "rootgate.json"
            self.report = json.loads(report.read_text()) if report.exists() else None
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


def act(repository, folder, oidc, event):
    """Runs the workflow and returns its log; that the gate fails does not end it."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", repository]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=gate"], check=True)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "TMPDIR": str(folder)}
    command = [ACT, event, "--platform", "ubuntu-latest=-self-hosted", "--directory", repository]
    command += ["--eventpath", folder / "event.json"]
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
        self.assertIn("This commit of the action is not a release", gate.log)
        self.assertEqual(gate.outcome, "failure")
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertEqual(gate.files, [])


def real_gate(scenario, main=POLICY, oidc=True, pull="octo-org/octo-repo", inputs=None, **job):
    """The real binary; `main` is the policy at the tip of the default branch."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "main" / ".github").mkdir(parents=True)
        (folder / "main" / "README.md").write_text("x")
        if main is not None:
            (folder / "main" / ".github" / "rootgate.yaml").write_text(main)
        (folder / "github.txt").write_text(
            f"token = {TOKEN}\ncommit {TIP} = {folder / 'main'}\nref heads/main = {TIP}\npull 42 = {pull}\n"
        )
        github = stack.enter_context(fake("fake_github", folder / "github.txt"))
        url = stack.enter_context(fake_aws(scenario))
        binary = REAL.format(rootgate=BUILT / "rootgate", url=url, github=github)
        role = {"role-to-assume": "arn:aws:iam::111122223333:role/rootgate", "token": TOKEN}
        return Gate(binary, {**role, **(inputs or {})}, oidc=url if oidc else None, **job)


class RealGate(unittest.TestCase):
    def gate(self, scenario, policy_file=POLICY, **inputs):
        return real_gate(scenario, policy_file, policy=policy_file, inputs=inputs)

    def assert_judged(self, gate, verdict, code):
        self.assertEqual(gate.outputs.get("verdict"), verdict)
        self.assertEqual(gate.outputs["exit-code"], str(code))
        self.assertEqual(gate.outcome, "success" if code == 0 else "failure")
        self.assertEqual(gate.files, ["rootgate.json", "rootgate.sarif"])
        self.assertEqual(sorted(gate.outputs), sorted(OUTPUTS))
        self.assertIn("rootgate", gate.summary.splitlines()[0])

    def test_a_sound_account_passes(self):
        gate = self.gate("green", WITH_EVENTS)
        self.assert_judged(gate, "pass", 0)
        self.assertIn("CloudTrail events of us-east-1, us-east-2, us-west-2", gate.summary)

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

    def test_the_doctor_checks_and_has_no_verdict(self):
        gate = self.gate("undetermined", command="doctor")
        self.assertEqual((gate.outputs, gate.files), ({"exit-code": "1"}, []), gate.log)
        self.assertEqual(gate.outcome, "failure")
        self.assertIn("## rootgate doctor: ", gate.summary)
        self.assertIn("grant iam:GetAccountSummary", gate.log)

    def test_the_doctor_refuses_the_inputs_of_the_gate(self):
        gate = self.gate("green", command="doctor", **{"fail-on": "low"})
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertIn("--fail-on", gate.log)

    def test_the_token_and_the_credentials_are_masked_and_never_shown(self):
        log = self.gate("green").log
        masks = re.findall(r"^\[gate.yml/gate\]   ⚙  \*\*\*$", log, re.MULTILINE)
        self.assertEqual(len(masks), 4, "the JWT, key id, secret and session token")
        for secret in ("runner-token", "eyJ", "ASIAFAKE", "wJalrXUtnFEMI", TOKEN):
            self.assertNotIn(secret, log)


class WithoutAVerdict(unittest.TestCase):
    """A step that ends with success and has written no verdict must not let the job go on."""

    MESSAGE = "rootgate wrote no verdict, so nothing was judged and this step fails."

    def assert_failed(self, gate):
        self.assertEqual((gate.outcome, gate.outputs), ("failure", {}), gate.log)
        self.assertIn(self.MESSAGE, gate.log)

    def test_a_shell_that_does_nothing_is_no_pass(self):
        earlier = """mkdir evil; printf '#!/bin/true\\n' >evil/sh; chmod +x evil/sh; echo "$PWD/evil" >>"$GITHUB_PATH" """
        self.assert_failed(Gate(FAKE.format(verdict="pass", code=0), earlier=earlier))

    def test_a_loader_that_only_lists_libraries_is_no_pass(self):
        # It lists them for every later step as well, so only the log can tell.
        with self.assertRaises(AssertionError) as raised:
            Gate(FAKE.format(verdict="pass", code=0), earlier='echo LD_TRACE_LOADED_OBJECTS=1 >>"$GITHUB_ENV"')
        self.assertIn(self.MESSAGE, str(raised.exception))
        self.assertIn("libc.so", str(raised.exception))

    def test_a_program_that_writes_none_is_no_pass(self):
        silent = re.sub(r"for output in verdict.*?done\n", "", FAKE, flags=re.DOTALL)
        self.assert_failed(Gate(silent.format(verdict="pass", code=0)))

    def test_a_verdict_is_not_mistaken_for_none(self):
        for verdict, code in [("pass", 0), ("fail", 1), ("error", 2)]:
            self.assertNotIn(self.MESSAGE, Gate(FAKE.format(verdict=verdict, code=code)).log)


class Bypass(unittest.TestCase):
    """What a branch or an earlier step may try; the account has an active key, which `main` blocks."""

    def assert_judged_by_main(self, gate, copy, effect="fails", code="1"):
        self.assertEqual(gate.outputs.get("exit-code"), code, gate.log)
        self.assertEqual(gate.outcome, "success" if code == "0" else "failure")
        self.assertEqual(gate.report["policy"]["judge"], "default-branch")
        self.assertEqual(gate.report["policy"]["commit"], TIP)
        change = gate.report["policy_change"]
        self.assertEqual((change or {}).get("copy"), copy)
        self.assertEqual((change or {}).get("effect"), effect)

    def test_a_branch_is_judged_by_the_policy_that_it_would_change(self):
        def deleted(repository):
            (repository / "x").write_text("x")

        def moved(repository):
            (repository / "rootgate.yaml").write_text(WEAKER)

        def linked(repository):
            (repository / "weak.yaml").write_text(WEAKER)
            (repository / ".github" / "rootgate.yaml").symlink_to("../weak.yaml")

        for policy, copy in [(WEAKER, "changed"), (deleted, "missing"), (moved, "changed"), (linked, "broken")]:
            with self.subTest(getattr(policy, "__name__", "weaker")):
                gate = real_gate("red", policy=policy, event=("pull_request", PULL_REQUEST))
                self.assert_judged_by_main(gate, copy)
                self.assertIn("root-access-key-active", gate.summary)

    def test_an_earlier_step_edits_the_event_file(self):
        edit = """echo '{"repository": {"default_branch": "evil"}}' >"$GITHUB_EVENT_PATH" """
        gate = real_gate("red", policy=WEAKER, event=("pull_request", PULL_REQUEST), earlier=edit)
        self.assert_judged_by_main(gate, "changed")

    def test_an_earlier_step_sets_variables(self):
        for line in ["SSL_CERT_FILE=/tmp/evil.pem", "SSL_CERT_DIR=/tmp", "AWS_CA_BUNDLE=/tmp/evil.pem"]:
            with self.subTest(line):
                gate = real_gate("green", policy=POLICY, earlier=f'echo {line} >>"$GITHUB_ENV"')
                self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
                self.assertIn(line.split("=")[0], gate.log)
        for line in ["AWS_PROFILE=evil", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"]:
            with self.subTest(line):
                gate = real_gate("red", policy=POLICY, earlier=f'echo {line} >>"$GITHUB_ENV"')
                self.assert_judged_by_main(gate, None, None)
        gate = real_gate("red", policy=POLICY, earlier='mkdir evil; echo "$PWD/evil" >>"$GITHUB_PATH"')
        self.assert_judged_by_main(gate, None, None)

    def test_an_earlier_step_sets_what_shells_tools_and_the_loader_read(self):
        """`make launcher` tries each in every shell; here the runner's own file of variables sets them."""
        variables = [
            "SHELLOPTS=noexec:xtrace",
            "PS4=$(touch ran)",
            "BASH_ENV=$(touch ran)",
            "ENV=$(touch ran)",
            "TAR_OPTIONS=--checkpoint=1 --checkpoint-action=exec='touch ran'",
            "PERL5OPT=-d",
            "PERL5DB=BEGIN { system 'touch ran' }",
            "GITHUB_ACTIONS=false",
            "private={workspace}/kept",
            "reports={workspace}/kept",
            "BASH_FUNC_tr%%=() { touch {workspace}/ran; }",
            "BASH_FUNC_printf%%=() { touch {workspace}/ran; }",
        ]
        lines = shlex.quote("\n".join(variables))
        earlier = f"""mkdir kept; printf '%s\\n' {lines} | sed "s|{{workspace}}|$PWD|" >>"$GITHUB_ENV" """
        for shell in ["sh", "bash"]:
            with self.subTest(shell):
                gate = real_gate("red", policy=POLICY, earlier=earlier, shell=shell)
                self.assert_judged_by_main(gate, None, None)
                self.assertNotIn("ran", gate.workspace)
                self.assertIn("kept", gate.workspace)

    def test_an_earlier_step_sets_whose_credentials_are_used(self):
        """With a role and GitHub's token the profile is not asked, so its program is not run."""
        earlier = """
            printf '[profile evil]\\ncredential_process = touch %s/ran\\n' "$PWD" >config
            echo "AWS_CONFIG_FILE=$PWD/config" >>"$GITHUB_ENV"
            echo AWS_PROFILE=evil >>"$GITHUB_ENV"
        """
        gate = real_gate("red", policy=POLICY, earlier=earlier)
        self.assert_judged_by_main(gate, None, None)
        self.assertIn("config", gate.workspace)
        self.assertNotIn("ran", gate.workspace)

    def test_the_input_policy_leads_nowhere_else(self):
        for name in ["../x.yaml", "/etc/passwd", "other.yaml"]:
            with self.subTest(name):
                gate = real_gate("green", policy=POLICY, inputs={"policy": name})
                self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
                self.assertEqual(gate.files, [])

    def test_a_fork_is_not_evaluated(self):
        fork = {"event": ("pull_request", PULL_REQUEST), "oidc": False, "pull": "mona/octo-repo"}
        gate = real_gate("green", policy=POLICY, **fork)
        self.assertEqual((gate.outputs["verdict"], gate.outcome), ("not-evaluated", "failure"), gate.log)
        gate = real_gate("green", policy=POLICY, inputs={"on-fork": "skip"}, **fork)
        self.assertEqual((gate.outputs["verdict"], gate.outcome), ("not-evaluated", "success"), gate.log)
        gate = real_gate("green", policy=WEAKER, inputs={"on-fork": "skip"}, **fork)
        self.assertEqual((gate.outputs["verdict"], gate.outcome), ("fail", "failure"), gate.log)

    def test_a_job_without_an_environment_accepts_nothing(self):
        gate = real_gate("red", policy=WEAKER, inputs={"accept-policy-change": "true"})
        self.assertEqual(gate.outputs, {"verdict": "error", "exit-code": "2"})
        self.assertIn("names no environment", gate.log)

    def test_the_checkout_judges_where_that_is_asked_for(self):
        gate = real_gate("red", policy=WEAKER, inputs={"policy-from": "checkout"})
        self.assertEqual(gate.report["policy"]["judge"], "checkout")
        self.assertIn("anybody who can change the branch can change it", gate.summary)


if __name__ == "__main__":
    unittest.main()
