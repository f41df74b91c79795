//! How calls can fail.
//!
//! `denied` · `throttled` · `no-capacity` · `expired` · `status 500` · `error STATUS CODE TEXT`
//! (`\u{a}` in the text is that character) · `hang` (no answer) · `reset` (the connection closes without an
//! answer) · `drip` (single bytes with long pauses, without end) · `slow MILLISECONDS` · `cut` (half of the
//! body, with the matching length) · `short` (half of the body, with the length of the whole body) · `hollow`
//! (the result element is empty) · `braces` (`{}`) · `empty` (no body) · `no-marker` (`IsTruncated` without a
//! marker) · `same-marker` · `html` · `plain` (the correct body as `text/plain`) · `never-ready` (the report
//! is never ready) · `echo` (a denial that repeats the keys and tokens of the request) · `accepted` (the
//! correct body with status 202).
//!
//! A prefix selects the calls that fail: `2 times throttled` or `every 3 throttled`. Without a prefix, all
//! calls fail.
//!
//! Answers that do not end, or that two parsers read differently: `endless` (a new marker each time) ·
//! `odd-member` (the members of a list or map have another name) · `twice` (every result is duplicated) ·
//! `split` (comments in the texts) · `no-user` (a device without its user) · `empty-marker`
//! (`"NextToken": ""`).

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::wire::{Request, Response};

/// Longer than every time limit of the tests, but not endless.
const HANG: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    first: Option<u32>,
    every: Option<u32>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Error { status: u16, code: String, message: String },
    Status(u16),
    Hang,
    Reset,
    Drip,
    Slow(Duration),
    Cut,
    Short,
    Hollow,
    OddMember,
    Twice,
    Split,
    NoUser,
    EmptyMarker,
    Braces,
    Empty,
    NoMarker,
    SameMarker,
    Endless,
    Html,
    Plain,
    NeverReady,
    Echo,
    Accepted,
}

impl Fault {
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (first, every, rest) = match words[..] {
            [number, "times", ..] => (Some(number.parse().ok()?), None, &words[2..]),
            ["every", number, ..] => (None, Some(number.parse().ok()?), &words[2..]),
            _ => (None, None, &words[..]),
        };
        let error = |status, code: &str, message: &str| Kind::Error {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let kind = match rest {
            ["denied"] => error(403, "AccessDenied", ""),
            ["throttled"] => error(400, "Throttling", "Rate exceeded"),
            ["no-capacity"] => error(
                409,
                "LimitExceeded",
                "No more capacity to launch new report generation tasks",
            ),
            ["expired"] => {
                error(403, "ExpiredToken", "The security token included in the request is expired")
            }
            ["error", status, code, message @ ..] => {
                error(status.parse().ok()?, code, &unescaped(&message.join(" "))?)
            }
            ["status", status] => Kind::Status(status.parse().ok()?),
            ["hang"] => Kind::Hang,
            ["reset"] => Kind::Reset,
            ["drip"] => Kind::Drip,
            ["slow", delay] => Kind::Slow(Duration::from_millis(delay.parse().ok()?)),
            ["cut"] => Kind::Cut,
            ["short"] => Kind::Short,
            ["hollow"] => Kind::Hollow,
            ["odd-member"] => Kind::OddMember,
            ["twice"] => Kind::Twice,
            ["split"] => Kind::Split,
            ["no-user"] => Kind::NoUser,
            ["empty-marker"] => Kind::EmptyMarker,
            ["braces"] => Kind::Braces,
            ["empty"] => Kind::Empty,
            ["no-marker"] => Kind::NoMarker,
            ["same-marker"] => Kind::SameMarker,
            ["endless"] => Kind::Endless,
            ["html"] => Kind::Html,
            ["plain"] => Kind::Plain,
            ["never-ready"] => Kind::NeverReady,
            ["echo"] => Kind::Echo,
            ["accepted"] => Kind::Accepted,
            _ => return None,
        };
        Some(Self { kind, first, every })
    }

    /// Whether the `count`-th call fails.
    pub fn strikes(&self, count: u32) -> bool {
        self.first.is_none_or(|first| count <= first)
            && self.every.is_none_or(|every| count.is_multiple_of(every))
    }

    /// The answer of a fault; `None` for the correct answer, which may be changed when it is sent.
    pub fn answer_instead(&self, call: &str, request: &Request) -> Option<Response> {
        match &self.kind {
            Kind::Echo => {
                let secrets = [
                    request.parameters.get("WebIdentityToken"),
                    request.session_token.as_ref(),
                    request.authorization.as_ref(),
                ];
                let secrets: Vec<&str> =
                    secrets.into_iter().flatten().map(String::as_str).collect();
                let message = format!("not for {}", secrets.join(" and "));
                Some(Response::error(call, 403, "AccessDenied", &message))
            }
            Kind::Error { status, code, message } if message.is_empty() => {
                let service = crate::wire::service(call);
                let message = format!(
                    "User: arn:aws:sts::111122223333:assumed-role/rootgate/rootgate-1 is not \
                     authorized to perform: {service}:{call} on resource: * because no \
                     identity-based policy allows the {service}:{call} action"
                );
                Some(Response::error(call, *status, code, &message))
            }
            Kind::Error { status, code, message } => {
                Some(Response::error(call, *status, code, message))
            }
            Kind::Status(status) => Some(Response {
                status: *status,
                content_type: "text/plain",
                body: "Service Unavailable".to_owned(),
            }),
            Kind::Hollow => Some(if call == "GitHubToken" || crate::wire::is_json(call) {
                Response::json(200, r#"{"count":1}"#.to_owned())
            } else {
                Response::result(call, "")
            }),
            Kind::Braces => Some(Response::json(200, "{}".to_owned())),
            Kind::Empty => {
                Some(Response { status: 200, content_type: "text/xml", body: String::new() })
            }
            Kind::Html => Some(Response {
                status: 200,
                content_type: "text/html",
                body: "<!doctype html><html><body><h1>Welcome to the proxy</h1><br></body></html>"
                    .to_owned(),
            }),
            Kind::NeverReady if call == "GetCredentialReport" => {
                Some(Response::error(call, 404, "ReportInProgress", "Unknown"))
            }
            _ => None,
        }
    }
}

/// Replaces `\u{1b}` by its character.
pub fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}')?;
        plain.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?);
        plain.push_str(rest);
    }
    Some(plain)
}

/// Sends the answer, changed by the fault. `false` if the connection has ended.
pub fn send(
    stream: &mut TcpStream,
    fault: Option<&Fault>,
    mut response: Response,
    call: &str,
) -> bool {
    let Some(fault) = fault else {
        return stream.write_all(&response.bytes()).is_ok();
    };
    match fault.kind {
        Kind::Hang => {
            std::thread::sleep(HANG);
            false
        }
        Kind::Reset => {
            let _ = stream.shutdown(Shutdown::Both);
            false
        }
        Kind::Drip => {
            for byte in response.bytes() {
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(150));
            }
            false
        }
        Kind::Short => {
            let bytes = response.bytes();
            let _ = stream.write_all(&bytes[..bytes.len() - response.body.len() / 2]);
            let _ = stream.shutdown(Shutdown::Both);
            false
        }
        _ => {
            if let Kind::Slow(delay) = fault.kind {
                std::thread::sleep(delay);
            }
            spoil(&fault.kind, &mut response, call);
            stream.write_all(&response.bytes()).is_ok()
        }
    }
}

fn spoil(kind: &Kind, response: &mut Response, call: &str) {
    match kind {
        Kind::Cut => response.body.truncate(response.body.len() / 2),
        Kind::Plain => response.content_type = "text/plain",
        Kind::Accepted => response.status = 202,
        Kind::NoMarker if !crate::wire::is_json(call) => {
            response.body = response
                .body
                .replace("<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated>");
        }
        Kind::SameMarker | Kind::Endless => {
            let marker = match kind {
                Kind::SameMarker => "again".to_owned(),
                _ => crate::scenario::now().timestamp_micros().to_string(),
            };
            if crate::wire::is_of_organizations(call) {
                let list = crate::organizations::list_of(call);
                response.body = format!(r#"{{"{list}":[],"NextToken":"{marker}"}}"#);
            } else if crate::wire::is_json(call) {
                response.body = format!(r#"{{"Events":[],"Regions":[],"NextToken":"{marker}"}}"#);
            } else {
                response.body = response.body.replace(
                    "<IsTruncated>false</IsTruncated>",
                    &format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
                );
            }
        }
        Kind::OddMember => {
            for name in ["member", "entry"] {
                for end in ["", "/"] {
                    let (from, to) = (format!("<{end}{name}>"), format!("<{end}item>"));
                    response.body = response.body.replace(&from, &to);
                }
            }
        }
        Kind::Twice => twice(&mut response.body, call),
        Kind::EmptyMarker if crate::wire::is_json(call) => {
            let mut body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
            body["NextToken"] = serde_json::json!("");
            response.body = body.to_string();
        }
        Kind::Split => {
            // Half of a number, if there is one.
            let body = response.body.replace("<value>", "<value>0<!-- -->");
            response.body = body.replace("</", "<!-- --></");
        }
        Kind::NoUser => {
            if let (Some(start), Some(end)) =
                (response.body.find("<User>"), response.body.find("</User>"))
            {
                response.body.replace_range(start..end + "</User>".len(), "");
            }
        }
        _ => {}
    }
}

/// Duplicates the members; after a full JSON list, adds an empty one.
fn twice(body: &mut String, call: &str) {
    if crate::wire::is_json(call) {
        let list = match call {
            "ListRegions" => "Regions",
            "LookupEvents" => "Events",
            _ => crate::organizations::list_of(call),
        };
        let again = if matches!(list, "Organization" | "Policy") { "{}" } else { "[]" };
        let end = body.rfind('}').unwrap_or_default();
        body.replace_range(end.., &format!(",\"{list}\":{again}}}"));
        return;
    }
    let within = if call == "GetAccountSummary" { "SummaryMap" } else { &format!("{call}Result") };
    let (open, close) = (format!("<{within}>"), format!("</{within}>"));
    if let (Some(start), Some(end)) = (body.find(&open), body.find(&close)) {
        let members = body[start + open.len()..end].to_owned();
        body.insert_str(end, &members);
    }
}
