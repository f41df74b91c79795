//! Proves that an answer is complete, before any of it is used.
//!
//! The SDK's deserializers are lenient: a truncated document, a missing result element,
//! `IsTruncated` without a marker, even `{}` all become an empty value. They skip list elements
//! with another name. If a member or a map entry is duplicate, they use the last one. If a comment
//! or CDATA splits a text, they use the first part. Empty means "no devices" or "no keys", so half
//! an answer would pass the gate. Every client has this interceptor. It parses the body itself, and
//! fails the call unless the document is well formed, contains what the [`Call`] requires, and is
//! unambiguous. It runs right after deserialization, because only then is the body complete. The
//! deserialized value is discarded.

use std::collections::BTreeSet;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use roxmltree::{Document, Node};
use serde_json::Value;

use crate::model::call::{Answer, Member, Part};
use crate::model::{calls, unique_json};

/// Why an answer is incomplete; one clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct IncompleteAnswer(String);

/// The interceptor.
#[derive(Debug)]
pub(crate) struct AnswerCheck;

impl Intercept for AnswerCheck {
    fn name(&self) -> &'static str {
        "AnswerCheck"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if !response.status().is_success() {
            return Ok(()); // an error answer: the SDK reports it
        }
        let (service, operation) =
            config.load::<Metadata>().map_or(("", ""), |it| (it.service(), it.name()));
        match response.body().bytes() {
            Some(body) => Ok(check(service, operation, body)?),
            // The connection broke: that is already an error, and it can be retried.
            None if context.output_or_error().is_err() => Ok(()),
            None => Err(IncompleteAnswer("its body was not read".into()).into()),
        }
    }
}

/// Checks that `body` is the complete answer of a call.
fn check(service: &str, operation: &str, body: &[u8]) -> Result<(), IncompleteAnswer> {
    let described = calls().find(|it| it.service.id() == service && it.operation == operation);
    let call = described.ok_or_else(|| {
        IncompleteAnswer(format!("rootgate does not know the answer of `{operation}`"))
    })?;
    let text =
        std::str::from_utf8(body).map_err(|_| IncompleteAnswer("it is not UTF-8 text".into()))?;
    if text.trim().is_empty() {
        return Err(IncompleteAnswer("its body is empty".into()));
    }
    match call.complete_answer {
        Answer::JsonList { list, texts, documents } => json_list(text, list, texts, documents),
        Answer::JsonObject(members) => json_object(text, members),
        Answer::Xml(parts) => xml(operation, parts, text),
    }
}

/// Checks that a JSON document has these members.
fn json_object(text: &str, members: &[Member]) -> Result<(), IncompleteAnswer> {
    has(&unique(text)?, members)
}

/// Checks that an object has all of these members.
fn has(value: &Value, members: &[Member]) -> Result<(), IncompleteAnswer> {
    members.iter().try_for_each(|member| match member {
        Member::Text(name) => filled(value, name).map(drop),
        Member::Document(name) => unique(filled(value, name)?)
            .map(drop)
            .map_err(|error| IncompleteAnswer(format!("its `{name}`: {error}"))),
        Member::Object(name, members) => {
            let object = value.get(name).filter(|it| it.is_object());
            has(object.ok_or_else(|| IncompleteAnswer(format!("it has no `{name}`")))?, members)
        }
    })
}

/// The text with this name, which must not be empty.
fn filled<'a>(value: &'a Value, name: &str) -> Result<&'a str, IncompleteAnswer> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| IncompleteAnswer(format!("it has no `{name}`")))
}

/// Checks a JSON document with a list of objects and an optional token. Each object must have these
/// texts. Some of them are JSON documents.
fn json_list(
    text: &str,
    list: &str,
    texts: &[&str],
    documents: &[&str],
) -> Result<(), IncompleteAnswer> {
    let document = unique(text)?;
    let items = document[list].as_array();
    let items = items.ok_or_else(|| IncompleteAnswer(format!("it has no `{list}`")))?;
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    for item in items {
        if let Some(missing) = texts.iter().find(|key| !filled(&item[**key])) {
            return Err(IncompleteAnswer(format!("one of its `{list}` has no `{missing}`")));
        }
        for key in documents {
            unique(item[*key].as_str().unwrap_or_default())
                .map_err(|error| IncompleteAnswer(format!("one of its `{key}`s: {error}")))?;
        }
    }
    match &document["NextToken"] {
        Value::Null => Ok(()),
        token if filled(token) => Ok(()),
        _ => Err(IncompleteAnswer("its `NextToken` is empty".into())),
    }
}

/// Parses a JSON document and refuses duplicate keys.
fn unique(text: &str) -> Result<Value, IncompleteAnswer> {
    unique_json(text)
        .map_err(|error| IncompleteAnswer(format!("it is truncated or malformed JSON: {error}")))
}

fn xml(operation: &str, parts: &[Part], text: &str) -> Result<(), IncompleteAnswer> {
    let document = Document::parse(text)
        .map_err(|error| IncompleteAnswer(format!("it is truncated or malformed XML: {error}")))?;
    check_unambiguous(&document, text)?;
    let root = document.root_element();
    if root.tag_name().name() != format!("{operation}Response") {
        let name: String = root.tag_name().name().chars().take(40).collect();
        return Err(IncompleteAnswer(format!("it is a `{name}`, not a `{operation}Response`")));
    }
    let result = child(root, &format!("{operation}Result"))?;
    holds(result, parts)
}

/// Checks that an element has all of these parts.
fn holds(node: Node<'_, '_>, parts: &[Part]) -> Result<(), IncompleteAnswer> {
    parts.iter().try_for_each(|part| match part {
        Part::Text(name) => text(node, name).map(drop),
        Part::Element { name, parts, because } => {
            let element = child(node, name).map_err(|IncompleteAnswer(reason)| {
                IncompleteAnswer(format!("{reason}{because}"))
            })?;
            holds(element, parts)
        }
        Part::Counters(name) => counters(node, name),
        Part::List(name, parts) => {
            let members = children(child(node, name)?, "member")?;
            members.into_iter().try_for_each(|member| holds(member, parts))
        }
        Part::Texts(name) => texts(node, name),
        Part::Pages => pages(node),
        Part::OnePage(because) => match text(node, "IsTruncated")? {
            "false" => Ok(()),
            _ => Err(IncompleteAnswer(format!("its `IsTruncated` is not `false`: {because}"))),
        },
    })
}

/// Checks that every element contains either elements or one text, so that all parsers read it the
/// same way.
fn check_unambiguous(document: &Document<'_>, text: &str) -> Result<(), IncompleteAnswer> {
    let is_odd = |node: &Node<'_, '_>| node.is_comment() || node.is_pi();
    if document.descendants().any(|node| is_odd(&node)) || text.contains("<![CDATA[") {
        let detail =
            "it contains a comment, an instruction or CDATA, which parsers read differently";
        return Err(IncompleteAnswer(detail.into()));
    }
    let has_text = |node: &Node<'_, '_>| {
        let mut texts = node.children().filter(Node::is_text);
        texts.any(|part| part.text().is_some_and(|text| !text.trim().is_empty()))
    };
    let is_mixed =
        |node: &Node<'_, '_>| node.children().any(|child| child.is_element()) && has_text(node);
    match document.descendants().find(|node| node.is_element() && is_mixed(node)) {
        Some(node) => {
            Err(IncompleteAnswer(format!("its `{}` contains text and elements", name_of(node))))
        }
        None => Ok(()),
    }
}

fn name_of(node: Node<'_, '_>) -> String {
    node.tag_name().name().chars().take(40).collect()
}

/// The children of a list or a map. All must have this name.
fn children<'a>(node: Node<'a, 'a>, name: &str) -> Result<Vec<Node<'a, 'a>>, IncompleteAnswer> {
    let found: Vec<_> = node.children().filter(Node::is_element).collect();
    match found.iter().find(|child| child.tag_name().name() != name) {
        Some(other) => {
            let (list, other) = (name_of(node), name_of(*other));
            Err(IncompleteAnswer(format!("its `{list}` contains a `{other}`, not only `{name}`")))
        }
        None => Ok(found),
    }
}

/// The only child with this name.
fn child<'a>(node: Node<'a, 'a>, name: &str) -> Result<Node<'a, 'a>, IncompleteAnswer> {
    let mut found = node.children().filter(|child| child.tag_name().name() == name);
    match (found.next(), found.next()) {
        (Some(child), None) => Ok(child),
        (None, _) => Err(IncompleteAnswer(format!("it has no `{name}`"))),
        (Some(_), Some(_)) => Err(IncompleteAnswer(format!("it has more than one `{name}`"))),
    }
}

/// The text of the only child with this name. It must not be empty or have spaces around it.
fn text<'a>(node: Node<'a, 'a>, name: &str) -> Result<&'a str, IncompleteAnswer> {
    let text = child(node, name)?.text().unwrap_or_default();
    match text.trim() {
        "" => Err(IncompleteAnswer(format!("its `{name}` is empty"))),
        trimmed if trimmed != text => {
            Err(IncompleteAnswer(format!("its `{name}` has spaces around it")))
        }
        _ => Ok(text),
    }
}

/// Checks a map of names and whole numbers, without duplicate names.
fn counters(node: Node<'_, '_>, name: &str) -> Result<(), IncompleteAnswer> {
    let mut keys = BTreeSet::new();
    for entry in children(child(node, name)?, "entry")? {
        let key = text(entry, "key")?;
        if text(entry, "value")?.parse::<i32>().is_err() {
            return Err(IncompleteAnswer(format!("its `{key}` is not a number")));
        }
        if !keys.insert(key) {
            return Err(IncompleteAnswer(format!("it has two entries `{key}`")));
        }
    }
    if keys.is_empty() { Err(IncompleteAnswer(format!("its `{name}` is empty"))) } else { Ok(()) }
}

/// Checks a list of texts. None may be empty.
fn texts(node: Node<'_, '_>, name: &str) -> Result<(), IncompleteAnswer> {
    let texts = children(child(node, name)?, "member")?;
    if texts.iter().any(|member| member.text().is_none_or(|text| text.trim().is_empty())) {
        return Err(IncompleteAnswer(format!("one of its `{name}` is empty")));
    }
    Ok(())
}

/// Checks that a list says whether it is complete, and if not, where it continues.
fn pages(node: Node<'_, '_>) -> Result<(), IncompleteAnswer> {
    match text(node, "IsTruncated")? {
        "false" => Ok(()),
        "true" => text(node, "Marker").map(drop),
        _ => Err(IncompleteAnswer("its `IsTruncated` is neither `true` nor `false`".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Call;

    /// Checks as the interceptor does. An unknown call counts as a call of IAM.
    fn check(operation: &str, body: &[u8]) -> Result<(), IncompleteAnswer> {
        let call = calls().find(|it| it.operation == operation);
        super::check(call.map_or("IAM", |it| it.service.id()), operation, body)
    }

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
    fn a_complete_answer_is_accepted() {
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
    fn an_incomplete_list_in_json_is_refused() {
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
    fn a_truncated_answer_is_refused() {
        for (operation, result) in ANSWERS {
            let whole = answer(operation, result);
            for end in 0..whole.len() {
                let cut = &whole.as_bytes()[..end];
                assert!(check(operation, cut).is_err(), "{operation} at {end}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_required_element_is_refused() {
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
    fn another_document_is_refused_with_its_kind() {
        let body =
            |text: &str| check("GetAccountSummary", text.as_bytes()).unwrap_err().to_string();
        assert!(body("{}").starts_with("it is truncated or malformed XML"));
        assert!(
            body("<!doctype html><html><br></html>")
                .starts_with("it is truncated or malformed XML")
        );
        assert_eq!(body(""), "its body is empty");
        assert_eq!(body("<html/>"), "it is a `html`, not a `GetAccountSummaryResponse`");
        assert_eq!(body("<GetAccountSummaryResponse/>"), "it has no `GetAccountSummaryResult`");
        assert_eq!(reason("GetAccountSummary", ""), "it has no `SummaryMap`");
        assert_eq!(reason("GetAccountSummary", "<SummaryMap/>"), "its `SummaryMap` is empty");
    }

    #[test]
    fn a_list_that_continues_must_have_a_marker() {
        let list = "ListVirtualMFADevices";
        let cut = "<VirtualMFADevices/><IsTruncated>true</IsTruncated>";
        assert_eq!(reason(list, cut), "it has no `Marker`");
        let silent = "<VirtualMFADevices/>";
        assert_eq!(reason(list, silent), "it has no `IsTruncated`");
        let odd = "<VirtualMFADevices/><IsTruncated>maybe</IsTruncated>";
        assert_eq!(reason(list, odd), "its `IsTruncated` is neither `true` nor `false`");
    }

    #[test]
    fn an_assigned_device_names_its_user() {
        for (user, says) in [
            ("<User><UserId>1</UserId></User>", "it has no `Arn`"),
            ("", "it has no `User` in a device that is assigned to somebody"),
            ("<User><Arn>a</Arn></User><User><Arn>b</Arn></User>", "more than one `User`"),
        ] {
            let device = format!(
                "<VirtualMFADevices><member><SerialNumber>s</SerialNumber>{user}</member>\
                 </VirtualMFADevices><IsTruncated>false</IsTruncated>"
            );
            let reason = reason("ListVirtualMFADevices", &device);
            assert!(reason.contains(says), "{reason}");
        }
    }

    #[test]
    fn an_element_with_another_name_is_refused() {
        let aliases = "<AccountAliases><member>a</member></AccountAliases><IsTruncated>false\
            </IsTruncated>";
        assert_eq!(
            check("ListAccountAliases", answer("ListAccountAliases", aliases).as_bytes()),
            Ok(())
        );
        for (operation, whole, name) in [
            ("ListVirtualMFADevices", DEVICES, "member"),
            ("ListAccountAliases", aliases, "member"),
            ("GetAccountSummary", SUMMARY, "entry"),
        ] {
            let odd = whole.replace(&format!("{name}>"), "item>");
            let reason = reason(operation, &odd);
            assert!(reason.contains(&format!("contains a `item`, not only `{name}`")), "{reason}");
        }
        let empty = aliases.replace(">a<", "><");
        assert_eq!(reason("ListAccountAliases", &empty), "one of its `AccountAliases` is empty");
    }

    #[test]
    fn duplicates_are_refused() {
        let key = "<entry><key>AccountAccessKeysPresent</key><value>0</value></entry>";
        let twice = SUMMARY.replace(key, &format!("{key}{}", key.replace(">0<", ">1<")));
        assert_eq!(
            reason("GetAccountSummary", &twice),
            "it has two entries `AccountAccessKeysPresent`"
        );
        for (operation, result) in ANSWERS {
            let reason = reason(operation, &format!("{result}{result}"));
            assert!(reason.contains("more than one"), "{operation}: {reason}");
        }
        for (operation, whole, twice) in [
            ("LookupEvents", EVENTS, r#"],"Events":[],"NextToken""#),
            ("LookupEvents", EVENTS, r#"],"\u0045vents":[],"NextToken""#),
            ("LookupEvents", EVENTS, r#"],"NextToken":null,"NextToken""#),
        ] {
            let twice = whole.replace(r#"],"NextToken""#, twice);
            let reason = check(operation, twice.as_bytes()).unwrap_err().0;
            assert!(reason.contains("it has two members `"), "{reason}");
        }
        let regions = REGIONS.replace(r#"{"RegionName""#, r#"{"RegionName":"x","RegionName""#);
        let reason = check("ListRegions", regions.as_bytes()).unwrap_err().0;
        assert!(reason.contains("it has two members `RegionName`"), "{reason}");
    }

    #[test]
    fn a_record_with_duplicate_keys_is_refused() {
        let events = |record: &str| {
            let record = Value::from(record);
            format!(r#"{{"Events":[{{"EventId":"e","CloudTrailEvent":{record}}}]}}"#)
        };
        let check = |record: &str| check("LookupEvents", events(record).as_bytes());
        assert_eq!(check(r#"{"a":[1,-1,0.5,true,null,{"b":"c"}],"b":{"b":{}}}"#), Ok(()));
        let reason = check(r#"{"responseElements":{"ConsoleLogin":"Failure","ConsoleLogin":"x"}}"#);
        let reason = reason.unwrap_err().0;
        assert!(reason.contains("`CloudTrailEvent`s: "), "{reason}");
        assert!(reason.contains("it has two members `ConsoleLogin`"), "{reason}");
        assert!(check("{").is_err());
    }

    #[test]
    fn a_split_text_is_refused() {
        let value = |value: &str| {
            let summary = SUMMARY.replace("<value>0</value>", &format!("<value>{value}</value>"));
            check("GetAccountSummary", answer("GetAccountSummary", &summary).as_bytes())
        };
        assert_eq!(value("0"), Ok(()));
        assert_eq!(value("&#48;"), Ok(()), "every parser reads a character reference the same");
        for odd in
            ["0<!-- -->1", "<![CDATA[0]]>", "0<?x?>1", "0<x/>1", "0<x/>", "&zero;", " 0", "0\n"]
        {
            assert!(value(odd).is_err(), "{odd}");
        }
        for (operation, result) in ANSWERS {
            let whole = answer(operation, result);
            let spaced = whole.replace("><", ">\n  <");
            assert_eq!(check(operation, spaced.as_bytes()), Ok(()), "{operation}");
            for odd in ["<!-- -->", "<![CDATA[]]>", "<?x?>"] {
                let odd = whole.replacen("</", &format!("{odd}</"), 1);
                assert!(check(operation, odd.as_bytes()).is_err(), "{operation} {odd}");
            }
        }
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (operation, odd) in [
            ("LookupEvents", r#"{"Events":[null]}"#),
            ("LookupEvents", r#"{"Events":{"EventId":"e","CloudTrailEvent":"{}"}}"#),
            ("LookupEvents", r#"{"Events":[{"EventId":1,"CloudTrailEvent":"{}"}]}"#),
            ("LookupEvents", r#"{"Events":[{"EventId":"e","CloudTrailEvent":{}}]}"#),
            ("LookupEvents", r#"{"Events":[],"NextToken":1}"#),
            ("ListRegions", r#"{"Regions":["us-east-1"]}"#),
        ] {
            assert!(check(operation, odd.as_bytes()).is_err(), "{odd}");
        }
        for odd in ["1.0", "true", "99999999999"] {
            let summary = SUMMARY.replace(">0<", &format!(">{odd}<"));
            let reason = reason("GetAccountSummary", &summary);
            assert_eq!(reason, "its `AccountAccessKeysPresent` is not a number");
        }
    }

    #[test]
    fn the_answer_of_an_unknown_call_is_refused() {
        assert_eq!(
            reason("ListUsers", "<Users/>"),
            "rootgate does not know the answer of `ListUsers`"
        );
    }

    #[test]
    fn an_operation_of_another_service_is_another_call() {
        let whole = answer("GetAccountSummary", SUMMARY);
        assert_eq!(super::check("IAM", "GetAccountSummary", whole.as_bytes()), Ok(()));
        assert!(super::check("STS", "GetAccountSummary", whole.as_bytes()).is_err());
    }

    /// A complete answer, generated from the declaration of the call.
    fn made(call: &Call) -> String {
        match call.complete_answer {
            Answer::Xml(parts) => answer(call.operation, &elements(parts)),
            Answer::JsonList { list, texts, .. } => {
                let member = |name: &&str| format!(r#""{name}":"{{}}""#);
                let texts: Vec<String> = texts.iter().map(member).collect();
                format!(r#"{{"{list}":[{{{}}}],"NextToken":"n"}}"#, texts.join(","))
            }
            Answer::JsonObject(members) => object(members),
        }
    }

    fn object(members: &[Member]) -> String {
        let made = members.iter().map(|member| match member {
            Member::Text(name) => format!(r#""{name}":"text""#),
            Member::Document(name) => format!(r#""{name}":"{{}}""#),
            Member::Object(name, members) => format!(r#""{name}":{}"#, object(members)),
        });
        format!("{{{}}}", made.collect::<Vec<_>>().join(","))
    }

    fn names_of(members: &'static [Member]) -> Vec<&'static str> {
        let names = members.iter().flat_map(|member| match member {
            Member::Text(name) | Member::Document(name) => vec![*name],
            Member::Object(name, members) => [vec![*name], names_of(members)].concat(),
        });
        names.collect()
    }

    fn elements(parts: &[Part]) -> String {
        let element = |name: &str, held: &str| format!("<{name}>{held}</{name}>");
        let members = |name: &str, held: &str| element(name, &element("member", held));
        let made = parts.iter().map(|part| match part {
            Part::Text(name) => element(name, "text"),
            Part::Element { name, parts, .. } => element(name, &elements(parts)),
            Part::Counters(name) => {
                element(name, "<entry><key>Users</key><value>3</value></entry>")
            }
            Part::List(name, parts) => members(name, &elements(parts)),
            Part::Texts(name) => members(name, "text"),
            Part::Pages => "<IsTruncated>true</IsTruncated><Marker>m</Marker>".to_owned(),
            Part::OnePage(_) => "<IsTruncated>false</IsTruncated>".to_owned(),
        });
        made.collect()
    }

    #[test]
    fn every_declared_part_of_every_call_is_required() {
        for call in calls() {
            let check =
                |body: &str| super::check(call.service.id(), call.operation, body.as_bytes());
            let whole = made(call);
            assert_eq!(check(&whole), Ok(()), "{call}: {whole}");
            for end in 0..whole.len() {
                assert!(check(&whole[..end]).is_err(), "{call} at {end}");
            }
            let names: BTreeSet<&str> = match call.complete_answer {
                Answer::JsonList { list, texts, .. } => {
                    texts.iter().copied().chain([list]).collect()
                }
                Answer::JsonObject(members) => names_of(members).into_iter().collect(),
                Answer::Xml(_) => {
                    whole.split('<').filter_map(|it| Some(it.split_once('>')?.0)).collect()
                }
            };
            // The elements of the envelope, and closing tags.
            let free = ["ResponseMetadata", "RequestId"];
            let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let names: Vec<&str> = names.into_iter().filter(is_name).collect();
            assert!(!names.is_empty(), "{call}");
            for name in names.into_iter().filter(|name| !free.contains(name)) {
                let odd = whole
                    .replace(&format!("<{name}>"), "<Other>")
                    .replace(&format!("</{name}>"), "</Other>")
                    .replace(&format!(r#""{name}":"#), r#""Other":"#);
                assert_ne!(odd, whole, "{name}");
                assert!(check(&odd).is_err(), "{call} without {name}: {odd}");
            }
        }
    }
}
