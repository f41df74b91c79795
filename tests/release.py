#!/usr/bin/env python3
"""Runs the scripts of a release against a `gh` that refuses what GitHub refuses: `make release-scripts`.

The stand-in keeps the tags, releases, settings and permissions of one repository in a file. It can
break off at any call, before or after its effect.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from gh import COMMIT_A, COMMIT_B, NAME, RELEASE_TOKEN, TOKENS, WORKFLOW_TOKEN, GitHub, Refused

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = REPOSITORY / "scripts" / "release"
VERSION = "9.8.7"
TAG = f"v{VERSION}"
OTHER = "c" * 40

class Repository(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "bin").mkdir()
        stand_in = self.folder / "bin" / "gh"
        stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B -S "{Path(__file__).parent / "gh.py"}" "{self.folder / "state"}" "$@"\n')
        stand_in.chmod(0o755)
        self.tree = self.folder / "tree"
        shutil.copytree(SCRIPTS, self.tree / "scripts" / "release")
        (self.tree / "action").mkdir()
        (self.tree / "action" / "SHA256SUMS").write_text("# empty\n")
        (self.tree / "Cargo.toml").write_text(f'version = "{VERSION}"\n')
        (self.tree / "CHANGELOG.md").write_text(f"## {VERSION} - 2026-11-24\n")
        self.fresh()

    def fresh(self, **differently):
        """GitHub before the release, with everything set as it should be."""
        state = {"tags": {"v9": OTHER}, "releases": [], "immutable": True, "immutability_lost": False}
        state |= {"workflows_differ": True, "granted": sorted(TOKENS[RELEASE_TOKEN]), "table": "", "calls": [], "break": None}
        self.write({**state, **differently})

    def state(self):
        return json.loads((self.folder / "state").read_text())

    def write(self, state):
        (self.folder / "state").write_text(json.dumps(state))

    def change(self, **values):
        self.write({**self.state(), **values})

    def run_script(self, name, *arguments, token=WORKFLOW_TOKEN):
        """Exit code, and what was said."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {"PATH": path, "GH_REPO": NAME, "TAG": TAG, "GH_TOKEN": token}
        done = subprocess.run(
            [self.tree / "scripts" / "release" / name, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def drafted(self, build=1):
        """As the workflow up to the draft; each build has bytes of its own."""
        dist = self.folder / f"dist{build}"
        dist.mkdir(exist_ok=True)
        for target in ["one", "two"]:
            (dist / f"rootgate-{TAG}-{target}.tar.gz").write_text(f"{target} of build {build}")
        lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(dist.glob("*.tar.gz"))]
        (dist / "SHA256SUMS").write_text("".join(lines))
        (dist / "rootgate.cdx.json").write_text("{}")
        code, said = self.run_script("commit-table.sh", COMMIT_A, str(dist / "SHA256SUMS"))
        self.assertEqual((code, said.strip()), (0, COMMIT_B), said)
        code, said = self.run_script("draft.sh", *[str(file) for file in sorted(dist.iterdir())])
        self.assertEqual(code, 0, said)
        self.change(calls=[])

    def publish(self, token=RELEASE_TOKEN):
        return self.run_script("publish.sh", COMMIT_B, token=token)

    def assert_released(self):
        state = self.state()
        self.assertEqual(state["tags"], {TAG: COMMIT_B, "v9": COMMIT_B})
        (release,) = state["releases"]
        self.assertEqual((release["draft"], release["immutable"]), (False, True))

    def assert_nothing_public(self, done, message):
        code, said = done
        self.assertEqual(code, 1, said)
        self.assertIn(message, said)
        self.assertEqual(self.state()["tags"].get("v9"), OTHER)
        self.assertTrue(all(release["draft"] for release in self.state()["releases"]), said)


class Plan(Repository):
    def test_a_new_version_may_be_released(self):
        self.assertEqual(self.run_script("plan.sh"), (0, f"{TAG}\n"))

    def test_a_published_version_is_not_made_again(self):
        self.drafted()
        self.assertEqual(self.publish()[0], 0)
        code, said = self.run_script("plan.sh")
        self.assertEqual(code, 1)
        self.assertIn("is published already; raise the version", said)

    def test_a_half_made_release_is_completed_and_not_built_again(self):
        self.drafted()
        self.change(tags={**self.state()["tags"], TAG: COMMIT_B})
        code, said = self.run_script("plan.sh")
        self.assertEqual(code, 1)
        self.assertIn("choose 'Re-run failed jobs'", said)

    def test_a_github_that_does_not_answer_is_not_taken_for_a_free_tag(self):
        self.change(**{"break": [1, "before"]})
        code, said = self.run_script("plan.sh")
        self.assertEqual(code, 1)
        self.assertIn("GitHub did not answer", said)


class Draft(Repository):
    def test_a_second_run_replaces_the_draft_of_the_first(self):
        self.drafted(1)
        self.drafted(2)
        (release,) = self.state()["releases"]
        self.assertIn("one of build 2", release["assets"].values())

    def test_a_published_release_is_never_replaced(self):
        self.drafted()
        self.publish()
        code, said = self.run_script("draft.sh", str(self.folder / "dist1" / "SHA256SUMS"))
        self.assertEqual(code, 1)
        self.assertIn("is published already", said)
        self.assert_released()

    def test_no_target_is_given_which_github_would_refuse(self):
        self.drafted()
        self.assertNotIn("--target", (SCRIPTS / "draft.sh").read_text())
        may = TOKENS[WORKFLOW_TOKEN]
        with self.assertRaises(Refused):
            GitHub(self.state(), may).create([TAG, "--draft", "--target", COMMIT_B])


class Publish(Repository):
    def test_a_draft_is_tagged_published_and_followed_by_the_major_tag(self):
        self.drafted()
        code, said = self.publish()
        self.assertEqual(code, 0, said)
        self.assert_released()

    def test_the_first_release_of_a_major_version_makes_its_tag(self):
        self.fresh(tags={})
        self.drafted()
        self.assertEqual(self.publish()[0], 0)
        self.assert_released()

    def test_a_run_that_broke_off_anywhere_is_completed_by_the_next(self):
        self.drafted()
        drafted = self.state()
        self.publish()
        calls = self.state()["calls"]
        self.assertGreater(len(calls), 8)
        for number, call in enumerate(calls, 1):
            changes = "-f sha=" in call or "release edit" in call
            for when in ["before", "after"] if changes else ["before"]:
                with self.subTest(call=call, when=when):
                    self.write({**drafted, "break": [number, when]})
                    code, said = self.publish()
                    self.assertEqual(code, 1, said)
                    self.change(**{"break": None})
                    code, said = self.publish()
                    self.assertEqual(code, 0, said)
                    self.assert_released()

    def test_a_finished_release_is_left_as_it_is(self):
        self.drafted()
        self.publish()
        before = {key: value for key, value in self.state().items() if key != "calls"}
        self.assertEqual(self.publish()[0], 0)
        self.assertEqual({key: value for key, value in self.state().items() if key != "calls"}, before)

    def test_immutability_is_asked_before_anything_is_public(self):
        self.fresh(immutable=False)
        self.drafted()
        self.assert_nothing_public(self.publish(), "Immutable releases are off")
        self.assertNotIn(TAG, self.state()["tags"])

    def test_a_token_that_may_not_see_the_setting_publishes_nothing(self):
        self.fresh(granted=["contents", "workflows", "bypass"])
        self.drafted()
        self.assert_nothing_public(self.publish(), "Administration: read")

    def test_the_workflows_own_token_cannot_and_is_told_which_can(self):
        self.fresh(granted=["contents", "administration"])
        self.drafted()
        self.assert_nothing_public(self.publish(), "bypass list of the rule for tags")
        self.fresh(granted=["contents", "administration", "bypass"])
        self.drafted()
        self.assert_nothing_public(self.publish(), "Workflows: write")

    def test_without_the_secret_nothing_is_asked(self):
        self.drafted()
        self.assert_nothing_public(self.publish(token=""), "has no secret RELEASE_TOKEN")
        self.assertEqual(self.state()["calls"], [])

    def test_a_draft_that_was_changed_is_not_published(self):
        for change in [
            lambda assets: assets.update({f"rootgate-{TAG}-one.tar.gz": "another"}),
            lambda assets: assets.update({f"rootgate-{TAG}-three.tar.gz": "one more"}),
            lambda assets: assets.pop(f"rootgate-{TAG}-two.tar.gz"),
            lambda assets: assets.update(SHA256SUMS=""),
        ]:
            self.fresh()
            self.drafted()
            state = self.state()
            change(state["releases"][0]["assets"])
            self.write(state)
            self.assert_nothing_public(self.publish(), "are not those of the table")
            self.assertNotIn(TAG, self.state()["tags"])

    def test_a_tag_on_another_commit_is_never_moved(self):
        self.drafted()
        self.change(tags={**self.state()["tags"], TAG: OTHER})
        self.assert_nothing_public(self.publish(), f"{TAG} is set on {OTHER}")

    def test_two_drafts_or_none_are_an_error(self):
        self.assert_nothing_public(self.publish(), "There is no draft")
        self.drafted()
        state = self.state()
        state["releases"].append({**state["releases"][0], "id": 7})
        self.write(state)
        self.assert_nothing_public(self.publish(), "more than one release")

    def test_a_release_that_is_not_immutable_after_all_moves_no_major_tag(self):
        self.fresh(immutability_lost=True)
        self.drafted()
        code, said = self.publish()
        self.assertEqual(code, 1)
        self.assertIn("is published but not immutable", said)
        self.assertEqual(self.state()["tags"]["v9"], OTHER)


class Workflow(unittest.TestCase):
    """What release.yml must say for the scripts to be able to do it."""

    def test_the_last_job_alone_has_the_token_and_writes_by_no_other(self):
        text = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text()
        before, publish = text.split("\n  publish:\n")
        self.assertNotIn("secrets.", before)
        self.assertIn("GH_TOKEN: ${{ secrets.RELEASE_TOKEN }}", publish)
        self.assertIn("environment: release", publish)
        self.assertNotIn("write", publish.split("steps:")[0].split("permissions:")[1])
        self.assertNotIn("--target \"$COMMIT\"", text)

    def test_each_place_verifies_the_workflow_and_the_branch_that_signed(self):
        places = ["docs/action.md", "examples/workflows/collect-then-judge.yml"]
        for place in places:
            text = (REPOSITORY / place).read_text()
            verified = text.split("gh attestation verify", 1)[1][:300]
            self.assertIn("--source-ref refs/heads/main", verified, place)
            self.assertIn("--signer-workflow rootgate/rootgate/.github/workflows/release.yml", verified, place)


if __name__ == "__main__":
    unittest.main()
