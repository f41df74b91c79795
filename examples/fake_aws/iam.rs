//! IAM: the credential report, the account summary, the virtual MFA devices; `audit.rs` has the rest.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::TimeDelta;

use crate::State;
use crate::scenario::{Account, Scenario, cell, instant, now};
use crate::wire::{Request, Response, escape};
use crate::{audit, session};

const VERSION: &str = "2010-05-08";
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

pub fn answer(scenario: &Scenario, state: &mut State, call: &str, request: &Request) -> Response {
    if request.parameter("Version") != VERSION {
        return Response::error(call, 400, "NoSuchVersion", "this fake speaks 2010-05-08");
    }
    let refusal = session::refusal(state, call, request);
    if let Some(refusal) = refusal.or_else(|| audit::refusal(scenario, call, request)) {
        return refusal;
    }
    let account = &*scenario.account(request.account());
    match call {
        "GetAccountSummary" => summary(account),
        "ListVirtualMFADevices" => devices(account, request),
        "ListAccountAliases" => aliases(account),
        "GenerateCredentialReport" => generate(account, state),
        "GetCredentialReport" => report(account, state),
        "ListOrganizationsFeatures" => audit::features(scenario, request),
        _ if audit::READS.contains(&call) => audit::read(scenario, account, call, request),
        _ => {
            Response::error(call, 400, "InvalidAction", &format!("Could not find operation {call}"))
        }
    }
}

fn summary(account: &Account) -> Response {
    let mut entries = String::from("<SummaryMap>");
    for (key, value) in &account.summary {
        let _ = write!(entries, "<entry><key>{key}</key><value>{value}</value></entry>");
    }
    Response::result("GetAccountSummary", &(entries + "</SummaryMap>"))
}

fn aliases(account: &Account) -> Response {
    let member = account.alias.as_ref().map(|alias| format!("<member>{alias}</member>"));
    Response::result(
        "ListAccountAliases",
        &format!(
            "<AccountAliases>{}</AccountAliases><IsTruncated>false</IsTruncated>",
            member.unwrap_or_default()
        ),
    )
}

fn devices(account: &Account, request: &Request) -> Response {
    let assigned = request.parameter("AssignmentStatus") == "Assigned";
    let wanted: Vec<_> =
        account.devices.iter().filter(|(_, user)| !assigned || user.is_some()).collect();
    let start: usize = request.parameter("Marker").parse().unwrap_or(0);
    let end = wanted.len().min(start + account.devices_per_page);
    let mut result = String::from("<VirtualMFADevices>");
    for (serial, user) in &wanted[start.min(end)..end] {
        let _ = write!(result, "<member><SerialNumber>{}</SerialNumber>", escape(serial));
        if let Some(arn) = user {
            // Root has neither a path nor a name.
            let names = match arn.rsplit_once(":user/") {
                Some((_, name)) => format!("<Path>/</Path><UserName>{name}</UserName>"),
                None => String::new(),
            };
            let _ = write!(
                result,
                "<EnableDate>2024-02-01T09:05:00Z</EnableDate><User>{names}<UserId>{}</UserId>\
                 <Arn>{}</Arn><CreateDate>2015-03-09T17:05:11Z</CreateDate></User>",
                account.id,
                escape(arn)
            );
        }
        result += "</member>";
    }
    result += "</VirtualMFADevices>";
    if end < wanted.len() {
        let _ = write!(result, "<IsTruncated>true</IsTruncated><Marker>{end}</Marker>");
    } else {
        result += "<IsTruncated>false</IsTruncated>";
    }
    Response::result("ListVirtualMFADevices", &result)
}

fn fresh(account: &Account) -> bool {
    account.report_age.is_some_and(|age| age <= TimeDelta::hours(4))
}

fn generate(account: &Account, state: &mut State) -> Response {
    let polls = state.ordered.get(&account.id).copied();
    let ready = fresh(account) || polls.is_some_and(|polls| polls >= account.ready_after);
    let result = if ready {
        "<State>COMPLETE</State>"
    } else if polls.is_some() {
        "<State>INPROGRESS</State>"
    } else {
        state.ordered.insert(account.id.clone(), 0);
        "<State>STARTED</State><Description>No report exists. Starting a new report generation task</Description>"
    };
    Response::result("GenerateCredentialReport", result)
}

fn report(account: &Account, state: &mut State) -> Response {
    let call = "GetCredentialReport";
    let ordered = state.ordered.get_mut(&account.id).map(|polls| {
        *polls += 1;
        *polls > account.ready_after
    });
    let age = match (account.report_age, ordered) {
        (_, Some(true)) => TimeDelta::zero(),
        (Some(age), _) => age,
        (None, Some(false)) => return Response::error(call, 404, "ReportInProgress", "Unknown"),
        (None, None) => return Response::error(call, 410, "ReportNotPresent", "Unknown"),
    };
    let content = BASE64_STANDARD.encode(csv(account));
    Response::result(
        call,
        &format!(
            "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat>\
             <GeneratedTime>{}</GeneratedTime>",
            instant(now() - age)
        ),
    )
}

fn csv(account: &Account) -> String {
    if account.rows == "none" {
        return COLUMNS.to_owned();
    }
    let root: Vec<String> = COLUMNS
        .split(',')
        .map(|column| match column {
            "user" => "<root_account>".to_owned(),
            "arn" => format!("arn:{}:iam::{}:root", account.partition, account.report_account()),
            _ if column.ends_with("_active") => {
                account.root.get(column).cloned().unwrap_or_else(|| "false".to_owned())
            }
            _ => cell(account.root.get(column).map_or("N/A", String::as_str)),
        })
        .collect();
    let alice = format!(
        "alice,arn:{}:iam::{}:user/alice,2020-01-01T00:00:00Z,false,N/A,N/A,N/A,false,false,N/A,\
         N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        account.partition,
        account.report_account()
    );
    if account.rows == "no-root" {
        return format!("{COLUMNS}\n{alice}");
    }
    format!("{COLUMNS}\n{}\n{alice}", root.join(","))
}
