//! Live collection, in this process, against the fake AWS.

mod accounts;
mod chain;
mod enter;
mod events;
mod half_answers;
mod organization;
mod organization_faults;
mod report;
mod sign_in;
pub(crate) mod tls;

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use rootgate::collect::{
    EntrySettings, Environment, Settings, SignInError, Sinks, Target, collect, incomplete,
};
use rootgate::github::oidc::Claims;
use rootgate::model::{Evidence, Gap, Listing, Source};

use crate::fake::Fake;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/rootgate";

/// Settings for one account with GitHub's token and the fake.
pub(crate) fn settings(fake: &Fake) -> Settings {
    Settings {
        entry: EntrySettings {
            role_arn: None,
            allowed_accounts: Vec::new(),
            region: Some("eu-central-1".to_owned()),
            endpoint_url: Some(fake.url()),
            ca_bundle: None,
            oidc_audience: None,
            external_id: None,
            timeout: Duration::from_secs(6),
            environment: environment(fake, &[]),
        },
        targets: vec![target(ACCOUNT, Some(ROLE))],
        concurrency: 4,
        // Other tests cover events, which take seconds, and organizations.
        needs: Source::ALL
            .iter()
            .copied()
            .filter(|it| *it != Source::RootEvents && !it.is_for_organizations())
            .collect(),
        root_events: None,
        organization: None,
    }
}

pub(crate) fn target(account: &str, role_arn: Option<&str>) -> Target {
    Target { account: Some(account.parse().unwrap()), role_arn: role_arn.map(str::to_owned) }
}

/// The runner's variables for a job with `id-token: write`, and more.
pub(crate) fn environment(fake: &Fake, more: &[(&str, &str)]) -> Environment {
    let url = format!("{}/token?api-version=2.0", fake.url());
    let mut variables = vec![
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner-token"),
        ("GITHUB_RUN_ID", "4242424242"),
    ];
    variables.extend_from_slice(more);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Environment::from_variables(variables.into_iter().map(owned))
}

/// The result of a run and its output.
pub(crate) struct Ran {
    pub(crate) result: Result<Collected, SignInError>,
    pub(crate) commands: Vec<String>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn run(settings: &Settings) -> Ran {
    run_until(settings, std::future::pending())
}

pub(crate) fn run_until(
    settings: &Settings,
    stop: impl Future<Output = String> + Send + 'static,
) -> Ran {
    let commands = RefCell::new(Vec::new());
    let notes = RefCell::new(Vec::new());
    let sinks = Sinks {
        command: &|line| commands.borrow_mut().push(line.to_owned()),
        note: &|text| notes.borrow_mut().push(text.to_string()),
    };
    let clock = || SystemTime::now().into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut evidence = Vec::new();
    let collected = collect(settings, &clock, &sinks, stop, |it| evidence.push(it));
    let result =
        runtime.block_on(collected).map(|collected| Collected::new(settings, evidence, collected));
    Ran { result, commands: commands.into_inner(), notes: notes.into_inner() }
}

/// The collected evidence.
#[derive(Debug)]
pub(crate) struct Collected {
    /// In the order of the targets.
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) incomplete: Option<&'static str>,
    pub(crate) claims: Option<Claims>,
    pub(crate) listing: Option<Listing>,
}

impl Collected {
    pub(crate) fn new(
        settings: &Settings,
        mut evidence: Vec<Evidence>,
        collected: rootgate::collect::Collected,
    ) -> Self {
        let targets = &settings.targets;
        let order =
            |it: &Evidence| targets.iter().position(|at| at.account.as_ref() == Some(&it.account));
        evidence.sort_by_key(order);
        let incomplete = evidence.iter().find_map(|it| incomplete(it, false));
        let rootgate::collect::Collected { claims, listing, .. } = collected;
        Self { evidence, incomplete, claims, listing }
    }
}

/// The gap of each source of the first account, in the order of reports.
pub(crate) fn gaps(collected: &Collected) -> [Option<&Gap>; 3] {
    let evidence = &collected.evidence[0];
    [
        evidence.credential_report.as_ref().err(),
        evidence.account_summary.as_ref().err(),
        evidence.virtual_mfa_devices.as_ref().err(),
    ]
}
