//! Proves that an answer is whole, before any of it is believed.
//!
//! The SDK's deserializers are lenient: a document that is cut short, a result element that is
//! missing, `IsTruncated` without a marker, even `{}` all become an empty value. Empty means
//! "no devices" or "no keys", so half an answer would pass the gate. Every client carries this
//! interceptor: it reads the body on its own, and fails the call unless the document is well
//! formed and holds what the operation returns. It runs right after deserialization, because
//! only then is the body read; what was deserialized is thrown away.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use roxmltree::{Document, Node};
use serde_json::Value;

/// Why an answer is not whole; one clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotWhole(String);

/// The interceptor.
#[derive(Debug)]
pub(super) struct WholeAnswer;

impl Intercept for WholeAnswer {
    fn name(&self) -> &'static str {
        "WholeAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if !response.status().is_success() {
            return Ok(()); // an error answer; what it is not understood to be, it is not
        }
        let operation = config.load::<Metadata>().map_or("", Metadata::name);
        match response.body().bytes() {
            Some(body) => Ok(check(operation, body)?),
            // The connection broke; that is an error already, and one that may pass.
            None if context.output_or_error().is_err() => Ok(()),
            None => Err(NotWhole("its body was never read".into()).into()),
        }
    }
}

/// Whether `body` is the whole answer of `operation`.
fn check(operation: &str, body: &[u8]) -> Result<(), NotWhole> {
    let text = std::str::from_utf8(body).map_err(|_| NotWhole("it is not UTF-8 text".into()))?;
    if text.trim().is_empty() {
        return Err(NotWhole("its body is empty".into()));
    }
    match operation {
        "LookupEvents" => json_list(text, "Events", &["EventId", "CloudTrailEvent"]),
        "ListRegions" => json_list(text, "Regions", &["RegionName", "RegionOptStatus"]),
        _ => xml(operation, text),
    }
}

/// A JSON document with a list of objects that have these texts, and perhaps a token.
fn json_list(text: &str, list: &str, texts: &[&str]) -> Result<(), NotWhole> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| NotWhole(format!("it is no whole JSON: {error}")))?;
    let items = document[list].as_array();
    let items = items.ok_or_else(|| NotWhole(format!("it has no `{list}`")))?;
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    for item in items {
        if let Some(lacking) = texts.iter().find(|key| !filled(&item[**key])) {
            return Err(NotWhole(format!("one of its `{list}` has no `{lacking}`")));
        }
    }
    match &document["NextToken"] {
        Value::Null => Ok(()),
        token if filled(token) => Ok(()),
        _ => Err(NotWhole("its `NextToken` is empty".into())),
    }
}

fn xml(operation: &str, text: &str) -> Result<(), NotWhole> {
    let document =
        Document::parse(text).map_err(|error| NotWhole(format!("it is no whole XML: {error}")))?;
    let root = document.root_element();
    if root.tag_name().name() != format!("{operation}Response") {
        let name: String = root.tag_name().name().chars().take(40).collect();
        return Err(NotWhole(format!("it is a `{name}`, not a `{operation}Response`")));
    }
    let result = child(root, &format!("{operation}Result"))?;
    match operation {
        "GetCallerIdentity" => texts(result, &["Account", "Arn"]),
        "AssumeRole" | "AssumeRoleWithWebIdentity" => texts(
            child(result, "Credentials")?,
            &["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"],
        ),
        "GenerateCredentialReport" => texts(result, &["State"]),
        "GetCredentialReport" => texts(result, &["Content", "ReportFormat", "GeneratedTime"]),
        "GetAccountSummary" => summary(result),
        "ListVirtualMFADevices" => devices(result),
        "ListAccountAliases" => aliases(result),
        _ => Err(NotWhole(format!("nobody wrote down what `{operation}` returns"))),
    }
}

/// The one child of that name.
fn child<'a>(node: Node<'a, 'a>, name: &str) -> Result<Node<'a, 'a>, NotWhole> {
    let mut found = node.children().filter(|child| child.tag_name().name() == name);
    match (found.next(), found.next()) {
        (Some(child), None) => Ok(child),
        (None, _) => Err(NotWhole(format!("it has no `{name}`"))),
        (Some(_), Some(_)) => Err(NotWhole(format!("it has more than one `{name}`"))),
    }
}

/// The text of the one child of that name, which may not be empty.
fn text<'a>(node: Node<'a, 'a>, name: &str) -> Result<&'a str, NotWhole> {
    match child(node, name)?.text().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(NotWhole(format!("its `{name}` is empty"))),
    }
}

fn texts(node: Node<'_, '_>, names: &[&str]) -> Result<(), NotWhole> {
    for name in names {
        text(node, name)?;
    }
    Ok(())
}

/// A map with entries, each a name and a whole number.
fn summary(result: Node<'_, '_>) -> Result<(), NotWhole> {
    let map = child(result, "SummaryMap")?;
    let mut entries = 0;
    for entry in map.children().filter(Node::is_element) {
        let key = text(entry, "key")?;
        if text(entry, "value")?.parse::<i64>().is_err() {
            return Err(NotWhole(format!("its `{key}` is no number")));
        }
        entries += 1;
    }
    if entries == 0 { Err(NotWhole("its `SummaryMap` is empty".into())) } else { Ok(()) }
}

/// A list of one name at most.
fn aliases(result: Node<'_, '_>) -> Result<(), NotWhole> {
    child(result, "AccountAliases")?;
    match text(result, "IsTruncated")? {
        "false" => Ok(()),
        _ => Err(NotWhole("its `IsTruncated` is not `false`: an account has one alias".into())),
    }
}

/// A list that says whether it goes on, and where.
fn devices(result: Node<'_, '_>) -> Result<(), NotWhole> {
    for device in child(result, "VirtualMFADevices")?.children().filter(Node::is_element) {
        text(device, "SerialNumber")?;
        if device.children().any(|child| child.tag_name().name() == "User") {
            text(child(device, "User")?, "Arn")?;
        }
    }
    match text(result, "IsTruncated")? {
        "false" => Ok(()),
        "true" => texts(result, &["Marker"]),
        _ => Err(NotWhole("its `IsTruncated` is neither `true` nor `false`".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = "<Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>A</UserId>\
        <Account>111122223333</Account>";
    const CREDENTIALS: &str = "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
        <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
        <Expiration>2026-11-21T09:00:00Z</Expiration></Credentials>";
    const REPORT: &str = "<Content>dXNlcg==</Content><ReportFormat>text/csv</ReportFormat>\
        <GeneratedTime>2026-11-21T08:00:00Z</GeneratedTime>";
    const SUMMARY: &str = "<SummaryMap><entry><key>Users</key><value>3</value></entry>\
        <entry><key>AccountAccessKeysPresent</key><value>0</value></entry></SummaryMap>";
    const DEVICES: &str = "<VirtualMFADevices><member><SerialNumber>s</SerialNumber><User>\
        <Arn>arn:aws:iam::111122223333:root</Arn></User></member></VirtualMFADevices>\
        <IsTruncated>true</IsTruncated><Marker>m</Marker>";
    const ANSWERS: &[(&str, &str)] = &[
        ("GetCallerIdentity", IDENTITY),
        ("AssumeRole", CREDENTIALS),
        ("AssumeRoleWithWebIdentity", CREDENTIALS),
        ("GenerateCredentialReport", "<State>COMPLETE</State>"),
        ("GetCredentialReport", REPORT),
        ("GetAccountSummary", SUMMARY),
        ("ListVirtualMFADevices", DEVICES),
        ("ListAccountAliases", "<AccountAliases/><IsTruncated>false</IsTruncated>"),
    ];

    fn answer(operation: &str, result: &str) -> String {
        format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>r\
             </RequestId></ResponseMetadata></{operation}Response>"
        )
    }

    fn reason(operation: &str, result: &str) -> String {
        check(operation, answer(operation, result).as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_answer_is_believed() {
        for (operation, result) in ANSWERS {
            assert_eq!(check(operation, answer(operation, result).as_bytes()), Ok(()));
        }
        let last = "<VirtualMFADevices/><IsTruncated>false</IsTruncated>";
        let last = answer("ListVirtualMFADevices", last);
        assert_eq!(check("ListVirtualMFADevices", last.as_bytes()), Ok(()));
    }

    const EVENTS: &str = r#"{"Events":[{"EventId":"e","CloudTrailEvent":"{}"}],"NextToken":"n"}"#;
    const REGIONS: &str = r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED"}]}"#;

    #[test]
    fn a_list_in_json_is_whole_or_nothing() {
        for (operation, whole, needed) in [
            ("LookupEvents", EVENTS, &["Events", "EventId", "CloudTrailEvent"][..]),
            ("ListRegions", REGIONS, &["Regions", "RegionName", "RegionOptStatus"][..]),
        ] {
            assert_eq!(check(operation, whole.as_bytes()), Ok(()));
            for end in 0..whole.len() {
                assert!(check(operation, &whole.as_bytes()[..end]).is_err(), "{operation} {end}");
            }
            for key in needed {
                let without = whole.replace(&format!("\"{key}\""), "\"Other\"");
                assert!(check(operation, without.as_bytes()).is_err(), "{operation} {key}");
            }
            assert_eq!(
                check(operation, b"{}").unwrap_err().0,
                format!("it has no `{}`", needed[0])
            );
        }
        assert!(check("LookupEvents", br#"{"Events":[],"NextToken":""}"#).is_err());
        assert!(check("LookupEvents", br#"{"Events":[]}"#).is_ok());
        assert!(check("LookupEvents", br#"{"Events":null}"#).is_err());
    }

    #[test]
    fn an_answer_cut_anywhere_is_not() {
        for (operation, result) in ANSWERS {
            let whole = answer(operation, result);
            for end in 0..whole.len() {
                let cut = &whole.as_bytes()[..end];
                assert!(check(operation, cut).is_err(), "{operation} at {end}");
            }
        }
    }

    #[test]
    fn an_answer_that_lacks_any_element_it_needs_is_not() {
        for (operation, result) in ANSWERS {
            for needed in [
                "Account",
                "Arn",
                "Credentials",
                "AccessKeyId",
                "SecretAccessKey",
                "SessionToken",
                "Expiration",
                "State",
                "Content",
                "ReportFormat",
                "GeneratedTime",
                "SummaryMap",
                "key",
                "value",
                "SerialNumber",
                "VirtualMFADevices",
                "IsTruncated",
                "Marker",
            ] {
                let open = format!("<{needed}>");
                if result.contains(&open) {
                    let renamed = result
                        .replace(&open, "<Other>")
                        .replace(&format!("</{needed}>"), "</Other>");
                    assert!(
                        check(operation, answer(operation, &renamed).as_bytes()).is_err(),
                        "{operation} without {needed}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_answer_of_the_call_says_what_it_is() {
        let body =
            |text: &str| check("GetAccountSummary", text.as_bytes()).unwrap_err().to_string();
        assert!(body("{}").starts_with("it is no whole XML"));
        assert!(body("<!doctype html><html><br></html>").starts_with("it is no whole XML"));
        assert_eq!(body(""), "its body is empty");
        assert_eq!(body("<html/>"), "it is a `html`, not a `GetAccountSummaryResponse`");
        assert_eq!(body("<GetAccountSummaryResponse/>"), "it has no `GetAccountSummaryResult`");
        assert_eq!(reason("GetAccountSummary", ""), "it has no `SummaryMap`");
        assert_eq!(reason("GetAccountSummary", "<SummaryMap/>"), "its `SummaryMap` is empty");
    }

    #[test]
    fn a_list_that_goes_on_says_where() {
        let list = "ListVirtualMFADevices";
        let cut = "<VirtualMFADevices/><IsTruncated>true</IsTruncated>";
        assert_eq!(reason(list, cut), "it has no `Marker`");
        let silent = "<VirtualMFADevices/>";
        assert_eq!(reason(list, silent), "it has no `IsTruncated`");
        let odd = "<VirtualMFADevices/><IsTruncated>maybe</IsTruncated>";
        assert_eq!(reason(list, odd), "its `IsTruncated` is neither `true` nor `false`");
    }

    #[test]
    fn a_device_of_a_user_names_the_user() {
        let device = "<VirtualMFADevices><member><SerialNumber>s</SerialNumber><User><UserId>1\
            </UserId></User></member></VirtualMFADevices><IsTruncated>false</IsTruncated>";
        assert_eq!(reason("ListVirtualMFADevices", device), "it has no `Arn`");
    }

    #[test]
    fn a_call_nobody_described_is_not_believed() {
        assert_eq!(reason("ListUsers", "<Users/>"), "nobody wrote down what `ListUsers` returns");
    }
}
