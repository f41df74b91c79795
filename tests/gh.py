#!/usr/bin/env python3
"""Stands for `gh` in the tests of a release: `gh.py STATE ARGUMENTS...`.

STATE is a file that holds what GitHub keeps of one repository: tags, releases, settings. It refuses
what GitHub refuses, and breaks off where STATE says so: [number of the call, before or after it].
"""

import json
import os
import sys
from pathlib import Path

NAME = "octo-org/octo-gate"
COMMIT_A, COMMIT_B = "a" * 40, "b" * 40
WORKFLOW_TOKEN, RELEASE_TOKEN = "workflow-token", "release-token"

# What each token may do. A workflow's own can have neither of the last three.
TOKENS = {
    WORKFLOW_TOKEN: {"contents"},
    RELEASE_TOKEN: {"contents", "workflows", "administration", "bypass"},
}


class Refused(Exception):
    pass


class GitHub:
    """The stand-in for `gh`: `state` is what GitHub keeps, `may` what the token of this call may do."""

    def __init__(self, state, may):
        self.state, self.may = state, may

    def answer(self, arguments, stdin):
        if arguments[0] == "api":
            return self.api(arguments[1:], stdin)
        return getattr(self, arguments[1])(arguments[2:])

    def api(self, arguments, stdin):
        method, path, wanted, fields, body = None, None, None, {}, None
        arguments = list(arguments)
        while arguments:
            argument = arguments.pop(0)
            if argument == "--method":
                method = arguments.pop(0)
            elif argument in ("-f", "-F"):
                name, value = arguments.pop(0).split("=", 1)
                fields[name] = value
            elif argument == "--jq":
                wanted = arguments.pop(0)
            elif argument == "--input":
                arguments.pop(0)
                body = json.loads(stdin)
            elif argument == "-H":
                arguments.pop(0)
            elif argument != "--silent":
                path = argument
        method = method or ("POST" if fields or body else "GET")
        answer = self.rest(method, path.removeprefix(f"repos/{NAME}/").split("?")[0], path, fields, body)
        for key in (wanted or "").split("."):
            answer = answer[key] if key else answer
        return answer if isinstance(answer, str) else json.dumps(answer)

    def rest(self, method, path, whole, fields, body):
        state = self.state
        if path == "immutable-releases":
            if "administration" not in self.may or not state["immutable"]:
                raise Refused("gh: Not Found (HTTP 404)")
            return {"enabled": True, "enforced_by_owner": False}
        if path == "releases":
            shown = [release for release in state["releases"] if not release["draft"] or "contents" in self.may]
            return [{key: release[key] for key in ("id", "tag_name", "draft")} for release in shown]
        if path.startswith("releases/tags/"):
            for release in state["releases"]:
                if release["tag_name"] == path.split("/")[-1] and not release["draft"]:
                    return release
            raise Refused("gh: Not Found (HTTP 404)")
        if path.startswith("releases/") and method == "DELETE":
            state["releases"] = [release for release in state["releases"] if str(release["id"]) != path[9:]]
            return {}
        if path.startswith("git/ref/tags/"):
            if path[13:] not in state["tags"]:
                raise Refused("gh: Not Found (HTTP 404)")
            return {"object": {"sha": state["tags"][path[13:]]}}
        if path.startswith("git/refs"):
            name = fields["ref"].removeprefix("refs/tags/") if method == "POST" else path.split("/")[-1]
            return self.set_tag(name, fields["sha"], method)
        if path == f"git/commits/{COMMIT_A}":
            return {"tree": {"sha": "tree of A"}}
        if path == "git/trees":
            assert body["base_tree"] == "tree of A", body
            state["table"] = body["tree"][0]["content"]
            return {"sha": "tree of B"}
        if path == "git/commits":
            assert (body["tree"], body["parents"]) == ("tree of B", [COMMIT_A]), body
            return {"sha": COMMIT_B}
        if path == "contents/action/SHA256SUMS":
            assert whole.endswith(f"?ref={COMMIT_B}"), whole
            return state["table"]
        raise AssertionError((method, path))

    def set_tag(self, name, commit, method):
        if "bypass" not in self.may:
            raise Refused("gh: Repository rule violations found: Cannot create ref due to creations being restricted. (HTTP 422)")
        if "workflows" not in self.may and self.state["workflows_differ"]:
            raise Refused("gh: Resource not accessible by integration (HTTP 403)")
        if method == "POST" and name in self.state["tags"]:
            raise Refused("gh: Reference already exists (HTTP 422)")
        self.state["tags"][name] = commit
        return {}

    def create(self, arguments):
        tag, files = arguments[0], []
        for argument in arguments[1:]:
            if argument.startswith("-"):
                break
            files.append(argument)
        assert "--draft" in arguments
        if "--target" in arguments and "workflows" not in self.may and self.state["workflows_differ"]:
            raise Refused("HTTP 403: Resource not accessible by integration")
        assets = {Path(file).name: Path(file).read_text() for file in files}
        number = 1 + max((release["id"] for release in self.state["releases"]), default=0)
        self.state["releases"].append({"id": number, "tag_name": tag, "draft": True, "assets": assets, "immutable": False})
        return ""

    def download(self, arguments):
        tag, folder = arguments[0], Path(arguments[arguments.index("--dir") + 1])
        for name, text in self.the(tag)["assets"].items():
            if name.endswith(".tar.gz") or name == "SHA256SUMS":
                (folder / name).write_text(text)
        return ""

    def edit(self, arguments):
        release = self.the(arguments[0])
        assert "--draft=false" in arguments and "--verify-tag" in arguments
        if arguments[0] not in self.state["tags"]:
            raise Refused("tag doesn't exist in the repo, aborting due to --verify-tag flag")
        release.update(draft=False, immutable=self.state["immutable"] and not self.state["immutability_lost"])
        return ""

    def the(self, tag):
        return next(release for release in self.state["releases"] if release["tag_name"] == tag)


def gh(file, arguments):
    """The stand-in as a program."""
    state = json.loads(file.read_text())
    state["calls"].append(" ".join(arguments))
    number = len(state["calls"])
    file.write_text(json.dumps(state))
    if [number, "before"] == state["break"]:
        sys.exit("HTTP 502: Bad Gateway")
    may = TOKENS[os.environ["GH_TOKEN"]] & set(state["granted"])
    try:
        stdin = sys.stdin.read() if "--input" in arguments else ""
        answer = GitHub(state, may).answer(arguments, stdin)
    except Refused as refused:
        sys.exit(str(refused))
    file.write_text(json.dumps(state))
    if [number, "after"] == state["break"]:
        sys.exit("HTTP 502: Bad Gateway")
    if "--silent" not in arguments and answer:
        print(answer)


if __name__ == "__main__":
    gh(Path(sys.argv[1]), sys.argv[2:])
