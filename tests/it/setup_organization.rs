//! `rootgate setup aws` for an organization: the hub enters every account by exactly what is written.
#![cfg(unix)]

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::setup::variable;
use crate::support::{Folder, side_by_side};

const HUB: &str = "444455556666";
const HUB_ROLE: &str = "arn:aws:iam::444455556666:role/rootgate";

fn policy(audit: &str) -> String {
    format!(
        "version: 1\nscope:\n  organization: {{ member-role: audit/gate, management-role: gate, audit: {audit} }}\n\
         evidence: {{ root-events: off }}\n"
    )
}

/// What setup writes, as scripts.
fn written(audit: &str, more: &[&str]) -> Folder {
    let folder = Folder::new();
    folder.write("policy.yaml", policy(audit));
    let mut arguments = vec!["setup", "aws", "--policy", "policy.yaml", "--hub-account", HUB];
    arguments.extend(["--github", "octo-org/octo-repo", "--environment", "rootgate"]);
    arguments.extend(["--github-ids", "65/74", "--format", "shell", "--output", "aws"]);
    arguments.extend(more);
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    folder
}

fn json(folder: &Folder, script: &str, name: &str) -> Value {
    serde_json::from_str(&variable(folder, script, name)).unwrap()
}

/// Trust and permissions of the members' role, in the template of the StackSet.
fn member(folder: &Folder) -> (Value, Value) {
    let template: Value =
        serde_yaml::from_str(&variable(folder, "aws/members.sh", "template")).unwrap();
    let role = &template["Resources"]["Role"]["Properties"];
    (role["AssumeRolePolicyDocument"].clone(), role["Policies"][0]["PolicyDocument"].clone())
}

/// The organization of the fake, whose roles trust what was written.
fn gate(folder: &Folder, audit: &str, claims: &str) -> Gate {
    let hub = folder.write("hub.json", json(folder, "aws/hub.sh", "trust").to_string());
    let management =
        folder.write("management.json", json(folder, "aws/management.sh", "trust").to_string());
    let mut scenario = format!(
        "organization = 9\norganization.violating = 0\norganization.role = audit/gate\n\
         organization.management-role = gate\norganization.buckets = off\n\
         trust {HUB_ROLE} = {}\ntrust arn:aws:iam::111122223333:role/gate = {}\n{claims}\n",
        hub.display(),
        management.display()
    );
    if audit != "assume-root" {
        let member = folder.write("member.json", member(folder).0.to_string());
        scenario += &format!("trust arn:aws:iam::*:role/audit/gate = {}\n", member.display());
    }
    Gate::on_github(Fake::start(&scenario)).policy(&policy(audit))
}

const SUBJECT: &str = "claim.sub = repo:octo-org@65/octo-repo@74:environment:rootgate";

fn actions(statement: &Value) -> BTreeSet<String> {
    match &statement["Action"] {
        Value::String(action) => BTreeSet::from([action.clone()]),
        actions => serde_json::from_value(actions.clone()).unwrap(),
    }
}

/// Statements without their ids, to compare.
fn statements(document: &Value) -> Vec<(BTreeSet<String>, Value, Value)> {
    let statements = document["Statement"].as_array().unwrap();
    let bare = |it: &Value| (actions(it), it["Resource"].clone(), it["Condition"].clone());
    statements.iter().map(bare).collect()
}

#[test]
fn the_hub_judges_every_account_by_what_is_written() {
    side_by_side(["assume-role", "assume-root", "auto"], |audit| {
        let folder = written(audit, &["--external-id", "octo-rootgate"]);
        assert_eq!(folder.exists("aws/members.sh"), audit != "assume-root", "{audit}");
        let gate = gate(&folder, audit, SUBJECT);
        let run = ["check", "--role-arn", HUB_ROLE, "--json", "out.json", "--external-id"];
        let ended = gate.run(&[&run[..], &["octo-rootgate"]].concat());
        let report = gate.folder.json("out.json");
        let organization = &report["organization"];
        assert_eq!(organization["judged"], 9, "{audit}: {}{}", ended.stdout, ended.stderr);
        assert_ne!(ended.code, 2, "{audit}: {}", ended.stderr);
        // The session may do exactly what the hub's role may.
        let calls = gate.fake.calls();
        let signed_in = calls.iter().find(|call| call["call"] == "AssumeRoleWithWebIdentity");
        let session = signed_in.unwrap()["parameters"]["Policy"].as_str().unwrap();
        let session: Value = serde_json::from_str(session).unwrap();
        let hub = json(&folder, "aws/hub.sh", "permissions");
        assert_eq!(statements(&hub), statements(&session), "{audit}");
        let printed = folder.run(&["permissions", "--policy", "policy.yaml"]).stdout;
        assert_eq!(hub, serde_json::from_str::<Value>(&printed).unwrap(), "{audit}");
        if audit == "assume-role" {
            let entered = calls.iter().find(|call| call["call"] == "AssumeRole").unwrap();
            let session = entered["parameters"]["Policy"].as_str().unwrap();
            let session: Value = serde_json::from_str(session).unwrap();
            let management = json(&folder, "aws/management.sh", "permissions");
            assert_eq!(statements(&management), statements(&session));
            assert_eq!(member(&folder).1, management);
        }
    });
}

#[test]
fn another_external_id_or_another_caller_enters_nothing() {
    let judged = |claims: &str, role: &str, external_id: &[&str]| {
        let folder = written("assume-role", &["--external-id", "octo-rootgate"]);
        let gate = gate(&folder, "assume-role", claims);
        let run = ["check", "--role-arn", role, "--json", "out.json"];
        let ended = gate.run(&[&run[..], external_id].concat());
        let judged = (ended.code != 2).then(|| gate.folder.json("out.json"));
        (ended.code, judged.map(|report| report["organization"]["judged"].clone()))
    };
    // The hub itself is read by the run's own session.
    let (code, alone) = judged(SUBJECT, HUB_ROLE, &[]);
    assert_eq!((code, alone), (3, Some(1.into())));
    let (code, alone) = judged(SUBJECT, HUB_ROLE, &["--external-id", "other-id"]);
    assert_eq!((code, alone), (3, Some(1.into())));
    let other = "claim.sub = repo:octo-org/octo-repo:environment:production";
    assert_eq!(judged(other, HUB_ROLE, &["--external-id", "octo-rootgate"]), (2, None));
    let other_role = "arn:aws:iam::444455556666:role/other";
    assert_eq!(judged(SUBJECT, other_role, &["--external-id", "octo-rootgate"]), (2, None));
}

#[test]
fn two_roles_of_one_account_are_two_stacks() {
    let folder = Folder::new();
    let beside = policy("auto").replace(
        "scope:\n",
        "scope:\n  accounts: [{ id: \"444455556666\", role-arn: \"arn:aws:iam::444455556666:role/own\" }]\n",
    );
    folder.write("policy.yaml", beside);
    let aws = ["setup", "aws", "--policy", "policy.yaml", "--github", "octo-org/octo-repo"];
    let more = ["--environment", "rootgate", "--hub-account", HUB, "--output", "aws"];
    let ended = folder.run(&[&aws[..], &more].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let stacks = ended.stdout.matches("deploy --stack-name ").count();
    let names: BTreeSet<&str> = ended
        .stdout
        .split("--stack-name ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    assert_eq!((stacks, names.len()), (3, 3), "{}", ended.stdout);
}

#[test]
fn an_organization_says_what_is_missing() {
    let folder = Folder::new();
    folder.write("policy.yaml", policy("auto"));
    let aws = ["setup", "aws", "--policy", "policy.yaml", "--github", "octo-org/octo-repo"];
    let aws = [&aws[..], &["--environment", "rootgate"]].concat();
    folder
        .run(&aws)
        .refused(&["--hub-account", "management account, or a delegated administrator"]);
    let with_hub = [&aws[..], &["--hub-account", HUB]].concat();
    folder
        .run(&[&with_hub[..], &["--external-id", "a b"]].concat())
        .refused(&["`a b` is not an external id"]);
    folder.run(&[&aws[..], &["--hub-account", "1"]].concat()).refused(&["--hub-account"]);
    folder.write("one.yaml", "version: 1\nscope: { accounts: [{ id: \"111122223333\" }] }\n");
    let mut one = with_hub;
    one[3] = "one.yaml";
    folder.run(&one).refused(&["--hub-account is for an organization", "`scope.organization`"]);
    let workflow = ["setup", "workflow", "posture", "--policy", "policy.yaml", "--output", "-"];
    folder.run(&workflow).refused(&["--hub-account does not say"]);
    let ended = folder.run(&[&workflow[..], &["--hub-account", HUB]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains(&format!("role-to-assume: {HUB_ROLE}\n")), "{}", ended.stdout);
    assert!(!ended.stdout.contains("allowed-account-ids"), "{}", ended.stdout);
    folder.write("rootgate.yaml", policy("auto"));
    let steps = folder.run(&["setup"]).stdout;
    for part in ["names an organization", "--hub-account HUB_ACCOUNT_ID --output rootgate-aws"] {
        assert!(steps.contains(part), "{steps}\nlacks {part}");
    }
}
