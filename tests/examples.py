#!/usr/bin/env python3
"""Runs each workflow of examples/workflows as it stands there, by `act` in host mode: `make act`.

Only what needs GitHub is replaced: the released action by the one of this folder with a default for
`binary`, the artifact actions and GitHub's upload action by stand-ins, `gh` by a script. The AWS of
the scenarios answers, and a GitHub of ours takes what is uploaded.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

from act import ACT, BUILT, POLICY, REPOSITORY, TIP, TOKEN, WEAKER, fake, fake_aws

WORKFLOWS = REPOSITORY / "examples" / "workflows"
# The rules with an alert in the scenarios `red` and `undetermined`.
RED = {"root-access-key-active", "root-mfa-not-hardware", "root-used-outside-window"}
UNREAD = {"root-access-key-active", "root-access-key-present", "root-mfa-missing", "root-mfa-not-hardware"}
USES = re.compile(r"uses: ([\w.-]+/[\w.-]+)((?:/[\w.-]+)*)@([0-9a-f]{40})\b")

# The real binary, sent to the fake AWS unless it judges a file, and to the fake GitHub. `act` sets
# INPUT_*, and may lose what a step says that ends at once.
PROGRAM = """\
#!/bin/sh
for name in $(env | sed -n 's/^\\(INPUT_[A-Z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
export GITHUB_API_URL={github} GITHUB_REPOSITORY=octo-org/octo-repo
endpoint=--endpoint-url={aws}
for argument; do
    shift
    set -- "$@" "$argument"
    case $argument in --evidence=*) endpoint= ;; esac
done
"{rootgate}" "$@" $endpoint
status=$?
{after}
sleep 0.3
exit "$status"
"""

STAND_INS = {
    "actions/upload-artifact": ("", "name path if-no-files-found retention-days", 'cp "$path" "{store}/artifact"{spoil}'),
    "actions/download-artifact": ("", "name", 'cp "{store}/artifact" evidence.json'),
    "github/codeql-action": ("upload-sarif", "sarif_file", 'cp "$sarif_file" "{store}/uploaded.sarif"'),
}

GH = """\
#!/bin/sh
echo "$*" >>"{store}/gh"
case "$1 $2" in
    'api -H') cat "{folder}/main/.github/rootgate.yaml" ;;
    'release download') tar -czf "$7" -C "{folder}" rootgate ;;
esac
"""


class Run:
    """One run of one example: its log, the outcome of each job, and what was handed on."""

    def __init__(self, name, event, scenario, after="", payload=None, policy=POLICY, reviewers="reviewers", spoil="", judging=POLICY):
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "main" / ".github").mkdir(parents=True)
            (folder / "main" / ".github" / "rootgate.yaml").write_text(judging)
            (folder / "github.txt").write_text(
                f"default-branch = main\ntoken = {TOKEN}\ncommit {TIP} = {folder / 'main'}\nref heads/main = {TIP}\n"
                f"environment rootgate-policy = {reviewers}\n"
            )
            aws = stack.enter_context(fake_aws(scenario))
            github = stack.enter_context(fake("fake_github", folder / "github.txt"))
            self.prepare(folder, name, aws, github, after, policy)
            (folder / "event.json").write_text(json.dumps(payload or {}))
            done = subprocess.run(
                [ACT, event, "--platform", "ubuntu-latest=-self-hosted"]
                + ["--directory", folder / "repository", "--defaultbranch", "main"]
                + ["--eventpath", folder / "event.json"]
                + ["--env", f"ACTIONS_ID_TOKEN_REQUEST_URL={aws}/token?api-version=2.0"]
                + ["--env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=runner-token"]
                + ["--secret", f"GITHUB_TOKEN={TOKEN}"]
                + self.stand_ins(folder, name, spoil),
                env={
                    "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
                    "HOME": str(folder),
                    "TMPDIR": str(folder),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
            )
            self.log = done.stdout
            ends = re.findall(r"^\[[^/\]]*/(.*?) *\] 🏁 +Job (\w+)", self.log, re.MULTILINE)
            self.jobs = dict(ends)
            store = {file.name: file.read_text() for file in (folder / "store").iterdir()}
            with urllib.request.urlopen(f"{github}/__uploads") as answer:
                self.uploads = json.load(answer)
            # What GitHub's own action was given.
            self.handed_over = json.loads(store["uploaded.sarif"]) if "uploaded.sarif" in store else None
            # `act` itself asks it for a token.
            self.gh = [line for line in store.get("gh", "").splitlines() if line != "auth token"]

    def prepare(self, folder, name, aws, github, after, policy):
        for part in ["repository/.github/workflows", "store", "bin"]:
            (folder / part).mkdir(parents=True)
        shutil.copy(WORKFLOWS / name, folder / "repository" / ".github" / "workflows")
        (folder / "repository" / ".github" / "rootgate.yaml").write_text(policy)
        program = PROGRAM.format(rootgate=BUILT / "rootgate", aws=aws, github=github, after=after)
        self.script(folder / "rootgate", program)
        self.script(folder / "bin" / "gh", GH.format(store=folder / "store", folder=folder))
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", folder / "repository"]
        subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message=example"], check=True)

    @staticmethod
    def script(path, text):
        path.write_text(text)
        path.chmod(0o755)

    def stand_ins(self, folder, name, spoil):
        """Where `act` finds each action that the example pins; it copies the checkout itself."""
        text = (WORKFLOWS / name).read_text()
        arguments = []
        for repository, _, commit in sorted(set(USES.findall(text))):
            if repository == "actions/checkout":
                continue
            place = folder / repository.replace("/", "-")
            if repository == "rootgate/rootgate":
                place.mkdir()
                shutil.copytree(REPOSITORY / "action", place / "action")
                action = (REPOSITORY / "action.yml").read_text()
                action = action.replace("  binary:\n", f"  binary:\n    default: {folder / 'rootgate'}\n", 1)
                (place / "action.yml").write_text(action)
            else:
                subfolder, inputs, command = STAND_INS[repository]
                command = command.replace("{spoil}", spoil).format(store=folder / "store")
                self.stand_in(place, subfolder, inputs, command)
            arguments += ["--local-repository", f"{repository}@{commit}={place}"]
        return arguments

    @staticmethod
    def stand_in(place, subfolder, inputs, command):
        (place / subfolder).mkdir(parents=True)
        inputs = inputs.split()
        action = {
            "name": place.name,
            "inputs": {name: {"required": False} for name in inputs},
            "runs": {
                "using": "composite",
                "steps": [
                    {
                        "shell": "sh",
                        "env": {name.replace("-", "_"): f"${{{{ inputs.{name} }}}}" for name in inputs},
                        "run": f"{command}\nsleep 0.3",
                    }
                ],
            },
        }
        (place / subfolder / "action.yml").write_text(json.dumps(action))


class Examples(unittest.TestCase):
    def assert_jobs(self, run, **jobs):
        self.assertEqual(run.jobs, {name.replace("_", " "): end for name, end in jobs.items()}, run.log)

    def test_every_example_is_run_here_and_pins_the_same_actions(self):
        tried = set(re.findall(r'Run\(\s*"([\w-]+\.yml)"', Path(__file__).read_text()))
        self.assertEqual(tried, {file.name for file in WORKFLOWS.iterdir()})
        pins = {}
        for file in WORKFLOWS.iterdir():
            text = file.read_text()
            self.assertEqual(text.count("uses: "), len(USES.findall(text)), f"{file.name}: a full SHA each")
            for repository, _, commit in USES.findall(text):
                self.assertEqual(pins.setdefault(repository, commit), commit, file.name)

    def test_that_there_is_no_release_is_said_until_there_is_one(self):
        for name in ["README.md", "docs/action.md"]:
            text = (REPOSITORY / name).read_text()
            self.assertEqual("There is no release yet" in text, f"rootgate/rootgate@{'0' * 40}" in text, name)

    def assert_uploaded(self, run, *expected):
        """One upload, of the default branch, with an alert for these rules; none for no rules."""
        uploaded = [
            (upload["ref"], {result["ruleId"] for result in upload["sarif"]["runs"][0]["results"]})
            for upload in run.uploads
        ]
        self.assertEqual(uploaded, [("refs/heads/main", rules) for rules in expected], run.log)

    def test_one_environment_reads_and_one_accepts(self):
        """Each name stands in the trust policy of docs/setup.md, and no other is used anywhere."""
        trust = (REPOSITORY / "docs" / "setup.md").read_text()
        named = set(re.findall(r":environment:([\w-]+)", trust))
        self.assertEqual(named, {"rootgate", "rootgate-policy"})
        deploys = {"production"}  # of the deployment itself, which is not ours
        texts = [*WORKFLOWS.iterdir(), REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
        used = set()
        for file in texts:
            for value in re.findall(r"^ *environment: (.*)$", file.read_text(), re.MULTILINE):
                value = value.split(" #")[0]
                used |= set(re.findall(r"(?:&&|\|\|) '([\w-]+)'", value)) or {value}
        self.assertEqual(used - deploys, named)

    def test_posture(self):
        green = Run("posture.yml", "schedule", "green")
        self.assert_jobs(green, root_posture="succeeded")
        self.assert_uploaded(green, set())
        red = Run("posture.yml", "schedule", "red")
        self.assert_jobs(red, root_posture="failed")
        self.assert_uploaded(red, RED)
        undetermined = Run("posture.yml", "schedule", "undetermined")
        self.assert_jobs(undetermined, root_posture="failed")
        self.assert_uploaded(undetermined, UNREAD)
        untrusted = Run("posture.yml", "schedule", "untrusted")
        self.assert_jobs(untrusted, root_posture="failed")
        self.assert_uploaded(untrusted)

    def test_an_organization_is_one_analysis(self):
        policy = "version: 1\nevidence: { root-events: off }\nscope: { organization: { member-role: rootgate } }\n"
        run = Run("organization.yml", "schedule", "organization", policy=policy, judging=policy)
        self.assert_jobs(run, root_posture="failed")
        self.assertIn("60 accounts", run.log)
        [upload] = run.uploads
        [analysis] = upload["sarif"]["runs"]
        self.assertEqual(analysis["automationDetails"]["id"], "rootgate/o-exampleorgid/")

    def test_a_deployment_needs_a_policy_that_holds(self):
        green = Run("deploy.yml", "push", "green")
        self.assert_jobs(green, root_gate="succeeded", deploy="succeeded")
        self.assertIn("| your deployment goes here", green.log)
        self.assert_uploaded(green)
        for scenario in ["red", "undetermined", "untrusted"]:
            with self.subTest(scenario):
                run = Run("deploy.yml", "push", scenario)
                self.assert_jobs(run, root_gate="failed")

    def test_a_deployment_that_waited_past_valid_until_is_refused(self):
        run = Run("deploy.yml", "push", "green", after='echo valid-until=1700000000 >>"$GITHUB_OUTPUT"')
        self.assert_jobs(run, root_gate="succeeded", deploy="failed")
        self.assertIn("The root gate's verdict no longer holds.", run.log)
        self.assertNotIn("| your deployment goes here", run.log)

    def test_a_deployment_without_a_time_is_refused(self):
        run = Run("deploy.yml", "push", "green", after='echo valid-until= >>"$GITHUB_OUTPUT"')
        self.assert_jobs(run, root_gate="succeeded", deploy="failed")

    def test_a_deployment_is_judged_by_the_policy_that_the_default_branch_has_now(self):
        run = Run("deploy.yml", "push", "green", after='echo policy-sha256=0 >>"$GITHUB_OUTPUT"')
        self.assert_jobs(run, root_gate="succeeded", deploy="failed")
        self.assertIn("The policy on the default branch has changed since the verdict.", run.log)

    def test_a_pull_request_is_judged_by_the_policy_that_it_would_change(self):
        pull_request = {"action": "opened", "number": 42, "pull_request": {"number": 42, "labels": []}}
        green = Run("pull-request.yml", "pull_request", "green", payload=pull_request)
        self.assert_jobs(green, root_gate="succeeded")
        weaker = Run("pull-request.yml", "pull_request", "red", payload=pull_request, policy=WEAKER)
        self.assert_jobs(weaker, root_gate="failed")
        self.assertIn("root-access-key-active", weaker.log)
        self.assert_uploaded(weaker)

    def test_a_labelled_pull_request_is_accepted_by_the_environment_alone(self):
        labels = [{"name": "rootgate-policy"}]
        labelled = {"action": "labeled", "number": 42, "pull_request": {"number": 42, "labels": labels}}
        accepted = {"event": "pull_request", "payload": labelled, "policy": WEAKER}
        run = Run("pull-request.yml", scenario="accepted", **accepted)
        self.assert_jobs(run, root_gate="succeeded")
        self.assertIn("rootgate-policy", run.log)
        run = Run("pull-request.yml", scenario="red", **accepted)
        self.assert_jobs(run, root_gate="failed")
        self.assertIn("names no environment", run.log)
        run = Run("pull-request.yml", scenario="accepted", reviewers="none", **accepted)
        self.assert_jobs(run, root_gate="failed")
        self.assertIn("has no required reviewers", run.log)

    def test_evidence_of_one_job_is_judged_in_another(self):
        green = Run("collect-then-judge.yml", "schedule", "green")
        self.assert_jobs(green, collect="succeeded", judge="succeeded")
        self.assert_uploaded(green, set())
        archive = "rootgate-v0.1.0-x86_64-unknown-linux-musl.tar.gz"
        download = f"release download v0.1.0 --repo rootgate/rootgate --pattern {archive}"
        verify = (
            f"attestation verify {archive} --repo rootgate/rootgate --source-ref refs/heads/main"
            " --signer-workflow rootgate/rootgate/.github/workflows/release.yml"
        )
        self.assertEqual(green.gh, [download, verify])
        for scenario, rules in [("red", RED), ("undetermined", UNREAD)]:
            with self.subTest(scenario):
                run = Run("collect-then-judge.yml", "schedule", scenario)
                self.assert_jobs(run, collect="succeeded", judge="failed")
                self.assert_uploaded(run, rules)
        replaced = Run("collect-then-judge.yml", "schedule", "green", spoil='; echo " " >>"{store}/artifact"')
        self.assert_jobs(replaced, collect="succeeded", judge="failed")
        self.assertIn("evidence.json is not the file that the job collect wrote.", replaced.log)
        self.assert_uploaded(replaced)
        untrusted = Run("collect-then-judge.yml", "schedule", "untrusted")
        self.assert_jobs(untrusted, collect="failed")

    def test_without_code_scanning(self):
        green = Run("without-code-scanning.yml", "schedule", "green")
        self.assert_jobs(green, root_posture="succeeded")
        red = Run("without-code-scanning.yml", "schedule", "red")
        self.assert_jobs(red, root_posture="failed")
        self.assertIn("::error", red.log)
        self.assert_uploaded(red)

    def test_githubs_upload_action_gets_the_findings_of_a_failed_gate(self):
        red = Run("upload-sarif-action.yml", "schedule", "red")
        self.assert_jobs(red, root_posture="failed")
        rules = {result["ruleId"] for result in red.handed_over["runs"][0]["results"]}
        self.assertEqual(rules, RED)
        self.assert_uploaded(red)
        green = Run("upload-sarif-action.yml", "schedule", "green")
        self.assert_jobs(green, root_posture="succeeded")
        self.assertEqual(green.handed_over["runs"][0]["results"], [])

    def test_githubs_upload_action_gets_nothing_when_nothing_was_judged(self):
        run = Run("upload-sarif-action.yml", "schedule", "untrusted")
        self.assert_jobs(run, root_posture="failed")
        self.assertIsNone(run.handed_over)


if __name__ == "__main__":
    unittest.main()
