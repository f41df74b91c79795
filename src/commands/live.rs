//! Evidence from AWS: turns flags and policy into the settings of a collection.

use std::io::Write;

use rootgate::collect::{
    self, Collected, EntrySettings, EventsWanted, OrganizationSettings, Settings, Sinks, Target,
    WantedRegions,
};
use rootgate::model::Evidence;
use rootgate::policy::{EventsPolicy, OrganizationScope, Policy, Regions};
use rootgate::report::Details;
use rootgate::text::Text;
use rootgate::{rules, text};

use super::host::now;
use super::sign_in::{Bounds, SignIn};
use super::{Failure, Host};

/// How mask commands and the notes of `-v` are shown.
pub(crate) struct Shown {
    /// Standard output is text, so it may hold workflow commands.
    pub(crate) text: bool,
    /// `-v`.
    pub(crate) verbose: bool,
    /// Strangers may read the notes, or this is not known yet.
    pub(crate) redacted: bool,
}

/// Whether notes are redacted. They are written before the token shows the visibility of the
/// repository.
pub(crate) fn notes_are_redacted(host: &Host, asked: Option<Details>) -> bool {
    asked.map_or(host.github_actions(), |asked| asked == Details::Redacted)
}

/// Signs in and collects the evidence that the policy's rules need: `each` receives one account at
/// a time.
pub(crate) fn collect(
    sign_in: &SignIn,
    bounds: &Bounds,
    policy: &Policy,
    host: &Host,
    shown: &Shown,
    each: impl FnMut(Evidence),
) -> Result<Collected, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Failure::new(
                text!("cannot start: {}", &error),
                "raise this process's limits of open files and threads",
            )
        })?;
    let command = |line: &str| write_command(line, shown.text);
    let note = |text: &Text| {
        if shown.verbose {
            write_note(text, shown.redacted);
        }
    };
    let sinks = Sinks { command: &command, note: &note };
    let settings = settings(sign_in, bounds, policy, host);
    let collected = collect::collect(&settings, &now, &sinks, collect::signal(), each);
    runtime.block_on(collected).map_err(|error| Failure::from_sign_in(&error))
}

/// What is collected for a policy, and how to get in.
pub(super) fn settings(
    sign_in: &SignIn,
    bounds: &Bounds,
    policy: &Policy,
    host: &Host,
) -> Settings {
    let target = |account: &rootgate::policy::ScopeAccount| Target {
        account: Some(account.id.clone()),
        role_arn: account.role_arn.clone(),
    };
    Settings {
        entry: EntrySettings {
            role_arn: sign_in.role_arn.clone(),
            allowed_accounts: bounds.accounts.clone(),
            region: sign_in.region.clone(),
            endpoint_url: sign_in.endpoint_url.clone(),
            ca_bundle: bounds.ca_bundle.clone(),
            oidc_audience: sign_in.oidc_audience.clone(),
            external_id: sign_in.external_id.clone(),
            timeout: bounds.timeout(policy),
            environment: host.environment.clone(),
        },
        targets: policy.scope.iter().map(target).collect(),
        concurrency: sign_in.concurrency,
        needs: rules::needs(policy),
        root_events: policy.root_events.as_ref().map(wanted),
        organization: policy.organization.as_ref().map(|it| organization(it, policy)),
    }
}

fn organization(scope: &OrganizationScope, policy: &Policy) -> OrganizationSettings {
    let day = now().date_naive();
    let excluded = scope.exclude.iter().filter(|exclude| !exclude.is_over(day));
    OrganizationSettings {
        member_role: scope.member_role.clone(),
        management_role: scope.management_role().map(str::to_owned),
        audit: scope.audit,
        new_account_grace: scope.new_account_grace.map(|grace| grace.delta()).unwrap_or_default(),
        excluded: excluded.map(|exclude| (exclude.account.clone(), exclude.why())).collect(),
        read_members_events: policy.root_events.as_ref().is_some_and(|events| events.members),
        sample: None,
    }
}

fn wanted(events: &EventsPolicy) -> EventsWanted {
    EventsWanted {
        lookback: events.lookback.delta(),
        regions: match &events.regions {
            Regions::Default => WantedRegions::Default,
            Regions::All => WantedRegions::All,
            Regions::Named(named) => WantedRegions::Named(named.clone()),
        },
    }
}

/// A mask must reach the runner before any other output, and must not be inside a JSON document.
pub(crate) fn write_command(line: &str, text: bool) {
    // If the stream is closed, no runner reads the command.
    let _written = if text {
        writeln!(std::io::stdout(), "{line}")
    } else {
        writeln!(std::io::stderr(), "{line}")
    };
}

fn write_note(text: &Text, redacted: bool) {
    let line = if redacted { text.redacted().line() } else { text.line() };
    let _written = writeln!(std::io::stderr(), "note: {line}");
}
