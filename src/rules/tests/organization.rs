//! Accounts of an organization: what each route sees, and the rules about the organization itself.

use proptest::prelude::*;
use proptest::sample::select;

use super::{
    ACTIVE, CERTIFICATE, KEYS, MFA, MFA_ENABLED, NO_CREDENTIALS, NOT_HARDWARE, PASSWORD, PRESENT,
    USED,
};
use crate::evaluate::evaluate;
use crate::model::{
    Audited, AuditedCertificate, AuditedKey, AuditedMfaDevice, CentralRoot, Evidence, MemberRoute,
    Outcome, RootAudit, RootDenial, RuleId, RuleOutcome, Source,
};
use crate::model::{Cause, Gap};
use crate::policy::Policy;
use crate::rules::{self, ALL};
use crate::testing::{
    NOW, REPORT_AT, SUMMARY_AT, audited, healthy, organization_policy, outcome as alone,
    outcome_under, subjects, time,
};

const IN_MEMBER: &str = "root-credentials-in-member";
const NOT_MANAGED: &str = "root-not-centrally-managed";
const NOT_DENIED: &str = "root-not-denied-by-scp";
const OF_ORGANIZATIONS: [&str; 3] = [IN_MEMBER, NOT_MANAGED, NOT_DENIED];
const NONE: &[(&str, i64)] =
    &[(KEYS, 0), ("AccountSigningCertificatesPresent", 0), (PASSWORD, 0), (MFA_ENABLED, 0)];

fn outcome(rule: &str, evidence: &Evidence) -> RuleOutcome {
    outcome_under(&organization_policy(), rule, evidence)
}

fn judge(rule: &str, evidence: &Evidence) -> Outcome {
    outcome(rule, evidence).outcome
}

fn counting(evidence: Evidence, counts: &[(&str, i64)]) -> Evidence {
    counts.iter().fold(evidence, |evidence, (key, count)| evidence.with_count(key, *count))
}

/// A member without root credentials, as a role sees it.
fn bare() -> Evidence {
    counting(healthy().with_row(NO_CREDENTIALS), NONE).seen_by(MemberRoute::AssumeRole)
}

/// The same as a session by AssumeRoot sees it: the summary counts none, so little is asked.
fn bare_audited() -> Evidence {
    counting(audited(), NONE).with_audit(|audit| {
        audit.mfa_devices = None;
        audit.login_profile = None;
    })
}

fn key(active: impl Into<Option<bool>>, created: &str) -> AuditedKey {
    AuditedKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        active: active.into(),
        created: time(created),
    }
}

fn with_keys(keys: &[AuditedKey]) -> Evidence {
    let count = i64::try_from(keys.len()).unwrap();
    let keys = keys.to_vec();
    audited().with_count(KEYS, count).with_audit(|audit| {
        audit.access_keys = Some(Audited::Value(keys));
    })
}

fn with_devices(serials: &[&str]) -> Evidence {
    let device = |serial: &&str| AuditedMfaDevice { serial_number: (*serial).to_owned() };
    let devices = serials.iter().map(device).collect();
    audited().with_audit(|audit| audit.mfa_devices = Some(Audited::Value(devices)))
}

fn denied(action: &str) -> Gap {
    Gap::denied(Source::RootAudit, action, "denied by AWS")
}

fn central(credentials_management: bool, root_sessions: bool) -> impl Fn(Evidence) -> Evidence {
    move |mut evidence| {
        let value = CentralRoot { credentials_management, root_sessions };
        evidence.central_root.as_mut().unwrap().value = value;
        evidence
    }
}

fn denying(denied_by: &[&str], unclear: &[&str]) -> Evidence {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let mut evidence = bare();
    evidence.service_control_policies.as_mut().unwrap().value = RootDenial {
        denied_by: texts(denied_by),
        unclear: texts(unclear),
        ..RootDenial::default()
    };
    evidence
}

// -- where the rules of organizations apply ------------------------------------------------------

#[test]
fn an_account_by_itself_has_no_rule_of_organizations() {
    for evidence in [healthy(), bare(), healthy().of_the_management_account()] {
        for rule in OF_ORGANIZATIONS {
            let outcome = alone(rule, &evidence);
            assert_eq!(outcome.outcome, Outcome::NotApplicable, "{rule}");
            assert!(outcome.message.contains("`scope.organization`"), "{}", outcome.message);
            assert!(outcome.gaps.is_empty());
        }
    }
    let needs = rules::needs(&crate::testing::built_in());
    assert!(!needs.iter().any(|source| source.is_for_organizations()), "nothing more is asked");
    let needs = rules::needs(&organization_policy());
    assert_eq!(needs.len(), Source::ALL.len());
}

#[test]
fn a_sound_organization_is_green_by_every_route_that_can_see_what_its_rules_need() {
    for (route, evidence) in
        [(MemberRoute::AssumeRole, bare()), (MemberRoute::AssumeRoot, bare_audited())]
    {
        for outcome in evaluate(&organization_policy(), &evidence, time(NOW)).outcomes {
            let fine = [Outcome::Pass, Outcome::NotApplicable];
            assert!(
                fine.contains(&outcome.outcome),
                "{route:?} {}: {}",
                outcome.rule,
                outcome.message
            );
            if !rules::judges(route, outcome.rule) {
                assert_eq!(outcome.outcome, Outcome::NotApplicable, "{}", outcome.rule);
                assert!(
                    outcome.message.contains("not visible by AssumeRoot"),
                    "{}",
                    outcome.message
                );
            }
        }
        for rule in [ACTIVE, PRESENT, CERTIFICATE, IN_MEMBER, NOT_DENIED] {
            assert_eq!(judge(rule, &evidence), Outcome::Pass, "{route:?} {rule}");
        }
    }
    let management = healthy().seen_by(MemberRoute::AssumeRole).of_the_management_account();
    for outcome in evaluate(&organization_policy(), &management, time(NOW)).outcomes {
        let expected = match outcome.rule.0 {
            IN_MEMBER | NOT_DENIED | "root-access-key-not-rotated" => Outcome::NotApplicable,
            _ => Outcome::Pass,
        };
        assert_eq!(outcome.outcome, expected, "{}: {}", outcome.rule, outcome.message);
    }
}

#[test]
fn the_table_of_routes_says_what_is_judged() {
    let policy = organization_policy();
    for (route, evidence) in [
        (MemberRoute::AssumeRole, healthy().seen_by(MemberRoute::AssumeRole)),
        (MemberRoute::AssumeRoot, audited()),
    ] {
        for outcome in evaluate(&policy, &evidence, time(NOW)).outcomes {
            let hidden = outcome.message.contains("not visible by");
            assert_eq!(hidden, !rules::judges(route, outcome.rule), "{route:?} {}", outcome.rule);
            assert_ne!(outcome.outcome, Outcome::Undetermined, "{route:?} {}", outcome.rule);
        }
    }
    assert!(
        rules::judges(MemberRoute::AssumeRoot, RuleId("root-access-key-active")),
        "the control"
    );
}

// -- not visible ---------------------------------------------------------------------------------

#[test]
fn what_nobody_can_see_is_not_applicable_and_neither_a_pass_nor_undetermined() {
    let outcome = outcome(USED, &audited());
    assert_eq!(outcome.outcome, Outcome::NotApplicable);
    assert_eq!(outcome.message, "The credential report is not visible by AssumeRoot.");
    assert!(outcome.gaps.is_empty() && outcome.evidence.is_empty());
    // Denied is not the same.
    let denied = audited().without(Source::CredentialReport, Cause::Denied);
    assert_eq!(judge(USED, &denied), Outcome::Undetermined);
}

#[test]
fn a_violation_that_is_seen_counts_whatever_is_hidden() {
    // Central log files may show a use in an account that AssumeRoot enters.
    let mut evidence = audited();
    evidence.root_events =
        healthy().and(&[crate::testing::event("e", time("2026-11-19T09:00:00Z"))]).root_events;
    assert_eq!(judge(USED, &evidence), Outcome::Fail);
    let outcome = outcome(USED, &evidence);
    assert!(outcome.gaps.iter().all(|gap| gap.cause != Cause::NotVisible), "{:?}", outcome.gaps);
}

#[test]
fn an_account_of_which_nothing_was_read_is_undetermined_whatever_its_gaps_say() {
    let evidence = Source::ALL
        .iter()
        .filter(|source| !source.is_of_organization())
        .fold(bare(), |evidence, source| evidence.without(*source, Cause::NotVisible));
    assert!(evidence.nothing_read());
    for rule in [ACTIVE, PRESENT, MFA, CERTIFICATE, IN_MEMBER] {
        let outcome = outcome(rule, &evidence);
        assert_eq!((outcome.outcome, outcome.blocks), (Outcome::Undetermined, true), "{rule}");
    }
    assert_eq!(
        judge(NOT_DENIED, &evidence),
        Outcome::Pass,
        "which nobody must enter the account for"
    );
}

/// A member that `sts:AssumeRoot` enters, or should: nothing was read.
fn unread_by_assume_root(cause: Cause) -> Evidence {
    let unread = [Source::AccountSummary, Source::RootAudit];
    unread.iter().fold(audited(), |evidence, source| evidence.without(*source, cause))
}

#[test]
fn an_audit_whose_reads_are_denied_says_nothing_about_what_it_cannot_see() {
    for cause in [Cause::Denied, Cause::NotEntered, Cause::TimedOut] {
        let evidence = unread_by_assume_root(cause);
        assert!(evidence.nothing_read());
        for judged in evaluate(&organization_policy(), &evidence, time(NOW)).outcomes {
            let (rule, message) = (judged.rule, &judged.message);
            if rules::judges(MemberRoute::AssumeRoot, rule) {
                continue;
            }
            assert_eq!(judged.outcome, Outcome::NotApplicable, "{cause:?} {rule}: {message}");
            assert!(message.contains("not visible by AssumeRoot") && !judged.blocks, "{message}");
            assert!(judged.gaps.is_empty());
        }
        for rule in [ACTIVE, PRESENT, MFA, CERTIFICATE, IN_MEMBER] {
            let outcome = outcome(rule, &evidence);
            assert_eq!((outcome.outcome, outcome.blocks), (Outcome::Undetermined, true), "{rule}");
        }
    }
}

#[test]
fn an_unread_account_stays_undetermined_if_no_other_rule_says_so() {
    let on = [USED, "root-sign-in-attempts"].map(RuleId);
    let mut policy = organization_policy();
    for rule in &mut policy.rules {
        rule.on = on.contains(&rule.info.id);
    }
    let outcomes = evaluate(&policy, &unread_by_assume_root(Cause::Denied), time(NOW)).outcomes;
    assert_eq!(outcomes.len(), 2);
    for judged in &outcomes {
        assert_eq!(judged.outcome, Outcome::Undetermined, "{}", judged.rule);
    }
    assert!(outcomes.iter().any(|judged| judged.blocks), "the run is undetermined");
    // Another rule that blocks less does not speak for one that blocks.
    for rule in &mut policy.rules {
        rule.on |= rule.info.id == RuleId(NOT_HARDWARE);
    }
    let outcomes = evaluate(&policy, &unread_by_assume_root(Cause::Denied), time(NOW)).outcomes;
    assert!(outcomes.iter().any(|judged| judged.rule == RuleId(USED) && judged.blocks));
}

#[test]
fn an_account_outside_the_organization_has_no_rule_of_it_even_if_it_could_not_be_read() {
    let why = "account 111122223333 is not in the organization o-exampleorgid";
    let outside = |mut evidence: Evidence, cause| {
        evidence.organization = Err(Gap::new(Source::Organization, cause, why));
        evidence.central_root = Err(Gap::new(Source::CentralRoot, cause, why));
        let scp = Source::ServiceControlPolicies;
        evidence.service_control_policies = Err(Gap::new(scp, cause, why));
        evidence
    };
    let unread = || Evidence::unread("111122223333".parse().unwrap(), None, Cause::NotEntered, "x");
    for evidence in [unread(), healthy()] {
        let out = outside(evidence.clone(), Cause::NotVisible);
        for rule in OF_ORGANIZATIONS {
            let outcome = outcome(rule, &out);
            assert_eq!(outcome.outcome, Outcome::NotApplicable, "{rule}: {}", outcome.message);
            assert!(outcome.message.contains("is not in the organization"), "{}", outcome.message);
            // The control: the list is incomplete.
            let unknown = outside(evidence.clone(), Cause::Missing);
            assert_eq!(judge(rule, &unknown), Outcome::Undetermined, "{rule}");
        }
    }
    assert_eq!(judge(ACTIVE, &outside(unread(), Cause::NotVisible)), Outcome::Undetermined);
}

#[test]
fn events_that_the_policy_leaves_out_for_members_leave_the_report_to_judge_uses() {
    let mut evidence = healthy().with_row(&[("password_last_used", "2026-11-19T10:00:00Z")]);
    let why =
        "the policy reads no CloudTrail events of members (`evidence.root-events.members: false`)";
    evidence.root_events = Err(Gap::new(Source::RootEvents, Cause::NotVisible, why));
    let used = outcome(USED, &evidence);
    assert_eq!(subjects(&used), ["2026-11-19 sign-in"]);
    for rule in ["root-signed-in-without-mfa", "root-sign-in-attempts", "root-credential-changed"] {
        let outcome = outcome(rule, &evidence);
        assert_eq!(outcome.outcome, Outcome::NotApplicable, "{rule}");
        assert!(outcome.message.contains("members: false"), "{}", outcome.message);
    }
    let quiet = evidence.with_row(&[("password_last_used", "2020-01-05T10:00:00Z")]);
    let quiet = outcome(USED, &quiet);
    assert_eq!(quiet.outcome, Outcome::Pass, "{}", quiet.message);
    assert!(quiet.message.contains("earlier ones cannot be seen"), "{}", quiet.message);
}

// -- what AssumeRoot shows -----------------------------------------------------------------------

#[test]
fn a_list_of_keys_decides_with_their_exact_ages() {
    let evidence =
        with_keys(&[key(true, "2019-05-02T10:00:00Z"), key(false, "2020-01-02T03:04:05Z")]);
    let active = outcome(ACTIVE, &evidence);
    assert_eq!(subjects(&active), ["key 2019-05-02"]);
    assert!(active.message.contains("audit by AssumeRoot of"), "{}", active.message);
    let present = outcome(PRESENT, &evidence);
    assert_eq!(subjects(&present), ["key 2020-01-02"]);
    assert!(present.message.contains("is inactive"), "{}", present.message);
    assert!(active.gaps.is_empty() && present.gaps.is_empty());
    let none = outcome(ACTIVE, &audited());
    assert_eq!(none.outcome, Outcome::Pass);
    assert!(none.message.contains("audit by AssumeRoot of"), "{}", none.message);
}

#[test]
fn a_live_list_wins_over_an_older_report_and_loses_to_a_newer_one() {
    let report = healthy().with_row(&[
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", "2019-05-02T10:00:00Z"),
    ]);
    let deleted = Evidence { root_audit: audited().root_audit, ..report.clone() };
    assert_eq!(judge(ACTIVE, &deleted), Outcome::Pass, "deleted since the report");
    let older = deleted.at(Source::RootAudit, "2026-11-20T05:59:59Z");
    let older = older.without(Source::AccountSummary, Cause::NotCollected);
    assert_eq!(judge(ACTIVE, &older), Outcome::Fail, "the report of {REPORT_AT} is newer");
    let made = Evidence {
        root_audit: with_keys(&[key(true, "2026-11-20T08:58:00Z")]).root_audit,
        ..healthy()
    };
    assert_eq!(subjects(&outcome(ACTIVE, &made)), ["key 2026-11-20"], "made since the report");
}

#[test]
fn a_status_that_is_not_known_is_a_gap() {
    let odd = with_keys(&[key(None, "2019-05-02T10:00:00Z")]);
    for rule in [ACTIVE, PRESENT, IN_MEMBER] {
        let evidence = counting(odd.clone(), &[(PASSWORD, 0)])
            .with_audit(|audit| audit.login_profile = Some(Audited::Value(false)));
        assert_eq!(judge(rule, &evidence), Outcome::Undetermined, "{rule}");
    }
}

#[test]
fn a_summary_that_counts_more_than_a_list_shows_lets_nothing_pass() {
    for (rule, counter) in
        [(ACTIVE, KEYS), (PRESENT, KEYS), (CERTIFICATE, "AccountSigningCertificatesPresent")]
    {
        let more = audited().with_count(counter, 1);
        let outcome = outcome(rule, &more);
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
        assert!(outcome.message.contains("AssumeRoot lists 0"), "{}", outcome.message);
        let long_ago = more.at(Source::AccountSummary, "2026-11-20T08:00:00Z");
        assert_eq!(judge(rule, &long_ago), Outcome::Pass, "{rule}: deleted since");
        assert_eq!(judge(rule, &audited()), Outcome::Pass, "{rule}: the control");
    }
    // One that counts fewer takes nothing away from what a list shows.
    let shown = with_keys(&[key(true, "2019-05-02T10:00:00Z")]).with_count(KEYS, 0);
    assert_eq!(judge(ACTIVE, &shown), Outcome::Fail);
}

#[test]
fn a_part_that_could_not_be_read_leaves_its_passes_undetermined() {
    type Spoil = fn(&mut RootAudit);
    let spoilt: [(&str, &[&str], Spoil); 4] = [
        ("iam:ListAccessKeys", &[ACTIVE, PRESENT], |audit| {
            audit.access_keys = Some(Audited::Gap(denied("iam:ListAccessKeys")));
        }),
        ("iam:ListSigningCertificates", &[CERTIFICATE], |audit| {
            audit.certificates = Some(Audited::Gap(denied("iam:ListSigningCertificates")));
        }),
        ("iam:ListMFADevices", &[MFA, NOT_HARDWARE], |audit| {
            audit.mfa_devices = Some(Audited::Gap(denied("iam:ListMFADevices")));
        }),
        ("iam:GetLoginProfile", &[IN_MEMBER], |audit| {
            audit.login_profile = Some(Audited::Gap(denied("iam:GetLoginProfile")));
        }),
    ];
    for (action, rules, spoil) in spoilt {
        for rule in rules {
            let whole =
                if *rule == IN_MEMBER { counting(audited(), &[(PASSWORD, 0)]) } else { audited() };
            let outcome = outcome(rule, &whole.with_audit(spoil));
            assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}: {}", outcome.message);
            assert!(outcome.gaps.iter().any(|gap| gap.action == action), "{:?}", outcome.gaps);
            assert!(outcome.gaps.iter().all(|gap| gap.cause != Cause::NotVisible));
        }
    }
    // What the summary proves stays proven.
    let key = audited().with_count(KEYS, 1).with_audit(|audit| {
        audit.access_keys = Some(Audited::Gap(denied("iam:ListAccessKeys")));
    });
    assert_eq!(judge(PRESENT, &key), Outcome::Fail);
    assert_eq!(judge(ACTIVE, &key), Outcome::Undetermined);
}

#[test]
fn certificates_of_a_list_are_named_by_their_day() {
    let one = audited().with_count("AccountSigningCertificatesPresent", 1).with_audit(|audit| {
        audit.certificates = Some(Audited::Value(vec![AuditedCertificate {
            id: "TA7SMP42TDN5Z26OBPJE7EXAMPLE".to_owned(),
            uploaded: time("2015-06-09T12:00:00Z"),
        }]));
    });
    assert_eq!(subjects(&outcome(CERTIFICATE, &one)), ["certificate 2015-06-09"]);
}

#[test]
fn a_list_of_devices_tells_apps_tokens_and_security_keys_apart() {
    const APP: &str = "arn:aws:iam::111122223333:mfa/anything";
    const FIDO: &str = "arn:aws:iam::111122223333:u2f/root/key-ABCDEFGH";
    let virtual_one = outcome(NOT_HARDWARE, &with_devices(&["GAHT12345678", APP]));
    assert_eq!(virtual_one.outcome, Outcome::Fail);
    assert!(virtual_one.message.contains(APP), "{}", virtual_one.message);
    let none = outcome(NOT_HARDWARE, &with_devices(&["GAHT12345678", FIDO, FIDO]));
    assert_eq!(none.outcome, Outcome::Pass);
    assert!(none.message.contains("1 hardware token, 2 security key"), "{}", none.message);
    let odd = with_devices(&["GAHT12345678", "arn:aws:iam::111122223333:new-kind/x"]);
    assert_eq!(judge(NOT_HARDWARE, &odd), Outcome::Undetermined);
    for devices in [&[APP][..], &["GAHT12345678"], &["arn:aws:iam::111122223333:new-kind/x"]] {
        assert_eq!(
            judge(MFA, &with_devices(devices)),
            Outcome::Pass,
            "it is a device: {devices:?}"
        );
    }
}

#[test]
fn no_device_beside_a_password_fails_and_what_contradicts_itself_is_undetermined() {
    // No device is counted, so none was asked for.
    let none = audited().with_count(MFA_ENABLED, 0).with_audit(|audit| audit.mfa_devices = None);
    let missing = outcome(MFA, &none);
    assert_eq!(missing.outcome, Outcome::Fail);
    assert!(
        missing
            .message
            .contains("AssumeRoot does not show whether root ever signed in: if recovery"),
        "{}",
        missing.message
    );
    assert_eq!(judge(NOT_HARDWARE, &none), Outcome::NotApplicable);
    // One is counted and none is listed: it may have been removed in between.
    assert_eq!(judge(MFA, &with_devices(&[])), Outcome::Fail);
    // None is counted and one is listed.
    let odd = audited().with_count(MFA_ENABLED, 0);
    assert_eq!(judge(MFA, &odd), Outcome::Undetermined);
    let later = odd.at(Source::AccountSummary, "2026-11-20T08:00:00Z");
    assert_eq!(judge(MFA, &later), Outcome::Pass, "registered since");
    // A password that only the summary counts.
    let odd = audited().with_audit(|audit| audit.login_profile = Some(Audited::Value(false)));
    assert_eq!(judge(IN_MEMBER, &odd), Outcome::Undetermined);
}

#[test]
fn a_summary_that_could_not_be_read_leaves_passes_of_an_audit_undetermined() {
    let without = audited().without(Source::AccountSummary, Cause::Denied);
    for rule in [ACTIVE, PRESENT, MFA] {
        assert_eq!(judge(rule, &without), Outcome::Undetermined, "{rule}");
    }
    // Nobody knew what to ask for.
    let unasked = bare_audited().without(Source::AccountSummary, Cause::Denied);
    for rule in [MFA, NOT_HARDWARE, IN_MEMBER] {
        assert_eq!(judge(rule, &unasked), Outcome::Undetermined, "{rule}");
    }
    let unlisted = audited().with_audit(|audit| audit.mfa_devices = None);
    assert_eq!(judge(NOT_HARDWARE, &unlisted), Outcome::Undetermined);
    let key = with_keys(&[key(true, "2019-05-02T10:00:00Z")]);
    let key = key.without(Source::AccountSummary, Cause::Denied);
    assert_eq!(judge(ACTIVE, &key), Outcome::Fail, "what the list shows is there");
}

// -- root-credentials-in-member ------------------------------------------------------------------

#[test]
fn a_member_that_still_has_root_credentials_fails_where_root_is_managed_centrally() {
    let outcome_of = |evidence: &Evidence| outcome(IN_MEMBER, evidence);
    let key = key(true, "2019-05-02T10:00:00Z");
    for (evidence, part) in [
        (
            healthy().seen_by(MemberRoute::AssumeRole),
            "a password, or the permission to set one, MFA (",
        ),
        (audited(), "a password, or the permission to set one, MFA ("),
        (
            bare_audited().with_count(KEYS, 2).with_audit(|audit| {
                audit.access_keys = Some(Audited::Value(vec![key.clone(), key.clone()]));
            }),
            "2 active access keys (",
        ),
        (bare().with_count(KEYS, 1), "1 access key of unknown age ("),
        (bare().with_count("AccountSigningCertificatesPresent", 1), "1 signing certificate ("),
    ] {
        let outcome = outcome_of(&evidence);
        assert_eq!((outcome.outcome, subjects(&outcome)), (Outcome::Fail, vec![String::new()]));
        assert!(outcome.message.contains(part), "{}\nlacks {part}", outcome.message);
        assert!(outcome.findings[0].remedy.contains("IAMDeleteRootUserCredentials"));
        assert!(outcome.findings[0].window.is_none(), "AssumeRoot needs no window");
    }
    let off = central(false, true)(healthy());
    let outcome = outcome_of(&off);
    assert_eq!(outcome.outcome, Outcome::NotApplicable);
    assert!(outcome.message.contains("root-not-centrally-managed judges that"));
    let management = outcome_of(&healthy().of_the_management_account());
    assert_eq!(management.outcome, Outcome::NotApplicable);
    // An MFA device alone signs nobody in.
    let device = bare().with_count(MFA_ENABLED, 1);
    assert_eq!(outcome_of(&device).outcome, Outcome::Pass);
}

#[test]
fn whether_a_member_has_credentials_is_undetermined_where_a_part_is() {
    for source in [Source::Organization, Source::AccountSummary, Source::RootAudit] {
        for cause in [Cause::Denied, Cause::NotCollected, Cause::TimedOut] {
            let evidence = bare_audited().without(source, cause);
            assert_eq!(judge(IN_MEMBER, &evidence), Outcome::Undetermined, "{source} {cause:?}");
        }
    }
}

#[test]
fn a_member_without_credentials_passes_whatever_the_features_are() {
    for cause in [Cause::Denied, Cause::Unavailable, Cause::TimedOut] {
        for evidence in [bare(), bare_audited()] {
            let unread = evidence.without(Source::CentralRoot, cause);
            let outcome = outcome(IN_MEMBER, &unread);
            assert_eq!(outcome.outcome, Outcome::Pass, "{cause:?}: {}", outcome.message);
            // The controls: something else is not known, or there are credentials.
            let unlisted = unread.without(Source::Organization, cause);
            assert_eq!(judge(IN_MEMBER, &unlisted), Outcome::Undetermined);
        }
        for evidence in [
            healthy().seen_by(MemberRoute::AssumeRole),
            audited(),
            bare().with_count(KEYS, 1),
            bare_audited().without(Source::AccountSummary, cause),
        ] {
            let unread = evidence.without(Source::CentralRoot, cause);
            assert_eq!(judge(IN_MEMBER, &unread), Outcome::Undetermined, "{cause:?}");
        }
    }
}

// -- root-not-centrally-managed ------------------------------------------------------------------

#[test]
fn central_management_is_judged_once_on_the_management_account() {
    let management = healthy().of_the_management_account();
    assert_eq!(judge(NOT_MANAGED, &management), Outcome::Pass);
    for sessions in [true, false] {
        assert_eq!(judge(NOT_MANAGED, &central(true, sessions)(management.clone())), Outcome::Pass);
        let off = outcome(NOT_MANAGED, &central(false, sessions)(management.clone()));
        assert_eq!((off.outcome, subjects(&off)), (Outcome::Fail, vec![String::new()]));
        assert!(off.message.contains("o-exampleorgid"), "{}", off.message);
        assert_eq!(
            judge(NOT_MANAGED, &central(false, sessions)(healthy())),
            Outcome::NotApplicable
        );
    }
    let unread = management.without(Source::CentralRoot, Cause::Denied);
    assert_eq!(judge(NOT_MANAGED, &unread), Outcome::Undetermined);
}

// -- root-not-denied-by-scp ----------------------------------------------------------------------

#[test]
fn a_policy_that_denies_root_passes_and_a_doubt_never_does() {
    let pass =
        outcome(NOT_DENIED, &denying(&["p-examplepolicyid111 (deny-root)"], &["a page failed"]));
    assert_eq!(pass.outcome, Outcome::Pass, "one that denies root plainly is enough");
    assert!(pass.message.contains("p-examplepolicyid111 (deny-root)"), "{}", pass.message);
    let fail = outcome(NOT_DENIED, &denying(&[], &[]));
    assert_eq!((fail.outcome, subjects(&fail)), (Outcome::Fail, vec![String::new()]));
    assert!(fail.findings[0].remedy.contains("aws:AssumedRoot"));
    let doubt = outcome(NOT_DENIED, &denying(&[], &["p-1 (x): odd", "p-2 (y): odd"]));
    assert_eq!((doubt.outcome, doubt.gaps.len()), (Outcome::Undetermined, 2));
    let management = denying(&[], &[]).of_the_management_account();
    assert_eq!(judge(NOT_DENIED, &management), Outcome::NotApplicable, "none binds it");
    let unread = bare().without(Source::ServiceControlPolicies, Cause::Denied);
    assert_eq!(judge(NOT_DENIED, &unread), Outcome::Undetermined);
}

#[test]
fn disabled_policies_deny_nobody_whatever_they_say() {
    let mut disabled = denying(&["p-examplepolicyid111 (deny-root)"], &["odd"]);
    disabled.service_control_policies.as_mut().unwrap().value.disabled = true;
    let fail = outcome(NOT_DENIED, &disabled);
    assert_eq!((fail.outcome, subjects(&fail)), (Outcome::Fail, vec![String::new()]));
    assert!(fail.message.contains("are not enabled in the organization"), "{}", fail.message);
    assert!(fail.findings[0].remedy.contains("enable-policy-type"));
    let management = disabled.of_the_management_account();
    assert_eq!(judge(NOT_DENIED, &management), Outcome::NotApplicable);
}

// -- what must hold of every account -------------------------------------------------------------

/// Accounts that are sound, or violate in one way.
fn any_account() -> impl Strategy<Value = Evidence> {
    let key = key(true, "2019-05-02T10:00:00Z");
    select(vec![
        bare(),
        bare_audited(),
        audited(),
        healthy().seen_by(MemberRoute::AssumeRole),
        healthy().of_the_management_account(),
        with_keys(&[key]),
        with_devices(&["arn:aws:iam::111122223333:mfa/app"]),
        central(false, false)(bare()),
        denying(&[], &[]),
        denying(&[], &["odd"]),
    ])
}

fn outcomes(policy: &Policy, evidence: &Evidence) -> Vec<RuleOutcome> {
    evaluate(policy, evidence, time(NOW)).outcomes
}

proptest! {
    /// Whatever answer is lost, no rule passes that did not, and the account is not all green.
    #[test]
    fn a_lost_source_never_makes_a_rule_pass(
        evidence in any_account(),
        lost in select(Source::ALL),
        cause in select(vec![Cause::Denied, Cause::Throttled, Cause::TimedOut, Cause::Unreadable, Cause::NotEntered]),
    ) {
        let policy = organization_policy();
        let seen = !evidence.gaps().iter().any(|gap| gap.source == lost);
        let before = outcomes(&policy, &evidence);
        let after = outcomes(&policy, &evidence.clone().without(lost, cause));
        for (before, after) in before.iter().zip(&after) {
            let passes = |outcome: &RuleOutcome| outcome.outcome == Outcome::Pass;
            // A member without root credentials passes, whatever the features are.
            let is_bare = lost == Source::CentralRoot && after.rule == RuleId(IN_MEMBER);
            prop_assert!(
                !passes(after) || passes(before) || is_bare,
                "{}: {}", after.rule, after.message
            );
        }
        let green = |outcome: &RuleOutcome| {
            matches!(outcome.outcome, Outcome::Pass | Outcome::NotApplicable)
        };
        // A list of devices matters only where there is one; a default fact of an audit asks nothing.
        let optional = matches!(lost, Source::VirtualMfaDevices | Source::RootAudit);
        let of_the_management_account =
            matches!(&evidence.organization, Ok(fact) if fact.value.management);
        let unbound = lost == Source::ServiceControlPolicies && of_the_management_account;
        let is_bare = lost == Source::CentralRoot && !of_the_management_account;
        if seen && !optional && !unbound && !is_bare {
            prop_assert!(!after.iter().all(green), "{lost} {cause:?}");
        }
    }

    /// The order in which sources were read within a minute changes no verdict of a sound account.
    #[test]
    fn seconds_between_calls_change_nothing(summary in 0..50_u32, audit in 0..50_u32) {
        let at = |seconds: u32| format!("2026-11-20T08:59:{seconds:02}Z");
        for evidence in [bare_audited(), audited(), with_keys(&[key(true, "2019-05-02T10:00:00Z")])] {
            let moved = evidence
                .clone()
                .at(Source::AccountSummary, &at(summary))
                .at(Source::RootAudit, &at(audit));
            let verdicts = |evidence: &Evidence| -> Vec<Outcome> {
                outcomes(&organization_policy(), evidence).iter().map(|it| it.outcome).collect()
            };
            prop_assert_eq!(verdicts(&moved), verdicts(&evidence));
        }
        prop_assert!(REPORT_AT < SUMMARY_AT);
    }
}

#[test]
fn every_rule_of_the_catalogue_has_its_column_in_the_table_of_routes() {
    for route in MemberRoute::ALL {
        let judged = ALL.iter().filter(|rule| rules::judges(*route, rule.info.id)).count();
        let hidden = ALL.len() - judged;
        assert_eq!(hidden, if *route == MemberRoute::AssumeRoot { 4 } else { 0 });
    }
}
