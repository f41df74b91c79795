//! A suggested window, as one line of YAML.

use super::Step;
use crate::model::{AccountId, Duration, RuleId, UseKind, format_time};
use crate::policy::{Limits, Opening, Policy, Window};

/// A window to suggest.
#[derive(Debug, Clone)]
pub(super) struct NewWindow {
    pub(super) id: String,
    pub(super) reason: &'static str,
    pub(super) opening: Opening,
    pub(super) kind: UseKind,
    /// Left out if empty.
    pub(super) actions: Vec<String>,
    /// The actions that it must cover, even if they are not written.
    pub(super) needed: Vec<String>,
    pub(super) require_mfa: bool,
    pub(super) suggested_for: RuleId,
    /// The index of the window that makes this one unnecessary.
    pub(super) served_by: Option<usize>,
    /// Whether it exceeds the maximum of a limit.
    pub(super) is_left_out: bool,
}

impl NewWindow {
    /// Whether it covers everything that the other one would.
    pub(super) fn serves(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.opening.from <= other.opening.from
            && other.opening.to <= self.opening.to
            && (!self.require_mfa || other.require_mfa)
            && match self.actions.is_empty() {
                // It allows any call, except changes of credentials.
                true => other.actions.is_empty(),
                false => other.needed.iter().all(|action| self.actions.contains(action)),
            }
    }

    /// Whether a step of a remedy can be done in it.
    pub(super) fn allows(&self, kind: UseKind, with_mfa: bool, step: &Step) -> bool {
        let names = |action: &&str| self.actions.iter().any(|own| own == action);
        self.kind == kind && (!self.require_mfa || with_mfa) && step.actions.iter().all(names)
    }

    /// The window as text. `raise` is a comment with the limits to raise first; it may be empty.
    pub(super) fn text(&self, account: &AccountId, raise: &str) -> String {
        let mfa = if self.require_mfa { "" } else { ", require-mfa: false" };
        format!(
            "- {{ id: {}, reason: {}, ticket: {}, accounts: [\"{account}\"], from: {}, to: {}, allow: {}{mfa} }}{raise}",
            self.id,
            self.reason,
            Window::TICKET_MISSING,
            format_time(self.opening.from),
            format_time(self.opening.to),
            self.allow(),
        )
    }

    fn allow(&self) -> String {
        let kind = format!("{}: true", self.kind.id());
        if self.actions.is_empty() {
            return format!("{{ {kind} }}");
        }
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("\"{action}\"")).collect();
        format!("{{ {kind}, actions: [{}] }}", actions.join(", "))
    }
}

/// The limits of windows that are higher in `needed` than in `limits`, each with its key.
pub(super) fn higher(limits: &Limits, needed: &Limits) -> Vec<(&'static str, Duration)> {
    let mut higher = Vec::new();
    if needed.window > limits.window {
        higher.push((Policy::WINDOW, needed.window));
    }
    if needed.window_total > limits.window_total {
        higher.push((Policy::WINDOW_TOTAL, needed.window_total));
    }
    higher
}

/// ` # first raise limits.window to 13h`; empty if no limit needs raising.
pub(super) fn raise(higher: &[(&'static str, Duration)]) -> String {
    let parts: Vec<String> =
        higher.iter().map(|(limit, length)| format!("{limit} to {}", in_hours(*length))).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(" # first raise {}", parts.join(" and "))
}

/// Why a window that exceeds the maximum of a limit is not suggested.
pub(super) fn beyond(limit: &str, needed: Duration) -> String {
    format!(
        "No window is suggested for it: together with the policy's windows and those suggested for other findings, \
         {limit} would have to be {}, and {} is the most.",
        in_hours(needed),
        in_hours(Limits::MAX_WINDOW)
    )
}

/// `30h` instead of [`Duration`]'s `1d6h`: policies write these limits in hours.
fn in_hours(length: Duration) -> String {
    format!("{}h", length.as_secs().div_ceil(3_600))
}
