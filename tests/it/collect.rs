//! `rootgate collect`: its file is judged like live evidence.

use rootgate::model::sha256_hex;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::{Gate, KEY_ID, ROLE, policy_of};
use crate::support::{EVENTS_OF_ONE_REGION, EVENTS_OFF, Finished, rootgate, side_by_side};

const OTHER: &str = "444455556666";

/// Verdict, counts and outcomes, without times.
fn outcomes(report: &Value) -> Value {
    let mut accounts = report["accounts"].clone();
    for account in accounts.as_array_mut().unwrap() {
        let account = account.as_object_mut().unwrap();
        account.remove("uses");
        for outcome in account["outcomes"].as_array_mut().unwrap() {
            for key in ["message", "evidence"] {
                outcome.as_object_mut().unwrap().remove(key);
            }
            for finding in outcome["findings"].as_array_mut().unwrap() {
                for key in ["message", "happened_at", "clears_at", "window"] {
                    finding.as_object_mut().unwrap().remove(key);
                }
            }
        }
    }
    json!([report["verdict"], report["exit_code"], report["counts"], accounts])
}

#[test]
fn collected_evidence_is_judged_like_live_evidence() {
    let scenarios = [("red.txt", 1), ("events.txt", 1), ("undetermined.txt", 3), ("green.txt", 0)];
    side_by_side(scenarios, |(scenario, code)| {
        let gate = Gate::with_keys(Fake::example(scenario));
        let live = gate.run(&["check", "--json", "live.json"]);
        let collected = gate.run(&["collect", "--output", "evidence.json"]);
        assert_eq!((live.code, collected.code), (code, 0), "{scenario}: {}", collected.stderr);
        assert_eq!(collected.stdout, "", "{scenario}");
        let calls = gate.fake.names().len();
        let arguments =
            ["check", "--evidence", "evidence.json", "--offline", "--json", "file.json"];
        assert_eq!(gate.run(&arguments).code, code, "{scenario}");
        assert_eq!(gate.fake.names().len(), calls, "{scenario}: no call");
        let [live, file] = ["live.json", "file.json"].map(|name| gate.folder.json(name));
        assert_eq!(outcomes(&live), outcomes(&file), "{scenario}");
        // Both jobs say which file it was.
        let digest = sha256_hex(gate.folder.read("evidence.json").as_bytes());
        let expected = format!("the evidence file has the SHA-256 {digest}\n");
        assert!(collected.stderr.contains(&expected), "{}", collected.stderr);
        assert_eq!(file["evidence_files"], json!([{ "path": "evidence.json", "sha256": digest }]));
        assert_eq!(live["evidence_files"], json!([]), "{scenario}");
        assert_eq!(live["accounts"][0]["outcomes"].as_array().unwrap().len(), 13, "{scenario}");
    });
}

#[test]
fn a_gap_is_in_the_file_and_on_its_own_line() {
    let gate = Gate::with_keys(Fake::example("undetermined.txt")).policy(EVENTS_OFF);
    let ended = gate.run(&["collect", "--output", "evidence.json"]);
    assert_eq!(ended.code, 0);
    let gaps: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("gap: ")).collect();
    assert_eq!(gaps.len(), 2, "{}", ended.stderr);
    assert!(gaps[0].starts_with("gap: account 111122223333, account summary: AWS denied"));
    assert!(gaps[0].ends_with("; help: grant iam:GetAccountSummary"), "{}", gaps[0]);
    assert!(ended.stderr.ends_with("1 account, 2 gaps; the judging job decides about them\n"));
    let account = gate.folder.json("evidence.json")["accounts"][0].clone();
    assert_eq!(account["account_summary"]["gap"]["cause"], "denied");
    assert!(account["credential_report"]["value"].is_object());
}

#[test]
fn a_region_whose_events_were_not_read_is_a_gap_too() {
    let fake = Fake::with("fault LookupEvents@us-west-2 = denied");
    let gate = Gate::with_keys(fake);
    let ended = gate.run(&["collect", "--output", "evidence.json"]);
    let gaps: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("gap: ")).collect();
    assert_eq!((ended.code, gaps.len()), (0, 1), "{}", ended.stderr);
    assert!(gaps[0].contains("us-west-2"), "{}", gaps[0]);
    assert!(gaps[0].ends_with("; help: grant cloudtrail:LookupEvents"), "{}", gaps[0]);
}

#[test]
fn accounts_are_in_the_order_of_the_scope_and_a_failed_sign_in_is_one_line() {
    let fake = Fake::start(
        "account = 111122223333\naccount = 444455556666\nfault GetCallerIdentity = denied\n",
    );
    let gate = Gate::on_github(fake).policy(&policy_of(&["111122223333", OTHER], ""));
    let ended = gate.run(&["collect", "--output", "evidence.json", "--details", "full"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let accounts = gate.folder.json("evidence.json")["accounts"].clone();
    assert_eq!([&accounts[0]["id"], &accounts[1]["id"]], ["111122223333", OTHER]);
    let gaps: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("gap: ")).collect();
    assert_eq!(gaps.len(), 1, "{}", ended.stderr);
    let expected = "gap: account 444455556666, everything: the account could not be entered: ";
    assert!(gaps[0].starts_with(expected), "{}", gaps[0]);
    let redacted = gate.run(&["collect", "--output", "evidence.json", "--details", "redacted"]);
    assert!(redacted.stderr.contains("gap: account 2, everything: not-entered\n"));
    assert!(
        !redacted.stderr.replace("ASIAFAKE", "").contains(OTHER) || mask_only(&redacted.stderr)
    );
}

/// Whether the account's id is only in mask commands.
fn mask_only(text: &str) -> bool {
    text.lines().filter(|line| line.contains(OTHER)).all(|line| line.starts_with("::add-mask::"))
}

#[test]
fn a_failed_collection_keeps_the_old_file() {
    let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
    assert_eq!(gate.run(&["collect", "--output", "evidence.json"]).code, 0);
    let before = gate.folder.read("evidence.json");
    let denied = Gate::with_keys(Fake::with("fault GetCallerIdentity = denied"));
    denied.folder.write("evidence.json", &before);
    let ended = denied.run(&["collect", "--output", "evidence.json"]);
    ended.refused(&["error: AWS refused sts:GetCallerIdentity", "nothing was collected (exit 2)"]);
    assert!(!ended.stderr.contains("judged"), "{}", ended.stderr);
    denied
        .run(&["collect", "--output", "evidence.json", "--timeout", "soon"])
        .refused(&["--timeout"]);
    denied.run(&["collect", "--output", "new.json"]).refused(&["sts:GetCallerIdentity"]);
    assert_eq!(denied.folder.read("evidence.json"), before);
    assert!(!denied.folder.exists("new.json"));

    assert_eq!(gate.run(&["collect", "--output", "evidence.json"]).code, 0, "its own is replaced");
    gate.folder.write("evidence.json", "of somebody else");
    let asked = gate.fake.names().len();
    let ended = gate.run(&["collect", "--output", "evidence.json"]);
    ended.refused(&["not evidence of rootgate", "it is unchanged"]);
    assert_eq!(gate.folder.read("evidence.json"), "of somebody else");
    assert_eq!(gate.fake.names().len(), asked, "before anything is asked");
}

#[test]
fn a_dash_is_standard_output_and_standard_input() {
    let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
    for output in ["-", "/dev/stdout"].into_iter().take(if cfg!(unix) { 2 } else { 1 }) {
        let ended = gate.run(&["collect", "--output", output]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stdout.starts_with("{\n  \"schema\": \"rootgate.evidence/v1\""));
        let mut judge = rootgate(gate.folder.path());
        let judged = judge.args(["check", "--evidence", "-", "--json", "out.json"]);
        let judged = Finished::from_output(judged.write_stdin(ended.stdout).output().unwrap());
        assert_eq!(judged.code, 0, "{}{}", judged.stdout, judged.stderr);
    }
    assert!(!gate.folder.exists("-"));
    let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
    let arguments = ["collect", "--output", "-", "--role-arn", ROLE];
    let redacted = gate.run(&[&arguments[..], &["--details", "redacted"]].concat());
    redacted.refused(&["may be read by strangers", "--details full"]);
    assert_eq!(redacted.stdout, "");
    let ended = gate.run(&[&arguments[..], &["--details", "full"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("{\n"), "masks are on standard error: {}", ended.stdout);
}

#[test]
fn a_policy_is_not_overwritten_by_the_evidence() {
    let gate = Gate::with_keys(Fake::with("")).policy("version: 1\n");
    let ended = gate.run(&["collect", "--output", "./rootgate.yaml"]);
    ended.refused(&["--output and the policy name the same file"]);
    gate.run(&["collect", "--output", "rootgate.yml"]).refused(&["name the same file"]);
    assert_eq!(gate.folder.read("rootgate.yaml"), "version: 1\n");
    gate.run(&["collect"]).refused(&["--output"]);
    gate.run(&["collect", "--output", "no/such/folder.json"]).refused(&["an existing folder"]);
    assert!(gate.fake.names().is_empty());
}

#[test]
fn out_of_time_is_3_with_a_file_that_says_so() {
    let gate = Gate::with_keys(Fake::with("fault GetAccountSummary = hang"));
    let ended = gate.run(&["collect", "--output", "evidence.json", "--timeout", "1s"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("incomplete: the time limit was reached"), "{}", ended.stderr);
    let summary = gate.folder.json("evidence.json")["accounts"][0]["account_summary"].clone();
    assert_eq!(summary["gap"]["cause"], "timed-out");
    let judged = gate.run(&["check", "--evidence", "evidence.json", "--offline"]);
    assert_eq!(judged.code, 3);
    assert!(judged.stdout.contains("incomplete"), "{}", judged.stdout);
}

#[test]
fn the_file_holds_no_credentials() {
    let gate = Gate::with_keys(Fake::example("red.txt")).policy(EVENTS_OF_ONE_REGION);
    assert_eq!(gate.run(&["collect", "--output", "evidence.json", "-v"]).code, 0);
    assert!(!gate.folder.read("evidence.json").contains(KEY_ID));
}
