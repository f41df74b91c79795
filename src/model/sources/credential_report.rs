//! The IAM credential report: one CSV per account, of which only the root row is kept.
//!
//! Columns and values: IAM User Guide, "Generate credential reports for your AWS account".
//! Columns are found by name: AWS has added some, so older reports do not have them. An unknown
//! value stays unknown; it never becomes "unused" or "none".

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};
use crate::model::{AccountId, Partition, UseKind, format_time, parse_time};

/// `GetCredentialReport`.
pub const GET: Call = Call {
    service: Service::Iam,
    operation: "GetCredentialReport",
    iam_action: "iam:GetCredentialReport",
    complete_answer: Answer::Xml(&[
        Part::Text("Content"),
        Part::Text("ReportFormat"),
        Part::Text("GeneratedTime"),
    ]),
};

/// `GenerateCredentialReport`: requests a new report; AWS does not make one by itself.
pub const GENERATE: Call = Call {
    service: Service::Iam,
    operation: "GenerateCredentialReport",
    iam_action: "iam:GenerateCredentialReport",
    complete_answer: Answer::Xml(&[Part::Text("State")]),
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "credential-report",
    name: "credential report",
    calls: &[GET, GENERATE],
    if_unreadable: "run again with the next credential report, which AWS makes at most 4 hours after this one; if it \
                    says the same, look at root's Security credentials page in the console (signing in as root is a \
                    use: agree on a window first), and report it as a bug in rootgate",
    schema: SourceSchema {
        description: "The IAM credential report. `observed_at` is the time at which AWS made it.",
        value: r##"{ "$ref": "#/$defs/credential_report" }"##,
        defs: include_str!("credential_report.schema.json"),
    },
};

/// The name of the root row. IAM user names cannot contain `<`, so it is unambiguous.
const ROOT_USER: &str = "<root_account>";
/// Maximum length of the text kept from an unreadable cell, in characters.
const KEPT_TEXT: usize = 80;

/// One cell of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<T> {
    /// A value of the expected type.
    Value(T),
    /// `N/A`: no such credential, or never used.
    NotApplicable,
    /// `no_information`: the credential exists, and no use of it is recorded (records begin in
    /// October 2014 for passwords, in April 2015 for keys).
    NoInformation,
    /// `not_supported`: older reports print it for the root password.
    NotSupported,
    /// The report has no such column.
    Missing,
    /// Anything else, including an empty cell; shortened to 80 characters.
    Unreadable(String),
}

impl<T> Cell<T> {
    fn read(text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Self {
        let Some(text) = text.map(str::trim) else {
            return Self::Missing;
        };
        if let Some(value) = parse(text) {
            return Self::Value(value);
        }
        match text.to_ascii_lowercase().as_str() {
            "n/a" => Self::NotApplicable,
            "no_information" => Self::NoInformation,
            "not_supported" => Self::NotSupported,
            _ => Self::Unreadable(text.chars().take(KEPT_TEXT).collect()),
        }
    }

    fn write(&self, value: impl Fn(&T) -> String) -> Option<String> {
        match self {
            Self::Value(inner) => Some(value(inner)),
            Self::NotApplicable => Some("N/A".to_owned()),
            Self::NoInformation => Some("no_information".to_owned()),
            Self::NotSupported => Some("not_supported".to_owned()),
            Self::Missing => None,
            Self::Unreadable(text) => Some(text.clone()),
        }
    }

    /// The cell as part of a sentence: `` `maybe` ``, `an empty cell`, `no such column`.
    #[must_use]
    pub fn seen(&self) -> String {
        match self {
            Self::Value(_) => "a value".to_owned(),
            Self::NotApplicable => "`N/A`".to_owned(),
            Self::NoInformation => "`no_information`".to_owned(),
            Self::NotSupported => "`not_supported`".to_owned(),
            Self::Missing => "no such column".to_owned(),
            Self::Unreadable(text) if text.is_empty() => "an empty cell".to_owned(),
            Self::Unreadable(text) => format!("`{text}`"),
        }
    }
}

/// The columns of one of the two access keys that the report shows.
///
/// Slot 1 is not always the older key, and the report contains no key ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySlot {
    /// Whether the key can sign requests.
    pub active: Cell<bool>,
    /// When the key was created; a date with `active=false` means that an inactive key exists.
    pub last_rotated: Cell<DateTime<Utc>>,
    /// Newest use; of uses within 15 minutes AWS keeps the first.
    pub last_used: Cell<DateTime<Utc>>,
    /// Region of that use; `N/A` also for a service without Regions.
    pub last_used_region: Cell<String>,
    /// Service of that use.
    pub last_used_service: Cell<String>,
}

/// The columns of one of the two X.509 signing certificates that the report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSlot {
    /// Whether the certificate is active.
    pub active: Cell<bool>,
    /// When it was uploaded; a date beside `active=false` is an inactive one that exists.
    pub last_rotated: Cell<DateTime<Utc>>,
}

/// The root row. In the evidence file: an object of column name to AWS's own text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "BTreeMap<String, String>")]
pub struct RootRow {
    /// When the account was created.
    pub user_creation_time: Cell<DateTime<Utc>>,
    /// Whether root has a password, or may set one (recovery allowed); `not_supported` in old reports.
    pub password_enabled: Cell<bool>,
    /// Newest sign-in; of sign-ins within 5 minutes AWS keeps the first.
    pub password_last_used: Cell<DateTime<Utc>>,
    /// When the password last changed, or recovery was allowed.
    pub password_last_changed: Cell<DateTime<Utc>>,
    /// Whether at least one MFA device of any kind is registered.
    pub mfa_active: Cell<bool>,
    /// The two access keys the report shows.
    pub access_keys: [KeySlot; 2],
    /// The two signing certificates the report shows.
    pub certificates: [CertificateSlot; 2],
    /// Credentials beyond two of a kind, in words; many reports do not have this column.
    pub additional_credentials_info: Cell<String>,
}

/// What a credential report says about the root user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialReport {
    /// The root row; `None` if the report has none.
    pub root: Option<RootRow>,
}

/// A parsed report: the account it belongs to, and its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedReport {
    /// The account that the ARNs of its rows name; `None` if it has no rows.
    pub account: Option<AccountId>,
    /// The partition that they name.
    pub partition: Option<Partition>,
    /// The part that is kept.
    pub report: CredentialReport,
}

/// Why a text is not a valid credential report. No part of an invalid report is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// An empty text.
    #[error("the credential report is empty")]
    Empty,
    /// Compressed.
    #[error("this is gzip data, not CSV; unpack it first")]
    Gzip,
    /// A byte-order mark or NUL bytes of UTF-16.
    #[error("this is UTF-16 text; a credential report is UTF-8")]
    Utf16,
    /// Not UTF-8.
    #[error("this is not UTF-8 text")]
    NotUtf8,
    /// The `Content` of the JSON answer, not decoded.
    #[error(
        "this is Base64 text, not CSV; decode it, or pass the JSON that `aws iam get-credential-report` prints"
    )]
    Base64,
    /// A required column is missing in the first line.
    #[error("line 1 is not the header of a credential report: it has no column `{0}`")]
    NoColumn(&'static str),
    /// A duplicate column.
    #[error("line 1 has the duplicate column `{0}`")]
    DuplicateColumn(String),
    /// A row with more or fewer fields than the header.
    #[error(
        "line {line} has {found} fields, the header has {expected}: the row is truncated or wrongly quoted"
    )]
    FieldCount {
        /// 1-based line.
        line: u64,
        /// Fields in the row.
        found: u64,
        /// Fields in the header.
        expected: u64,
    },
    /// Two root rows.
    #[error("line {0} is a second `<root_account>` row")]
    TwoRootRows(u64),
    /// A row's ARN is invalid.
    #[error(
        "line {0}: the column `arn` does not contain the ARN of an IAM user or of the root user"
    )]
    BadArn(u64),
    /// Rows of different accounts.
    #[error("line {0} belongs to a different account than the lines before it")]
    TwoAccounts(u64),
    /// Any other error in the CSV.
    #[error("{0}")]
    Csv(String),
}

impl CredentialReport {
    /// Reads the CSV, as AWS sends it after Base64 decoding.
    ///
    /// # Errors
    /// A truncated text, or one that is not a credential report; the error names the line.
    pub fn parse(bytes: &[u8]) -> Result<ParsedReport, ReportError> {
        let text = readable_text(bytes)?;
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let columns = columns(reader.headers().map_err(csv_error)?)?;
        if !columns.contains_key("user") && looks_like_base64(text) {
            return Err(ReportError::Base64);
        }
        let user = *columns.get("user").ok_or(ReportError::NoColumn("user"))?;
        let arn = *columns.get("arn").ok_or(ReportError::NoColumn("arn"))?;
        let mut owner: Option<(AccountId, Partition)> = None;
        let mut root = None;
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let line = record.position().map_or(0, csv::Position::line);
            let is_root = record.get(user) == Some(ROOT_USER);
            let row_owner = owner_of(record.get(arn).unwrap_or_default(), is_root)
                .ok_or(ReportError::BadArn(line))?;
            if owner.get_or_insert_with(|| row_owner.clone()) != &row_owner {
                return Err(ReportError::TwoAccounts(line));
            }
            if is_root {
                let row = RootRow::from_columns(|name| record.get(*columns.get(name)?));
                if root.replace(row).is_some() {
                    return Err(ReportError::TwoRootRows(line));
                }
            }
        }
        let (account, partition) = owner.unzip();
        Ok(ParsedReport { account, partition, report: Self { root } })
    }
}

fn readable_text(bytes: &[u8]) -> Result<&str, ReportError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(ReportError::Gzip);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(ReportError::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReportError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() { Err(ReportError::Empty) } else { Ok(text) }
}

fn looks_like_base64(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    text.trim().len() >= 24 && text.trim().bytes().all(letter)
}

fn columns(header: &csv::StringRecord) -> Result<BTreeMap<String, usize>, ReportError> {
    let mut columns = BTreeMap::new();
    for (index, name) in header.iter().enumerate() {
        if columns.insert(name.trim().to_owned(), index).is_some() {
            return Err(ReportError::DuplicateColumn(name.trim().to_owned()));
        }
    }
    Ok(columns)
}

/// The account and partition of a row, by its ARN; the root row's must end in `:root`.
fn owner_of(arn: &str, is_root: bool) -> Option<(AccountId, Partition)> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = fields[..] else {
        return None;
    };
    let of_the_kind = if is_root { resource == "root" } else { resource.starts_with("user/") };
    of_the_kind.then_some(())?;
    Some((account.parse().ok()?, Partition::from_arn(arn)?))
}

fn csv_error(error: csv::Error) -> ReportError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => ReportError::FieldCount {
            line: pos.as_ref().map_or(0, csv::Position::line),
            found: *len,
            expected: *expected_len,
        },
        _ => ReportError::Csv(error.to_string()),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    parse_time(text).ok()
}

/// A word such as a Region; not one of the report's special words for "none".
fn word(text: &str) -> Option<String> {
    let special = ["", "n/a", "no_information", "not_supported"];
    (!special.contains(&text.to_ascii_lowercase().as_str()))
        .then(|| text.chars().take(KEPT_TEXT).collect())
}

impl RootRow {
    /// The newest use of each credential, with its column: the password first, then the two keys.
    #[must_use]
    pub const fn last_uses(&self) -> [(&'static str, UseKind, &Cell<DateTime<Utc>>); 3] {
        [
            ("password_last_used", UseKind::SignIn, &self.password_last_used),
            ("access_key_1_last_used_date", UseKind::AccessKey, &self.access_keys[0].last_used),
            ("access_key_2_last_used_date", UseKind::AccessKey, &self.access_keys[1].last_used),
        ]
    }

    fn from_columns<'a>(column: impl Fn(&str) -> Option<&'a str>) -> Self {
        let key = |slot: u8| KeySlot {
            active: Cell::read(column(&format!("access_key_{slot}_active")), boolean),
            last_rotated: Cell::read(column(&format!("access_key_{slot}_last_rotated")), instant),
            last_used: Cell::read(column(&format!("access_key_{slot}_last_used_date")), instant),
            last_used_region: Cell::read(
                column(&format!("access_key_{slot}_last_used_region")),
                word,
            ),
            last_used_service: Cell::read(
                column(&format!("access_key_{slot}_last_used_service")),
                word,
            ),
        };
        let certificate = |slot: u8| CertificateSlot {
            active: Cell::read(column(&format!("cert_{slot}_active")), boolean),
            last_rotated: Cell::read(column(&format!("cert_{slot}_last_rotated")), instant),
        };
        Self {
            user_creation_time: Cell::read(column("user_creation_time"), instant),
            password_enabled: Cell::read(column("password_enabled"), boolean),
            password_last_used: Cell::read(column("password_last_used"), instant),
            password_last_changed: Cell::read(column("password_last_changed"), instant),
            mfa_active: Cell::read(column("mfa_active"), boolean),
            access_keys: [key(1), key(2)],
            certificates: [certificate(1), certificate(2)],
            additional_credentials_info: Cell::read(column("additional_credentials_info"), word),
        }
    }
}

/// Column name to AWS's own text.
#[derive(Deserialize)]
#[serde(transparent)]
struct Columns(
    #[serde(deserialize_with = "crate::model::evidence_file::unique_keys")]
    BTreeMap<String, String>,
);

impl From<Columns> for RootRow {
    fn from(Columns(columns): Columns) -> Self {
        Self::from_columns(|name| columns.get(name).map(String::as_str))
    }
}

impl From<RootRow> for BTreeMap<String, String> {
    fn from(row: RootRow) -> Self {
        let mut cells: Vec<(String, Option<String>)> = vec![
            ("user_creation_time".into(), row.user_creation_time.write(|time| format_time(*time))),
            ("password_enabled".into(), row.password_enabled.write(bool::to_string)),
            ("password_last_used".into(), row.password_last_used.write(|time| format_time(*time))),
            (
                "password_last_changed".into(),
                row.password_last_changed.write(|time| format_time(*time)),
            ),
            ("mfa_active".into(), row.mfa_active.write(bool::to_string)),
            (
                "additional_credentials_info".into(),
                row.additional_credentials_info.write(String::clone),
            ),
        ];
        for (slot, key) in (1..).zip(&row.access_keys) {
            let name = |column: &str| format!("access_key_{slot}_{column}");
            cells.push((name("active"), key.active.write(bool::to_string)));
            cells.push((name("last_rotated"), key.last_rotated.write(|time| format_time(*time))));
            cells.push((name("last_used_date"), key.last_used.write(|time| format_time(*time))));
            cells.push((name("last_used_region"), key.last_used_region.write(String::clone)));
            cells.push((name("last_used_service"), key.last_used_service.write(String::clone)));
        }
        for (slot, certificate) in (1..).zip(&row.certificates) {
            cells.push((format!("cert_{slot}_active"), certificate.active.write(bool::to_string)));
            cells.push((
                format!("cert_{slot}_last_rotated"),
                certificate.last_rotated.write(|time| format_time(*time)),
            ));
        }
        cells.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }
}

/// Every column of the root row that the evidence file may hold, for its JSON Schema.
#[must_use]
pub fn kept_columns() -> BTreeSet<String> {
    let every = RootRow::from_columns(|_| Some("N/A"));
    BTreeMap::from(every).into_keys().collect()
}

/// That of a healthy account.
#[cfg(test)]
pub(crate) fn healthy() -> CredentialReport {
    CredentialReport { root: Some(crate::testing::row(&[])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
        password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
        access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
        access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
        cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const ROOT: &str = "<root_account>,arn:aws:iam::111122223333:root,2015-01-01T00:00:00Z,true,\
        2026-11-02T08:00:00+00:00,2020-01-01T00:00:00Z,not_supported,TRUE,true,2019-05-02T10:00:00Z,\
        2026-11-01T07:30:00Z,eu-central-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";

    fn parse(text: &str) -> Result<ParsedReport, ReportError> {
        CredentialReport::parse(text.as_bytes())
    }

    #[test]
    fn the_root_row_is_found_by_name_and_its_columns_by_header() {
        let parsed = parse(&format!("{HEADER}\n{ROOT}")).unwrap();
        assert_eq!(parsed.account.unwrap().as_str(), "111122223333");
        let root = parsed.report.root.unwrap();
        assert_eq!(root.password_enabled, Cell::Value(true));
        assert_eq!(root.mfa_active, Cell::Value(true));
        assert_eq!(root.access_keys[0].last_used_region, Cell::Value("eu-central-1".into()));
        assert_eq!(root.access_keys[1].last_rotated, Cell::NotApplicable);
        assert_eq!(root.additional_credentials_info, Cell::Missing);
    }

    #[test]
    fn an_iam_user_called_root_is_not_root() {
        let row = ROOT.replace("<root_account>", "root").replace(":root,", ":user/root,");
        assert_eq!(parse(&format!("{HEADER}\n{row}")).unwrap().report.root, None);
    }

    #[test]
    fn windows_line_ends_a_byte_order_mark_and_a_last_newline_are_read() {
        let text = format!("\u{feff}{HEADER}\n{ROOT}\n").replace('\n', "\r\n");
        assert!(parse(&text).unwrap().report.root.is_some());
    }

    #[test]
    fn a_user_name_with_a_comma_is_read_when_quoted() {
        let user = ROOT.replace("<root_account>", "\"a,b\"").replace(":root,", ":user/x,");
        assert!(parse(&format!("{HEADER}\n{ROOT}\n{user}")).is_ok());
    }

    #[test]
    fn what_is_no_report_says_what_it_is() {
        use ReportError as E;
        for (bytes, error) in [
            (&b""[..], E::Empty),
            (b" \n", E::Empty),
            (&[0x1f, 0x8b, 8], E::Gzip),
            (&[0xff, 0xfe, b'u', 0], E::Utf16),
            (b"u\0s\0e\0r\0", E::Utf16),
            (&[0xc3, 0x28], E::NotUtf8),
            (b"dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1l", E::Base64),
            (b"name,arn\nx,y", E::NoColumn("user")),
            (b"user,name\nx,y", E::NoColumn("arn")),
            (b"user,arn,user\nx,y,z", E::DuplicateColumn("user".into())),
            (b"user,arn\nx,y", E::BadArn(2)),
            (b"user,arn\n<root_account>,arn:aws:iam::111122223333:user/x", E::BadArn(2)),
        ] {
            assert_eq!(CredentialReport::parse(bytes), Err(error));
        }
        let two_roots = format!("{HEADER}\n{ROOT}\n{ROOT}");
        assert_eq!(parse(&two_roots), Err(E::TwoRootRows(3)));
        let cut = format!("{HEADER}\n{}", &ROOT[..ROOT.len() - 6]);
        assert_eq!(parse(&cut), Err(E::FieldCount { line: 2, found: 21, expected: 22 }));
        let other = "a,arn:aws:iam::444455556666:user/a";
        let mixed = format!("user,arn\n<root_account>,arn:aws:iam::111122223333:root\n{other}");
        assert_eq!(parse(&mixed), Err(E::TwoAccounts(3)));
    }

    #[test]
    fn words_are_read_in_any_case_and_unknown_ones_stay_unread() {
        let read = |text| Cell::read(Some(text), boolean);
        assert_eq!(read("True"), Cell::Value(true));
        assert_eq!(read("FALSE"), Cell::Value(false));
        assert_eq!(read("n/a"), Cell::NotApplicable);
        assert_eq!(read("No_Information"), Cell::NoInformation);
        assert_eq!(read("NOT_SUPPORTED"), Cell::NotSupported);
        assert_eq!(read(""), Cell::Unreadable(String::new()));
        assert_eq!(read("yes"), Cell::Unreadable("yes".into()));
        assert_eq!(Cell::<bool>::read(None, boolean), Cell::Missing);
    }

    #[test]
    fn a_row_survives_the_evidence_file() {
        let row = parse(&format!("{HEADER}\n{ROOT}")).unwrap().report.root.unwrap();
        let columns = BTreeMap::from(row.clone());
        assert_eq!(RootRow::from(Columns(columns)), row);
    }
}
