//! `waivers`: rules that may be violated for a while.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{NaiveDate, SubsecRound};

use super::super::error::{PolicyError, Span, show};
use super::super::fields;
use super::super::types::{KeyCreated, Limits, Waiver, WaiverSubject};
use super::Reader;
use super::mapping::Mapping;
use crate::model::{AccountId, Duration, RuleId, RuleInfo, SubjectKind, UseKind};

/// The rule, account and subject of a waiver, which must be unique.
type Waived = (RuleId, AccountId, Option<WaiverSubject>);

/// The result of parsing a waiver's `subject`.
enum Subject {
    /// As the rule needs it.
    Read(Option<WaiverSubject>),
    /// Wrong; the error was reported.
    Unread,
}

impl Reader<'_> {
    pub(super) fn waivers(&mut self, map: &Mapping<'_>, limits: &Limits) -> Vec<Waiver> {
        let mut waivers = Vec::new();
        let mut waived: HashMap<Waived, usize> = HashMap::new();
        for node in self.list(map, "waivers") {
            let Some(map) = self.mapping(node, "this waiver", fields::WAIVER) else { continue };
            let Some(waiver) = self.waiver(&map, limits) else { continue };
            self.waived_once(&waiver, map.span, &mut waived);
            waivers.push(waiver);
        }
        waivers
    }

    fn waiver(&mut self, map: &Mapping<'_>, limits: &Limits) -> Option<Waiver> {
        let rule = self.waived_rule(map);
        let accounts = self.accounts(map, "accounts");
        let subject = self.subject(map, rule);
        let reason = self.text(map, "reason");
        let ticket = self.text(map, "ticket");
        let from = self.day(map, "from");
        let expires = self.day(map, "expires");
        if let (Some(from), Some(expires), Some(entry)) = (from, expires, map.entry("expires")) {
            let begins = map.entry("from").map_or(map.span.line, |entry| entry.key_span.line);
            self.waiver_length(from..expires, limits.waiver, entry.value.span, begins);
        }
        let Subject::Read(subject) = subject else { return None };
        Some(Waiver {
            rule: rule?.id,
            accounts: accounts?,
            subject,
            reason: reason?,
            ticket: ticket?,
            from: from?,
            expires: expires?,
            line: map.span.line,
        })
    }

    fn waived_rule(&mut self, map: &Mapping<'_>) -> Option<&'static RuleInfo> {
        let entry = map.entry("rule")?;
        let id = self.scalar(&entry.value, "rule", "the id of a rule")?;
        let rule = self.known_rule(id, entry.value.span)?;
        if !rule.subject.takes_waivers() {
            self.error(
                "no-waiver",
                entry.value.span,
                format!("`{id}` is judged from events, so it takes windows and no waivers"),
                "agree on the use in a window, or lower the rule's severity in `rules`",
            );
            return None;
        }
        Some(rule)
    }

    fn subject(&mut self, map: &Mapping<'_>, rule: Option<&'static RuleInfo>) -> Subject {
        let Some(entry) = map.entry("subject") else {
            return self.no_subject(map, rule);
        };
        let Some(subject) = self.mapping(&entry.value, "`subject`", fields::SUBJECT) else {
            return Subject::Unread;
        };
        let read = self.read_subject(&subject);
        if subject.is_empty() {
            let help = "name what may be found, such as `{ access-key-created: 2019-05-02 }`";
            self.error("subject", entry.value.span, "`subject` names nothing".to_owned(), help);
        }
        let (Some(read), Some(rule)) = (read, rule) else { return Subject::Unread };
        if subject_kind(read) == rule.subject {
            return Subject::Read(Some(read));
        }
        let (message, help) = match own_subject(rule.subject) {
            Some(own) => (
                format!("this subject is not one of `{}`", rule.id),
                format!("write `subject: {own}`"),
            ),
            None => (
                format!("`{}` is about the whole account, so it has no subjects", rule.id),
                "remove `subject`".to_owned(),
            ),
        };
        self.error("subject", entry.value.span, message, help);
        Subject::Unread
    }

    /// Without a subject, a rule about keys or uses would be waived for all of them.
    fn no_subject(&mut self, map: &Mapping<'_>, rule: Option<&'static RuleInfo>) -> Subject {
        // Written without a value: that has its own error.
        let Some(rule) = rule.filter(|_| !map.has("subject")) else { return Subject::Unread };
        let Some(own) = own_subject(rule.subject) else { return Subject::Read(None) };
        if rule.subject == SubjectKind::Certificate {
            return Subject::Read(None);
        }
        self.error(
            "missing-key",
            map.span,
            format!(
                "this waiver has no `subject`; `{}` is waived for one subject at a time",
                rule.id
            ),
            format!("add `subject: {own}`"),
        );
        Subject::Unread
    }

    /// Exactly one of the three keys.
    fn read_subject(&mut self, map: &Mapping<'_>) -> Option<WaiverSubject> {
        let key = self.key_created(map).map(WaiverSubject::AccessKeyCreated);
        let certificate =
            self.day(map, "certificate-uploaded").map(WaiverSubject::CertificateUploaded);
        let kind = self.word(map, "use");
        let used = UseKind::ALL.iter().find(|used| Some(used.id()) == kind);
        let used = used.map(|used| WaiverSubject::Use(*used));
        let mut written: Vec<Span> = fields::SUBJECT
            .iter()
            .filter_map(|field| map.entry(field.key))
            .map(|entry| entry.key_span)
            .collect();
        written.sort_by_key(|span| span.start);
        if let Some(second) = written.get(1) {
            let help = "write one waiver for each subject";
            self.error("subject", *second, "a waiver has one subject".to_owned(), help);
        }
        key.or(certificate).or(used)
    }

    /// The day on which a key was made, or the time.
    fn key_created(&mut self, map: &Mapping<'_>) -> Option<KeyCreated> {
        let entry = map.entry("access-key-created")?;
        let text = self.scalar(&entry.value, "access-key-created", "a day or a time")?;
        if text.contains(':') {
            // AWS says it to the second.
            let time = self.time(map, "access-key-created")?;
            return Some(KeyCreated::At(time.trunc_subsecs(0)));
        }
        self.day(map, "access-key-created").map(KeyCreated::On)
    }

    /// `begins`: the line of `from`.
    fn waiver_length(&mut self, days: Range<NaiveDate>, most: Duration, span: Span, begins: usize) {
        let length = days.end - days.start;
        let (code, message, help) = if days.end < days.start {
            (
                "waiver-ends-first",
                "this waiver expires before it begins".to_owned(),
                "`expires` must be the day of `from` or a later day",
            )
        } else if length > most.delta() {
            (
                "waiver-too-long",
                format!(
                    "this waiver lasts {} days; `limits.waiver` allows {most}",
                    length.num_days()
                ),
                "move `expires` to an earlier day, or raise `limits.waiver` (at most 365d)",
            )
        } else {
            return;
        };
        let label = format!("begins {} (line {begins})", days.start);
        self.errors.push(PolicyError::new(code, span, message).label(label).help(help));
    }

    fn waived_once(&mut self, waiver: &Waiver, span: Span, waived: &mut HashMap<Waived, usize>) {
        for account in &waiver.accounts {
            let key = (waiver.rule, account.clone(), waiver.subject);
            match waived.get(&key) {
                Some(first) => {
                    let message = format!(
                        "a second waiver of `{}` for the same subject in account {account}",
                        show(waiver.rule.0)
                    );
                    let help =
                        format!("the first is on line {first}; keep one and adjust its dates");
                    let label = format!("the first is on line {first}");
                    self.errors
                        .push(PolicyError::new("duplicate", span, message).label(label).help(help));
                }
                None => {
                    waived.insert(key, span.line);
                }
            }
        }
    }
}

fn subject_kind(subject: WaiverSubject) -> SubjectKind {
    match subject {
        WaiverSubject::AccessKeyCreated(_) => SubjectKind::AccessKey,
        WaiverSubject::CertificateUploaded(_) => SubjectKind::Certificate,
        WaiverSubject::Use(_) => SubjectKind::Use,
    }
}

/// How to write the subject of such a rule.
fn own_subject(kind: SubjectKind) -> Option<&'static str> {
    match kind {
        SubjectKind::Account | SubjectKind::Day | SubjectKind::DayAndAction => None,
        SubjectKind::AccessKey => Some("{ access-key-created: 2019-05-02 }"),
        SubjectKind::Certificate => Some("{ certificate-uploaded: 2019-05-02 }"),
        SubjectKind::Use => Some("{ use: sign-in }"),
    }
}
