//! A table of policies and their effect on root, and properties of every policy.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

const ACCOUNT: &str = "111122223333";

fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

fn effect_in(partition: &str, account: &str, text: &str) -> RootEffect {
    let (account, partition) = (account.parse().unwrap(), Partition::new(partition).unwrap());
    let reading = ScpReading::of_text(text);
    let effect = reading.effect_on(RootUser { account: &account, partition: &partition });
    // rootgate asks where a policy is attached only if it may deny root.
    assert!(reading.may_deny_root() || effect == RootEffect::DoesNot, "{text}");
    effect
}

fn effect(text: &str) -> RootEffect {
    effect_in("aws", ACCOUNT, text)
}

fn policy(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

/// `Deny`, all actions and resources, and these conditions.
fn deny_all(conditions: &str) -> String {
    policy(&format!(
        r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{{conditions}}}}}"#
    ))
}

const ROOT: &str = r#""ArnLike":{"aws:PrincipalArn":"arn:*:iam::*:root"}"#;

/// `Deny`, root, and these other members.
fn deny_root(members: &str) -> String {
    policy(&format!(r#"{{"Effect":"Deny",{members},"Condition":{{{ROOT}}}}}"#))
}

fn is_unclear(text: &str) -> bool {
    matches!(effect(text), RootEffect::Unclear(_))
}

#[test]
fn the_usual_policies_are_read_as_what_they_are() {
    // The shapes that the fake knows, AWS's samples, and the form of Control Tower's control.
    for (text, expected) in [
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyRoot","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:*:iam::*:root"}}}]}"#,
            RootEffect::Denies,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]},"Null":{"aws:AssumedRoot":"true"}}}]}"#,
            RootEffect::Denies,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["sts:GetCallerIdentity","support:*"],"Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}}"#,
            RootEffect::Denies,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["s3:GetBucketPolicy","s3:PutBucketPolicy","s3:DeleteBucketPolicy"],"Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
            RootEffect::Denies,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/legacy"}}}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*","Condition":{"StringEquals":{"ec2:InstanceType":"example.1xlarge"}}}]}"#,
            RootEffect::DoesNot,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}]}"#,
            RootEffect::DoesNot,
        ),
        // An account in quarantine: everybody is denied, and so is root.
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
            RootEffect::Denies,
        ),
        // Only some roles may act, and root is not one of them.
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/admin"]}}}]}"#,
            RootEffect::Denies,
        ),
    ] {
        assert_eq!(effect(text), expected, "{text}");
    }
}

#[test]
fn conditions_are_judged_by_what_requests_of_root_hold() {
    use RootEffect::{Denies, DoesNot};
    for (conditions, expected) in [
        // The principal.
        (r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}"#, Denies),
        (r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#, DoesNot),
        (r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:root"}"#, DoesNot),
        (r#""ArnEquals":{"AWS:principalARN":"arn:aws:iam::*:root"}"#, Denies),
        (
            r#""ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/a","arn:aws:iam::*:root"]}"#,
            Denies,
        ),
        (r#""StringLike":{"aws:PrincipalArn":"*"}"#, Denies),
        (r#""StringLike":{"aws:PrincipalArn":"*:root"}"#, Denies),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:root"}"#, Denies),
        (r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#, DoesNot),
        (r#""ArnLikeIfExists":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#, Denies),
        (r#""ForAnyValue:ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#, Denies),
        (r#""StringEquals":{"aws:PrincipalType":"Account"}"#, Denies),
        (r#""StringEquals":{"aws:PrincipalType":"AssumedRole"}"#, DoesNot),
        (r#""StringEquals":{"aws:userid":"111122223333"}"#, Denies),
        (r#""StringNotEquals":{"aws:PrincipalAccount":["111122223333"]}"#, DoesNot),
        (r#""StringNotEquals":{"aws:PrincipalAccount":["444455556666"]}"#, Denies),
        (r#""Null":{"aws:PrincipalArn":"false"}"#, Denies),
        (r#""Null":{"aws:PrincipalArn":"true"}"#, DoesNot),
        (r#""Bool":{"aws:PrincipalIsAWSService":"false"}"#, Denies),
        (r#""BoolIfExists":{"aws:ViaAWSService":[true]}"#, DoesNot),
        // Only sessions by AssumeRoot have this key.
        (r#""Null":{"aws:AssumedRoot":"true"}"#, Denies),
        (r#""Null":{"aws:AssumedRoot":true}"#, Denies),
        (r#""Null":{"aws:AssumedRoot":"false"}"#, DoesNot),
        (r#""Bool":{"aws:AssumedRoot":"true"}"#, DoesNot),
        (r#""Bool":{"aws:AssumedRoot":"false"}"#, DoesNot),
        (r#""BoolIfExists":{"aws:AssumedRoot":"false"}"#, Denies),
        (r#""StringNotEquals":{"aws:AssumedRoot":"true"}"#, Denies),
        (r#""ForAllValues:StringEquals":{"aws:AssumedRoot":"x"}"#, Denies),
        (r#""ForAnyValue:StringEquals":{"aws:AssumedRoot":"x"}"#, DoesNot),
        // Keys whose values differ from request to request.
        (r#""StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}"#, DoesNot),
        (r#""StringLike":{"aws:RequestedRegion":"us-*"}"#, DoesNot),
        (r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#, DoesNot),
        (r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#, DoesNot),
        (r#""NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}"#, DoesNot),
        (r#""NotIpAddress":{"aws:SourceIp":["198.51.100.0/24","2001:db8::/32"]}"#, DoesNot),
        (r#""IpAddress":{"aws:SourceIp":"198.51.100.7"}"#, DoesNot),
        (r#""Bool":{"aws:SecureTransport":"false"}"#, DoesNot),
        // Requests to other services do not have the keys of one service.
        (r#""StringEquals":{"ec2:InstanceType":"t3.micro"}"#, DoesNot),
        (r#""Null":{"s3:x-amz-acl":"false"}"#, DoesNot),
    ] {
        assert_eq!(effect(&deny_all(conditions)), expected, "{conditions}");
    }
}

#[test]
fn what_cannot_be_followed_is_unclear() {
    for conditions in [
        r#""StringNotEquals":{"aws:PrincipalTag/team":"root"}"#,
        r#""StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}"#,
        r#""StringNotEquals":{"ec2:InstanceType":"t3.micro"}"#,
        r#""StringEqualsIfExists":{"ec2:InstanceType":"t3.micro"}"#,
        r#""ForAllValues:StringEquals":{"aws:TagKeys":["a"]}"#,
        r#""StringNotEquals":{"aws:SourceVpce":"vpce-1"}"#,
        r#""DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#,
        r#""StringLike":{"aws:RequestedRegion":"*"}"#,
        r#""StringLike":{"aws:RequestedRegion":["*-*"]}"#,
        r#""StringNotEquals":{"aws:RequestedRegion":"nowhere"}"#,
        r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#,
        r#""IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}"#,
        r#""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#,
        r#""NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"0"}"#,
        r#""ArnLike":{"aws:PrincipalArn":"*"}"#,
        r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:username}:root"}"#,
        r#""ArnMatches":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#,
        r#""arnlike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#,
        r#""Sometimes:ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#,
        r#""ForAnyValue:StringEqualsIfExists":{"aws:AssumedRoot":"x"}"#,
        r#""Bool":{"aws:PrincipalIsAWSService":"no"}"#,
        r#""ArnLike":{"aws:PrincipalArn":[]}"#,
        r#""ArnLike":{"aws:PrincipalArn":{"a":"b"}}"#,
        r#""ArnLike":"arn:aws:iam::*:root""#,
    ] {
        assert!(
            is_unclear(&deny_all(conditions)),
            "{conditions}: {:?}",
            effect(&deny_all(conditions))
        );
    }
    for members in [
        // The remaining actions are enough to do anything.
        r#""NotAction":["iam:*"],"Resource":"*""#,
        r#""NotAction":["iam:CreateAccessKey"],"Resource":"*""#,
        r#""NotAction":["s3:*"],"Resource":"*""#,
        r#""NotAction":["*:Get*"],"Resource":"*""#,
        r#""NotAction":["nonsense"],"Resource":"*""#,
        // All services, one by one.
        r#""Action":["a*","c*","e*","i*","k*","l*","o*","r*","s*"],"Resource":"*""#,
        r#""Action":"*","NotResource":"arn:aws:s3:::logs/*""#,
        r#""Action":"*","Resource":"arn:aws:*:*:*:*""#,
        r#""Action":"*","Resource":"a*""#,
        r#""Action":"*""#,
        r#""Resource":"*""#,
        r#""Action":"*","NotAction":"*","Resource":"*""#,
        r#""Action":[],"Resource":"*""#,
        r#""Action":"*","Resource":[]"#,
        r#""Action":"*","Resource":"*","Principal":"*""#,
        r#""Action":"*","Resource":"*","resource":"*""#,
    ] {
        assert!(is_unclear(&deny_root(members)), "{members}: {:?}", effect(&deny_root(members)));
    }
}

#[test]
fn what_is_narrow_denies_not_whatever_else_is_unclear() {
    for members in [
        r#""Action":"ec2:*","Resource":"*""#,
        r#""Action":["ec2:*","iam:Create*"],"Resource":"*""#,
        r#""Action":"*:Create*","Resource":"*""#,
        r#""NotAction":"*","Resource":"*""#,
        r#""NotAction":["*:*"],"Resource":"*""#,
        r#""Action":"*","Resource":"arn:aws:s3:::*""#,
        r#""Action":"ec2:*","Resource":"*","Principal":"*""#,
        r#""Action":"ec2:*","NotResource":"*""#,
    ] {
        assert_eq!(effect(&deny_root(members)), RootEffect::DoesNot, "{members}");
    }
    // A guardrail for all principals: everybody keeps the same actions.
    let guardrail = r#"{"Effect":"Deny","NotAction":["iam:*","s3:*"],"Resource":"*"}"#;
    assert_eq!(effect(&policy(guardrail)), RootEffect::DoesNot);
    let odd = r#""StringEquals":{"aws:PrincipalTag/a":"b"},"Bool":{"aws:MultiFactorAuthPresent":"false"}"#;
    assert_eq!(effect(&deny_all(odd)), RootEffect::DoesNot);
}

#[test]
fn all_actions_and_resources_have_many_spellings() {
    for members in [
        r#""Action":"*","Resource":"*""#,
        r#""Action":"*:*","Resource":"*""#,
        r#""Action":["ec2:*","**"],"Resource":["arn:aws:s3:::x","*"]"#,
        r#""Action":"?*:?*","Resource":"**""#,
        r#""NotAction":["IAM:getaccountsummary","iam:EnableMFADevice","billing:*"],"Resource":"*""#,
        r#""NotAction":"sqs:SetQueueAttributes","Resource":"*""#,
    ] {
        assert_eq!(effect(&deny_root(members)), RootEffect::Denies, "{members}");
    }
}

#[test]
fn an_arn_is_of_one_partition_and_may_be_of_one_account() {
    let of = |arn: &str| deny_all(&format!(r#""ArnLike":{{"aws:PrincipalArn":"{arn}"}}"#));
    let all = of("arn:aws:iam::*:root");
    assert_eq!(effect_in("aws", ACCOUNT, &all), RootEffect::Denies);
    assert_eq!(effect_in("aws-cn", ACCOUNT, &all), RootEffect::DoesNot);
    assert_eq!(effect_in("aws-us-gov", ACCOUNT, &of("arn:*:iam::*:root")), RootEffect::Denies);
    let one = of("arn:aws:iam::444455556666:root");
    assert_eq!(effect_in("aws", "444455556666", &one), RootEffect::Denies);
    assert_eq!(effect_in("aws", ACCOUNT, &one), RootEffect::DoesNot);
    assert!(ScpReading::of_text(&one).may_deny_root(), "root of another account");
    let role = of("arn:aws:iam::*:role/legacy");
    assert_eq!(effect(&role), RootEffect::DoesNot);
}

#[test]
fn one_statement_that_denies_is_enough_and_one_that_is_unclear_counts() {
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let deny = format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{{ROOT}}}}}"#);
    let unclear = r#"{"Effect":"deny","Action":"*","Resource":"*"}"#;
    assert_eq!(effect(&policy(&format!("{allow},{unclear},{deny}"))), RootEffect::Denies);
    assert!(is_unclear(&policy(&format!("{allow},{unclear}"))));
    assert_eq!(effect(&policy(allow)), RootEffect::DoesNot);
    assert_eq!(effect(&policy("")), RootEffect::DoesNot, "no statement denies nothing");
}

#[test]
fn a_hostile_text_is_refused_and_says_why() {
    let deny = deny_all(ROOT);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_condition = deny_all(&format!(
        r#""ArnLike":{{"aws:PrincipalArn":{}1{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    ));
    for (text, part) in [
        ("", "malformed JSON"),
        ("null", "not an object"),
        ("[]", "not an object"),
        ("{}", "no `Statement`"),
        (r#"{"Statement":1}"#, "neither an object nor a list"),
        (r#"{"Statement":[1]}"#, "not an object"),
        (&deny[..deny.len() - 1], "malformed JSON"),
        (
            &deny.replace(r#""Effect":"Deny""#, r#""Effect":"Deny","Effect":"Allow""#),
            "two members `Effect`",
        ),
        (
            &deny.replace(r#""Action":"*""#, r#""Action":"*","\u0041ction":"a:B""#),
            "two members `Action`",
        ),
        (&deny.replace(r#""Version""#, r#""version""#), "a member `version`"),
        (&deny.replace("Deny", "DENY"), "no known `Effect`"),
        (&deny.replace(r#""Effect":"Deny","#, ""), "no known `Effect`"),
        (&deep, "longer than"),
        (&deep_condition, "malformed JSON"),
        (&format!("{deny}{}", " ".repeat(LONGEST)), "longer than"),
    ] {
        let RootEffect::Unclear(whys) = effect(text) else {
            panic!("{text}");
        };
        assert!(whys.iter().any(|why| why.contains(part)), "{whys:?}\nlacks {part}");
        assert!(whys.iter().all(|why| why.len() < 300 && !why.ends_with('.')), "{whys:?}");
    }
    let long = deny_root(&format!(r#""NotAction":"{}:*","Resource":"*""#, "é".repeat(3_000)));
    let RootEffect::Unclear(whys) = effect(&long) else { panic!() };
    assert!(whys[0].chars().count() < 200, "{}", whys[0]);
}

// -- where policies are attached -----------------------------------------------------------------

const STEPS: &[&str] = &["r-exam", "ou-exam-11111111", "ou-exam-22222222", ACCOUNT];

fn path() -> OrganizationPath {
    let path = format!("o-exampleorgid/{}/", STEPS.join("/"));
    OrganizationPath::with_account(&[path], &account()).unwrap()
}

fn attached(text: &str, targets: &[&str]) -> ControlPolicy {
    ControlPolicy {
        id: "p-examplepolicyid111".to_owned(),
        name: "deny root".to_owned(),
        reading: ScpReading::of_text(text),
        targets: Ok(targets.iter().map(|target| (*target).to_owned()).collect()),
    }
}

fn denial(policies: &ControlPolicies, path: Option<&OrganizationPath>) -> RootDenial {
    let (account, partition) = (account(), Partition::new("aws").unwrap());
    policies.denial(RootUser { account: &account, partition: &partition }, path)
}

#[test]
fn a_denial_is_inherited_from_every_step_above_and_from_nowhere_else() {
    let denied = vec!["p-examplepolicyid111 (deny root)".to_owned()];
    for step in STEPS {
        let policies =
            ControlPolicies::new([attached(&deny_all(ROOT), &["ou-exam-99999999", step])]);
        let denial = denial(&policies, Some(&path()));
        assert_eq!(
            denial,
            RootDenial { denied_by: denied.clone(), ..RootDenial::default() },
            "{step}"
        );
    }
    for elsewhere in [&["ou-exam-99999999"][..], &["444455556666"], &["r-exa"], &[]] {
        let policies = ControlPolicies::new([attached(&deny_all(ROOT), elsewhere)]);
        assert_eq!(denial(&policies, Some(&path())), RootDenial::default(), "{elsewhere:?}");
    }
    let twice = ControlPolicies::new([attached(&deny_all(ROOT), &STEPS[..2])]);
    assert_eq!(denial(&twice, Some(&path())).denied_by, denied, "once, however often attached");
}

#[test]
fn what_is_unclear_or_not_known_is_said_of_the_accounts_that_it_concerns() {
    let unclear = deny_all(r#""StringNotEquals":{"aws:PrincipalTag/a":"b"}"#);
    let here = denial(&ControlPolicies::new([attached(&unclear, &["r-exam"])]), Some(&path()));
    assert!(here.denied_by.is_empty());
    assert!(
        here.unclear[0]
            .contains("p-examplepolicyid111 (deny root): it is unclear whether its condition"),
        "{here:?}"
    );
    let elsewhere = ControlPolicies::new([attached(&unclear, &["ou-exam-99999999"])]);
    assert_eq!(denial(&elsewhere, Some(&path())), RootDenial::default());
    let unplaced = ControlPolicy {
        targets: Err("AWS denied organizations:ListTargetsForPolicy".to_owned()),
        ..attached(&deny_all(ROOT), &[])
    };
    let anywhere = denial(&ControlPolicies::new([unplaced.clone()]), Some(&path()));
    assert!(anywhere.denied_by.is_empty() && anywhere.unclear[0].contains("ListTargetsForPolicy"));
    // A policy that cannot deny root does not matter, wherever it is attached.
    let allow =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let harmless = ControlPolicy { reading: ScpReading::of_text(allow), ..unplaced };
    assert_eq!(denial(&ControlPolicies::new([harmless]), Some(&path())), RootDenial::default());
    let unread =
        ControlPolicy { reading: ScpReading::unread("AWS denied it"), ..attached("", &["r-exam"]) };
    assert_eq!(denial(&ControlPolicies::new([unread]), Some(&path())).unclear.len(), 1);
    let cut =
        ControlPolicies::new([attached(&deny_all(ROOT), &["r-exam"])]).but_unclear("a page failed");
    let cut = denial(&cut, Some(&path()));
    assert_eq!((cut.denied_by.len(), cut.unclear), (1, vec!["a page failed".to_owned()]));
}

#[test]
fn without_a_path_nobody_knows_what_binds() {
    let policies = ControlPolicies::new([attached(&deny_all(ROOT), &["r-exam"])]);
    let unknown = denial(&policies, None);
    assert!(unknown.denied_by.is_empty() && unknown.unclear[0].contains("`Paths`"));
    assert_eq!(denial(&ControlPolicies::default(), None), RootDenial::default());
    let account = account();
    let of = |paths: &[&str]| OrganizationPath::with_account(paths, &account);
    assert!(of(&["o-exampleorgid/r-exam/111122223333/"]).is_some());
    assert!(of(&["o-exampleorgid/r-exam/ou-exam-1/111122223333"]).is_some());
    for odd in [
        &[][..],
        &[""],
        &["o-exampleorgid/r-exam/111122223333/", "o-exampleorgid/r-exam/111122223333/"],
        &["o-exampleorgid/r-exam/444455556666/"],
        &["o-exampleorgid/r-exam/"],
        &["o-exampleorgid/111122223333/"],
        &["r-exam/111122223333/"],
        &["o-exampleorgid/ou-exam-1/111122223333/"],
        &["o-exampleorgid/r-exam/x/111122223333/"],
        &["o-exampleorgid/r-exam//111122223333/"],
        &["o-exampleorgid/r-exam/111122223333//"],
    ] {
        assert_eq!(of(odd), None, "{odd:?}");
    }
}

/// Conditions that narrow, widen or blur.
const POOL: &[&str] = &[
    ROOT,
    r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#,
    r#""Null":{"aws:AssumedRoot":"true"}"#,
    r#""Bool":{"aws:PrincipalIsAWSService":"false"}"#,
    r#""StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}"#,
    r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#,
    r#""StringEquals":{"aws:PrincipalTag/a":"b"}"#,
    r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}"#,
    r#""DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#,
];

fn rank(effect: &RootEffect) -> u8 {
    match effect {
        RootEffect::DoesNot => 0,
        RootEffect::Unclear(_) => 1,
        RootEffect::Denies => 2,
    }
}

proptest! {
    #[test]
    fn any_text_has_an_effect(text in "[\\[\\]{}:,\"a-zA-Z*$ ]{0,80}") {
        effect(&text);
    }

    /// A further condition can only narrow a statement.
    #[test]
    fn a_further_condition_never_denies_more(
        conditions in subsequence(POOL, 0..5), more in select(POOL),
    ) {
        // Each operator is used once, so that no member is duplicate.
        let join = |all: &[&str]| {
            let mut seen = BTreeSet::new();
            let unique = all.iter().filter(|it| seen.insert(it.split('{').next().unwrap().to_owned()));
            deny_all(&unique.copied().collect::<Vec<_>>().join(","))
        };
        let all: Vec<&str> = conditions.iter().copied().chain([more]).collect();
        prop_assert!(rank(&effect(&join(&all))) <= rank(&effect(&join(&conditions))));
    }

    /// A further statement can only deny more.
    #[test]
    fn a_further_statement_never_denies_less(
        conditions in proptest::collection::vec(select(POOL), 0..4), more in select(POOL),
    ) {
        let deny = |condition: &&str| format!(
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{{condition}}}}}"#
        );
        let join = |all: &[&str]| policy(&all.iter().map(deny).collect::<Vec<_>>().join(","));
        let all: Vec<&str> = conditions.iter().copied().chain([more]).collect();
        prop_assert!(rank(&effect(&join(&all))) >= rank(&effect(&join(&conditions))));
    }

    /// Whatever is lost, only a policy that was read and that applies denies root.
    #[test]
    fn a_policy_that_is_lost_never_denies(
        targets in subsequence(STEPS, 0..4), reads in any::<bool>(), places in any::<bool>(),
    ) {
        let policy = attached(&deny_all(ROOT), &targets);
        let lost = ControlPolicy {
            reading: if reads { policy.reading.clone() } else { ScpReading::unread("lost") },
            targets: if places { policy.targets.clone() } else { Err("lost".to_owned()) },
            ..policy.clone()
        };
        let all = denial(&ControlPolicies::new([policy]), Some(&path()));
        let less = denial(&ControlPolicies::new([lost]), Some(&path()));
        prop_assert_eq!(all.denied_by.is_empty(), targets.is_empty());
        prop_assert_eq!(less.denied_by.is_empty(), targets.is_empty() || !reads || !places);
        prop_assert!(!less.unclear.is_empty() || less == all);
    }
}
