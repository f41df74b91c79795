#!/usr/bin/env python3
"""Measures what a check costs, as ratios within one run: `make bench`.

One account: the release binary checks an account of the fake AWS (examples/fake_aws/main.rs). Each answer
takes 30 ms, about as long as a call to AWS. Wall time is compared with the calls, and CPU time with
`rootgate --version`. Memory means the same on every machine, so it is not compared.

With CloudTrail's events, CloudTrail's limit of two lookups a second in each Region decides. The wall time is
compared with what the busiest Region needs at that limit, and with all Regions' lookups at one such limit.

Many accounts: an evidence file is judged and every report is written. One account in fifty has an active
active key. The time is compared with hashing and parsing the same file with Python's own libraries.

An organization: the fake AWS lists it as AWS does, 20 accounts a page and 8 pages a second after a burst of
12. The wall time is compared with that limit, and without it with the sequential listing alone. One account in
fifty violates the policy, and exactly those must be found.
"""

import collections
import contextlib
import copy
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
ROOTGATE = TARGET / "release" / "rootgate"
FAKE_AWS = TARGET / "release" / "examples" / "fake_aws"
SCENARIO = REPOSITORY / "examples" / "scenarios" / "green.txt"
CALL_MS = 30
RUNS = 11
# A run takes seconds, and more runs do not change the result.
EVENT_RUNS = 3
EVENTS = {3: "default", 17: "all"}
ACCOUNTS = (100, 1_000, 10_000)
FILE_RUNS = 3
ORGANIZATIONS = (50, 1_000, 10_000)
LATENCIES_MS = (0, 30)
PAGE = 20
# ListAccounts: calls a second, and calls at once.
RATE, BURST = 8, 12
DEMO = REPOSITORY / "examples" / "demo" / "evidence.json"

CI = ("GITHUB_", "ACTIONS_", "RUNNER_", "AWS_")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "CI" and not name.startswith(CI)},
    # AWS's documented example credentials
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def peak_kib(pid):
    """The peak memory of a process so far; 0 if the process has ended.

    `ru_maxrss` of wait4 is no alternative: it starts with the memory of this script at the fork.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def measure(command, expected):
    """Runs a command once. Returns wall ms, CPU ms and peak MiB (0 if there is no /proc)."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, peak_kib(process.pid))
        time.sleep(0.0005)
    wall = time.monotonic() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code != expected:
        text = process.stderr.read().decode(errors="replace")
        raise SystemExit(f"{command[0]} ended with exit code {code}, not {expected}:\n{text}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, peak / 1024


def median(command, runs=RUNS, pause=0.0):
    """The medians of several runs that each end with exit code 0."""
    measure(command, 0)  # the first run reads the binary from the disk
    rows = []
    for _ in range(runs):
        time.sleep(pause)
        rows.append(measure(command, 0))
    return [statistics.median(column) for column in zip(*rows)]


def fake_account(folder):
    """A fake AWS with one account, whose calls take as long as AWS's."""
    return fake_aws(folder, f"{SCENARIO.read_text()}\nfault * = slow {CALL_MS}\n")


@contextlib.contextmanager
def fake_aws(folder, text):
    """Runs the fake AWS on a free loopback port; it ends when its standard input closes."""
    scenario = Path(folder) / "scenario.txt"
    scenario.write_text(text)
    server = subprocess.Popen([FAKE_AWS, scenario], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.stdin.close()
        server.wait()


def fetch(url, path):
    with urllib.request.urlopen(f"{url}/{path}") as answer:
        return json.load(answer)


def calls(url):
    return fetch(url, "__calls")


def policy(folder, events):
    file = Path(folder) / "policy.yaml"
    file.write_text(f"version: 1\nevidence: {{ root-events: {events} }}\n")
    return file


def build(*what):
    subprocess.run(["cargo", "build", "--locked", *what], cwd=REPOSITORY, check=True)


def main():
    build("--release", "--bin", "rootgate")
    build("--release", "--example", "fake_aws")
    _, start_cpu, _ = median([ROOTGATE, "--version"])
    with tempfile.TemporaryDirectory() as folder, fake_account(folder) as url:
        check = [ROOTGATE, "check", "--policy", policy(folder, "off"), "--endpoint-url", url]
        measure(check, 0)
        made = len(calls(url))
        wall, cpu, peak = median(check)
    one_by_one = made * CALL_MS
    print(f"\none live check without CloudTrail's events, {made} calls of {CALL_MS} ms; median of {RUNS} runs")
    print(f"  wall    {wall:6.1f} ms   {wall / CALL_MS:4.1f} x one call, {wall / one_by_one:4.2f} x all calls one by one")
    print(f"  own CPU {cpu:6.1f} ms   {cpu / max(start_cpu, 0.1):4.1f} x rootgate --version ({start_cpu:.1f} ms)")
    print(f"  memory  {peak:6.1f} MiB")
    print(f"  binary  {ROOTGATE.stat().st_size / 2**20:6.1f} MiB")
    events()
    many_accounts()
    organizations()


def events():
    print(f"\nwith the events of 7 days, calls of {CALL_MS} ms; median of {EVENT_RUNS} runs")
    print("  Regions  calls  lookups     wall  x the busiest Region  x all Regions at one pace  own CPU")
    for regions, wanted in EVENTS.items():
        with tempfile.TemporaryDirectory() as folder, fake_account(folder) as url:
            file = policy(folder, f"{{ lookback: 7d, regions: {wanted} }}")
            check = [ROOTGATE, "check", "--policy", file, "--endpoint-url", url]
            measure(check, 0)
            made = calls(url)
            # The fake throttles like CloudTrail, so leave a pause between the runs.
            wall, cpu, _ = median(check, EVENT_RUNS, pause=1.1)
        lookups = collections.Counter(call["region"] for call in made if call["call"] == "LookupEvents")
        assert len(lookups) == regions, lookups
        paced = lambda count: (count - 1) // 2 * 1000
        busiest, one_pace = paced(max(lookups.values())), paced(lookups.total())
        print(
            f"  {regions:7} {len(made):6} {lookups.total():8} {wall:5.0f} ms {wall / busiest:21.2f}"
            f" {wall / one_pace:26.2f} {cpu:5.1f} ms"
        )


def many_accounts():
    """Judges evidence files of many accounts, copied from the demo's account, and writes every report."""
    print(f"\nan evidence file judged, every report written; median of {FILE_RUNS} runs")
    print("  accounts  file MiB     wall  own CPU  per account  x hashing and parsing it  memory MiB")
    for count in ACCOUNTS:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "evidence.json"
            at = write_evidence(file, count)
            empty = Path(folder) / "policy.yaml"
            empty.write_text("version: 1\n")
            rows = []
            for run in range(FILE_RUNS):
                # rootgate first reads a report that already exists, so each run gets its own paths.
                flags = {flag: Path(folder) / f"{run}.{flag}" for flag in ("json", "sarif", "summary")}
                outputs = [part for flag, path in flags.items() for part in (f"--{flag}", path)]
                rows.append(measure([ROOTGATE, "check", "--policy", empty, "--evidence", file, "--at", at, *outputs], 1))
            wall, cpu, peak = [statistics.median(column) for column in zip(*rows)]
            started = time.process_time()
            text = file.read_bytes()
            hashlib.sha256(text).hexdigest()
            json.loads(text)
            parsed = (time.process_time() - started) * 1000
            print(
                f"  {count:8} {len(text) / 2**20:9.1f} {wall:5.0f} ms {cpu:5.0f} ms {cpu / count * 1000:9.0f} us"
                f" {cpu / parsed:25.2f} {peak:11.1f}"
            )


def organizations():
    print("\nan organization, AWS's limit on its list applies; one run each")
    print("  accounts  call     wall  x the limit  own CPU per account  memory MiB  violating accounts found")
    for size in ORGANIZATIONS:
        floor = max((-(-size // PAGE) - BURST) / RATE, 0)
        for latency in LATENCIES_MS:
            run = organization(size, f"latency = {latency}")
            over = f"{run['wall'] / 1000 / floor:11.2f}" if floor else " " * 11
            print_organization(size, latency, run, over)
    print("\nwithout that limit; x the sequential list alone")
    print("  accounts  call     wall  x the list   own CPU per account  memory MiB  violating accounts found")
    for size in ORGANIZATIONS[1:]:
        for latency in LATENCIES_MS:
            run = organization(size, f"latency = {latency}\norganization.buckets = off", listed_alone=True)
            print_organization(size, latency, run, f"{run['wall'] / run['listing']:11.2f}")
    size = ORGANIZATIONS[1]
    smooth = organization(size, "organization.buckets = off")
    rough = organization(size, "organization.buckets = off\norganization.throttled = 5%\norganization.refusing = 1%")
    assert rough["unread"] == size // 100 and rough["found"] | rough["refusing"] >= smooth["found"], rough
    print(
        f"\n{size} accounts, 5 % of the calls throttled and 1 % of the accounts refusing: the same accounts found,"
        f" {rough['unread']} undetermined by name, {rough['calls'] / smooth['calls']:.2f} x the calls"
    )


def print_organization(size, latency, run, over):
    print(
        f"  {size:8} {latency:2} ms {run['wall']:6.0f} ms {over} {run['cpu'] / size:17.2f} ms {run['peak']:11.1f}"
        f" {len(run['found']):12} of {run['violating']}"
    )


def organization(size, lines, listed_alone=False):
    """Checks an organization once, and compares the accounts that fail with those that the fake made wrong."""
    with tempfile.TemporaryDirectory() as folder:
        with fake_aws(folder, f"organization = {size}\n{lines}\n") as url:
            file = Path(folder) / "policy.yaml"
            file.write_text("version: 1\nscope: { organization: { member-role: rootgate } }\nevidence: { root-events: off }\n")
            report = Path(folder) / "report.json"
            check = [ROOTGATE, "check", "--policy", file, "--endpoint-url", url, "--json", report]
            wall, cpu, peak = measure(check, 1)
            made = sum(fetch(url, "__counts").values())
            truth = fetch(url, "__violations")
            listing = list_alone(url) if listed_alone else None
        accounts = json.loads(report.read_text())["accounts"]
    failing = lambda account: any(
        outcome["outcome"] == "fail" and outcome["severity"] != "low" for outcome in account["outcomes"]
    )
    found = {account["id"] for account in accounts if failing(account)}
    violating = {entry["account"] for entry in truth["violating"] if entry["rules"]["assume-role"]}
    refusing = set(truth["refusing"])
    assert found == violating - refusing, (len(found), len(violating))
    unread = sum(account["nothing_read"] for account in accounts)
    return {
        "wall": wall, "cpu": cpu, "peak": peak, "calls": made, "listing": listing,
        "found": found, "violating": len(violating), "refusing": refusing, "unread": unread,
    }  # fmt: skip


def list_alone(url):
    """The milliseconds of the list alone, page by page over one connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    scope = "AKIAIOSFODNN7EXAMPLE/20261120/us-east-1/organizations/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
    started, token = time.monotonic(), {}
    while token is not None:
        connection.request("POST", "/", json.dumps({"MaxResults": PAGE, **token}), headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        page = json.loads(text)
        token = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
    return (time.monotonic() - started) * 1000


def write_evidence(path, count):
    """One account in fifty is the demo's; the others are copies without violations. Returns the time to judge at."""
    demo = json.loads(DEMO.read_text())
    violating = demo["accounts"][0]
    sound = copy.deepcopy(violating)
    row = sound["credential_report"]["value"]["root"]
    row |= {name: "N/A" for name in row if name.startswith("access_key_1_")} | {"access_key_1_active": "false"}
    row["password_last_used"] = "2025-03-01T08:00:00Z"
    sound["account_summary"]["value"]["AccountAccessKeysPresent"] = 0
    sound["root_events"]["value"]["events"] = []
    for account in (violating, sound):
        account["virtual_mfa_devices"] = {"observed_at": demo["collected_at"], "value": []}
    demo["accounts"] = [
        {**(violating if number % 50 == 0 else sound), "id": f"{111122223333 + number:012}"} for number in range(count)
    ]
    path.write_text(json.dumps(demo, indent=2))
    return "2026-11-20T09:00:00Z"


if __name__ == "__main__":
    sys.exit(main())
