//! The evidence file, `rootgate.evidence/v1`: what one job collects and another judges.
//!
//! Its JSON Schema is `schema/evidence.json`. It contains no secrets. A source that is missing in every
//! account was not requested; a source that was requested but failed is a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sources::each_source;
use super::{
    AccountId, Cause, Evidence, Fact, Gap, Listing, Observed, Partition, RootEvents, Signature,
    Source, begins_with_schema, format_time, is_one_of, is_unchanged_json, parse_time,
};

/// The `schema` of an evidence file.
pub const EVIDENCE_SCHEMA: &str = "rootgate.evidence/v1";

/// Why a text is not a valid evidence file. No part of such a file is used.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFileError {
    /// Reading the file failed part of the way through.
    #[error("{0}")]
    Read(io::Error),
    /// Not JSON, truncated, or not of the expected form; the message names line and column.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A `schema` that this version does not read.
    #[error("the file's schema is `{0}`; this version of rootgate reads `{EVIDENCE_SCHEMA}`")]
    Schema(String),
    /// An invalid time.
    #[error("`{field}` holds `{text}`: {error}")]
    Time {
        /// The field.
        field: String,
        /// The text.
        text: String,
        /// What is wrong with it.
        error: super::InvalidTime,
    },
    /// A duplicate account.
    #[error("duplicate account {0} in the file")]
    Twice(AccountId),
    /// Neither a fact nor a gap, or both, or a gap of another source.
    #[error(
        "account {account}: `{source_key}` must hold either `observed_at` and `value`, or a `gap` of that source"
    )]
    Entry {
        /// The account.
        account: AccountId,
        /// The key of the source.
        source_key: &'static str,
    },
}

macro_rules! account_entry {
    ($($(#[$doc:meta])* $source:ident, $field:ident: $fact:ty;)*) => {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct AccountEntry {
            id: AccountId,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            partition: Option<Partition>,
            $(
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $field: Option<Entry<$fact>>,
            )*
        }

        impl From<&Evidence> for AccountEntry {
            fn from(evidence: &Evidence) -> Self {
                let Evidence { account, partition, $($field),* } = evidence;
                Self {
                    id: account.clone(),
                    partition: partition.clone(),
                    $($field: Entry::from_observed($field),)*
                }
            }
        }

        impl AccountEntry {
            fn facts(self) -> Result<Evidence, EvidenceFileError> {
                Ok(Evidence {
                    $($field: Entry::read(self.$field, &self.id, Source::$source)?,)*
                    partition: self.partition,
                    account: self.id,
                })
            }
        }
    };
}
each_source!(account_entry);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<T> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    observed_at: Option<String>,
    // No `default` on purpose: `Option<T>` accepts a missing key without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
}

/// Whether [`write_evidence`] wrote the file, and nothing was added to it.
///
/// # Errors
/// The reader's errors.
pub fn is_evidence_file(file: &mut dyn Read) -> io::Result<bool> {
    let begins = |head: &[u8]| begins_with_schema(head, EVIDENCE_SCHEMA);
    is_one_of(&[Signature { begins, is_unchanged: is_unchanged_json }], file)
}

/// Writes an evidence file: the same evidence gives the same bytes.
///
/// # Errors
/// The writer's errors.
pub fn write_evidence(
    accounts: &[Evidence],
    listing: Option<&Listing>,
    collected_at: DateTime<Utc>,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &File { accounts, listing, collected_at })?;
    writeln!(out)
}

struct File<'a> {
    accounts: &'a [Evidence],
    /// The accounts of the organization, if one was collected.
    listing: Option<&'a Listing>,
    collected_at: DateTime<Utc>,
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// One account's object at a time.
        struct Accounts<'a>(&'a [Evidence]);
        impl Serialize for Accounts<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(AccountEntry::from))
            }
        }
        let mut file = serializer.serialize_struct("File", 4)?;
        file.serialize_field("schema", EVIDENCE_SCHEMA)?;
        file.serialize_field("collected_at", &format_time(self.collected_at))?;
        match self.listing {
            Some(listing) => file.serialize_field("organization", listing)?,
            None => file.skip_field("organization")?,
        }
        file.serialize_field("accounts", &Accounts(self.accounts))?;
        file.end()
    }
}

/// Reads an evidence file account by account, so that memory does not grow with it.
///
/// Returns the accounts of the organization, if the file has them.
///
/// Use what `each` received only after this returns `Ok`: the rest of the file may be broken.
///
/// # Errors
/// A truncated file, a file of another version, or one with duplicates.
pub fn read_evidence(
    from: impl Read,
    mut each: impl FnMut(Evidence),
) -> Result<Option<Listing>, EvidenceFileError> {
    let known = BTreeSet::new();
    let mut reading = Reading { each: &mut each, known, listing: None, error: None };
    let mut json = serde_json::Deserializer::from_reader(without_mark(from)?);
    let read = reading.deserialize(&mut json).and_then(|()| json.end());
    match (reading.error, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) if error.is_io() => Err(EvidenceFileError::Read(error.into())),
        (None, read) => read.map(|()| reading.listing).map_err(EvidenceFileError::Json),
    }
}

/// Windows editors start the file with a byte order mark.
fn without_mark(mut from: impl Read) -> Result<impl Read, EvidenceFileError> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut head = Vec::new();
    from.by_ref().take(3).read_to_end(&mut head).map_err(EvidenceFileError::Read)?;
    if head == MARK {
        head.clear();
    }
    Ok(BufReader::new(io::Cursor::new(head).chain(from)))
}

/// A file while it is read.
struct Reading<'a> {
    each: &'a mut dyn FnMut(Evidence),
    known: BTreeSet<AccountId>,
    listing: Option<Listing>,
    /// The first error that is not a JSON error; serde's errors hold only text.
    error: Option<EvidenceFileError>,
}

impl Reading<'_> {
    /// Keeps the error and stops serde.
    fn stop<T, E: de::Error>(&mut self, error: EvidenceFileError) -> Result<T, E> {
        self.error = Some(error);
        Err(E::custom("stopped"))
    }

    fn account(&mut self, entry: AccountEntry) -> Result<(), EvidenceFileError> {
        if !self.known.insert(entry.id.clone()) {
            return Err(EvidenceFileError::Twice(entry.id));
        }
        (self.each)(entry.read()?);
        Ok(())
    }
}
impl<'de> DeserializeSeed<'de> for &mut Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the object of an evidence file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        const REQUIRED: &[&str] = &["schema", "collected_at", "accounts"];
        const KEYS: &[&str] = &["schema", "collected_at", "organization", "accounts"];
        let mut seen = BTreeSet::new();
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                // The version comes first and is checked before the rest, so that a newer file is
                // not reported as broken.
                "schema" => {
                    let schema: String = object.next_value()?;
                    if schema != EVIDENCE_SCHEMA {
                        let shown = schema.chars().take(80).collect();
                        return self.stop(EvidenceFileError::Schema(shown));
                    }
                }
                "collected_at" => {
                    let time: String = object.next_value()?;
                    if let Err(error) = read_time("collected_at", &time) {
                        return self.stop(error);
                    }
                }
                "organization" => self.listing = Some(object.next_value()?),
                "accounts" => object.next_value_seed(Accounts(self))?,
                _ => return Err(de::Error::unknown_field(&key, KEYS)),
            }
            if !seen.insert(key.clone()) {
                return Err(de::Error::custom(format!("duplicate field `{key}`")));
            }
        }
        match REQUIRED.iter().find(|key| !seen.contains(**key)) {
            Some(key) => Err(de::Error::missing_field(key)),
            None => Ok(()),
        }
    }
}

/// The list of accounts while it is read.
struct Accounts<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Accounts<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Accounts<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of accounts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element::<AccountEntry>()? {
            if let Err(error) = self.0.account(entry) {
                return self.0.stop(error);
            }
        }
        Ok(())
    }
}

fn read_time(field: &str, text: &str) -> Result<DateTime<Utc>, EvidenceFileError> {
    parse_time(text).map_err(|error| EvidenceFileError::Time {
        field: field.to_owned(),
        text: text.chars().take(80).collect(),
        error,
    })
}

impl AccountEntry {
    fn read(self) -> Result<Evidence, EvidenceFileError> {
        let evidence = self.facts()?;
        let ordered = |fact: Fact<RootEvents>| Fact { value: fact.value.ordered(), ..fact };
        Ok(Evidence { root_events: evidence.root_events.map(ordered), ..evidence })
    }
}

impl<T: Clone> Entry<T> {
    fn from_observed(observed: &Observed<T>) -> Option<Self> {
        match observed {
            Ok(fact) => Some(Self {
                observed_at: fact.observed_at.map(format_time),
                value: Some(fact.value.clone()),
                gap: None,
            }),
            Err(gap) if gap.cause == Cause::NotCollected => None,
            Err(gap) => Some(Self { observed_at: None, value: None, gap: Some(gap.clone()) }),
        }
    }

    fn read(
        entry: Option<Self>,
        account: &AccountId,
        source: Source,
    ) -> Result<Observed<T>, EvidenceFileError> {
        let source_key = source.key();
        let Some(entry) = entry else {
            let detail = format!("the {source} is not in the evidence");
            return Ok(Err(Gap::new(source, Cause::NotCollected, detail)));
        };
        match (entry.value, entry.observed_at, entry.gap) {
            (Some(value), observed_at, None) => {
                let field = format!("{source_key}.observed_at");
                let observed_at = observed_at.map(|text| read_time(&field, &text)).transpose()?;
                Ok(Ok(Fact { value, observed_at }))
            }
            (None, None, Some(gap)) if gap.source == source => Ok(Err(gap)),
            _ => Err(EvidenceFileError::Entry { account: account.clone(), source_key }),
        }
    }
}

/// A JSON object without duplicate keys; `serde_json` would silently keep the last one.
pub(super) fn unique_keys<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct UniqueKeys<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueKeys<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = object.next_entry::<String, V>()? {
                if map.contains_key(&key) {
                    return Err(de::Error::custom(format!("duplicate key `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(UniqueKeys(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Audited, AuditedKey};

    const ACCOUNT: &str = r#""id": "111122223333", "partition": "aws",
        "account_summary": {"observed_at": "2026-11-20T08:00:00Z", "value": {"AccountAccessKeysPresent": 0}},
        "virtual_mfa_devices": {"gap": {"source": "virtual-mfa-devices", "action": "iam:ListVirtualMFADevices",
            "cause": "denied", "detail": "denied", "grant": "iam:ListVirtualMFADevices"}}"#;

    fn file(accounts: &str) -> String {
        format!(
            r#"{{"schema": "rootgate.evidence/v1", "collected_at": "2026-11-20T08:00:00Z", "accounts": [{accounts}]}}"#
        )
    }

    fn read(text: &str) -> Result<Vec<Evidence>, EvidenceFileError> {
        let mut accounts = Vec::new();
        read_evidence(text.as_bytes(), |evidence| accounts.push(evidence))?;
        Ok(accounts)
    }

    #[test]
    fn what_was_not_asked_for_is_not_collected_and_what_failed_is_its_gap() {
        let evidence = read(&file(&format!("{{{ACCOUNT}}}"))).unwrap().remove(0);
        assert_eq!(evidence.credential_report.unwrap_err().cause, Cause::NotCollected);
        assert_eq!(evidence.virtual_mfa_devices.unwrap_err().cause, Cause::Denied);
        let summary = evidence.account_summary.unwrap();
        assert_eq!(summary.value.count("AccountAccessKeysPresent"), Some(0));
        assert_eq!(summary.value.count("AccountMFAEnabled"), None);
    }

    #[test]
    fn a_file_that_is_written_reads_as_the_same_evidence() {
        let evidence = read(&file(&format!("{{{ACCOUNT}}}"))).unwrap();
        let now = parse_time("2026-11-20T09:00:00Z").unwrap();
        let mut text = Vec::new();
        write_evidence(&evidence, None, now, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(read(&text).unwrap(), evidence);
        assert_eq!(read(&format!("\u{feff}{text}")).unwrap(), evidence);
    }

    #[test]
    fn what_is_known_organization_policy_and_its_member_reads_as_it_was_written() {
        let now = parse_time("2026-11-20T09:00:00Z").unwrap();
        let mut audited = crate::testing::audited();
        audited = audited.with_audit(|audit| {
            let key =
                |active| AuditedKey { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), active, created: now };
            let keys = [Some(true), Some(false), None].map(key);
            audit.access_keys = Some(Audited::Value(keys.to_vec()));
            let gap = Gap::denied(Source::RootAudit, "iam:ListSigningCertificates", "denied");
            audit.certificates = Some(Audited::Gap(gap));
            audit.login_profile = None;
        });
        let mut text = Vec::new();
        write_evidence(std::slice::from_ref(&audited), None, now, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(read(&text).unwrap(), [audited]);
        for part in [r#""cause": "not-visible""#, r#""credentials_management": true"#] {
            assert!(text.contains(part), "{part}");
        }
        for (whole, odd, says) in [
            (r#""active": true"#, r#""active": "yes""#, "invalid type"),
            (r#""management": false"#, r#""management": false, "management": true"#, "duplicate"),
            (r#""root_sessions""#, r#""root_session""#, "unknown field"),
            (r#""unclear": []"#, r#""unclear": [], "more": []"#, "unknown field"),
            (r#""serial_number""#, r#""serial""#, "unknown field"),
        ] {
            let message = read(&text.replacen(whole, odd, 1)).unwrap_err().to_string();
            assert!(message.contains(says), "{odd}: {message}");
        }
    }

    #[test]
    fn a_file_that_is_wrong_says_what_and_where() {
        let account = format!("{{{ACCOUNT}}}");
        let whole = file(&account);
        for (text, part) in [
            (whole[..whole.len() - 9].to_owned(), "EOF"),
            (whole.replace("evidence/v1", "evidence/v2"), "`rootgate.evidence/v2`"),
            (format!("{}]", whole.replace("evidence/v1", "evidence/v2")), "`rootgate.evidence/v2`"),
            (whole.replace("\"schema\"", "\"scheme\""), "unknown field `scheme`"),
            (whole.replace("\"schema\": \"rootgate.evidence/v1\", ", ""), "missing field `schema`"),
            (
                whole.replace("\"accounts\"", "\"schema\": \"rootgate.evidence/v1\", \"accounts\""),
                "duplicate field `schema`",
            ),
            (format!("{whole} x"), "trailing characters"),
            (file(&format!("{account},{account}")), "duplicate account 111122223333 in the file"),
            (whole.replace("111122223333", "11112222333"), "12 digits"),
            (whole.replace("\"partition\"", "\"partitoin\""), "unknown field `partitoin`"),
            (whole.replace("\"aws\"", "\"azure\""), "a partition is"),
            (whole.replace("08:00:00Z\", \"value", "08:00:00\", \"value"), "no zone"),
            (
                whole.replace("\"cause\": \"denied\"", "\"cause\": \"bored\""),
                "unknown variant `bored`",
            ),
            (
                whole.replace(
                    "\"source\": \"virtual-mfa-devices\"",
                    "\"source\": \"account-summary\"",
                ),
                "`virtual_mfa_devices` must hold",
            ),
            (
                whole.replace("{\"AccountAccessKeysPresent\": 0}", "{\"A\": 0, \"A\": 1}"),
                "duplicate key `A`",
            ),
            (whole.replace("Present\": 0", "Present\": 0.5"), "invalid type"),
            ("null".to_owned(), "invalid type"),
            (String::new(), "EOF"),
        ] {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}\nlacks {part}");
        }
    }
}
