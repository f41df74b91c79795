//! The organization of the fake AWS, tested over the network, because other tests rely on it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::{Gate, KEY_ID};
use crate::support::EVENTS_OFF;

const MANAGEMENT: &str = "111122223333";
const HUB: &str = "444455556666";
const AUDIT: &str = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";

/// Keys, and the token of a session.
#[derive(Clone)]
struct Keys {
    id: String,
    token: Option<String>,
}

impl Keys {
    /// The keys of the run.
    fn own() -> Self {
        Self { id: KEY_ID.to_owned(), token: None }
    }

    /// The keys of a role session from another sign-in.
    fn for_account(account: &str) -> Self {
        Self { id: format!("ASIAFAKE{account}"), token: None }
    }
}

/// An answer: its status, and its body.
type Answer = (u16, String);

/// A client without retries and checks.
struct Client<'a> {
    fake: &'a Fake,
    keys: Keys,
}

impl<'a> Client<'a> {
    fn new(fake: &'a Fake) -> Self {
        Self { fake, keys: Keys::own() }
    }

    fn with(&self, keys: Keys) -> Self {
        Client { fake: self.fake, keys }
    }

    fn send(&self, service: &str, headers: &str, body: &str) -> Answer {
        let token = self.keys.token.as_ref();
        let token = token.map(|token| format!("x-amz-security-token: {token}\r\n"));
        let request = format!(
            "POST / HTTP/1.1\r\nhost: fake\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential={}/20261124/us-east-1/{service}/aws4_request, SignedHeaders=host, \
             Signature=0\r\n{}{headers}content-length: {}\r\n\r\n{body}",
            self.keys.id,
            token.unwrap_or_default(),
            body.len()
        );
        let stream = TcpStream::connect(("127.0.0.1", self.fake.port())).unwrap();
        (&stream).write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    fn organizations(&self, call: &str, parameters: &Value) -> (u16, Value) {
        let target = format!("x-amz-target: AWSOrganizationsV20161128.{call}\r\n");
        let (status, body) = self.send("organizations", &target, &parameters.to_string());
        (status, serde_json::from_str(&body).unwrap())
    }

    fn query(&self, service: &str, call: &str, parameters: &[(&str, &str)]) -> Answer {
        let version = if service == "sts" { "2011-06-15" } else { "2010-05-08" };
        let mut body = format!("Action={call}&Version={version}");
        for (name, value) in parameters {
            body += &format!("&{name}={value}");
        }
        self.send(service, "", &body)
    }

    fn sts(&self, call: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("sts", call, parameters)
    }

    fn iam(&self, call: &str) -> Answer {
        self.query("iam", call, &[])
    }

    fn assume_role(&self, account: &str, role: &str, more: &[(&str, &str)]) -> Answer {
        let arn = format!("arn:aws:iam::{account}:role/{role}");
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "rootgate")];
        self.sts("AssumeRole", &[&parameters, more].concat())
    }

    fn assume_root(&self, account: &str, task: &str) -> Answer {
        self.sts("AssumeRoot", &[("TargetPrincipal", account), ("TaskPolicyArn.arn", task)])
    }

    /// A client with the session of an answer.
    fn within(&self, answer: &Answer) -> Self {
        assert_eq!(answer.0, 200, "{}", answer.1);
        let token = Some(element(&answer.1, "SessionToken"));
        self.with(Keys { id: element(&answer.1, "AccessKeyId"), token })
    }

    fn account(&self) -> String {
        element(&self.sts("GetCallerIdentity", &[]).1, "Account")
    }

    /// The accounts of all pages, until a page fails or has no token.
    fn pages(&self) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut parameters = json!({});
        loop {
            let (status, page) = self.organizations("ListAccounts", &parameters);
            assert_eq!(status, 200, "{page}");
            pages.push(page["Accounts"].as_array().unwrap().clone());
            match &page["NextToken"] {
                Value::Null => return pages,
                token => parameters = json!({ "NextToken": token }),
            }
        }
    }

    fn accounts(&self) -> Vec<Value> {
        self.pages().concat()
    }
}

/// The text of an XML element.
fn element(body: &str, name: &str) -> String {
    let (_, rest) =
        body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {body}"));
    rest.split_once('<').unwrap().0.to_owned()
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.0, element(&answer.1, "Code"))
}

fn message(answer: &Answer) -> String {
    element(&answer.1, "Message")
}

fn ids(values: &Value) -> Vec<String> {
    let id = |value: &Value| value["account"].as_str().or(value.as_str()).unwrap().to_owned();
    values.as_array().unwrap().iter().map(id).collect()
}

fn id(account: &Value) -> String {
    account["Id"].as_str().unwrap().to_owned()
}

/// A scenario without limits per second.
fn organization(size: usize, lines: &str) -> Fake {
    Fake::start(&format!("organization = {size}\norganization.buckets = off\n{lines}\n"))
}

#[test]
fn the_same_seed_generates_the_same_organization() {
    let answers = |seed: u32| {
        let fake =
            organization(100, &format!("organization.seed = {seed}\norganization.closed = 3"));
        (fake.fetch("/__violations"), Client::new(&fake).accounts())
    };
    assert_eq!(answers(7), answers(7));
    assert_ne!(answers(7).0, answers(8).0);
}

#[test]
fn every_account_is_listed_once_and_amounts_are_exact() {
    let fake = organization(
        1_000,
        "organization.suspended = 3\norganization.closed = 1%\norganization.pending-activation = 2\n\
         organization.pending-closure = 2\norganization.unknown-state = 1\norganization.stateless = 1",
    );
    let pages = Client::new(&fake).pages();
    assert_eq!(pages.len(), 50);
    let accounts = pages.concat();
    let distinct: BTreeSet<String> = accounts.iter().map(id).collect();
    assert_eq!((accounts.len(), distinct.len()), (1_000, 1_000));
    assert!(distinct.contains(MANAGEMENT) && distinct.contains(HUB));
    assert!(
        accounts.iter().map(id).collect::<Vec<_>>() != distinct.into_iter().collect::<Vec<_>>()
    );
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for account in &accounts {
        *states.entry(account["State"].as_str().unwrap_or("none")).or_default() += 1;
    }
    let expected = [
        ("ACTIVE", 981),
        ("CLOSED", 10),
        ("PENDING_ACTIVATION", 2),
        ("PENDING_CLOSURE", 2),
        ("QUARANTINED", 1),
        ("SUSPENDED", 3),
        ("none", 1),
    ];
    assert_eq!(states, BTreeMap::from(expected));
    let closed = accounts.iter().find(|account| account["State"] == "CLOSED").unwrap();
    assert_eq!(closed["Status"], "SUSPENDED");
    let truth = fake.fetch("/__violations");
    assert_eq!(ids(&truth["violating"]).len(), 20);
    let of_state = |state: &str| {
        let found = accounts.iter().filter(|account| account["State"] == state).map(id);
        found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(ids(&truth["closed"]), of_state("CLOSED"));
    assert_eq!(ids(&truth["pending-closure"]), of_state("PENDING_CLOSURE"));
}

#[test]
fn state_status_and_paths_may_be_missing() {
    for (key, without) in
        [("fields = state", "Status"), ("fields = status", "State"), ("paths = no", "Paths")]
    {
        let fake = organization(40, &format!("organization.{key}"));
        let accounts = Client::new(&fake).accounts();
        assert!(accounts.iter().all(|account| account[without].is_null()), "{key}");
        let others = ["State", "Status", "Paths"].into_iter().filter(|field| *field != without);
        for field in others {
            assert!(accounts.iter().all(|account| !account[field].is_null()), "{key}: {field}");
        }
    }
    let fake = organization(40, "organization.paths = some");
    let accounts = Client::new(&fake).accounts();
    let without = accounts.iter().filter(|account| account["Paths"].is_null()).count();
    assert!((1..40).contains(&without));
}

#[test]
fn pages_may_be_empty_overlap_fail_or_go_in_circles() {
    let fake = organization(100, "organization.empty-pages = every 3");
    let pages = Client::new(&fake).pages();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 0, 20, 20, 0, 20]);
    let fake = organization(100, "organization.listed-twice = 3");
    let pages = Client::new(&fake).pages();
    assert_eq!(pages[2][0], pages[1][19]);
    assert_eq!(pages.concat().len(), 101);
    let fake = organization(100, "organization.repeated-marker = 2");
    let list = |token: &Value| {
        Client::new(&fake).organizations("ListAccounts", token).1["NextToken"].clone()
    };
    let second = list(&json!({}));
    assert_eq!(list(&json!({ "NextToken": second })), second);
    let fake = organization(100, "fault ListAccounts#2 = error 500 ServiceException try later");
    let client = Client::new(&fake);
    let (status, first) = client.organizations("ListAccounts", &json!({}));
    assert_eq!(status, 200);
    let next = json!({ "NextToken": first["NextToken"] });
    let (status, failed) = client.organizations("ListAccounts", &next);
    assert_eq!((status, failed["__type"].as_str()), (500, Some("ServiceException")));
    let (status, _) = client.organizations("ListAccounts", &json!({ "MaxResults": 21 }));
    assert_eq!(status, 400);
}

#[test]
fn limits_per_second_equal_those_of_aws_and_can_be_turned_off() {
    let calls =
        [("ListAccounts", 12, 8.0), ("DescribeOrganization", 2, 1.0), ("ListRoots", 2, 1.0)];
    for (call, burst, per_second) in calls {
        let fake = Fake::start("organization = 30");
        let started = Instant::now();
        let mut answers = (0..1_000).map(|_| Client::new(&fake).organizations(call, &json!({})));
        let (passed, refused) = answers
            .by_ref()
            .enumerate()
            .find(|(_, (status, _))| *status != 200)
            .unwrap_or_else(|| panic!("{call} is not limited"));
        // The bucket fills while the calls are made.
        let most = f64::from(burst) + per_second * started.elapsed().as_secs_f64();
        let passed = u32::try_from(passed).unwrap();
        assert!(
            passed >= burst && f64::from(passed) <= most,
            "{call}: {passed} passed, at most {most}"
        );
        assert_eq!(
            (refused.0, refused.1["__type"].as_str()),
            (400, Some("TooManyRequestsException"))
        );
        let fake = organization(30, "");
        for _ in 0..30 {
            assert_eq!(Client::new(&fake).organizations(call, &json!({})).0, 200);
        }
    }
}

#[test]
fn only_the_management_account_and_delegates_may_list() {
    let member = "organization = 30\norganization.buckets = off\n";
    let member = ids(&Fake::start(member).fetch("/__violations")["violating"])[0].clone();
    let all = "organization.hub = policy";
    let some = "organization.hub = policy\norganization.delegation = ListPolicies";
    let cases = [
        ("", MANAGEMENT, [true, true, true]),
        ("", HUB, [true, true, true]),
        ("organization.hub = elsewhere", HUB, [true, true, false]),
        (all, HUB, [true, true, false]),
        (some, HUB, [false, true, false]),
        ("organization.hub = none", HUB, [false, false, false]),
        ("", &member, [false, false, false]),
    ];
    for (key, account, [may_list, may_read, may_audit]) in cases {
        let fake = organization(30, key);
        let client = Client::new(&fake).with(Keys::for_account(account));
        let (status, described) = client.organizations("DescribeOrganization", &json!({}));
        assert_eq!(
            (status, described["Organization"]["MasterAccountId"].as_str()),
            (200, Some(MANAGEMENT))
        );
        for (call, may) in [("ListAccounts", may_list), ("ListPolicies", may_read)] {
            let filter = json!({ "Filter": "SERVICE_CONTROL_POLICY" });
            let (status, body) = client.organizations(call, &filter);
            assert_eq!(status == 200, may, "{key} {account} {call}: {body}");
            assert!(may || body["__type"] == "AccessDeniedException");
        }
        let features = client.iam("ListOrganizationsFeatures");
        assert_eq!(features.0 == 200, may_audit, "{key} {account}: {features:?}");
        assert_eq!(client.assume_root(&member, AUDIT).0 == 200, may_audit, "{key} {account}");
    }
    let fake = Fake::with("");
    let (status, body) = Client::new(&fake).organizations("DescribeOrganization", &json!({}));
    assert_eq!((status, body["__type"].as_str()), (400, Some("AWSOrganizationsNotInUseException")));
    let features = Client::new(&fake).iam("ListOrganizationsFeatures");
    assert_eq!(code(&features), (400, "OrganizationNotFoundException".to_owned()));
}

#[test]
fn the_runs_own_keys_belong_to_the_caller() {
    for (caller, account) in [("management", MANAGEMENT), ("hub", HUB), (HUB, HUB)] {
        let fake = organization(30, &format!("organization.caller = {caller}"));
        assert_eq!(Client::new(&fake).account(), account);
    }
}

#[test]
fn a_role_checks_its_name_external_id_and_account_state() {
    let fake = organization(
        200,
        "organization.role = audit/rootgate\norganization.management-role = none\n\
         organization.external-id = gate-1\norganization.suspended = 1\norganization.closed = 1\n\
         organization.pending-activation = 1\norganization.pending-closure = 1\norganization.new = 1\n\
         organization.refusing = 1\norganization.roleless = 1",
    );
    let truth = fake.fetch("/__violations");
    let one = |class: &str| ids(&truth[class])[0].clone();
    let client = Client::new(&fake);
    let external_id = [("ExternalId", "gate-1")];
    let sound = one("violating");
    let entered = client.assume_role(&sound, "audit/rootgate", &external_id);
    assert_eq!(client.within(&entered).account(), sound);
    let arn = format!("arn:aws:sts::{sound}:assumed-role/rootgate/rootgate");
    assert!(entered.1.contains(&arn), "{}", entered.1);
    let closing = one("pending-closure");
    let entered = client.assume_role(&closing, "audit/rootgate", &external_id);
    assert_eq!(client.within(&entered).account(), closing);
    let outside = "999999999999";
    let refused = [
        client.assume_role(&sound, "rootgate", &external_id),
        client.assume_role(&sound, "audit/rootgate", &[]),
        client.assume_role(&sound, "audit/rootgate", &[("ExternalId", "gate-2")]),
        client.assume_role(MANAGEMENT, "audit/rootgate", &external_id),
        client.assume_role(outside, "audit/rootgate", &external_id),
    ];
    let classes = ["suspended", "closed", "pending-activation", "new", "refusing", "roleless"];
    let unusable =
        classes.map(|class| client.assume_role(&one(class), "audit/rootgate", &external_id));
    for answer in refused.iter().chain(&unusable) {
        assert_eq!(code(answer), (403, "AccessDenied".to_owned()));
        let start = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
                     sts:AssumeRole on resource: arn:aws:iam::";
        assert!(message(answer).starts_with(start), "{}", message(answer));
    }
    for (class, enters) in
        [("roleless", true), ("new", true), ("refusing", false), ("closed", false)]
    {
        assert_eq!(client.assume_root(&one(class), AUDIT).0 == 200, enters, "{class}");
    }
}

#[test]
fn assume_root_says_what_is_wrong_with_a_request() {
    let fake = organization(30, "");
    let client = Client::new(&fake);
    let member = ids(&fake.fetch("/__violations")["violating"])[0].clone();
    let user = format!("arn:aws:iam::{member}:user/alice");
    let cases = [
        (client.assume_root(&user, AUDIT), 400, "valid target principal"),
        (
            client.assume_root(&member, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
            400,
            "task policy ARN",
        ),
        (client.assume_root(MANAGEMENT, AUDIT), 403, "on resource: arn:aws:iam::111122223333:root"),
        (
            client.sts(
                "AssumeRoot",
                &[
                    ("TargetPrincipal", &member),
                    ("TaskPolicyArn.arn", AUDIT),
                    ("DurationSeconds", "3600"),
                ],
            ),
            400,
            "less than or equal to 900",
        ),
    ];
    for (answer, status, text) in cases {
        assert_eq!(answer.0, status);
        assert!(message(&answer).contains(text), "{}", message(&answer));
    }
    let by_arn = client.assume_root(&format!("arn:aws:iam::{member}:root"), AUDIT);
    assert_eq!(client.within(&by_arn).account(), member);
    let texts = [
        ("off", "Service not enabled for AWS Organizations."),
        ("none", "Root credentials management feature is not enabled for your AWS Organization."),
        (
            "RootSessions",
            "Root credentials management feature is not enabled for your AWS Organization.",
        ),
    ];
    for (features, text) in texts {
        let fake = organization(30, &format!("organization.features = {features}"));
        let answer = Client::new(&fake).assume_root(&member, AUDIT);
        assert_eq!((answer.0, message(&answer).as_str()), (403, text));
    }
}

#[test]
fn a_root_session_reads_root_and_nothing_else() {
    let fake = organization(50, "organization.violating = 100%\norganization.kinds = active-key");
    let client = Client::new(&fake);
    let member = ids(&fake.fetch("/__violations")["violating"])[0].clone();
    let root = client.within(&client.assume_root(&member, AUDIT));
    let identity = root.sts("GetCallerIdentity", &[]).1;
    assert_eq!(element(&identity, "Arn"), format!("arn:aws:iam::{member}:root"));
    let user = root.iam("GetUser").1;
    assert!(!user.contains("UserName") && !user.contains("<Path>"), "{user}");
    let keys = root.iam("ListAccessKeys").1;
    assert_eq!(element(&keys, "Status"), "Active");
    let used = root.query(
        "iam",
        "GetAccessKeyLastUsed",
        &[("AccessKeyId", &element(&keys, "AccessKeyId"))],
    );
    assert_eq!(element(&used.1, "ServiceName"), "s3");
    assert!(root.iam("ListMFADevices").1.contains("GAHT12345678"));
    let profile = root.iam("GetLoginProfile");
    assert_eq!(code(&profile), (404, "NoSuchEntity".to_owned()));
    assert_eq!(message(&profile), "Login Profile for User null cannot be found.");
    let named = root.query("iam", "ListAccessKeys", &[("UserName", "root")]);
    assert_eq!(code(&named), (404, "NoSuchEntity".to_owned()));
    for call in ["GenerateCredentialReport", "GetCredentialReport", "ListVirtualMFADevices"] {
        assert_eq!(code(&root.iam(call)), (403, "AccessDenied".to_owned()), "{call}");
    }
    // A role can read the report, but cannot list root's credentials.
    let role = client.within(&client.assume_role(&member, "rootgate", &[]));
    assert_eq!(role.iam("GetCredentialReport").0, 200);
    assert_eq!(code(&role.iam("ListAccessKeys")), (400, "ValidationError".to_owned()));
}

#[test]
fn an_scp_that_denies_root_stops_audits_unless_it_exempts_them() {
    for (scp, target, stopped) in [
        ("deny-root", "root", true),
        ("deny-root", "member:7", true),
        ("deny-root", "member:8", false),
        ("deny-root-not-action", "root", true),
        ("deny-root-but-audit", "root", false),
        ("deny-regions", "root", false),
    ] {
        let fake = organization(30, &format!("scp = {scp} {target}\nmember = 7"));
        let truth = fake.fetch("/__violations");
        let member = ids(&truth["written_out"])[0].clone();
        let client = Client::new(&fake);
        let root = client.within(&client.assume_root(&member, AUDIT));
        let summary = root.iam("GetAccountSummary");
        assert_eq!(summary.0 == 403, stopped, "{scp} {target}: {summary:?}");
        assert_eq!(ids(&truth["audits-stopped-by-scp"]).contains(&member), stopped);
        assert!(
            !stopped || message(&summary).ends_with("explicit deny in a service control policy")
        );
        let role = client.within(&client.assume_role(&member, "rootgate", &[]));
        assert_eq!(role.iam("GetAccountSummary").0, 200);
    }
}

#[test]
fn policies_list_their_targets_and_the_default_policy_is_attached_everywhere() {
    let fake = organization(
        50,
        "organization.ous = 3\norganization.policies = 30\nscp = deny-root root,ou:2,444455556666\n\
         scp = {\"Version\": \"2012-10-17\", \"Statement\": []} none",
    );
    let client = Client::new(&fake);
    let all = |call: &str, list: &str, mut parameters: Value| {
        let mut found = Vec::new();
        loop {
            let (status, page) = client.organizations(call, &parameters);
            assert_eq!(status, 200, "{page}");
            found.extend(page[list].as_array().unwrap().clone());
            match &page["NextToken"] {
                Value::Null => return found,
                token => parameters["NextToken"] = token.clone(),
            }
        }
    };
    let policies = all("ListPolicies", "Policies", json!({ "Filter": "SERVICE_CONTROL_POLICY" }));
    assert_eq!(policies.len(), 33);
    assert_eq!(
        (&policies[0]["Id"], &policies[0]["AwsManaged"]),
        (&json!("p-FullAWSAccess"), &json!(true))
    );
    let targets = |id: &Value| all("ListTargetsForPolicy", "Targets", json!({ "PolicyId": id }));
    assert_eq!(targets(&policies[0]["Id"]).len(), 1 + 3 + 50);
    let of_deny: Vec<Value> =
        targets(&policies[31]["Id"]).iter().map(|target| target["Type"].clone()).collect();
    assert_eq!(of_deny, ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"]);
    assert!(targets(&policies[32]["Id"]).is_empty());
    let described =
        |id: &Value| client.organizations("DescribePolicy", &json!({ "PolicyId": id })).1;
    let content = described(&policies[31]["Id"])["Policy"]["Content"].clone();
    assert!(content.as_str().unwrap().contains("aws:PrincipalArn"));
    assert_eq!(described(&json!("p-nothing0"))["__type"], "PolicyNotFoundException");
    // Paths and policy targets use the same organizational units.
    let unit = targets(&policies[31]["Id"])[1]["TargetId"].as_str().unwrap().to_owned();
    let below =
        |account: &&Value| account["Paths"][0].as_str().unwrap().contains(&format!("/{unit}/"));
    let bound = Client::new(&fake).accounts().iter().filter(below).count();
    assert!((1..50).contains(&bound));
}

#[test]
fn sessions_end_and_cannot_be_mixed_up() {
    let fake = organization(30, "session.lifetime AssumeRole = 1s");
    let client = Client::new(&fake);
    let found = ids(&fake.fetch("/__violations")["violating"]);
    let session = client.within(&client.assume_role(&found[0], "rootgate", &[]));
    let other = client.within(&client.assume_root(HUB, AUDIT));
    let mixed = client.with(Keys { id: session.keys.id.clone(), token: other.keys.token.clone() });
    assert_eq!(code(&mixed.iam("GetAccountSummary")), (403, "InvalidClientTokenId".to_owned()));
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(code(&session.iam("GetAccountSummary")), (403, "ExpiredToken".to_owned()));
    assert_eq!(other.iam("GetAccountSummary").0, 200);
}

#[test]
fn a_session_policy_narrows_every_service() {
    let fake = organization(30, "organization.hub = delegated");
    let client = Client::new(&fake);
    let policy = "{\"Action\":[\"organizations:ListAccounts\",\"sts:AssumeRole\",\"iam:GetAccountSummary\"]}";
    let hub = client.within(&client.assume_role(HUB, "rootgate", &[("Policy", policy)]));
    assert_eq!(hub.organizations("ListAccounts", &json!({})).0, 200);
    let (status, denied) = hub.organizations("DescribeOrganization", &json!({}));
    assert_eq!((status, denied["__type"].as_str()), (400, Some("AccessDeniedException")));
    let member = ids(&fake.fetch("/__violations")["violating"])[0].clone();
    assert_eq!(hub.assume_role(&member, "rootgate", &[]).0, 200);
    assert_eq!(code(&hub.assume_root(&member, AUDIT)), (403, "AccessDenied".to_owned()));
    let chained = hub.assume_role(&member, "rootgate", &[("DurationSeconds", "7200")]);
    assert_eq!(code(&chained), (400, "ValidationError".to_owned()));
}

#[test]
fn a_mismatched_member_answers_as_another_account() {
    let fake = organization(30, "organization.mismatched = 1\nmember = 5\nidentity = 444455556666");
    let client = Client::new(&fake);
    let truth = fake.fetch("/__violations");
    let member = ids(&truth["mismatched"])[0].clone();
    assert_eq!(client.within(&client.assume_role(&member, "rootgate", &[])).account(), HUB);
    assert_eq!(client.within(&client.assume_root(&member, AUDIT)).account(), HUB);
    let named = ids(&truth["written_out"])[0].clone();
    assert_eq!(client.within(&client.assume_role(&named, "rootgate", &[])).account(), HUB);
    let sound = ids(&truth["violating"])[0].clone();
    assert_eq!(client.within(&client.assume_role(&sound, "rootgate", &[])).account(), sound);
}

#[test]
fn faults_of_a_member_affect_only_its_calls() {
    let fake = organization(
        30,
        "member = 5\nfault AssumeRole = 1 times throttled\nfault GetAccountSummary = denied",
    );
    let client = Client::new(&fake);
    let member = ids(&fake.fetch("/__violations")["written_out"])[0].clone();
    let entered = |account: &str| client.assume_role(account, "rootgate", &[]);
    assert_eq!(entered(HUB).0, 200);
    assert_eq!(code(&entered(&member)), (400, "Throttling".to_owned()));
    let session = client.within(&entered(&member));
    assert_eq!(code(&session.iam("GetAccountSummary")), (403, "AccessDenied".to_owned()));
    assert_eq!(client.within(&entered(HUB)).iam("GetAccountSummary").0, 200);
}

#[test]
fn the_seed_decides_which_calls_are_throttled_in_any_order() {
    let scenario = "organization.throttled = 20%";
    let accounts: Vec<String> =
        Client::new(&organization(100, "")).accounts().iter().map(id).collect();
    let throttled = |order: Vec<&String>| {
        let fake = organization(100, scenario);
        let client = Client::new(&fake);
        let is_throttled =
            |account: &&String| client.assume_role(account, "rootgate", &[]).0 == 400;
        order.into_iter().filter(is_throttled).cloned().collect::<BTreeSet<String>>()
    };
    let forwards = throttled(accounts.iter().collect());
    assert_eq!(forwards, throttled(accounts.iter().rev().collect()));
    assert!((8..35).contains(&forwards.len()), "{}", forwards.len());
    let fake = organization(100, scenario);
    for account in &forwards {
        let mut again = (0..20).map(|_| Client::new(&fake).assume_role(account, "rootgate", &[]).0);
        assert!(again.any(|status| status == 200));
    }
}

#[test]
fn calls_can_be_slow_and_all_of_them_are_counted() {
    let fake = organization(30, "latency = 20\nlatency ListAccounts = 80\ncalls.keep = 2");
    let client = Client::new(&fake);
    for (call, least) in [("ListAccounts", 80), ("DescribeOrganization", 20)] {
        let started = Instant::now();
        assert_eq!(client.organizations(call, &json!({})).0, 200);
        assert!(started.elapsed() >= Duration::from_millis(least), "{call}");
    }
    client.organizations("ListAccounts", &json!({}));
    assert_eq!(fake.names(), ["ListAccounts", "DescribeOrganization"]);
    assert_eq!(fake.fetch("/__counts"), json!({ "ListAccounts": 2, "DescribeOrganization": 1 }));
}

/// If the fake and the gate disagree, one of them is wrong.
#[test]
fn a_member_that_violates_fails_by_the_rule_that_is_named() {
    let keys =
        "organization.features = off\norganization.violating = 10\norganization.reports = mixed";
    for sound in ["clean", "password"] {
        let scenario = format!("{keys}\norganization.members = {sound}");
        let fake = organization(40, &scenario);
        let truth = fake.fetch("/__violations");
        let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for violation in truth["violating"].as_array().unwrap() {
            let rules = violation["rules"]["assume-role"].as_array().unwrap().clone();
            expected.insert(violation["account"].as_str().unwrap().to_owned(), rules);
        }
        let all: Vec<String> = Client::new(&fake).accounts().iter().map(id).collect();
        let others =
            all.iter().filter(|id| !expected.contains_key(*id) && *id != MANAGEMENT).take(8);
        let chosen: Vec<String> = expected.keys().chain(others).cloned().collect();
        let entries = chosen.iter().map(|id| {
            format!("    - {{ id: \"{id}\", role-arn: \"arn:aws:iam::{id}:role/rootgate\" }}\n")
        });
        let policy = format!("{EVENTS_OFF}scope:\n  accounts:\n{}", entries.collect::<String>());
        let gate = Gate::with_keys(fake).policy(&policy);
        let ended = gate.run(&["check", "--json", "out.json"]);
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        let mut failing: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for account in gate.folder.json("out.json")["accounts"].as_array().unwrap() {
            for outcome in account["outcomes"].as_array().unwrap() {
                let (id, rule) = (account["id"].as_str().unwrap(), outcome["rule"].clone());
                assert_ne!(outcome["outcome"], "undetermined", "{sound} {id} {rule}");
                if outcome["outcome"] == "fail" {
                    failing.entry(id.to_owned()).or_default().push(rule);
                }
            }
        }
        assert_eq!(failing, expected, "{sound}");
    }
}

#[test]
fn a_bad_scenario_is_refused() {
    assert!(!Fake::refuses("organization = 10"));
    for scenario in [
        "organization = 2",
        "organization = 50001",
        "organization.seed = 1",
        "organization = 10\norganization.suspended = 9",
        "organization = 10\norganization.kinds = odd",
        "organization = 10\norganization.hub = odd",
        "organization = 10\nmember = 10",
        "organization = 10\nscp = odd root",
        "organization = 10\nscp = deny-root ou:99",
        "account = 111122223333\norganization = 10",
    ] {
        assert!(Fake::refuses(scenario), "{scenario}");
    }
}

/// The body of a call without a fault, and with one.
fn spoilt(call: &str, fault: &str) -> [Answer; 2] {
    ["", &format!("fault {call} = {fault}")].map(|lines| {
        let fake = Fake::start(&format!("{lines}\norganization = 30\norganization.buckets = off"));
        let client = Client::new(&fake);
        let session = || client.within(&client.assume_root(HUB, AUDIT));
        match call {
            "ListAccessKeys" | "ListSigningCertificates" | "ListMFADevices" | "GetUser" => {
                session().iam(call)
            }
            "ListOrganizationsFeatures" => client.iam(call),
            "AssumeRoot" => client.assume_root(HUB, AUDIT),
            _ => {
                let parameters =
                    json!({ "Filter": "SERVICE_CONTROL_POLICY", "PolicyId": "p-FullAWSAccess" });
                let target = format!("x-amz-target: AWSOrganizationsV20161128.{call}\r\n");
                client.send("organizations", &target, &parameters.to_string())
            }
        }
    })
}

#[test]
fn every_fault_affects_every_organization_call() {
    let json = [
        "DescribeOrganization",
        "ListAccounts",
        "ListPolicies",
        "DescribePolicy",
        "ListTargetsForPolicy",
    ];
    let xml = [
        "ListAccessKeys",
        "ListSigningCertificates",
        "ListMFADevices",
        "GetUser",
        "AssumeRoot",
        "ListOrganizationsFeatures",
    ];
    let everywhere = [
        "denied",
        "throttled",
        "expired",
        "status 500",
        "cut",
        "hollow",
        "braces",
        "empty",
        "html",
        "twice",
        "echo",
    ];
    let lists = [
        "ListAccounts",
        "ListPolicies",
        "ListTargetsForPolicy",
        "ListAccessKeys",
        "ListMFADevices",
    ];
    let mut cells: Vec<(&str, &str)> = Vec::new();
    for call in json.into_iter().chain(xml) {
        cells.extend(everywhere.map(|fault| (call, fault)));
    }
    for call in lists {
        cells.extend([(call, "same-marker"), (call, "endless")]);
    }
    cells.extend([("ListAccounts", "empty-marker"), ("ListAccessKeys", "no-marker")]);
    cells.extend([
        ("ListOrganizationsFeatures", "odd-member"),
        ("ListOrganizationsFeatures", "split"),
    ]);
    for (call, fault) in cells {
        let [sound, spoilt] = spoilt(call, fault);
        assert_eq!(sound.0, 200, "{call}");
        assert_ne!(sound, spoilt, "{call} {fault}");
        let is_json = json.contains(&call);
        match fault {
            "throttled" if is_json => {
                assert!(spoilt.1.contains("TooManyRequestsException") && spoilt.0 == 400);
            }
            "denied" if is_json => {
                let action = format!("perform: organizations:{call} on");
                assert!(spoilt.1.contains("AccessDeniedException") && spoilt.1.contains(&action));
            }
            "denied" => assert_eq!(code(&spoilt), (403, "AccessDenied".to_owned())),
            _ => {}
        }
    }
}
