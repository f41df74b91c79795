//! What `policy diff` promises: unless it says "weaker", nothing that the old policy blocks now
//! passes under the new one.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Run, evaluate, report, run};
use crate::evaluate::effect;
use crate::model::{AccountId, Cause, ChangeKind, Effect, Evidence, PolicyCopy, Source};
use crate::policy::tests::generated::{ACCOUNTS, Draft, changed};
use crate::policy::{Policy, diff};
use crate::rules;
use crate::testing::{NOW, healthy, time};

fn parse(draft: &Draft) -> Policy {
    let text = draft.text(false);
    Policy::parse(&text, "p.yaml", &rules::infos(), time(NOW))
        .unwrap_or_else(|errors| panic!("{text}\n{}", errors.render(false)))
}

/// Cells of the root row that rules look at, each with values that change what they find.
const CELLS: &[(&str, &[&str])] = &[
    ("password_last_used", &["2026-10-25T10:00:00Z"]),
    ("mfa_active", &["false", "true", "odd"]),
    ("access_key_1_active", &["true", "false", "odd"]),
    ("access_key_1_last_rotated", &["2019-05-02T10:00:00Z", "2026-11-19T10:00:00Z", "N/A"]),
    ("access_key_2_last_rotated", &["2019-05-02T10:00:00Z", "2026-11-19T10:00:00Z", "N/A"]),
    ("cert_1_active", &["true", "false"]),
    ("cert_1_last_rotated", &["2012-01-01T00:00:00Z"]),
];

fn cell() -> impl Strategy<Value = (&'static str, String)> {
    select(CELLS)
        .prop_flat_map(|(column, values)| (Just(column), select(values)))
        .prop_map(|(column, value)| (column, value.to_owned()))
}

/// A use of root when generated windows may be open, before the instant that is judged.
fn used() -> impl Strategy<Value = (&'static str, String)> {
    let columns = vec!["password_last_used", "access_key_1_last_used_date"];
    let at = (18_u32..20, 6_u32..20, 0_u32..4).prop_map(|(day, hour, quarter)| {
        format!("2026-11-{day}T{hour:02}:{:02}:00Z", quarter * 15)
    });
    (select(columns), at)
}

fn evidence(account: &'static str) -> impl Strategy<Value = Evidence> {
    prop_oneof![2 => used_only(), 1 => odd()].prop_map(move |mut evidence: Evidence| {
        evidence.account = account.parse::<AccountId>().unwrap();
        evidence
    })
}

/// Nothing is wrong but when root was used.
fn used_only() -> impl Strategy<Value = Evidence> {
    prop_oneof![2 => prop::collection::vec(used(), 1), 1 => prop::collection::vec(used(), 2)]
        .prop_map(|cells| with_cells(&cells))
}

fn odd() -> impl Strategy<Value = Evidence> {
    let counters =
        select(&["AccountAccessKeysPresent", "AccountMFAEnabled", "AccountPasswordPresent"][..]);
    (
        prop::collection::vec(prop_oneof![3 => cell(), 1 => used()], 0..4),
        prop::option::of((counters, 0_i64..3)),
        select(&["2026-11-20T06:00:00Z", "2026-11-20T04:00:00Z", "2026-11-19T12:00:00Z"][..]),
        prop::option::weighted(0.2, select(Source::ALL)),
        any::<bool>(),
    )
        .prop_map(|(cells, count, report_at, lost, device)| {
            let mut evidence = with_cells(&cells).at(Source::CredentialReport, report_at);
            if let Some((key, count)) = count {
                evidence = evidence.with_count(key, count);
            }
            if device {
                let serial = "arn:aws:iam::111122223333:mfa/root";
                evidence = evidence.with_device(serial, Some("arn:aws:iam::111122223333:root"));
            }
            match lost {
                Some(source) => evidence.without(source, Cause::Denied),
                None => evidence,
            }
        })
}

fn with_cells(cells: &[(&str, String)]) -> Evidence {
    let cells: Vec<_> = cells.iter().map(|(column, value)| (*column, value.as_str())).collect();
    healthy().with_row(&cells).at(Source::CredentialReport, "2026-11-20T08:59:00Z")
}

/// Whether the gate lets it pass. Without a scope the first account is the credentials' own.
fn passes(policy: &Policy, evidence: &[Evidence]) -> bool {
    let judged = evidence.iter().take(policy.scope.len().max(1));
    let accounts = judged.map(|evidence| evaluate(policy, evidence, time(NOW))).collect();
    let run = Run { scope_named: !policy.scope.is_empty(), ..run() };
    report(policy, accounts, run).exit_code == 0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_called_weaker_lets_nothing_pass_that_was_blocked(
        (old, new) in changed(),
        evidence in prop::collection::vec(
            (evidence(ACCOUNTS[0]), evidence(ACCOUNTS[1])).prop_map(|(one, other)| [one, other]),
            16,
        ),
    ) {
        let (a, b) = (parse(&old), parse(&new));
        let changes = diff(&a, &b, time(NOW));
        if changes.iter().any(|change| change.kind == ChangeKind::Weaker) {
            return Ok(());
        }
        for evidence in &evidence {
            let loosened = !passes(&a, evidence) && passes(&b, evidence);
            prop_assert!(!loosened, "{changes:?}\n{}\n{}\n{evidence:?}", old.text(false), new.text(false));
        }
        // Nor is the next pull request that weakens let through.
        let gone = PolicyCopy::Missing { changes: Vec::new(), after: None };
        prop_assert!(effect(&a, &gone) != Effect::Fails || effect(&b, &gone) == Effect::Fails);
    }
}
