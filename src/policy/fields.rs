//! Every key of the policy, once: its name, type, bounds, default, meaning and an example.
//!
//! The reader takes from here which keys exist, which are required and what their values may be;
//! "did you mean", the JSON Schema and the reference are made from it, and which way a change of a
//! key points. CONTRIBUTING.md says what else a new key takes.

use crate::model::Audit;
use crate::model::{Duration, Threshold, UseKind};

/// A key of a mapping of the policy.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// The value if the key is absent, as one would write it; empty: nothing to write.
    pub(super) default: &'static str,
    /// One or two sentences for people who write policies.
    pub(super) meaning: &'static str,
    /// An example value, in policy syntax.
    pub(super) example: &'static str,
    /// What a change of the value means, for `policy diff`.
    pub(super) direction: Direction,
    /// Whether the key may have no value, which means the same as leaving it out.
    pub(super) may_be_empty: bool,
}

/// The direction in which a change lets more pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A larger value lets more pass: longer, later, `true`, a later word of its list.
    MoreIsWeaker,
    /// A smaller value lets more pass.
    LessIsWeaker,
    /// It does not affect the verdict.
    Neutral,
    /// Every change lets different things pass.
    AnyIsWeaker,
    /// It identifies its entry: another value means another entry.
    Identity,
    /// Decided by its contents.
    Inside,
    /// Not declared: every change counts as weaker.
    Unknown,
}

/// What the value of a key may be.
#[derive(Debug)]
pub(super) enum Kind {
    /// The version of the format.
    Version,
    /// A mapping with these keys.
    Mapping(&'static [Field]),
    /// A list of `least` to `most` items.
    List { of: &'static Kind, least: usize, most: usize },
    /// 12 digits in quotes.
    AccountId,
    /// The ARN of an IAM role.
    RoleArn,
    /// The name of an IAM role, after its path if it has one.
    RoleName,
    /// One line of text with a maximum number of characters.
    Text { most: usize },
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a severity.
    Severity,
    /// A length of time within these bounds, both included.
    Duration { least: Duration, most: Duration },
    /// A whole day.
    Day,
    /// An instant, with its zone.
    Time,
    /// A whole day or an instant.
    DayOrTime,
    /// A time of the day, `HH:MM`.
    Clock,
    /// A time zone of the tz database.
    Zone,
    /// `true` or `false`.
    Flag,
    /// The id of a rule.
    RuleId,
    /// `off`, or the settings of a rule, by the rule's id.
    Rules,
    /// `off`, or a mapping with these keys.
    OffOr(&'static [Field]),
    /// `default`, `all`, or a list of Regions.
    Regions,
    /// A call: `service:Action`, or `service:*`.
    Action,
}

impl Field {
    const fn new(key: &'static str, kind: Kind, meaning: &'static str) -> Self {
        let direction = match kind {
            Kind::Mapping(_) | Kind::List { .. } | Kind::Rules | Kind::OffOr(_) => {
                Direction::Inside
            }
            _ => Direction::Unknown,
        };
        Self {
            key,
            kind,
            required: false,
            default: "",
            meaning,
            example: "",
            direction,
            may_be_empty: false,
        }
    }

    const fn more_is_weaker(mut self) -> Self {
        self.direction = Direction::MoreIsWeaker;
        self
    }

    const fn less_is_weaker(mut self) -> Self {
        self.direction = Direction::LessIsWeaker;
        self
    }

    const fn any_is_weaker(mut self) -> Self {
        self.direction = Direction::AnyIsWeaker;
        self
    }

    const fn neutral(mut self) -> Self {
        self.direction = Direction::Neutral;
        self
    }

    const fn identity(mut self) -> Self {
        self.direction = Direction::Identity;
        self
    }

    const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }
}

/// The only version of the format.
pub(super) const VERSION: &str = "1";
/// Rules of the format that this version does not have yet.
pub(super) const PLANNED_RULES: &[&str] = &["root-activity-unmonitored"];
/// The words of `evidence.root-events.regions`.
pub(super) const REGION_WORDS: &[&str] = &["default", "all"];
/// `limits.window` and `limits.window-total` are at most this.
pub(super) const MAX_WINDOW: Duration = Duration::hours(72);
/// Maximum number of days that `gate.enforce-from` may be ahead.
pub(super) const ENFORCE_FROM_DAYS: i64 = 90;
/// The words of `scope.organization.audit`.
pub(super) const AUDIT_WORDS: &[&str] =
    &[Audit::AssumeRole.id(), Audit::AssumeRoot.id(), Audit::Auto.id()];
/// Maximum number of months that the end of an exclusion may be ahead.
pub(super) const EXCLUDE_MONTHS: u32 = 12;
/// For more accounts, use an organization.
const MAX_ACCOUNTS: usize = 20;

const ID: Kind = Kind::Text { most: 100 };
const TICKET: Kind = Kind::Text { most: 200 };
const REASON: Kind = Kind::Text { most: 1_000 };
const ACCOUNTS: Kind = Kind::List { of: &Kind::AccountId, least: 1, most: usize::MAX };

/// The months, from January.
pub(super) const MONTHS: &[&str] =
    &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// The days of the week, from Monday.
pub(super) const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The weeks of a month that a schedule can name.
pub(super) const WEEKS: &[&str] = &["first", "last"];

/// The whole policy.
pub(super) static POLICY: &[Field] = &[
    Field::new("version", Kind::Version, "The version of this format.")
        .neutral()
        .required()
        .example(VERSION),
    Field::new(
        "scope",
        Kind::Mapping(SCOPE),
        "Which accounts are judged. Without it, rootgate judges the account that the credentials belong to, and says so in a notice.",
    ),
    Field::new("gate", Kind::Mapping(GATE), "What blocks, and from when."),
    Field::new("evidence", Kind::Mapping(EVIDENCE), "Which facts count."),
    Field::new("rules", Kind::Rules, "Rules that are not named here are on with their defaults.")
        .may_be_empty(),
    Field::new(
        "windows",
        Kind::List { of: &Kind::Mapping(WINDOW), least: 0, most: usize::MAX },
        "When root may be used.",
    )
    .may_be_empty(),
    Field::new(
        "waivers",
        Kind::List { of: &Kind::Mapping(WAIVER), least: 0, most: usize::MAX },
        "Rules that may be violated for a while.",
    )
    .may_be_empty(),
    Field::new(
        "limits",
        Kind::Mapping(LIMITS),
        "How long windows and waivers may last, per account.",
    ),
];

pub(super) static SCOPE: &[Field] = &[
    Field::new(
        "accounts",
        Kind::List { of: &Kind::Mapping(SCOPE_ACCOUNT), least: 1, most: MAX_ACCOUNTS },
        "The accounts, by id. Beside `organization`, each is judged by its own entry here.",
    ),
    Field::new(
        "organization",
        Kind::Mapping(ORGANIZATION),
        "Every account of the organization that the credentials belong to, but for those that AWS has \
         suspended, closed or not yet activated. The run signs in to the management account or to a \
         delegated administrator.",
    ),
];

pub(super) static ORGANIZATION: &[Field] = &[
    Field::new(
        "member-role",
        Kind::RoleName,
        "The role that is assumed in each member account: its name, after its path if it has one. \
         Required unless `audit` is `assume-root`.",
    )
    .neutral()
    .example("rootgate"),
    Field::new(
        "management-role",
        Kind::RoleName,
        "The role that is assumed in the management account, where the run's own credentials are of \
         another account. Without it: one of the name of `member-role`. Required if `audit` is \
         `assume-root` and there is no `member-role`.",
    )
    .neutral()
    .example("rootgate-management"),
    Field::new(
        "audit",
        Kind::Word(AUDIT_WORDS),
        "How member accounts are entered. `assume-role`: by `member-role`. `assume-root`: by \
         sts:AssumeRoot, which needs no role in them, but shows neither use nor sign-in nor change of \
         credentials, leaves events of the root user and may set off alarms. `auto`: by the role, and by \
         sts:AssumeRoot where that fails. The management account is never entered by sts:AssumeRoot.",
    )
    .any_is_weaker()
    .default(Audit::AssumeRole.id())
    .example("auto"),
    Field::new(
        "new-account-grace",
        Kind::Duration { least: Duration::seconds(0), most: Duration::days(7) },
        "An account that joined less long ago and cannot be entered yet is skipped, with the reason. \
         Without it: every account that cannot be entered is undetermined.",
    )
    .more_is_weaker()
    .example("24h"),
    Field::new(
        "exclude",
        Kind::List { of: &Kind::Mapping(EXCLUDE), least: 0, most: usize::MAX },
        "Accounts that are not judged for a while; reports list each with its reason.",
    ),
];

pub(super) static EXCLUDE: &[Field] = &[
    Field::new("account", Kind::AccountId, "The account's id, in quotes.")
        .identity()
        .required()
        .example("\"444455556666\""),
    Field::new("reason", REASON, "Why it is not judged.")
        .neutral()
        .required()
        .example("being closed by the platform team"),
    Field::new(
        "expires",
        Kind::Day,
        "The last day (UTC), included, on which it is not judged. At most a year ahead.",
    )
    .more_is_weaker()
    .required()
    .example("2027-03-01"),
];

pub(super) static SCOPE_ACCOUNT: &[Field] = &[
    Field::new("id", Kind::AccountId, "The account's id, in quotes.")
        .identity()
        .required()
        .example("\"111122223333\""),
    Field::new("name", ID, "The team's name for it, shown in reports, including redacted ones.")
        .neutral()
        .example("prod"),
    Field::new(
        "role-arn",
        Kind::RoleArn,
        "The role to sign in to that account with. Without it, the account must be the run's own.",
    )
    .neutral()
    .example("\"arn:aws:iam::111122223333:role/rootgate\""),
];

pub(super) static GATE: &[Field] = &[
    Field::new("fail-on", Kind::Severity, "The lowest severity that blocks.")
        .more_is_weaker()
        .default("medium")
        .example("high"),
    Field::new(
        "on-undetermined",
        Kind::Word(&["fail", "warn"]),
        "What happens when a fact is missing. `warn` never covers critical rules, nor an account \
         where nothing could be read.",
    )
    .more_is_weaker()
    .default("fail")
    .example("warn"),
    Field::new(
        "on-weaker",
        Kind::Word(&["fail", "warn"]),
        "What a pull request that weakens the policy does. The policy of the default branch decides \
         it, so a pull request cannot.",
    )
    .more_is_weaker()
    .default("fail")
    .example("warn"),
    Field::new(
        "enforce-from",
        Kind::Day,
        "The first day (UTC) on which the gate blocks; until then it reports \"would fail\" and \
         exits 0. At most 90 days ahead.",
    )
    .more_is_weaker()
    .example("2026-12-01"),
];

pub(super) static EVIDENCE: &[Field] = &[
    Field::new(
        "max-age",
        Kind::Duration { least: Duration::hours(4), most: Duration::hours(24) },
        "The maximum age of a fact; older facts count as missing. AWS makes one credential report every 4 \
         hours, so a shorter time is not possible.",
    )
    .more_is_weaker()
    .default("4h15m")
    .example("6h"),
    Field::new(
        "root-events",
        Kind::OffOr(ROOT_EVENTS),
        "What CloudTrail recorded of root: every use is judged, not only the newest of each credential. \
         On unless `off`.",
    )
    .more_is_weaker()
    .example("{ lookback: 7d, regions: default }"),
];

pub(super) static ROOT_EVENTS: &[Field] = &[
    Field::new(
        "lookback",
        Kind::Duration { least: Duration::days(1), most: Duration::days(400) },
        "How far back; at least as far as every `within`. Without it: 7 days, or the largest `within`. \
         CloudTrail keeps 90 days: what lies beyond is a gap.",
    )
    .less_is_weaker()
    .example("7d"),
    Field::new(
        "regions",
        Kind::Regions,
        "Where: `default` is the three Regions in which sign-ins are recorded, and all enabled ones as \
         soon as there is a root key or a use of root in the look-back; `all`; or a list, to which \
         those three always belong.",
    )
    .less_is_weaker()
    .default("default")
    .example("all"),
    Field::new(
        "members",
        Kind::Flag,
        "Whether events of an organization's member accounts are read, too. Without them, sign-ins without \
         MFA, failed sign-ins and changes of credentials in members are not judged, and of each credential \
         only the newest use is known. Only with `scope.organization`.",
    )
    .less_is_weaker()
    .default("false")
    .example("true"),
];

/// The keys that every rule has; its threshold comes on top.
pub(super) static RULE: &[Field] =
    &[Field::new("severity", Kind::Severity, "The severity of what the rule finds.")
        .less_is_weaker()
        .example("high")];

pub(super) static WINDOW: &[Field] = &[
    Field::new("id", ID, "A unique name, for reports.")
        .identity()
        .required()
        .example("q4-tax-settings"),
    Field::new("reason", REASON, "Why root is needed.")
        .neutral()
        .required()
        .example("change the tax registration, needs root"),
    Field::new("ticket", TICKET, "The agreed change. Required unless there is a `schedule`.")
        .neutral()
        .example("CHG-1234"),
    Field::new("accounts", ACCOUNTS, "The accounts it is for. Without it: all.")
        .more_is_weaker()
        .example("[\"111122223333\"]"),
    Field::new("from", Kind::Time, "When it opens. Required unless there is a `schedule`.")
        .less_is_weaker()
        .example("2026-11-20T09:00:00+01:00"),
    Field::new(
        "to",
        Kind::Time,
        "It is closed at this instant. At most `limits.window` after `from`. Required unless there \
         is a `schedule`.",
    )
    .more_is_weaker()
    .example("2026-11-20T11:00:00+01:00"),
    Field::new(
        "schedule",
        Kind::Mapping(SCHEDULE),
        "When it opens repeatedly, instead of `from` and `to`.",
    ),
    Field::new(
        "not-before",
        Kind::Day,
        "For a schedule: the first day, in its time zone, on which it opens.",
    )
    .example("2027-01-01")
    .less_is_weaker(),
    Field::new(
        "not-after",
        Kind::Day,
        "For a schedule: the last day, in its time zone, on which it opens.",
    )
    .example("2027-12-31")
    .more_is_weaker(),
    Field::new("allow", Kind::Mapping(ALLOW), "What it allows. Without it: signing in only.")
        .example("{ sign-in: true }"),
    Field::new(
        "require-mfa",
        Kind::Flag,
        "Whether signing in without MFA is a finding even during this window.",
    )
    .less_is_weaker()
    .default("true")
    .example("true"),
];

pub(super) static SCHEDULE: &[Field] = &[
    Field::new(
        "months",
        Kind::List { of: &Kind::Word(MONTHS), least: 1, most: usize::MAX },
        "The months. Without it: all.",
    )
    .example("[jan, apr, jul, oct]")
    .more_is_weaker(),
    Field::new(
        "week",
        Kind::Word(WEEKS),
        "Only days 1 to 7 of the month, or only its last seven days. Without it: all.",
    )
    .example("first")
    .any_is_weaker(),
    Field::new(
        "days",
        Kind::List { of: &Kind::Word(DAYS), least: 1, most: usize::MAX },
        "The days of the week. Without it: all.",
    )
    .example("[mon]")
    .more_is_weaker(),
    Field::new("from", Kind::Clock, "The time of day at which it opens, in its time zone.")
        .required()
        .example("\"09:00\"")
        .less_is_weaker(),
    Field::new(
        "to",
        Kind::Clock,
        "It is closed at this time. Earlier than `from`: of the next day; the day on which it opens \
         decides. At most `limits.window` after `from`.",
    )
    .required()
    .example("\"10:00\"")
    .more_is_weaker(),
    Field::new("timezone", Kind::Zone, "The time zone of these times, by its name in the tz database.")
        .required()
        .example("Europe/Berlin")
        .any_is_weaker(),
];

pub(super) static ALLOW: &[Field] = &[
    Field::new(
        "sign-in",
        Kind::Flag,
        "Signing in: to the console, a command-line tool or an agent.",
    )
    .more_is_weaker()
    .default("false")
    .example("true"),
    Field::new("access-key", Kind::Flag, "Using a long-lived access key.")
        .more_is_weaker()
        .default("false")
        .example("true"),
    Field::new(
        "actions",
        Kind::List { of: &Kind::Action, least: 1, most: usize::MAX },
        "The calls that may change something. Without it: any, except changes of root's own \
         credentials, which must be named. Judged from events.",
    )
    .more_is_weaker()
    .example("[\"s3:PutBucketVersioning\"]"),
];

pub(super) static WAIVER: &[Field] = &[
    Field::new("rule", Kind::RuleId, "The rule that may be violated.")
        .identity()
        .required()
        .example("root-access-key-active"),
    Field::new("accounts", ACCOUNTS, "The accounts it is for.")
        .identity()
        .required()
        .example("[\"111122223333\"]"),
    Field::new(
        "subject",
        Kind::Mapping(SUBJECT),
        "The finding that is accepted. Rules about keys and about use need one.",
    )
    .identity()
    .example("{ access-key-created: 2019-05-02 }"),
    Field::new("reason", REASON, "Why it is accepted for now.")
        .neutral()
        .required()
        .example("the billing export moves to a role in Q1"),
    Field::new("ticket", TICKET, "The agreed exception.").neutral().required().example("SEC-77"),
    Field::new("from", Kind::Day, "Its first day (UTC).")
        .less_is_weaker()
        .required()
        .example("2026-11-01"),
    Field::new(
        "expires",
        Kind::Day,
        "Its last day (UTC), included. At most `limits.waiver` after `from`.",
    )
    .more_is_weaker()
    .required()
    .example("2027-01-15"),
];

pub(super) static SUBJECT: &[Field] = &[
    Field::new(
        "access-key-created",
        Kind::DayOrTime,
        "Only the access key made on this day (UTC) or at this time, as the finding says it: for rules \
         about keys. A day on which two keys were made, active or not, names neither: write the time.",
    )
    .identity()
    .example("2019-05-02T10:00:00Z"),
    Field::new(
        "certificate-uploaded",
        Kind::Day,
        "Only the signing certificate uploaded on this day (UTC): for rules about certificates.",
    )
    .identity()
    .example("2019-05-02"),
    Field::new(
        "use",
        Kind::Word(&[UseKind::SignIn.id(), UseKind::AccessKey.id()]),
        "Only this kind of use: for rules about use.",
    )
    .identity()
    .example("sign-in"),
];

pub(super) static LIMITS: &[Field] = &[
    Field::new(
        "window",
        Kind::Duration { least: Duration::seconds(0), most: MAX_WINDOW },
        "The longest that a window may be open at a time. Windows of one account that touch or overlap \
         count as one.",
    )
    .more_is_weaker()
    .default("12h")
    .example("4h"),
    Field::new(
        "window-total",
        Kind::Duration { least: Duration::seconds(0), most: MAX_WINDOW },
        "The maximum total of all windows of one account in any 30 days, one-off and recurring.",
    )
    .more_is_weaker()
    .default("24h")
    .example("8h"),
    Field::new(
        "waiver",
        Kind::Duration { least: Duration::seconds(0), most: Duration::days(365) },
        "The longest waiver, from its first day to its last.",
    )
    .more_is_weaker()
    .default("90d")
    .example("30d"),
];

/// What a change of a rule's threshold means.
pub(super) const fn threshold_direction(threshold: &Threshold) -> Direction {
    match threshold.more_is_weaker {
        true => Direction::MoreIsWeaker,
        false => Direction::LessIsWeaker,
    }
}

/// What a change of this key means.
pub(super) fn direction(fields: &[Field], key: &str) -> Direction {
    fields.iter().find(|field| field.key == key).map_or(Direction::Unknown, |field| field.direction)
}

/// Where in the policy keys of this name belong, as dotted paths: `gate.fail-on`.
pub(super) fn paths_of_key(key: &str) -> Vec<String> {
    let mut homes = Vec::new();
    collect_paths(POLICY, "", key, &mut homes);
    homes
}

fn collect_paths(fields: &[Field], path: &str, key: &str, homes: &mut Vec<String>) {
    for field in fields {
        let here =
            if path.is_empty() { field.key.to_owned() } else { format!("{path}.{}", field.key) };
        if field.key == key {
            homes.push(here.clone());
        }
        if let Some(inner) = field.kind.keys() {
            collect_paths(inner, &here, key, homes);
        }
    }
}

impl Kind {
    /// What may be written, for a sentence of its own: `From 4h to 24h.`
    pub(super) fn bounds(&self) -> Option<String> {
        match self {
            Self::Duration { least, most } => Some(format!("From {least} to {most}.")),
            Self::Text { most } => Some(format!("At most {most} characters.")),
            Self::List { least: 1, most: usize::MAX, .. } => Some("At least one.".to_owned()),
            Self::List { least, most, .. } if *most < usize::MAX => {
                Some(format!("From {least} to {most} entries."))
            }
            _ => None,
        }
    }

    /// The keys of a mapping, or of the mappings that a list holds.
    pub(super) fn keys(&self) -> Option<&'static [Field]> {
        match self {
            Self::Mapping(fields) | Self::OffOr(fields) => Some(fields),
            Self::List { of, .. } => of.keys(),
            _ => None,
        }
    }
}
