//! The recipe of docs/action.md for several accounts, from the policy to the trust policies.

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::Gate;
#[cfg(unix)]
use crate::setup::variable;
use crate::support::Folder;

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// The first code block of this language after the heading.
fn block(heading: &str, kind: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/action.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    let (_, block) = after.split_once(&format!("```{kind}\n")).expect(kind);
    block.split_once("```").unwrap().0.to_owned()
}

/// Runs the command of the page for the AWS side, and tells the fake whom each role trusts.
#[cfg(unix)]
fn trusted(folder: &Folder) -> String {
    let line = block("The AWS side", "console");
    let arguments = line.trim().strip_prefix("$ rootgate ").unwrap().split_whitespace();
    let more = ["--policy", "policy.yaml", "--format", "shell", "--output", "aws"];
    let ended = folder.run(&arguments.chain(more).collect::<Vec<_>>());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let trust = |account: &str| {
        let document = variable(folder, &format!("aws/account-{account}.sh"), "trust");
        let file = folder.write(&format!("{account}.json"), document);
        format!("trust arn:aws:iam::{account}:role/rootgate = {}\n", file.display())
    };
    ACCOUNTS.map(trust).concat()
}

#[cfg(unix)]
#[test]
fn the_policy_of_the_recipe_judges_every_account_for_both_environments_and_no_other() {
    let policy = block("Several accounts", "yaml") + "evidence: { root-events: off }\n";
    let folder = Folder::new();
    folder.write("policy.yaml", &policy);
    let trusted = trusted(&folder);
    for (environment, code) in [("rootgate", 0), ("rootgate-policy", 0), ("production", 2)] {
        let [first, second] = ACCOUNTS;
        let fake = Fake::start(&format!(
            "claim.sub = repo:octo-org/octo-repo:environment:{environment}\n{trusted}account = {first}\naccount = \
             {second}\n"
        ));
        let gate = Gate::on_github(fake).policy(&policy);
        // As the recipe's input `allowed-account-ids` arrives.
        let allowed = "111122223333, 444455556666";
        let ended = gate.run(&["check", "--account", allowed, "--json", "out.json"]);
        assert_eq!(ended.code, code, "{environment}: {}{}", ended.stdout, ended.stderr);
        if code == 0 {
            let report = gate.folder.json("out.json");
            let ids: Vec<&Value> =
                report["accounts"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
            assert_eq!(ids, [&json!(first), &json!(second)]);
            assert_eq!(gate.fake.count("AssumeRoleWithWebIdentity"), 2);
        }
    }
}

#[test]
fn an_account_without_a_role_is_explained_in_one_sentence() {
    let [first, second] = ACCOUNTS;
    let policy = format!(
        "version: 1\nevidence: {{ root-events: off }}\nscope: {{ accounts: [{{ id: \"{first}\" }}, {{ id: \"{second}\" }}] }}\n"
    );
    let fake = Fake::start(&format!("account = {first}\naccount = {second}\n"));
    let gate = Gate::with_keys(fake).policy(&policy);
    let ended = gate.run(&["check", "--summary", "out.md"]);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    for text in [ended.stdout, gate.folder.read("out.md")] {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert_eq!(text.matches("the credentials of this run belong to").count(), 1, "{text}");
        assert!(text.contains("docs/action.md, \"Several accounts\""), "{text}");
        // Undetermined rules are still listed.
        assert!(text.contains("root-access-key-active"), "{text}");
    }
}

#[test]
fn allowed_accounts_may_be_separated_by_commas_and_are_checked() {
    let gate = Gate::with_keys(Fake::with(""));
    for allowed in ["111122223333,444455556666", "444455556666, 111122223333"] {
        let ended = gate.run(&["check", "--account", allowed]);
        assert!([0, 3].contains(&ended.code), "{allowed}: {}", ended.stderr);
    }
    gate.run(&["check", "--account", "444455556666,123456789012"])
        .refused(&["belong to account 111122223333, not to 444455556666 or 123456789012"]);
    for wrong in ["111122223333,", "111122223333,,444455556666", "111122223333;444455556666", "1,2"]
    {
        gate.run(&["check", "--account", wrong]).refused(&["--account"]);
    }
}
