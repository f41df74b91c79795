#!/usr/bin/env python3
"""Writes the SARIF file of an organization: `organization_sarif.py FOLDER`.

A thousand accounts in which rules fail have more results than GitHub shows, so the file has the
results that count the rest. The binary must be built.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

MADE = "2026-11-20T08:30:00Z"
AT = "2026-11-20T09:00:00Z"
FIRST, MEMBERS = 111122223333, 1000
POLICY = """version: 1
evidence: { root-events: off }
scope: { organization: { member-role: rootgate } }
"""


def account(number):
    """An account with a root access key and without MFA; every tenth one could not be entered."""
    gap = {
        "source": "account-summary",
        "action": "iam:GetAccountSummary",
        "cause": "not-entered",
        "detail": "the account could not be entered",
    }
    summary = {
        "AccountAccessKeysPresent": 1,
        "AccountMFAEnabled": 0,
        "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": 1,
    }
    known = {"observed_at": MADE, "value": summary}
    return {
        "id": str(FIRST + number),
        "account_summary": {"gap": gap} if number % 10 == 0 else known,
    }


def main():
    folder = Path(sys.argv[1])
    inputs = folder / "organization"
    inputs.mkdir(parents=True, exist_ok=True)
    (inputs / "policy.yaml").write_text(POLICY)
    evidence = {
        "schema": "rootgate.evidence/v1",
        "collected_at": MADE,
        "organization": {
            "id": "o-exampleorgid",
            "management_account": str(FIRST),
            "complete": True,
            "listed": [str(FIRST + number) for number in range(MEMBERS)],
            "skipped": [],
        },
        "accounts": [account(number) for number in range(MEMBERS)],
    }
    (inputs / "evidence.json").write_text(json.dumps(evidence))
    binary = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug" / "rootgate"
    command = ["scripts/clean-env.sh", binary, "check", "--policy", inputs / "policy.yaml"]
    command += ["--evidence", inputs / "evidence.json", "--at", AT]
    command += ["--sarif", folder / "organization.sarif"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL)
    if done.returncode != 1:
        raise SystemExit(f"the organization must fail, and the exit code was {done.returncode}")
    runs = json.loads((folder / "organization.sarif").read_text())["runs"]
    texts = [result["message"]["text"] for result in runs[0]["results"]]
    if len(runs) != 1 or len(texts) > 5000 or not any(" more accounts. " in text for text in texts):
        raise SystemExit("organization.sarif is not one run with at most 5,000 results and a rest")


if __name__ == "__main__":
    main()
