//! IAM's answers about the root user to AssumeRoot sessions, and the features of central root access.

use std::fmt::Write;

use crate::organization::{Hub, Organization};
use crate::scenario::{Account, Scenario, cell};
use crate::session::{Session, Who};
use crate::wire::{Request, Response, escape};

/// The reads without a user name. They are about the caller.
pub const READS: &[&str] = &[
    "GetAccessKeyLastUsed",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSigningCertificates",
];

/// The calls that a task allows, among those that the fake knows.
fn allows(task: &str, call: &str) -> bool {
    match task {
        "IAMAuditRootUserCredentials" => call == "GetAccountSummary" || READS.contains(&call),
        "IAMDeleteRootUserCredentials" => READS.contains(&call),
        "IAMCreateRootUserPassword" => call == "GetLoginProfile",
        _ => false,
    }
}

/// Why a root session may not call this: its task does not allow it, or an SCP denies it.
pub fn refusal(scenario: &Scenario, call: &str, request: &Request) -> Option<Response> {
    let session = Session::from_request(request)?;
    let Who::Root { task } = &session.who else {
        return None;
    };
    let organization = scenario.organization.as_ref();
    let stopped = organization
        .is_some_and(|all| all.index(&session.account).is_some_and(|index| all.stops_audit(index)));
    let denied_by = if !allows(task, call) {
        "session policy"
    } else if stopped {
        "service control policy"
    } else {
        return None;
    };
    let partition = &scenario.account(Some(&session.account)).partition;
    let message = format!(
        "User: {} is not authorized to perform: iam:{call} on resource: * with an explicit deny in a \
         {denied_by}",
        session.arn(partition, &session.account)
    );
    Some(Response::error(call, 403, "AccessDenied", &message))
}

pub fn read(scenario: &Scenario, account: &Account, call: &str, request: &Request) -> Response {
    let user = request.parameter("UserName");
    let is_root = Session::from_request(request)
        .is_some_and(|session| matches!(session.who, Who::Root { .. }));
    if call == "GetAccessKeyLastUsed" {
        return last_used(account, request, is_root);
    }
    if !user.is_empty() {
        let message = format!("The user with name {user} cannot be found.");
        return Response::error(call, 404, "NoSuchEntity", &message);
    }
    if !is_root {
        return about_caller(call, request);
    }
    let name = scenario.organization.as_ref().and_then(|all| all.audit_user_name.as_ref());
    let name =
        name.map(|name| format!("<UserName>{}</UserName>", escape(name))).unwrap_or_default();
    match call {
        "GetUser" => Response::result(
            call,
            &format!(
                "<User><UserId>{}</UserId><Arn>{}</Arn><CreateDate>{}</CreateDate></User>",
                account.id,
                root_arn(account),
                cell(column(account, "user_creation_time"))
            ),
        ),
        "GetLoginProfile" => login_profile(account),
        "ListAccessKeys" => {
            let keys = keys(account).map(|(slot, created, active)| {
                format!(
                    "{name}<AccessKeyId>{}</AccessKeyId><Status>{}</Status><CreateDate>{created}</CreateDate>",
                    key_id(account, slot),
                    status(active),
                )
            });
            list(call, "AccessKeyMetadata", keys.collect(), account, request)
        }
        "ListSigningCertificates" => {
            let certificates = dated(account, "cert").map(|(slot, uploaded, active)| {
                format!(
                    "{name}<CertificateId>FAKECERT{slot}EXAMPLE{}</CertificateId><CertificateBody>\
                     -----BEGIN CERTIFICATE-----EXAMPLE-----END CERTIFICATE-----</CertificateBody>\
                     <Status>{}</Status><UploadDate>{uploaded}</UploadDate>",
                    account.id,
                    status(active),
                )
            });
            list(call, "Certificates", certificates.collect(), account, request)
        }
        _ => {
            let devices = devices(account).into_iter().map(|serial| {
                format!(
                    "{name}<SerialNumber>{}</SerialNumber><EnableDate>2024-02-01T09:05:00Z</EnableDate>",
                    escape(&serial)
                )
            });
            list(call, "MFADevices", devices.collect(), account, request)
        }
    }
}

/// The answer to a caller that is not root: its own credentials, or nothing.
fn about_caller(call: &str, request: &Request) -> Response {
    if request.account().is_some() {
        let message = "Must specify userName when calling with non-User credentials";
        return Response::error(call, 400, "ValidationError", message);
    }
    match call {
        "ListAccessKeys" => Response::result(
            call,
            "<AccessKeyMetadata><member><UserName>alice</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE\
             </AccessKeyId><Status>Active</Status><CreateDate>2020-01-01T00:00:00Z</CreateDate></member>\
             </AccessKeyMetadata><IsTruncated>false</IsTruncated>",
        ),
        "GetUser" => Response::result(
            call,
            "<User><Path>/</Path><UserName>alice</UserName><UserId>AIDAEXAMPLEALICE00001</UserId>\
             <Arn>arn:aws:iam::111122223333:user/alice</Arn>\
             <CreateDate>2020-01-01T00:00:00Z</CreateDate></User>",
        ),
        "GetLoginProfile" => no_profile("alice"),
        "ListMFADevices" => Response::result(call, "<MFADevices/><IsTruncated>false</IsTruncated>"),
        _ => Response::result(call, "<Certificates/><IsTruncated>false</IsTruncated>"),
    }
}

/// A page of a list of IAM.
fn list(
    call: &str,
    name: &str,
    items: Vec<String>,
    account: &Account,
    request: &Request,
) -> Response {
    let start: usize = request.parameter("Marker").parse().unwrap_or(0);
    let end = items.len().min(start + account.devices_per_page);
    let mut result = format!("<{name}>");
    for item in &items[start.min(end)..end] {
        let _ = write!(result, "<member>{item}</member>");
    }
    let _ = write!(result, "</{name}>");
    if end < items.len() {
        let _ = write!(result, "<IsTruncated>true</IsTruncated><Marker>{end}</Marker>");
    } else {
        result += "<IsTruncated>false</IsTruncated>";
    }
    Response::result(call, &result)
}

fn root_arn(account: &Account) -> String {
    format!("arn:{}:iam::{}:root", account.partition, account.id)
}

fn column<'a>(account: &'a Account, name: &str) -> &'a str {
    account.root.get(name).map_or("N/A", String::as_str)
}

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

/// Keys or certificates of the root row: their slot, date, and whether they are active.
fn dated<'a>(
    account: &'a Account,
    kind: &'a str,
) -> impl Iterator<Item = (usize, String, bool)> + 'a {
    (1..=2).filter_map(move |slot| {
        let date = cell(column(account, &format!("{kind}_{slot}_last_rotated")));
        let active = column(account, &format!("{kind}_{slot}_active")) == "true";
        (date != "N/A").then_some((slot, date, active))
    })
}

fn keys(account: &Account) -> impl Iterator<Item = (usize, String, bool)> + '_ {
    dated(account, "access_key")
}

fn key_id(account: &Account, slot: usize) -> String {
    format!("AKIAFAK{slot}{}", account.id)
}

/// Serial numbers: root's virtual devices and the scenario's other devices, or else one hardware device.
fn devices(account: &Account) -> Vec<String> {
    let has_mfa = account.summary.get("AccountMFAEnabled").is_some_and(|count| count != "0");
    let root = root_arn(account);
    let of_root = account.devices.iter().filter(|(_, user)| user.as_ref() == Some(&root));
    let mut serials: Vec<String> = of_root.map(|(serial, _)| serial.clone()).collect();
    serials.extend(account.mfa.iter().cloned());
    if serials.is_empty() && has_mfa {
        serials.push("GAHT12345678".to_owned());
    }
    serials
}

fn login_profile(account: &Account) -> Response {
    let enabled = column(account, "password_enabled") == "true"
        || account.summary.get("AccountPasswordPresent").is_some_and(|count| count != "0");
    if !enabled {
        return no_profile("null");
    }
    let changed = match cell(column(account, "password_last_changed")) {
        date if date.starts_with("20") => date,
        _ => "2024-02-01T09:00:00Z".to_owned(),
    };
    Response::result(
        "GetLoginProfile",
        &format!(
            "<LoginProfile><CreateDate>{changed}</CreateDate>\
             <PasswordResetRequired>false</PasswordResetRequired></LoginProfile>"
        ),
    )
}

fn no_profile(user: &str) -> Response {
    let message = format!("Login Profile for User {user} cannot be found.");
    Response::error("GetLoginProfile", 404, "NoSuchEntity", &message)
}

fn last_used(account: &Account, request: &Request, is_root: bool) -> Response {
    let call = "GetAccessKeyLastUsed";
    let asked = request.parameter("AccessKeyId");
    let key = keys(account).find(|(slot, ..)| is_root && key_id(account, *slot) == asked);
    let Some((slot, ..)) = key else {
        let message = format!("The Access Key with id {asked} cannot be found");
        return Response::error(call, 403, "AccessDenied", &message);
    };
    let used = |what: &str| cell(column(account, &format!("access_key_{slot}_last_used_{what}")));
    let date = match used("date") {
        never if never == "N/A" => String::new(),
        date => format!("<LastUsedDate>{date}</LastUsedDate>"),
    };
    Response::result(
        call,
        &format!(
            "<AccessKeyLastUsed>{date}<ServiceName>{}</ServiceName><Region>{}</Region></AccessKeyLastUsed>",
            used("service"),
            used("region")
        ),
    )
}

/// `ListOrganizationsFeatures`, for accounts that may call it.
pub fn features(scenario: &Scenario, request: &Request) -> Response {
    let call = "ListOrganizationsFeatures";
    let refuse = |code: &str, message: &str| Response::error(call, 400, code, message);
    let Some(organization) = &scenario.organization else {
        return refuse(
            "OrganizationNotFoundException",
            "The request was rejected because no organization is associated with your account.",
        );
    };
    let account = request.account().map_or_else(|| organization.caller(), str::to_owned);
    if !manages_root(organization, organization.index(&account)) {
        return refuse(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The request was rejected because the account making the request is not the management \
             account or delegated administrator account for centralized root access.",
        );
    }
    if organization.feature_set != "ALL" {
        return refuse(
            "OrganizationNotInAllFeaturesModeException",
            "The request was rejected because your organization does not have All features enabled.",
        );
    }
    let Some(features) = &organization.features else {
        return refuse(
            "ServiceAccessNotEnabledException",
            "The request was rejected because trusted access is not enabled for IAM in Organizations.",
        );
    };
    let members: String =
        features.iter().map(|feature| format!("<member>{feature}</member>")).collect();
    Response::result(
        call,
        &format!(
            "<OrganizationId>{}</OrganizationId><EnabledFeatures>{members}</EnabledFeatures>",
            organization.id()
        ),
    )
}

/// Whether an account may audit the root users of members: the management account or IAM's delegate.
pub fn manages_root(organization: &Organization, index: Option<usize>) -> bool {
    match index {
        Some(0) => true,
        Some(1) => organization.hub == Hub::Delegated,
        _ => false,
    }
}
