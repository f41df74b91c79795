#!/usr/bin/env python3
"""Runs the action's step without a runner, in every shell that a runner may have: `make launcher`.

What runs is the step's own `run` of action.yml, with the step's own `env`, as GitHub starts it: by
`sh -e`, where `sh` is the shell that is tried. The release that it downloads from is an https server
of ours on this machine; curl, tar and the rest are the real ones. dash and bash must be here, busybox
is tried where it is (`make tools` fetches it where apt-get is).
"""

import base64
import contextlib
import functools
import hashlib
import io
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TLS = REPOSITORY / "tests" / "it" / "tls"
SHELLS = ["dash", "bash", "busybox"]
REQUIRED = {"dash", "bash"}
TAG = "v9.8.7"
PLATFORMS = {
    ("Linux", "X64"): "x86_64-unknown-linux-musl",
    ("Linux", "ARM64"): "aarch64-unknown-linux-musl",
    ("macOS", "X64"): "x86_64-apple-darwin",
    ("macOS", "ARM64"): "aarch64-apple-darwin",
    ("Windows", "X64"): "x86_64-pc-windows-msvc",
}
LINUX = PLATFORMS["Linux", "X64"]
ROLE = "arn:aws:iam::111122223333:role/rootgate"

# An input, a value for it, and the flags that it must become; none for what the launcher keeps.
INPUTS = [
    ("command", "", []),
    ("policy", "my policy.yaml", ["--policy=my policy.yaml"]),
    ("policy-from", "checkout", ["--policy-from=checkout"]),
    ("accept-policy-change", "true", ["--accept-policy-change"]),
    ("on-fork", "skip", ["--on-fork=skip"]),
    ("role-to-assume", ROLE, [f"--role-arn={ROLE}"]),
    ("external-id", "a=b", ["--external-id=a=b"]),
    (
        "allowed-account-ids",
        "111122223333,\n\n  444455556666  \n123456789012, 210987654321\n",
        ["--account=111122223333", "--account=444455556666", "--account=123456789012, 210987654321"],
    ),
    ("aws-region", "eu-central-1", ["--region=eu-central-1"]),
    ("audience", "sts.amazonaws.com.cn", ["--oidc-audience=sts.amazonaws.com.cn"]),
    ("ca-bundle", "/etc/ssl/ca.pem", ["--ca-bundle=/etc/ssl/ca.pem"]),
    ("evidence", "one file.json\ntwo.json", ["--evidence=one file.json", "--evidence=two.json"]),
    ("fail-on", "low", ["--fail-on=low"]),
    ("timeout", "2m", ["--timeout=2m"]),
    ("upload-sarif", "never", ["--upload=never"]),
    ("category", "nightly", ["--category=nightly"]),
    ("details", "redacted", ["--details=redacted"]),
    ("working-directory", "", []),
    ("binary", "", []),
    # Not inputs: what GitHub says of the action.
    ("action-repository", "", []),
    ("server-url", "", []),
]

OUTPUTS_WITHOUT_A_VERDICT = {
    "verdict": "error",
    "exit-code": "2",
    **dict.fromkeys(["failed-count", "undetermined-count", "waived-count", "sarif-file"], ""),
    **dict.fromkeys(["report-file", "policy-sha256", "evaluated-at", "valid-until"], ""),
}

# Stands for rootgate: writes down its arguments, where it ran and with which PATH, and its report.
PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$@" >"$SEEN/arguments"
pwd >"$SEEN/folder"
printf '%s\\n' "$PATH" >"$SEEN/path"
env >"$SEEN/environment"
for argument; do
    case $argument in --json=*) echo '{}' >"${argument#--json=}" ;; esac
done
echo verdict=pass >>"$GITHUB_OUTPUT"
"""


def variable(name):
    return "ROOTGATE_" + name.upper().replace("-", "_")


def step_of_action():
    """The names that the action's step empties, and what it runs."""
    action = (REPOSITORY / "action.yml").read_text()
    emptied = re.findall(r'^ {8}([A-Z0-9_]+): ""$', action, re.MULTILINE)
    (run,) = re.findall(r"^ {6}run: (exec .*)$", action, re.MULTILINE)
    return emptied, run


EMPTIED, RUN = step_of_action()


def shells():
    tools = f"{os.environ['PATH']}:{REPOSITORY / 'target' / 'tools'}"
    found = {name: path for name in SHELLS if (path := shutil.which(name, path=tools))}
    if missing := REQUIRED - set(found):
        raise SystemExit(f"missing: {', '.join(sorted(missing))}")
    return found


def archive(members=(("rootgate", PROGRAM),)):
    """A .tar.gz with these files, as a release has it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def name_of(target=LINUX):
    return f"rootgate-{TAG}-{target}.tar.gz"


def table(content, targets=(LINUX,)):
    return "".join(f"{sha256(content)}  {name_of(target)}\n" for target in targets)


class Server:
    """Answers each GET by a function of the handler, and remembers the paths that were asked."""

    def __init__(self, answer, tls=True):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that does not trust us hangs up
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def sends(content, promised=None):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(promised or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def sends_without_length(content):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def redirects(to, content=None):
    """Sends on to another address; what is asked there is answered with the content."""

    def answer(handler):
        if content is not None and handler.path == "/elsewhere":
            return sends(content)(handler)
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def refuses(handler):
    handler.send_error(404)


def names_in(environment):
    """The names of the variables; dash and bash each add some of their own."""
    names = re.findall(r"^([^=\n]+)=", environment, re.MULTILINE)
    return sorted(set(names) - {"_", "SHLVL", "PWD", "OLDPWD"})


class Ran:
    """What one step left. Names that are made anew each time read the same in all shells."""

    def __init__(self, folder, done):
        def same(text):
            return re.sub(r"rootgate\.[A-Za-z0-9]{6}\b", "rootgate.XXXXXX", text.replace(str(folder), ""))

        def read(name):
            file = folder / "seen" / name
            return same(file.read_text()) if file.exists() else None

        self.code = done.returncode
        self.log = same(done.stdout)
        lines = (folder / "output").read_text().splitlines()
        self.outputs = dict(line.split("=", 1) for line in lines)
        self.arguments = (read("arguments") or "").splitlines()
        self.cwd = read("folder")
        self.path = read("path")
        self.environment = names_in(read("environment") or "")
        self.left = len(list((folder / "temp").iterdir()))  # folders of this run still there
        self.outside = marks_in(folder)
        self.kept = [file.name for file in folder.glob("kept/*")]
        cached = folder / "tool cache" / "rootgate"
        self.cached = {file.name: file.read_bytes() for file in cached.iterdir()} if cached.is_dir() else {}

    @property
    def flags(self):
        """The flags beside the command and the two report files, which every run has."""
        reports = "/temp/rootgate.XXXXXX/rootgate"
        head = ["check", f"--sarif={reports}.sarif", f"--json={reports}.json"]
        if self.arguments[:3] != head:
            raise AssertionError(self.arguments)
        return self.arguments[3:]


class Step:
    """One step of a workflow. Without a program, the launcher has to find the released one."""

    def __init__(self, program=None, digests=None, cached=None, **environment):
        self.program, self.digests, self.cached = program, digests, cached
        self.environment = {variable(name): "" for name, *_ in INPUTS}
        self.environment.update(RUNNER_OS="Linux", RUNNER_ARCH="X64")
        self.environment[variable("action-repository")] = "octo-org/octo-gate"
        self.environment.update(environment)
        self.files = {}
        self.back = False  # the runner's own paths with backslashes

    def setting(self, name, value):
        """As an earlier step sets it by GITHUB_ENV; `{folder}` in it is the folder of this run."""
        self.environment[name] = value
        return self

    def having(self, name, content):
        """As an earlier step writes a file in the folder of this run."""
        self.files[name] = content
        return self

    def given(self, name, value):
        self.environment[variable(name)] = value
        return self

    def downloading(self, server):
        self.given("ca-bundle", str(TLS / "authority.pem"))
        return self.given("server-url", server.url)

    def run(self):
        """Runs it in every shell at once; they must agree."""
        with ThreadPoolExecutor() as pool:
            results = dict(zip(shells(), pool.map(self.run_in, shells().values())))
        first = results["dash"]
        for shell, ran in results.items():
            if vars(ran) != vars(first):
                raise AssertionError(f"{shell} differs from dash:\n{vars(ran)}\n{vars(first)}")
        return first

    def run_in(self, shell):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder).resolve()
            for name in ["workspace", "workspace/sub folder", "temp", "seen", "tool cache", "home", "shell"]:
                (folder / name).mkdir()
            (folder / "workspace" / "real" / "below").mkdir(parents=True)
            (folder / "workspace" / "link").symlink_to("real")
            (folder / "workspace" / "real" / "link").symlink_to(".")
            shutil.copytree(REPOSITORY / "action", folder / "action")
            (folder / "shell" / "sh").symlink_to(shell)
            (folder / "step.sh").write_text(RUN.replace("/bin/sh", str(folder / "shell" / "sh")))
            (folder / "output").touch()
            (folder / "home" / ".curlrc").write_text("insecure\n")
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(folder / "home"),
                "GITHUB_ACTION_PATH": str(folder),
                "GITHUB_OUTPUT": str(folder / "output"),
                "RUNNER_TEMP": str(folder / "temp"),
                "RUNNER_TOOL_CACHE": str(folder / "tool cache"),
                "SEEN": str(folder / "seen"),
                **self.environment,
            }
            if self.program is not None:
                (folder / "built rootgate").write_text(self.program)
                (folder / "built rootgate").chmod(0o755)
                environment[variable("binary")] = environment[variable("binary")] or str(
                    folder / "built rootgate"
                )
            for name, text in self.files.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(text)
            if self.digests is not None:
                (folder / "action" / "SHA256SUMS").write_text(self.digests)
            if self.cached is not None:
                (folder / "tool cache" / "rootgate").mkdir()
                (folder / "tool cache" / "rootgate" / name_of()).write_bytes(self.cached)
            back = str(folder).replace("/", "\\")
            if self.back:
                environment["GITHUB_WORKSPACE"] = f"{back}\\workspace"
                environment["RUNNER_TEMP"] = f"{back}\\temp"
                environment["RUNNER_TOOL_CACHE"] = f"{back}\\tool cache"
            environment = {
                name: value.replace("{folder}", str(folder)).replace("{back}", back)
                for name, value in environment.items()
            }
            environment.update(dict.fromkeys(EMPTIED, ""))  # a step's own variables win
            done = subprocess.run(
                [folder / "shell" / "sh", "-e", folder / "step.sh"],
                cwd=folder / "workspace",
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
            )
            return Ran(folder, done)


class Case(unittest.TestCase):
    def assert_ran(self, ran):
        self.assertEqual((ran.code, ran.outputs), (0, {"verdict": "pass"}), ran.log)
        self.assertEqual(ran.left, 1, "the reports stay, the program does not")

    def assert_nothing_judged(self, ran, message):
        self.assertEqual(ran.code, 2, ran.log)
        self.assertIn(message, ran.log)
        self.assertEqual(ran.outputs, OUTPUTS_WITHOUT_A_VERDICT)
        self.assertEqual(ran.left, 0)

    def assert_not_started(self, ran, message):
        self.assert_nothing_judged(ran, message)
        self.assertEqual(ran.arguments, [])


class Inputs(Case):
    def test_every_variable_of_the_step_is_tried_here(self):
        action = (REPOSITORY / "action.yml").read_text()
        self.assertEqual(
            sorted(re.findall(r"^ {8}(ROOTGATE_\w+):", action, re.MULTILINE)),
            sorted(variable(name) for name, *_ in INPUTS),
        )

    def test_each_input_becomes_its_one_flag(self):
        self.assertEqual(Step(PROGRAM).run().flags, [], "an empty input is an absent one")
        for name, value, flags in INPUTS:
            if flags:
                with self.subTest(name):
                    ran = Step(PROGRAM).given(name, value).run()
                    self.assert_ran(ran)
                    self.assertEqual(ran.flags, flags)

    def test_a_working_directory_is_not_reached_through_a_link(self):
        for folder in ["link", "./link", "real/link/below", "link/"]:
            with self.subTest(folder):
                ran = Step(PROGRAM).given("working-directory", folder).run()
                self.assert_not_started(ran, "goes through a link")
        self.assert_ran(Step(PROGRAM).given("working-directory", "real/below").run())

    def test_the_command_is_check_or_doctor(self):
        for value in ["", "check"]:
            self.assertEqual(Step(PROGRAM).given("command", value).given("timeout", "2m").run().flags, ["--timeout=2m"])
        ran = Step(PROGRAM).given("command", "doctor").given("timeout", "2m").run()
        self.assertEqual((ran.code, ran.arguments), (0, ["doctor", "--timeout=2m"]), ran.log)
        for value in ["setup", "doctor check", "-h", "Doctor"]:
            with self.subTest(value):
                ran = Step(PROGRAM).given("command", value).run()
                self.assert_not_started(ran, "The input 'command' must be check or doctor, not ")

    def test_the_doctor_ends_with_0_1_or_an_error(self):
        for code, expected in [(0, 0), (1, 1), (2, 2), (3, 2), (134, 2)]:
            with self.subTest(code):
                ran = Step(f"{PROGRAM}exit {code}\n").given("command", "doctor").run()
                self.assertEqual(ran.code, expected, ran.log)

    def test_a_change_of_the_policy_is_accepted_by_the_word_true_alone(self):
        self.assertEqual(Step(PROGRAM).given("accept-policy-change", "false").run().flags, [])
        for value in ["yes", "True", "1", "true "]:
            with self.subTest(value):
                ran = Step(PROGRAM).given("accept-policy-change", value).run()
                self.assert_not_started(ran, "The input 'accept-policy-change' must be true or false, not ")

    def test_what_an_input_holds_is_never_run_and_never_a_second_argument(self):
        values = ['$(touch "$SEEN/ran")', "`touch $SEEN/ran`", '"; exit 0; "', "'", "--at=now", "*", "-"]
        for value in [*values, "a\\b", "%s%n", "~", "$HOME", "END", "a  b"]:
            for name in ["policy", "evidence"]:
                with self.subTest(name=name, value=value):
                    self.assertEqual(Step(PROGRAM).given(name, value).run().flags, [f"--{name}={value}"])

    def test_an_input_of_one_value_keeps_its_line_ends_in_one_argument(self):
        program = PROGRAM.replace("printf '%s\\n'", "printf '<%s>\\n'", 1)
        ran = Step(program).given("policy", "one\n--at=now").run()
        self.assertEqual(ran.arguments[3:], ["<--policy=one", "--at=now>"])

    def test_relative_paths_start_from_the_working_directory(self):
        for folder in ["sub folder", "./sub folder", "../workspace/sub folder/"]:
            ran = Step(PROGRAM).given("working-directory", folder).run()
            self.assertEqual(ran.cwd, "/workspace/sub folder\n")

    def test_a_launcher_that_cannot_start_rootgate_judges_nothing(self):
        for name, value, message in [
            ("binary", "no/such\n::set-output name=verdict::pass", "no/such???set-output?name"),
            ("binary", "sub folder", "The input 'binary' is not an executable file"),
            ("binary", "-n", "The input 'binary' is not an executable file: /workspace/-n"),
            ("working-directory", "-", "The input 'working-directory' is not a folder: ./-"),
            ("working-directory", "$(exit 0)", "is not a folder: ./??exit?0?"),
        ]:
            with self.subTest(value):
                self.assert_not_started(Step(PROGRAM).given(name, value).run(), message)


class ExitCodes(Case):
    def test_1_and_3_pass_through_with_what_rootgate_said(self):
        for code in [1, 3]:
            ran = Step(f"{PROGRAM}exit {code}").run()
            self.assertEqual((ran.code, ran.outputs, ran.left), (code, {"verdict": "pass"}, 1))

    def test_2_leaves_no_file_and_no_verdict_but_error(self):
        self.assert_nothing_judged(Step(f"{PROGRAM}exit 2").run(), "")

    def test_a_program_that_breaks_off_or_reports_nothing_judges_nothing(self):
        for program, message in [
            (f"{PROGRAM}exit 134", "rootgate stopped with exit code 134."),
            (f"{PROGRAM}kill -9 $$", "rootgate stopped with exit code 137."),
            ("#!/bin/sh\n", "rootgate ended with exit code 0 and wrote no report."),
        ]:
            for shell in shells().values():  # each has its own words for a killed child
                self.assert_nothing_judged(Step(program).run_in(shell), message)

    def test_a_cancelled_step_lets_rootgate_judge_what_it_has(self):
        # Stands for the runner, which sends its signal to the shell alone.
        program = f"{PROGRAM}trap 'exit 3' TERM\nkill -INT $PPID\nwhile :; do sleep 0.05; done"
        self.assertEqual(Step(program).run().code, 3)


class Release(Case):
    """The way of the released program, and every way in which it must not come."""

    def test_the_archive_of_the_table_is_downloaded_kept_and_run(self):
        content = archive()
        with Server(sends(content)) as server:
            ran = Step(digests=table(content)).downloading(server).run()
        self.assert_ran(ran)
        self.assertEqual(set(server.asked), {f"/octo-org/octo-gate/releases/download/{TAG}/{name_of()}"})
        self.assertEqual(ran.cached, {name_of(): content})

    def test_each_platform_has_its_archive(self):
        for (system, machine), target in PLATFORMS.items():
            program = "rootgate.exe" if system == "Windows" else "rootgate"
            content = archive([(program, PROGRAM)])
            with self.subTest(target), Server(sends(content)) as server:
                digests = table(content, PLATFORMS.values())
                step = Step(digests=digests, RUNNER_OS=system, RUNNER_ARCH=machine)
                self.assert_ran(step.downloading(server).run())
                self.assertTrue(server.asked[0].endswith(f"/{name_of(target)}"), server.asked)

    def test_an_unknown_platform_is_told_the_known_ones(self):
        ran = Step(digests=table(b""), RUNNER_OS="Linux", RUNNER_ARCH="RISCV\n::x").run()
        self.assert_not_started(ran, "There is no released rootgate for Linux/RISCV???x.")
        for system, machine in PLATFORMS:
            self.assertIn(f"{system}/{machine}", ran.log)

    def test_a_redirect_to_another_https_address_is_followed(self):
        content = archive()
        with Server(redirects("/elsewhere", content)) as server:
            self.assert_ran(Step(digests=table(content)).downloading(server).run())

    def test_a_good_archive_in_the_cache_is_run_without_a_download(self):
        content = archive()
        with Server(refuses) as server:
            step = Step(digests=table(content), cached=content).downloading(server)
            self.assert_ran(step.given("action-repository", "").run())
        self.assertEqual(server.asked, [])

    def test_a_poisoned_cache_is_not_run_and_is_replaced(self):
        content, poison = archive(), archive([("rootgate", "#!/bin/sh\ntouch $SEEN/../outside\n")])
        with Server(sends(content)) as server:
            ran = Step(digests=table(content), cached=poison).downloading(server).run()
        self.assert_ran(ran)
        self.assertEqual((ran.cached, ran.outside), ({name_of(): content}, []))
        self.assertIn(f"{name_of()} in the tool cache is not the archive", ran.log)
        self.assertIn(sha256(poison), ran.log)

    def test_a_poisoned_cache_without_a_way_out_judges_nothing(self):
        content, poison = archive(), archive([("rootgate", "#!/bin/sh\ntouch $SEEN/../outside\n")])
        with Server(refuses) as server:
            ran = Step(digests=table(content), cached=poison).downloading(server).run()
        self.assert_not_started(ran, "could not be downloaded in three attempts.")
        self.assertEqual(ran.outside, [])

    def test_a_cache_that_cannot_be_written_is_done_without(self):
        content = archive()
        with Server(sends(content)) as server:
            for cache in ["", "/dev/null"]:
                step = Step(digests=table(content), RUNNER_TOOL_CACHE=cache)
                self.assert_ran(step.downloading(server).run())

    def test_one_changed_byte_is_refused(self):
        content = archive()
        changed = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        with Server(sends(changed)) as server:
            ran = Step(digests=table(content)).downloading(server).run()
        self.assert_not_started(ran, "is not the archive of this release, and is not run.")
        self.assertIn(sha256(content), ran.log)
        self.assertIn(sha256(changed), ran.log)
        self.assertEqual(ran.cached, {})
        self.assertEqual(len(server.asked), len(shells()), "a wrong digest is not tried again")

    def test_half_a_download_is_refused(self):
        content = archive()
        half = content[: len(content) // 2]
        with Server(sends(half, promised=len(content))) as server:
            ran = Step(digests=table(content)).downloading(server).run()
        self.assert_not_started(ran, "could not be downloaded in three attempts. curl: (18)")
        self.assertEqual(len(server.asked), 3 * len(shells()))
        with Server(sends_without_length(half)) as server:
            ran = Step(digests=table(content)).downloading(server).run()
        self.assert_not_started(ran, sha256(half))

    def test_a_redirect_to_http_is_refused(self):
        content = archive()
        with Server(sends(content), tls=False) as plain:
            with Server(redirects(f"{plain.url}/elsewhere")) as server:
                ran = Step(digests=table(content)).downloading(server).run()
        self.assert_not_started(ran, "could not be downloaded in three attempts. curl: (1)")
        self.assertEqual(plain.asked, [])

    def test_a_server_without_tls_is_not_asked(self):
        content = archive()
        with Server(sends(content), tls=False) as plain:
            ran = Step(digests=table(content)).downloading(plain).run()
        self.assert_not_started(ran, "could not be downloaded in three attempts. curl: (1)")
        self.assertEqual(plain.asked, [])

    def test_a_certificate_that_nobody_vouches_for_is_refused_whatever_curlrc_says(self):
        content = archive()
        with Server(sends(content)) as server:
            ran = Step(digests=table(content)).given("server-url", server.url).run()
        self.assert_not_started(ran, "could not be downloaded in three attempts. curl: (60)")
        self.assertEqual(server.asked, [])

    def test_an_archive_with_a_path_outside_writes_nothing_there(self):
        outside = [("../outside", "x"), ("../../outside", "x"), ("/outside", "x")]
        content = archive([*outside, ("rootgate", PROGRAM), ("../outside2", "x")])
        with Server(sends(content)) as server:
            step = Step(digests=table(content)).downloading(server)
            for shell in shells().values():  # each tar has its own words
                ran = step.run_in(shell)
                self.assert_ran(ran)
                self.assertEqual(ran.outside, [])
        self.assertFalse(Path("/outside").exists())

    def test_an_archive_without_the_program_judges_nothing(self):
        content = archive([("rootgate2", PROGRAM)])
        step = Step(digests=table(content), cached=content)
        for shell in shells().values():  # each tar has its own words
            self.assert_not_started(step.run_in(shell), f"{name_of()} could not be unpacked.")

    def test_a_table_that_does_not_vouch_is_an_error(self):
        content = archive()
        other = table(content, [PLATFORMS["macOS", "ARM64"]])
        for digests, message in [
            ("", "This commit of the action is not a release"),
            ("# a comment\n\n", "build rootgate and name it with the input 'binary'"),
            (other, f"This release has no rootgate for {LINUX}. It has: {name_of('aarch64-apple-darwin')}."),
            (f"  {name_of()}\n", "This release has no rootgate for"),
            (f"abc  {name_of()}\n", f"action/SHA256SUMS has no SHA-256 for {name_of()}."),
            (f"{'0' * 64}  ../{name_of()}\n", "This release has no rootgate for"),
        ]:
            with self.subTest(digests):
                self.assert_not_started(Step(digests=digests, cached=content).run(), message)

    def test_an_action_of_no_repository_has_nothing_to_download_from(self):
        ran = Step(digests=table(b"")).given("action-repository", "").run()
        self.assert_not_started(ran, "GitHub does not say which repository this action comes from")

    def test_a_path_with_fake_tools_ahead_is_not_asked_where_the_system_has_its_own(self):
        content, poison = archive(), archive([("rootgate", "#!/bin/sh\ntouch $SEEN/../outside\n")])
        tools = ["curl", "sha256sum", "shasum", "tar", "cp", "mktemp"]
        with fakes(tools, sha256(content)) as folder, Server(sends(content)) as server:
            path = f"{folder}:{os.environ['PATH']}"
            step = Step(digests=table(content), cached=poison, PATH=path)
            ran = step.downloading(server).run()
            self.assertEqual(list(Path(folder).glob("asked-*")), [])
        self.assert_ran(ran)
        self.assertEqual(ran.outside, [])
        self.assertEqual(ran.path, f"{path}\n", "rootgate gets the PATH as it was")


@contextlib.contextmanager
def fakes(tools, digest):
    """Tools that vouch for anything, of those that the system has."""
    with tempfile.TemporaryDirectory() as folder:
        for tool in tools:
            if shutil.which(tool, path="/usr/bin:/bin"):
                file = Path(folder) / tool
                file.write_text(f"#!/bin/sh\ntouch {folder}/asked-{tool}\necho '{digest}  -'\n")
                file.chmod(0o755)
        yield folder


MARK = "outside-ran"  # below the run's folder: what must not run leaves it
TOUCH = f"touch {{folder}}/{MARK}"
# Leaves the mark when it is loaded. Its audit interface is of no matter: it has run by then.
LIBRARY = """\
#include <fcntl.h>
#include <stdlib.h>
unsigned la_version(unsigned version) { return version; }
__attribute__((constructor)) static void loaded(void) {
    const char *mark = getenv("MARK");
    if (mark) open(mark, O_CREAT | O_WRONLY, 0600);
}
"""


@functools.cache
def library():
    """The bytes of a library that leaves the mark."""
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder) / "mark.c", Path(folder) / "mark.so"
        source.write_text(LIBRARY)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", built, source], check=True)
        return built.read_bytes()


def marks_in(folder):
    """What left something where nothing of the launcher's does; the loader adds to the name that it is given."""
    files = [file for file in folder.rglob("outside*") if file.is_file()]
    files += [file for file in (folder / "outside").glob("*") if file.name != "of-the-test"]
    return sorted(str(file.relative_to(folder)) for file in files)


def function(name):
    """The variable that bash makes a function of."""
    return f"BASH_FUNC_{name}%%", f"() {{ {TOUCH}; }}"


LOADED = {"MARK": f"{{folder}}/{MARK}"}
# What is set, and a command that it reaches without the launcher. `bash as sh` is the shell that the
# action's step gets on most systems that are not Debian's.
RUNS_SOMETHING = {
    "PS4": ({"SHELLOPTS": "xtrace", "PS4": f"$({TOUCH})"}, ["sh", "-c", ":"]),
    "BASH_ENV": ({"BASH_ENV": f"$({TOUCH})"}, ["bash", "-c", ":"]),
    "ENV": ({"ENV": f"$({TOUCH})"}, ["dash", "-ic", ":"]),
    "TAR_OPTIONS": (
        {"TAR_OPTIONS": f"--checkpoint=1 --checkpoint-action=exec='{TOUCH}'"},
        ["tar", "-cf", "/dev/null", "."],
    ),
    "PERL5DB": ({"PERL5OPT": "-d", "PERL5DB": f"BEGIN {{ system '{TOUCH}' }}"}, ["perl", "-e", "1"]),
    "PERL5LIB": ({"PERL5OPT": "-MMark", "PERL5LIB": "{folder}/modules"}, ["perl", "-e", "1"]),
    "CURL_HOME": ({"CURL_HOME": "{folder}/curl"}, ["curl", "file:///dev/null"]),
    "LD_PRELOAD": ({"LD_PRELOAD": "{folder}/libraries/mark.so", **LOADED}, ["true"]),
    "LD_AUDIT": ({"LD_AUDIT": "{folder}/libraries/mark.so", **LOADED}, ["true"]),
    "LD_DEBUG_OUTPUT": ({"LD_DEBUG": "all", "LD_DEBUG_OUTPUT": f"{{folder}}/{MARK}"}, ["true"]),
    "LD_PROFILE": ({"LD_PROFILE": "libc.so.6", "LD_PROFILE_OUTPUT": "{folder}/outside"}, ["true"]),
    "a function named as a tool": (dict([function("tr")]), ["sh", "-c", "tr </dev/null"]),
    "functions named as built-ins": (
        dict(function(name) for name in ["printf", "cd", "wait", "command", "[", "kill", "test", "echo"]),
        ["sh", "-c", "printf x"],
    ),
    "functions of everything that the launcher calls": (
        dict(function(name) for name in ["env", "sed", "sh", "bash", "rm", "mktemp", "tar", "cp", "curl", "env"]),
        ["sh", "-c", "env"],
    ),
}
PROGRAMS = {
    "sh": PROGRAM,
    "bash": PROGRAM.replace("#!/bin/sh", "#!/usr/bin/env bash"),
    "perl": "#!/usr/bin/perl\nexec '/bin/sh', \"$ENV{SEEN}/../program.sh\", @ARGV;\n",
}


class Variables(Case):
    """What an earlier step may set by GITHUB_ENV: nothing of it runs, and no digest changes."""

    def step(self, variables, program=None, **given):
        step = Step(program, **given)
        for name, value in variables.items():
            step.setting(name, value)
        return self.with_files(step)

    @staticmethod
    def with_files(step):
        step.having("modules/Mark.pm", f"system \"touch $ENV{{SEEN}}/../{MARK}\"; 1;\n".encode())
        step.having("curl/.curlrc", b'output = "outside-ran"\n')
        step.having("program.sh", PROGRAM.encode())
        step.having("outside/of-the-test", b"")  # a folder that the loader can write to
        return step.having("libraries/mark.so", library())

    def leaves_its_mark(self, variables, command):
        """The control: without the launcher it does run."""
        step = self.with_files(Step())
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name, content in step.files.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(content)
            (folder / "bin").mkdir()
            (folder / "seen").mkdir()
            (folder / "bin" / "sh").symlink_to(shells()["bash"])
            environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "SEEN": str(folder / "seen")}
            environment |= {name: value.replace("{folder}", str(folder)) for name, value in variables.items()}
            subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
            return bool(marks_in(folder))

    def test_nothing_of_it_runs(self):
        content = archive()
        for name, (variables, command) in RUNS_SOMETHING.items():
            with self.subTest(name):
                if name != "PS4" or os.geteuid() != 0:  # for root, bash takes none from outside
                    self.assertTrue(self.leaves_its_mark(variables, command), "the control")
                ran = self.step(variables, digests=table(content), cached=content).run()
                self.assert_ran(ran)
                self.assertEqual(ran.outside, [])
                for program in PROGRAMS.values():
                    ran = self.step(variables, program).run()
                    self.assert_ran(ran)
                    self.assertEqual(ran.outside, [])

    def test_nothing_of_it_changes_what_is_downloaded_and_verified(self):
        content, poison = archive(), archive([("rootgate", "#!/bin/sh\ntouch $SEEN/../outside\n")])
        for name, (variables, _) in RUNS_SOMETHING.items():
            with self.subTest(name), Server(sends(content)) as server:
                step = self.step(variables, digests=table(content), cached=poison)
                ran = step.downloading(server).run()
                self.assert_ran(ran)
                self.assertEqual((ran.outside, ran.cached), ([], {name_of(): content}))

    def test_a_shell_that_is_told_to_execute_nothing_executes(self):
        for variables in [
            {"SHELLOPTS": "noexec"},
            {"SHELLOPTS": "noexec:xtrace", "BASHOPTS": "expand_aliases"},
            {"LD_DEBUG": "help"},
        ]:
            self.assert_ran(self.step(variables, PROGRAM).run())

    def test_other_variables_change_nothing(self):
        content = archive()
        for variables in [
            {"IFS": "/rootgate", "CDPATH": "/", "OPTIND": "3", "GLOBIGNORE": "*", "TMOUT": "1", "FUNCNEST": "1"},
            {"POSIXLY_CORRECT": "1", "LC_ALL": "C.UTF-8", "LANG": "C", "TMPDIR": "/nowhere", "COLUMNS": "1"},
            {"HOME": "/nowhere", "TAPE": "/dev/zero", "TAR_READER_OPTIONS": "x", "GZIP": "-1", "BLOCK_SIZE": "x"},
            {"OPENSSL_CONF": "/nowhere", "SSLKEYLOGFILE": "{folder}/outside-keys", "CURL_CA_BUNDLE": "/nowhere"},
            {"GCONV_PATH": "{folder}/libraries", "LOCPATH": "{folder}", "FPATH": "{folder}", "BASH": "/bin/false"},
            {"MSYS": "x", "MSYS2_ARG_CONV_EXCL": "", "MSYS_NO_PATHCONV": "", "BASH_VERSION": "9", "ZDOTDIR": "/"},
            {"X": "\nBASH_FUNC_x%%=() { :; }\nPATH=/nowhere\n", "LD_DEBUG": "all", "LD_DEBUG_OUTPUT": "/nowhere"},
            {"LD_BIND_NOW": "1", "LD_DYNAMIC_WEAK": "1", "GLIBC_TUNABLES": "glibc.malloc.perturb=1"},
        ]:
            with self.subTest(variables), Server(sends(content)) as server:
                step = self.step(variables, digests=table(content)).downloading(server)
                ran = step.run()
                self.assert_ran(ran)
                self.assertEqual((ran.outside, ran.cached), ([], {name_of(): content}))

    def test_no_variable_of_the_launchers_own_is_used_before_it_is_set(self):
        own = set()
        for file in (REPOSITORY / "action").glob("*.sh"):
            text = file.read_text()
            own |= set(re.findall(r"(?:^|[ ;])([a-z_]+)=", text, re.MULTILINE))
            own |= {name for names in re.findall(r"\bread -r ([a-z_ ]+);", text) for name in names.split()}
            own |= set(re.findall(r"\bfor ([a-z_]+) in", text))
        own -= {"http_proxy", "https_proxy", "no_proxy", "all_proxy"}
        self.assertLessEqual({"private", "reports", "cancelled", "binary", "digest", "pause"}, own)
        content = archive()
        for value in ["{folder}/kept", "yes", "no", "1"]:
            variables = dict.fromkeys(own, value)
            expected = [
                (Step(PROGRAM), 0),
                (Step(f"{PROGRAM}exit 2"), 2),
                (Step(PROGRAM).given("working-directory", "nowhere"), 2),
                (Step(digests=table(content), cached=content), 0),
                (Step(digests=""), 2),
            ]
            for step, code in expected:
                for name in variables:
                    step.setting(name, value)
                ran = step.having("kept/file", b"").run()
                self.assertEqual((ran.code, ran.kept), (code, ["file"]), ran.log)
                self.assertEqual(ran.left, 1 if code == 0 else 0)

    def test_rootgate_itself_gets_none_of_them_and_all_others(self):
        names = [*EMPTIED, "LD_PROFILE", "DYLD_INSERT_LIBRARIES", "GLOBIGNORE", "TMOUT", function("tr")[0]]
        kept = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "localhost", "AWS_PROFILE": "x", "LANG": "C"}
        kept |= {"TMPDIR": "/tmp", "SSL_CERT_FILE": "/x", "GITHUB_TOKEN": "example-token"}
        for program in ["sh", "bash"]:
            ran = self.step({**dict.fromkeys(names, ""), **kept}, PROGRAMS[program]).run()
            self.assert_ran(ran)
            self.assertEqual(set(names) & set(ran.environment), set())
            self.assertLessEqual(set(kept), set(ran.environment))

    def test_the_launcher_takes_away_what_the_step_empties(self):
        launcher = (REPOSITORY / "action" / "environment.sh").read_text()
        (taken,) = re.findall(r"^unset ((?:.*\\\n)*.*)$", launcher, re.MULTILINE)
        # What bash does not let `unset` touch, or sets itself, is taken away by `env`.
        elsewhere = {"SHELLOPTS", "BASHOPTS", "BASH", "BASH_VERSION"}
        self.assertLessEqual(set(EMPTIED) - elsewhere, set(taken.replace("\\\n", " ").split()))
        for name in elsewhere:
            self.assertIn(f"-u {name} ", RUN)

    def test_a_script_for_bash_runs_with_its_own_settings(self):
        # Emptied names that bash then exports would hand on `set -u` and the like.
        program = PROGRAMS["bash"].replace("\n", '\n[ -z "$NOT_SET_ANYWHERE" ]; f() (set +f; echo *); f >/dev/null\n', 1)
        program = program.replace("\n", '\necho "$-" >"$SEEN/folder-flags"\n', 1)
        self.assert_ran(Step(program).run())

    def test_it_runs_under_github_actions_whatever_a_variable_says(self):
        program = PROGRAM + '[ "$GITHUB_ACTIONS" = true ] || exit 3\n'
        for variables in [{}, {"GITHUB_ACTIONS": ""}, {"GITHUB_ACTIONS": "false"}]:
            self.assert_ran(self.step(variables, program).run())

    def test_a_proxy_is_asked_as_curl_asks_it(self):
        content = archive()
        for set_to, password in [("HTTPS_PROXY", 'pa"ss\\'), ("https_proxy", "x"), ("ALL_PROXY", "x"), ("all_proxy", "x")]:
            with self.subTest(set_to), Server(sends(content)) as server, Proxy() as proxy:
                address = f"http://user:{urllib.parse.quote(password)}@127.0.0.1:{proxy.port}"
                step = Step(digests=table(content)).downloading(server).setting(set_to, address)
                self.assert_ran(step.run())
                login = "Basic " + base64.b64encode(f"user:{password}".encode()).decode()
                self.assertEqual(proxy.asked, [login] * len(shells()))
                self.assert_ran(step.setting("NO_PROXY", "127.0.0.1").run())
                self.assertEqual(len(proxy.asked), len(shells()), "NO_PROXY is honoured")

    def test_a_proxy_is_one_setting_and_nothing_more(self):
        content = archive()
        value = 'http://127.0.0.1:1"\noutput = "{folder}/outside'
        with Server(sends(content)) as server:
            step = Step(digests=table(content)).downloading(server).setting("HTTPS_PROXY", value)
            ran = step.run()
        self.assert_not_started(ran, "could not be downloaded in three attempts.")
        self.assertEqual(ran.outside, [])


class Windows(Case):
    """What a runner of Windows hands to the launcher: backslashes, and carriage returns."""

    def step(self, *arguments, **given):
        step = Step(*arguments, RUNNER_OS="Windows", **given)
        step.back = True
        return step

    def test_paths_are_given_on_with_forward_slashes(self):
        ran = self.step(PROGRAM).given("working-directory", "real\\below").run()
        self.assert_ran(ran)
        self.assertEqual((ran.flags, ran.cwd), ([], "/workspace/real/below\n"))

    def test_a_link_is_found_behind_backslashes(self):
        for folder in ["link\\below", "real\\link\\below", ".\\link", "{back}\\workspace\\link\\below"]:
            with self.subTest(folder):
                ran = self.step(PROGRAM).given("working-directory", folder).run()
                self.assert_not_started(ran, "goes through a link")

    def test_elsewhere_a_backslash_is_a_character_of_a_name(self):
        ran = Step(PROGRAM).given("working-directory", "real\\below").run()
        self.assert_not_started(ran, "is not a folder: ./real?below")

    def test_the_cache_and_the_table_are_read(self):
        content = archive([("rootgate.exe", PROGRAM)])
        target = PLATFORMS["Windows", "X64"]
        for line_end in ["\n", "\r\n"]:
            digests = f"# a comment{line_end}{line_end}" + table(content, [target]).replace("\n", line_end)
            with Server(sends(content)) as server:
                ran = self.step(digests=digests).downloading(server).run()
            self.assert_ran(ran)
            self.assertEqual(ran.cached, {name_of(target): content})

    def test_lines_of_an_input_may_end_as_on_windows(self):
        step = self.step(PROGRAM).given("allowed-account-ids", "111122223333\r\n\r\n 444455556666\t\r\n")
        self.assertEqual(step.run().flags, ["--account=111122223333", "--account=444455556666"])

    def test_what_python_prints_for_a_shell_has_no_carriage_return(self):
        emulated = """if True:
            import io, pathlib, runpy, sys
            announce = runpy.run_path(sys.argv[1])["announce"]
            sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\r\\n")
            announce(pathlib.PureWindowsPath("D:/a/dist") / "rootgate-v1-x.tar.gz")
        """
        pack = REPOSITORY / "scripts" / "release" / "pack.py"
        done = subprocess.run([sys.executable, "-c", emulated, pack], capture_output=True, check=True)
        self.assertEqual(done.stdout, b"D:/a/dist/rootgate-v1-x.tar.gz\n")

    def test_git_writes_every_text_with_line_feeds(self):
        ask = ["git", "-C", REPOSITORY, "check-attr", "eol", "text", "--"]
        for name in ["action.yml", "action/launch.sh", "action/SHA256SUMS", "src/main.rs", "x.py", "tests/it/x.snap"]:
            said = subprocess.run([*ask, name], capture_output=True, text=True, check=True).stdout
            self.assertIn(f"{name}: eol: lf", said)
        kept = subprocess.run([*ask, "tests/policies/x"], capture_output=True, text=True, check=True).stdout
        self.assertIn("tests/policies/x: text: unset", kept)
        listed = subprocess.run(["git", "-C", REPOSITORY, "ls-files", "--eol"], capture_output=True, text=True)
        wrong = [line for line in listed.stdout.splitlines() if line.startswith("i/crlf") and "attr/-text" not in line]
        self.assertEqual(wrong, [])


class Proxy:
    """An http proxy that tunnels, and remembers with which login it was asked."""

    def __enter__(self):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self):
                asked.append(self.headers.get("Proxy-Authorization"))
                host, port = self.path.rsplit(":", 1)
                with socket.create_connection((host, int(port))) as far:
                    self.send_response(200)
                    self.end_headers()
                    back = threading.Thread(target=copy, args=(far, self.connection), daemon=True)
                    back.start()
                    copy(self.connection, far)
                    back.join(5)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def copy(source, target):
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    # A shell started in the background by a non-interactive one ignores SIGINT for good.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"shells: {', '.join(shells())}" + ("" if "busybox" in shells() else " (no busybox: not tried)"))
    unittest.main()
