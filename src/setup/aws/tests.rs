//! The roles of a policy's accounts, in every format.

use super::*;
use crate::model::parse_time;
use crate::rules;

const ONE: &str = "111122223333";

fn policy(text: &str) -> Policy {
    let now = parse_time("2026-11-20T12:00:00Z").unwrap();
    Policy::parse(text, "p.yaml", &rules::infos(), now)
        .unwrap_or_else(|e| panic!("{}", e.render(false)))
}

fn generated(text: &str, format: Format, existing_provider: bool) -> Result<Generated, Refused> {
    let ids = RepositoryIds::parse("65/74");
    let jobs = GitHubJobs::new("octo-org/octo-repo", ids, &["rootgate".to_owned()]).unwrap();
    let policy = policy(text);
    generate(&Wanted {
        policy: &policy,
        jobs: &jobs,
        format,
        existing_provider,
        hub_account: None,
        external_id: None,
    })
}

const TWO_ACCOUNTS: &str = r#"
version: 1
scope:
  accounts:
    - { id: "111122223333", name: prod, role-arn: "arn:aws-us-gov:iam::111122223333:role/ci/gate" }
    - { id: "444455556666" }
"#;

#[test]
fn each_account_gets_the_role_that_the_policy_names() {
    for format in [Format::CloudFormation, Format::Terraform, Format::Shell] {
        let generated = generated(TWO_ACCOUNTS, format, false).unwrap();
        let names: Vec<String> = generated.files.iter().map(|file| file.name.clone()).collect();
        let extension = format.extension();
        let expected = ["account-111122223333", "account-444455556666"];
        assert_eq!(names, expected.map(|name| format!("{name}.{extension}")));
        let arns: Vec<&str> = generated.files.iter().map(|file| file.role_arn.as_str()).collect();
        let expected = [
            "arn:aws-us-gov:iam::111122223333:role/ci/gate",
            // The partition of the others.
            "arn:aws-us-gov:iam::444455556666:role/rootgate",
        ];
        assert_eq!(arns, expected);
        for (file, other) in [(0, "444455556666"), (1, ONE)] {
            let text = &generated.files[file].text;
            assert!(!text.contains(other), "each role has its own trust: {text}");
            assert!(text.contains("oidc-provider/token.actions.githubusercontent.com"), "{text}");
            assert!(!text.contains(":aws:"), "{text}");
        }
        let [difference] = &generated.differences[..] else {
            panic!("{:?}", generated.differences)
        };
        assert!(difference.contains("444455556666 (line 6)"), "{difference}");
        assert!(
            difference.contains("role-arn: \"arn:aws-us-gov:iam::444455556666:role/rootgate\"")
        );
    }
}

#[test]
fn a_provider_that_exists_is_not_created() {
    for format in [Format::CloudFormation, Format::Terraform, Format::Shell] {
        let created = generated(TWO_ACCOUNTS, format, false).unwrap();
        let existing = generated(TWO_ACCOUNTS, format, true).unwrap();
        for (created, existing) in created.files.iter().zip(&existing.files) {
            let url = "https://token.actions.githubusercontent.com";
            assert!(
                created.text.contains(url) && !existing.text.contains(url),
                "{}",
                existing.text
            );
        }
    }
}

#[test]
fn china_has_its_own_audience() {
    let china = TWO_ACCOUNTS.replace("aws-us-gov", "aws-cn");
    for format in [Format::CloudFormation, Format::Terraform, Format::Shell] {
        for file in generated(&china, format, false).unwrap().files {
            // For the provider, and in the trust policy.
            assert_eq!(file.text.matches("sts.amazonaws.com.cn").count(), 2, "{}", file.text);
        }
        for file in generated(TWO_ACCOUNTS, format, false).unwrap().files {
            assert!(!file.text.contains("sts.amazonaws.com.cn"), "{}", file.text);
        }
    }
}

#[test]
fn accounts_without_a_role_take_no_partition_that_the_others_disagree_on() {
    let mixed = r#"
version: 1
scope:
  accounts:
    - { id: "111122223333", role-arn: "arn:aws-cn:iam::111122223333:role/x" }
    - { id: "444455556666", role-arn: "arn:aws:iam::444455556666:role/x" }
    - { id: "777788889999" }
"#;
    let files = generated(mixed, Format::Shell, false).unwrap().files;
    assert_eq!(files[2].role_arn, "arn:aws:iam::777788889999:role/rootgate");
}

#[test]
fn a_policy_that_needs_no_role_is_refused() {
    assert_eq!(generated("version: 1\n", Format::Shell, false), Err(Refused::NoAccount));
    let off: String = rules::infos().iter().map(|rule| format!("  {}: off\n", rule.id)).collect();
    let nothing = format!("{TWO_ACCOUNTS}rules:\n{off}");
    assert_eq!(generated(&nothing, Format::Shell, false), Err(Refused::NothingToRead));
    let long = TWO_ACCOUNTS.replace("ci/gate", &"x".repeat(65));
    assert_eq!(generated(&long, Format::Shell, false), Err(Refused::RoleName("x".repeat(65))));
    let just = TWO_ACCOUNTS.replace("ci/gate", &"x".repeat(64));
    assert!(generated(&just, Format::Shell, false).is_ok());
}

#[test]
fn a_name_of_the_policy_stays_in_its_comment() {
    let hostile = TWO_ACCOUNTS.replace("name: prod", r#"name: "x\n\trm -rf / #\u2028y""#);
    for format in [Format::CloudFormation, Format::Terraform, Format::Shell] {
        let Ok(generated) = std::panic::catch_unwind(|| generated(&hostile, format, false)) else {
            // The policy refuses it first.
            continue;
        };
        let text = &generated.unwrap().files[0].text;
        let lines = text.lines().filter(|line| line.contains("rm -rf"));
        assert!(
            lines.clone().count() == 1 && lines.clone().all(|line| line.starts_with("# ")),
            "{text}"
        );
    }
}
