//! Pastes the suggested windows of a failed run into its policy, as a person would.

use std::time::SystemTime;

use rootgate::model::format_time;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::Finished;

const POLICY: &str = "version: 1\nscope: { accounts: [{ id: \"111122223333\" }] }\n";

/// Evidence that is collected once and judged by several policies.
struct Account {
    gate: Gate,
    at: String,
}

impl Account {
    fn from_scenario(scenario: &str) -> Self {
        let gate = Gate::with_keys(Fake::with(scenario)).policy(POLICY);
        let ended = gate.run(&["collect", "--output", "evidence.json"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        Self { gate, at: format_time(SystemTime::now().into()) }
    }

    fn check(&self, policy: &str) -> Finished {
        self.gate.folder.write("judging.yaml", policy);
        let judged = ["--policy", "judging.yaml", "--evidence", "evidence.json", "--at", &self.at];
        self.gate.folder.run(&[&["check", "--details", "full"], &judged[..]].concat())
    }

    /// `policy check` of the policy that was used last.
    fn warned_of(&self) -> String {
        let ended = self.gate.folder.run(&["policy", "check", "judging.yaml"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stderr
    }
}

/// The lines of the suggested windows in a log, with the placeholders filled in.
fn suggested(log: &str) -> String {
    let windows = log.lines().filter(|line| line.trim_start().starts_with("- { id: "));
    let filled = windows.map(|line| line.replace("REASON", "agreed").replace("TICKET", "CHG-1"));
    filled.map(|line| line + "\n").collect()
}

/// The two sessions of each day are ten hours apart.
const SESSIONS: &str = "\
root.password_last_used = 26h ago
event = 26h us-west-2 signin:ConsoleLogin mfa=yes
event = 1530m us-east-1 s3:PutBucketPolicy session=26h mfa=yes
event = 36h us-west-2 signin:ConsoleLogin mfa=yes
event = 50h us-west-2 signin:ConsoleLogin mfa=yes
event = 60h us-west-2 signin:ConsoleLogin mfa=yes
event = 74h us-west-2 signin:ConsoleLogin mfa=yes
event = 84h us-west-2 signin:ConsoleLogin mfa=yes
";

#[test]
fn sessions_that_were_agreed_are_acknowledged_and_a_third_one_between_them_is_found() {
    let account = Account::from_scenario(SESSIONS);
    let red = account.check(POLICY);
    assert_eq!(red.code, 1, "{}{}", red.stdout, red.stderr);
    assert!(red.stdout.contains("; fill in REASON and TICKET:"), "{}", red.stdout);
    let pasted = format!("{POLICY}windows:\n{}", suggested(&red.stdout));
    let green = account.check(&pasted);
    assert_eq!(green.code, 0, "{}{}", green.stdout, green.stderr);
    assert_eq!(account.warned_of(), "");

    let third = Account::from_scenario(&format!(
        "{SESSIONS}event = 31h us-west-2 signin:ConsoleLogin mfa=yes\n"
    ));
    let found = third.check(&pasted);
    assert_eq!(found.code, 1, "{}{}", found.stdout, found.stderr);
}

#[test]
fn windows_of_several_remedies_can_be_pasted_together_but_do_not_fix_anything() {
    let account = Account::from_scenario(
        "root.access_key_1_active = true
root.access_key_1_last_rotated = 400d ago
root.cert_1_active = true
root.cert_1_last_rotated = 400d ago
root.mfa_active = false
summary.AccountMFAEnabled = 0
summary.AccountAccessKeysPresent = 1
summary.AccountSigningCertificatesPresent = 1",
    );
    let red = account.check(POLICY);
    assert_eq!(red.code, 1, "{}{}", red.stdout, red.stderr);
    let still = account.check(&format!("{POLICY}windows:\n{}", suggested(&red.stdout)));
    assert_eq!(account.warned_of(), "");
    assert_eq!(still.code, 1, "{}{}", still.stdout, still.stderr);
    let log = still.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        log.contains("the rule keeps failing until this is done while the window is open"),
        "{log}"
    );
    assert_eq!(suggested(&still.stdout), "", "each has its windows");
}
