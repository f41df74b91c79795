//! HTTP for the fake, and the two forms of an answer.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

/// A complete request.
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub authorization: Option<String>,
    pub session_token: Option<String>,
    /// All headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// The form of a Query call.
    pub parameters: BTreeMap<String, String>,
    /// The operation of a JSON call: `LookupEvents`.
    pub operation: Option<String>,
    /// The body of a JSON call.
    pub json: serde_json::Value,
}

/// Whether a call speaks JSON, not Query.
pub fn is_json(call: &str) -> bool {
    matches!(call, "LookupEvents" | "ListRegions") || is_of_organizations(call)
}

/// Whether a call is one of those of Organizations that the fake knows.
pub fn is_of_organizations(call: &str) -> bool {
    ORGANIZATIONS.contains(&call)
}

const ORGANIZATIONS: &[&str] = &[
    "DescribeOrganization",
    "DescribePolicy",
    "ListAWSServiceAccessForOrganization",
    "ListAccounts",
    "ListDelegatedAdministrators",
    "ListPolicies",
    "ListRoots",
    "ListTargetsForPolicy",
];

/// The calls of STS.
const STS_CALLS: &[&str] =
    &["GetCallerIdentity", "AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRoot"];

/// The service of a call, as actions name it.
pub fn service(call: &str) -> &'static str {
    match call {
        "LookupEvents" => "cloudtrail",
        "ListRegions" => "account",
        _ if STS_CALLS.contains(&call) => "sts",
        _ if is_of_organizations(call) => "organizations",
        _ => "iam",
    }
}

impl Request {
    /// The requested operation: the Query protocol's `Action`, that of a JSON call, or else GitHub's token.
    pub fn call(&self) -> String {
        if let Some(operation) = &self.operation {
            return operation.clone();
        }
        self.parameters.get("Action").cloned().unwrap_or_else(|| "GitHubToken".to_owned())
    }

    /// A field of the signature's credential scope: key id, day, Region, service.
    fn scope(&self, field: usize) -> Option<&str> {
        let scope = self.authorization.as_deref()?.split("Credential=").nth(1)?;
        scope.split([',', ' ']).next()?.split('/').nth(field)
    }

    /// The access key that signed the call.
    pub fn access_key(&self) -> Option<&str> {
        self.scope(0)
    }

    /// The Region that the call was signed for.
    pub fn scope_region(&self) -> Option<&str> {
        self.scope(2)
    }

    /// The account that a session key of the fake belongs to: `ASIAFAKE` and the account id, or `ASIAROOT`
    /// of a session by AssumeRoot.
    pub fn account(&self) -> Option<&str> {
        let key = self.access_key()?;
        key.strip_prefix("ASIAFAKE").or_else(|| key.strip_prefix("ASIAROOT"))
    }

    /// The target account of `AssumeRole` and `AssumeRoot`.
    pub fn target_account(&self) -> Option<&str> {
        let arn = match self.parameter("Action") {
            "AssumeRole" => self.parameter("RoleArn"),
            "AssumeRoot" => self.parameter("TargetPrincipal"),
            _ => return None,
        };
        Some(arn.split(':').nth(4).unwrap_or(arn))
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// The next request of a connection; `None` when it closes or does not speak HTTP.
pub fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some((request, used)) = parse(buffer) {
            buffer.drain(..used);
            return Some(request);
        }
        let mut chunk = [0; 8_192];
        let length = stream.read(&mut chunk).ok().filter(|length| *length > 0)?;
        buffer.extend_from_slice(&chunk[..length]);
    }
}

fn parse(buffer: &[u8]) -> Option<(Request, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(buffer).ok()? else {
        return None;
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(found.value).into_owned())
    };
    let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let body = buffer.get(start..start + length)?;
    let target = head.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = head.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value).into_owned();
        (header.name.to_ascii_lowercase(), value)
    });
    let target = header("x-amz-target");
    let operation = match path {
        "/listRegions" => Some("ListRegions".to_owned()),
        "/federation/credentials" => Some("GetRoleCredentials".to_owned()),
        _ => target.and_then(|target| Some(target.rsplit('.').next()?.to_owned())),
    };
    let json = operation.as_ref().and_then(|_| serde_json::from_slice(body).ok());
    let request = Request {
        operation,
        json: json.unwrap_or_default(),
        method: head.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: form(query),
        authorization: header("authorization"),
        session_token: header("x-amz-security-token"),
        headers: headers.collect(),
        parameters: form(&String::from_utf8_lossy(body)),
        body: body.to_vec(),
    };
    Some((request, start + length))
}

fn form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// A name or value of a form; in one, `+` is a space.
pub fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// An answer, before a fault changes it.
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

fn namespace(call: &str) -> &'static str {
    if service(call) == "sts" { STS } else { IAM }
}

impl Response {
    pub fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json; charset=utf-8", body }
    }

    /// The envelope of a Query answer around what the call returns.
    pub fn result(call: &str, result: &str) -> Self {
        let body = format!(
            "<{call}Response xmlns=\"{}\">\n  <{call}Result>{result}</{call}Result>\n  \
             <ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>\
             </ResponseMetadata>\n</{call}Response>\n",
            namespace(call)
        );
        Self { status: 200, content_type: "text/xml", body }
    }

    /// The envelope of a Query error; for the token endpoint a JSON message.
    pub fn error(call: &str, status: u16, code: &str, message: &str) -> Self {
        if call == "GitHubToken" {
            let status = if code == "Throttling" { 429 } else { status };
            return Self::json(status, serde_json::json!({ "message": message }).to_string());
        }
        if is_of_organizations(call) {
            return Self::organizations_error(status, code, message);
        }
        if is_json(call) {
            let code = match code {
                "Throttling" => "ThrottlingException",
                "AccessDenied" => "AccessDeniedException",
                "ExpiredToken" => "ExpiredTokenException",
                other => other,
            };
            let body = serde_json::json!({ "__type": code, "message": message }).to_string();
            return Self { status, content_type: "application/x-amz-json-1.1", body };
        }
        let kind = if status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{}\">\n  <Error>\n    <Type>{kind}</Type>\n    \
             <Code>{code}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
             <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>\n</ErrorResponse>\n",
            namespace(call),
            escape(message)
        );
        Self { status, content_type: "text/xml", body }
    }

    /// Organizations answers every client error with 400, including throttling.
    fn organizations_error(status: u16, code: &str, message: &str) -> Self {
        let (code, message) = match code {
            "Throttling" => (
                "TooManyRequestsException",
                "You have sent too many requests in too short a period of time. The quota helps \
                 protect against denial-of-service attacks. Try again later.",
            ),
            "AccessDenied" => ("AccessDeniedException", message),
            "ExpiredToken" => ("ExpiredTokenException", message),
            "InvalidClientTokenId" => ("UnrecognizedClientException", message),
            "MissingAuthenticationToken" => ("MissingAuthenticationTokenException", message),
            other => (other, message),
        };
        let body = serde_json::json!({ "__type": code, "Message": message }).to_string();
        let status = if status < 500 { 400 } else { status };
        Self { status, content_type: "application/x-amz-json-1.1", body }
    }

    /// The complete answer, with the correct length of `body`.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = write!(
            bytes,
            "HTTP/1.1 {} Fake\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
             x-amzn-requestid: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE\r\n\r\n{}",
            self.status,
            self.content_type,
            self.body.len(),
            self.body
        );
        bytes
    }
}

/// Text inside an XML element.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
