//! What the sources say together, and what each rule makes of it. Each truth has its named test.

mod clients;
mod events;
mod organization;

use super::ALL;
use crate::model::{Cause, Gap, Outcome, Partition, Severity, Source};
use crate::testing::{
    REPORT_AT, SUMMARY_AT, built_in, events_off, healthy, organization_policy, outcome,
    outcome_under, subjects,
};

const ACTIVE: &str = "root-access-key-active";
const PRESENT: &str = "root-access-key-present";
const USED: &str = "root-used-outside-window";
const MFA: &str = "root-mfa-missing";
const NOT_HARDWARE: &str = "root-mfa-not-hardware";
const CERTIFICATE: &str = "root-signing-certificate-present";
const KEYS: &str = "AccountAccessKeysPresent";
const CERTIFICATES: &str = "AccountSigningCertificatesPresent";
const PASSWORD: &str = "AccountPasswordPresent";
const MFA_ENABLED: &str = "AccountMFAEnabled";

const ACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "true"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];
const INACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "false"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];
const NO_CREDENTIALS: &[(&str, &str)] =
    &[("password_enabled", "false"), ("password_last_used", "N/A"), ("mfa_active", "false")];

fn judge(rule: &str, evidence: &crate::model::Evidence) -> Outcome {
    outcome(rule, evidence).outcome
}

// -- the contract of every rule ----------------------------------------------------------------

#[test]
fn a_healthy_account_passes_every_rule_but_those_for_waived_keys_and_organizations() {
    for rule in ALL {
        let of_organization = rule.info.needs.contains(&Source::Organization);
        let expected = if rule.info.only_if_waived.is_some() || of_organization {
            Outcome::NotApplicable
        } else {
            Outcome::Pass
        };
        assert_eq!(judge(rule.info.id.0, &healthy()), expected, "{}", rule.info.id);
    }
}

#[test]
fn no_rule_passes_when_everything_is_a_gap() {
    for cause in [Cause::Denied, Cause::NotCollected, Cause::Unreadable, Cause::TimedOut] {
        let mut evidence = healthy();
        for source in Source::ALL {
            evidence = evidence.without(*source, cause);
        }
        for rule in ALL.iter().filter(|rule| rule.info.only_if_waived.is_none()) {
            let outcome = outcome_under(&organization_policy(), rule.info.id.0, &evidence);
            assert_eq!(outcome.outcome, Outcome::Undetermined, "{}", rule.info.id);
            assert!(!outcome.gaps.is_empty());
        }
    }
}

#[test]
fn a_rule_that_has_all_it_needs_is_never_undetermined() {
    for rule in ALL {
        let mut evidence = healthy();
        for source in Source::ALL.iter().filter(|source| !rule.info.needs.contains(source)) {
            evidence = evidence.without(*source, Cause::NotCollected);
        }
        for policy in [built_in(), organization_policy()] {
            let outcome = outcome_under(&policy, rule.info.id.0, &evidence);
            assert_ne!(outcome.outcome, Outcome::Undetermined, "{}", rule.info.id);
        }
    }
}

#[test]
fn ids_are_unique_kebab_case_and_name_their_file() {
    let mut ids: Vec<&str> = ALL.iter().map(|rule| rule.info.id.0).collect();
    for id in &ids {
        assert!(id.starts_with("root-") && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        let file = format!("{}/src/rules/{}.rs", env!("CARGO_MANIFEST_DIR"), id.replace('-', "_"));
        assert!(std::path::Path::new(&file).exists(), "{file}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ALL.len());
}

#[test]
fn every_rule_has_documentation_a_remedy_and_bounds_around_its_default() {
    for rule in ALL {
        let info = &rule.info;
        assert!(info.docs.contains("**Judged from**"), "{}", info.id);
        assert!(!info.remedy.is_empty() && !info.summary.ends_with('.'), "{}", info.id);
        if let Some(threshold) = info.threshold {
            assert!(threshold.least <= threshold.default && threshold.default <= threshold.most);
        }
    }
}

#[test]
fn the_readme_has_a_row_for_every_rule() {
    let readme = include_str!("../../../README.md");
    for rule in ALL {
        let row = format!("\n| `{}` | {} | ", rule.info.id, rule.info.severity);
        assert_eq!(readme.matches(&row).count(), 1, "{row}");
    }
}

#[test]
fn severities_are_those_of_the_contract() {
    let severity = |id| ALL.iter().find(|rule| rule.info.id.0 == id).unwrap().info.severity;
    assert_eq!(severity(ACTIVE), Severity::Critical);
    assert_eq!(severity(PRESENT), Severity::High);
    assert_eq!(severity("root-access-key-not-rotated"), Severity::High);
    assert_eq!(severity(USED), Severity::High);
    assert_eq!(severity(MFA), Severity::Critical);
    assert_eq!(severity(NOT_HARDWARE), Severity::Low);
    assert_eq!(severity(CERTIFICATE), Severity::High);
    assert_eq!(severity("root-credentials-in-member"), Severity::High);
    assert_eq!(severity("root-not-centrally-managed"), Severity::Low);
    assert_eq!(severity("root-not-denied-by-scp"), Severity::Low);
}

// -- keys ---------------------------------------------------------------------------------------

#[test]
fn an_active_key_fails_and_is_known_by_the_day_it_was_made() {
    let outcome = outcome(ACTIVE, &healthy().with_row(ACTIVE_KEY).with_count(KEYS, 1));
    assert_eq!(outcome.outcome, Outcome::Fail);
    assert_eq!(subjects(&outcome), ["key 2019-05-02"]);
    assert!(
        outcome.findings[0].message.contains("2h59m")
            || outcome.findings[0].message.contains("3h ago")
    );
    let window = outcome.findings[0].window.as_ref().unwrap();
    assert!(
        window.contains("accounts: [\"111122223333\"], from: 2026-11-20T11:00:00Z"),
        "{window}"
    );
}

#[test]
fn two_keys_of_one_day_have_two_subjects() {
    let both = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", "2019-05-02T18:00:00Z"),
        ("access_key_2_active", "TRUE"),
        ("access_key_2_last_rotated", "2019-05-02T10:00:00Z"),
    ];
    let outcome = outcome(ACTIVE, &healthy().with_row(&both).with_count(KEYS, 2));
    assert_eq!(subjects(&outcome), ["key 2019-05-02", "key 2019-05-02 #2"]);
    assert!(outcome.findings[0].message.contains("10:00:00Z"), "the older one is the first");
}

#[test]
fn a_slot_that_is_not_active_but_has_a_rotation_date_is_an_inactive_key_that_exists() {
    let evidence = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 1);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Pass);
    let present = outcome(PRESENT, &evidence);
    assert_eq!(
        (present.outcome, subjects(&present)),
        (Outcome::Fail, vec!["key 2019-05-02".to_owned()])
    );
}

#[test]
fn a_key_deleted_after_the_report_does_not_block() {
    let evidence = healthy().with_row(ACTIVE_KEY).with_count(KEYS, 0);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Pass);
    assert_eq!(judge(PRESENT, &evidence), Outcome::Pass);
}

#[test]
fn a_summary_of_0_that_is_older_than_the_report_does_not_hide_its_key() {
    let evidence = healthy().with_row(ACTIVE_KEY).with_count(KEYS, 0);
    let older =
        evidence.at(Source::CredentialReport, SUMMARY_AT).at(Source::AccountSummary, REPORT_AT);
    assert_eq!(judge(ACTIVE, &older), Outcome::Fail);
}

#[test]
fn a_key_made_after_the_report_fails_present_and_leaves_active_undetermined() {
    let evidence = healthy().with_count(KEYS, 1);
    let present = outcome(PRESENT, &evidence);
    assert_eq!(
        (present.outcome, subjects(&present)),
        (Outcome::Fail, vec!["key unknown".to_owned()])
    );
    let active = outcome(ACTIVE, &evidence);
    assert_eq!(active.outcome, Outcome::Undetermined);
    assert_eq!(active.gaps[0].cause, Cause::Conflicting);
}

#[test]
fn a_summary_above_0_without_a_report_fails_present_and_leaves_active_undetermined() {
    let evidence = healthy().with_count(KEYS, 1).without(Source::CredentialReport, Cause::Denied);
    assert_eq!(judge(PRESENT, &evidence), Outcome::Fail);
    let active = outcome(ACTIVE, &evidence);
    assert_eq!(active.outcome, Outcome::Undetermined);
    assert_eq!(active.gaps[0].grant.as_deref(), Some("iam:GetCredentialReport"));
}

#[test]
fn a_summary_of_0_decides_for_keys_without_a_report() {
    let evidence = healthy().without(Source::CredentialReport, Cause::Denied);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Pass);
    assert_eq!(judge(PRESENT, &evidence), Outcome::Pass);
}

#[test]
fn a_newer_summary_of_0_against_an_inactive_key_is_undetermined_until_the_next_report() {
    let evidence = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 0);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Pass);
    let present = outcome(PRESENT, &evidence);
    assert_eq!(present.outcome, Outcome::Undetermined);
    assert!(present.message.contains("due 2026-11-20T10:00:00Z"), "{}", present.message);
}

#[test]
fn a_summary_that_was_asked_and_not_read_leaves_what_it_could_contradict_undetermined() {
    for cause in [Cause::Denied, Cause::Throttled, Cause::Unreadable] {
        let evidence = healthy().without(Source::AccountSummary, cause);
        for rule in [ACTIVE, PRESENT, MFA] {
            let outcome = outcome(rule, &evidence);
            assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
            assert_eq!(outcome.gaps[0].action, "iam:GetAccountSummary");
        }
        assert_eq!(
            judge(CERTIFICATE, &evidence),
            Outcome::Pass,
            "it never decides for certificates"
        );
        assert_eq!(
            judge(MFA, &evidence.clone().with_row(&[("mfa_active", "false")])),
            Outcome::Fail
        );
        assert_eq!(judge(ACTIVE, &evidence.with_row(ACTIVE_KEY)), Outcome::Fail);
    }
    let denied = healthy().without(Source::AccountSummary, Cause::Denied);
    assert_eq!(outcome(ACTIVE, &denied).gaps[0].grant.as_deref(), Some("iam:GetAccountSummary"));
}

#[test]
fn a_summary_older_than_the_report_counts_no_key_that_the_report_lacks() {
    let deleted = healthy()
        .with_count(KEYS, 1)
        .with_count(CERTIFICATES, 1)
        .at(Source::AccountSummary, "2026-11-20T05:00:00Z");
    for rule in [ACTIVE, PRESENT, CERTIFICATE] {
        assert_eq!(judge(rule, &deleted), Outcome::Pass, "{rule}");
    }
    assert_eq!(judge(PRESENT, &deleted.at(Source::AccountSummary, SUMMARY_AT)), Outcome::Fail);
}

#[test]
fn no_message_cites_the_summary_for_what_it_cannot_tell() {
    let active = healthy().with_row(ACTIVE_KEY).with_count(KEYS, 1);
    let inactive = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 1);
    for (rule, evidence) in
        [(ACTIVE, &active), (PRESENT, &active), (ACTIVE, &inactive), (PRESENT, &inactive)]
    {
        let outcome = outcome(rule, evidence);
        assert!(!outcome.message.contains("account summary"), "{rule}: {}", outcome.message);
        assert!(outcome.message.contains("credential report"), "{rule}: {}", outcome.message);
    }
    // A counter of 0 tells: no key is active.
    assert!(outcome(ACTIVE, &healthy()).message.contains("account summary"));
}

#[test]
fn an_inactive_key_may_have_been_switched_on_where_events_could_not_be_read() {
    let inactive = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 1);
    assert_eq!(judge(ACTIVE, &inactive), Outcome::Pass);
    let denied = inactive.clone().without(Source::RootEvents, Cause::Denied);
    assert_eq!(judge(ACTIVE, &denied), Outcome::Undetermined);
    let not_asked = inactive.without(Source::RootEvents, Cause::NotCollected);
    assert_eq!(judge(ACTIVE, &not_asked), Outcome::Pass, "a report alone decides what it carries");
    let none = healthy().without(Source::RootEvents, Cause::Denied);
    assert_eq!(judge(ACTIVE, &none), Outcome::Pass, "the live summary counts 0");
}

#[test]
fn a_report_alone_decides_what_it_carries() {
    let evidence = healthy().without(Source::AccountSummary, Cause::NotCollected);
    for rule in [ACTIVE, PRESENT, MFA, CERTIFICATE, USED] {
        assert_eq!(judge(rule, &evidence), Outcome::Pass, "{rule}");
    }
    assert_eq!(judge(ACTIVE, &evidence.with_row(ACTIVE_KEY)), Outcome::Fail);
}

#[test]
fn a_field_missing_from_the_summary_is_unknown_and_not_0() {
    let mut evidence = healthy();
    evidence.account_summary.as_mut().unwrap().value.0.remove(KEYS);
    let present = outcome(PRESENT, &evidence);
    assert_eq!(present.outcome, Outcome::Undetermined);
    assert!(present.gaps[0].detail.contains(KEYS));
    let negative = healthy().with_count(KEYS, -1);
    assert_eq!(judge(PRESENT, &negative), Outcome::Undetermined);
}

#[test]
fn a_second_key_that_only_the_summary_counts_is_undetermined() {
    let evidence = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 2);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Undetermined);
    assert_eq!(judge(PRESENT, &evidence), Outcome::Fail);
}

#[test]
fn a_cell_that_is_not_understood_is_a_gap_and_never_none() {
    for (column, value) in [
        ("access_key_1_active", "maybe"),
        ("access_key_1_active", ""),
        ("access_key_1_active", "N/A"),
        ("access_key_1_active", "no_information"),
        ("access_key_2_active", "-"),
        ("access_key_2_last_rotated", "yesterday"),
        ("access_key_2_last_rotated", "-"),
    ] {
        let evidence = healthy().with_row(&[(column, value)]);
        assert_eq!(judge(PRESENT, &evidence), Outcome::Undetermined, "{column}={value}");
        let report_only = evidence.without(Source::AccountSummary, Cause::NotCollected);
        if column.ends_with("_active") {
            assert_eq!(judge(ACTIVE, &report_only), Outcome::Undetermined, "{column}={value}");
        }
    }
}

#[test]
fn credentials_beyond_the_report_leave_keys_and_certificates_undetermined() {
    let more = healthy().with_row(&[("additional_credentials_info", "1 more access key")]);
    for rule in [ACTIVE, PRESENT, CERTIFICATE] {
        assert_eq!(judge(rule, &more), Outcome::Undetermined, "{rule}");
    }
    for none in ["N/A", "n/a", "", "None"] {
        let evidence = healthy().with_row(&[("additional_credentials_info", none)]);
        assert_eq!(judge(ACTIVE, &evidence), Outcome::Pass, "{none:?}");
    }
    let failing = [ACTIVE_KEY, &[("additional_credentials_info", "2")]].concat();
    assert_eq!(judge(ACTIVE, &healthy().with_row(&failing).with_count(KEYS, 1)), Outcome::Fail);
}

#[test]
fn a_report_without_a_root_row_is_undetermined() {
    let mut evidence = healthy().without(Source::AccountSummary, Cause::NotCollected);
    evidence.credential_report.as_mut().unwrap().value.root = None;
    for rule in [ACTIVE, PRESENT, MFA, CERTIFICATE, USED] {
        let outcome = outcome(rule, &evidence);
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
        assert!(outcome.message.contains("<root_account>"), "{}", outcome.message);
    }
}

// -- MFA ----------------------------------------------------------------------------------------

#[test]
fn no_mfa_device_beside_a_password_fails() {
    let evidence = healthy().with_row(&[("mfa_active", "false")]).with_count(MFA_ENABLED, 0);
    assert_eq!(judge(MFA, &evidence), Outcome::Fail);
}

#[test]
fn the_newer_of_report_and_summary_decides_on_mfa() {
    let removed_since = healthy().with_count(MFA_ENABLED, 0);
    assert_eq!(judge(MFA, &removed_since), Outcome::Fail);
    let added_since = healthy().with_row(&[("mfa_active", "false")]);
    assert_eq!(judge(MFA, &added_since), Outcome::Pass);
    let report_newer = removed_since
        .at(Source::CredentialReport, SUMMARY_AT)
        .at(Source::AccountSummary, REPORT_AT);
    assert_eq!(judge(MFA, &report_newer), Outcome::Pass);
}

#[test]
fn without_password_keys_and_certificates_mfa_is_not_applicable() {
    let evidence =
        healthy().with_row(NO_CREDENTIALS).with_count(PASSWORD, 0).with_count(MFA_ENABLED, 0);
    assert_eq!(judge(MFA, &evidence), Outcome::NotApplicable);
    assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::NotApplicable);
}

#[test]
fn an_old_report_that_does_not_tell_of_the_password_does_not_silence_the_rule() {
    let old = [("password_enabled", "not_supported"), ("mfa_active", "false")];
    let evidence = healthy().with_row(&old).with_count(MFA_ENABLED, 0);
    assert_eq!(
        judge(MFA, &evidence),
        Outcome::Fail,
        "AccountPasswordPresent tells of the password"
    );
    let report_only = evidence.without(Source::AccountSummary, Cause::NotCollected);
    assert_eq!(judge(MFA, &report_only), Outcome::Undetermined);
}

#[test]
fn a_newer_report_that_does_not_tell_is_not_overruled_by_an_older_summary_that_is_harmless() {
    let odd = [("mfa_active", "odd")];
    let report_newer = |evidence: crate::model::Evidence| {
        evidence.at(Source::CredentialReport, SUMMARY_AT).at(Source::AccountSummary, REPORT_AT)
    };
    assert_eq!(judge(MFA, &report_newer(healthy().with_row(&odd))), Outcome::Undetermined);
    assert_eq!(judge(MFA, &healthy().with_row(&odd)), Outcome::Pass, "the live summary is newer");
    let old_form = [("password_enabled", "not_supported"), ("password_last_used", "N/A")];
    let none = healthy().with_row(&old_form).with_count(PASSWORD, 0).with_count(MFA_ENABLED, 0);
    assert_eq!(judge(MFA, &report_newer(none)), Outcome::NotApplicable, "the old form never tells");
}

#[test]
fn allowed_recovery_is_reported() {
    let allowed = [("password_last_used", "no_information"), ("mfa_active", "false")];
    let outcome = outcome(MFA, &healthy().with_row(&allowed).with_count(MFA_ENABLED, 0));
    assert!(
        outcome.message.contains("anybody with access to the account's mailbox"),
        "{}",
        outcome.message
    );
}

#[test]
fn in_govcloud_mfa_is_not_applicable_and_an_active_key_still_fails() {
    let mut evidence = healthy()
        .with_row(&[ACTIVE_KEY, &[("mfa_active", "false")]].concat())
        .with_count(KEYS, 1)
        .with_count(MFA_ENABLED, 0);
    evidence.partition = Partition::new("aws-us-gov");
    assert_eq!(judge(MFA, &evidence), Outcome::NotApplicable);
    assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::NotApplicable);
    assert_eq!(judge(ACTIVE, &evidence), Outcome::Fail);
}

#[test]
fn a_virtual_device_is_roots_by_the_arn_of_its_user_whatever_its_serial() {
    let root = Some("arn:aws:iam::111122223333:root");
    let evidence = healthy().with_device("arn:aws:iam::111122223333:mfa/ops-vault-1", root);
    assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::Fail);
    let china = Some("arn:aws-cn:iam::111122223333:root");
    let evidence = healthy().with_device("arn:aws-cn:iam::111122223333:mfa/x", china);
    assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::Fail);
}

#[test]
fn devices_of_users_called_root_are_not_roots() {
    let serial = "arn:aws:iam::111122223333:mfa/root-account-mfa-device";
    for user in [
        Some("arn:aws:iam::111122223333:user/root"),
        Some("arn:aws:iam::111122223333:user/chroot-admin"),
        Some("arn:aws:iam::444455556666:root"),
        Some("x:arn:aws:iam::111122223333:root"),
        None,
    ] {
        let evidence = healthy().with_device(serial, user);
        assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::Pass, "{user:?}");
    }
}

#[test]
fn a_pass_says_not_virtual_and_never_hardware() {
    let outcome = outcome(NOT_HARDWARE, &healthy());
    assert!(outcome.message.contains("not virtual is hardware or a synced passkey cannot be seen"));
}

#[test]
fn without_any_device_not_hardware_leaves_the_matter_to_missing() {
    let evidence = healthy()
        .with_row(&[("mfa_active", "false")])
        .with_count(MFA_ENABLED, 0)
        .without(Source::VirtualMfaDevices, Cause::Denied);
    assert_eq!(judge(NOT_HARDWARE, &evidence), Outcome::NotApplicable);
}

// -- certificates -------------------------------------------------------------------------------

#[test]
fn a_certificate_of_a_fresh_report_exists_even_if_the_summary_says_0() {
    for active in ["true", "false"] {
        let changes = [("cert_1_active", active), ("cert_1_last_rotated", "2015-03-01T00:00:00Z")];
        let outcome = outcome(CERTIFICATE, &healthy().with_row(&changes));
        assert_eq!(
            (outcome.outcome, subjects(&outcome)),
            (Outcome::Fail, vec!["certificate 2015-03-01".to_owned()])
        );
    }
}

#[test]
fn a_summary_of_0_never_decides_for_certificates() {
    let evidence = healthy().without(Source::CredentialReport, Cause::Denied);
    assert_eq!(judge(CERTIFICATE, &evidence), Outcome::Undetermined);
}

#[test]
fn a_certificate_that_only_the_summary_counts_fails() {
    let outcome = outcome(CERTIFICATE, &healthy().with_count(CERTIFICATES, 1));
    assert_eq!(
        (outcome.outcome, subjects(&outcome)),
        (Outcome::Fail, vec!["certificate unknown".to_owned()])
    );
}

// -- use ----------------------------------------------------------------------------------------

#[test]
fn each_of_the_three_last_uses_is_judged_and_not_only_the_first() {
    for (column, kind) in [
        ("password_last_used", "sign-in"),
        ("access_key_1_last_used_date", "access-key"),
        ("access_key_2_last_used_date", "access-key"),
    ] {
        let evidence = healthy().with_row(&[(column, "2026-11-19T12:00:00+01:00")]);
        let outcome = outcome(USED, &evidence);
        assert_eq!(subjects(&outcome), [format!("2026-11-19 {kind}")], "{column}");
        let clears = outcome.findings[0].clears_at.unwrap().to_rfc3339();
        assert_eq!(clears, "2026-11-26T11:00:00+00:00");
    }
}

#[test]
fn a_use_counts_up_to_within_and_not_a_second_longer() {
    let used_at = |at| judge(USED, &healthy().with_row(&[("password_last_used", at)]));
    assert_eq!(used_at("2026-11-13T09:00:00Z"), Outcome::Fail);
    assert_eq!(used_at("2026-11-13T08:59:59Z"), Outcome::Pass);
}

#[test]
fn words_for_never_used_pass_and_every_other_word_is_a_gap() {
    for never in ["N/A", "n/a", "no_information", "NO_INFORMATION"] {
        assert_eq!(
            judge(USED, &healthy().with_row(&[("password_last_used", never)])),
            Outcome::Pass
        );
    }
    for odd in ["", "never", "not_supported", "2026-11-19", "2026-11-19T12:00:00", "-"] {
        let outcome = outcome(USED, &healthy().with_row(&[("password_last_used", odd)]));
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{odd:?}");
        assert!(outcome.message.contains("password_last_used"));
    }
}

#[test]
fn a_use_that_is_proven_fails_even_where_another_cell_is_unreadable() {
    let changes =
        [("password_last_used", "2026-11-19T12:00:00Z"), ("access_key_1_last_used_date", "soon")];
    assert_eq!(judge(USED, &healthy().with_row(&changes)), Outcome::Fail);
}

#[test]
fn a_pass_says_that_earlier_uses_cannot_be_seen() {
    let outcome = outcome_under(&events_off(), USED, &healthy());
    assert!(outcome.message.contains("earlier ones cannot be seen"), "{}", outcome.message);
}

#[test]
fn gaps_name_the_source_action_and_cause() {
    let gap = Gap::denied(Source::AccountSummary, "iam:GetAccountSummary", "denied by AWS");
    let evidence = healthy().without(Source::AccountSummary, Cause::Denied);
    assert_eq!(outcome(PRESENT, &evidence).gaps, [gap]);
}
