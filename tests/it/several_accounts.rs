//! The recipe of docs/action.md for several accounts, from the policy to the trust policies.

use std::process::Command;

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::Gate;
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

/// A folder of programs that replace `aws` and `rootgate` and record their arguments.
fn programs(folder: &Folder) -> String {
    let aws = folder.write("bin/aws", "#!/bin/sh\necho \"$*\" >>aws.log\n");
    let rootgate = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_rootgate"));
    let rootgate = folder.write("bin/rootgate", rootgate);
    for program in [&aws, &rootgate] {
        let status = Command::new("chmod").arg("+x").arg(program).status().unwrap();
        assert!(status.success());
    }
    format!("{}:/usr/bin:/bin", folder.path().join("bin").display())
}

/// The files that the shell block creates in the folder.
fn run_block(folder: &Folder) {
    let text = block("The AWS side", "sh")
        .replace("OWNER/NAME", "octo-org/octo-repo")
        .replace("in 111122223333; do", &format!("in {}; do", ACCOUNTS.join(" ")));
    let status = Command::new("sh")
        .args(["-eu", "-c", &text])
        .env_clear()
        .env("PATH", programs(folder))
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn each_account_gets_a_role_that_trusts_both_environments_and_may_read_alone() {
    let folder = Folder::new();
    run_block(&folder);
    let permissions = folder.read("permissions.json");
    assert!(permissions.contains("iam:GetCredentialReport"), "{permissions}");
    let log = folder.read("aws.log");
    for account in ACCOUNTS {
        let trust = folder.json(&format!("trust-{account}.json"));
        let statement = &trust["Statement"][0];
        let provider = "oidc-provider/token.actions.githubusercontent.com";
        assert_eq!(
            statement["Principal"]["Federated"],
            format!("arn:aws:iam::{account}:{provider}")
        );
        let condition = &statement["Condition"]["StringEquals"];
        assert_eq!(condition["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
        for call in ["create-open-id-connect-provider", "create-role", "put-role-policy"] {
            let line = format!("--profile admin-{account} iam {call} ");
            assert_eq!(log.lines().filter(|it| it.starts_with(&line)).count(), 1, "{log}");
        }
        assert!(log.contains(&format!("file://trust-{account}.json")), "{log}");
    }
}

#[cfg(unix)]
#[test]
fn the_policy_of_the_recipe_judges_every_account_for_both_environments_and_no_other() {
    let folder = Folder::new();
    run_block(&folder);
    let trust = folder.json(&format!("trust-{}.json", ACCOUNTS[0]));
    let subjects = &trust["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"];
    let trusted: String = subjects
        .as_array()
        .unwrap()
        .iter()
        .map(|sub| format!("trust.sub = {}\n", sub.as_str().unwrap()))
        .collect();
    let policy = block("Several accounts", "yaml") + "evidence: { root-events: off }\n";
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
