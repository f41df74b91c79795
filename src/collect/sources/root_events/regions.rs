//! Reads what the lookups need: the account's alias and its enabled Regions.

use aws_sdk_account::types::RegionOptStatus;

use crate::collect::failure::CallError;
use crate::collect::pace::Pace;
use crate::model::root_events::{LIST_ALIASES, LIST_REGIONS};
use crate::model::{Cause, Gap, Source};

const SOURCE: Source = Source::RootEvents;
/// The maximum size of a page. Source: API reference, `MaxResults`.
const PAGE: i32 = 50;
/// More pages than all Regions need.
const MAX_PAGES: usize = 40;

/// Reads the account's alias: CloudTrail may list root under it. An account has at most one.
pub(super) async fn aliases(client: &aws_sdk_iam::Client, pace: &Pace) -> Result<Vec<String>, Gap> {
    let call = async || {
        let answer = client.list_account_aliases().send().await;
        answer.map_err(|error| CallError::from_sdk(&error))
    };
    let answer = pace.retry(call).await.map_err(|error| error.gap(SOURCE, &LIST_ALIASES))?;
    Ok(answer.account_aliases)
}

/// Reads the Regions that accept calls, including those that are being disabled.
pub(super) async fn enabled(
    client: &aws_sdk_account::Client,
    pace: &Pace,
) -> Result<Vec<String>, Gap> {
    let mut regions = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let call = async || {
            let answer = client
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .region_opt_status_contains(RegionOptStatus::Disabling)
                .max_results(PAGE)
                .set_next_token(token.clone())
                .send()
                .await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        let page = pace.retry(call).await.map_err(|error| error.gap(SOURCE, &LIST_REGIONS))?;
        for region in page.regions.unwrap_or_default() {
            let name = region.region_name.unwrap_or_default();
            // The name becomes part of a host name.
            let part =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || !name.bytes().all(part) {
                let name: String = name.chars().take(40).collect();
                return Err(unreadable(&format!("`{name}` is not the name of a Region")));
            }
            regions.push(name);
        }
        match page.next_token {
            None if regions.is_empty() => {
                return Err(unreadable("the list is empty, but every account has Regions"));
            }
            None => return Ok(regions),
            // A repeated token would repeat the same page forever.
            same if same == token => {
                return Err(unreadable("AWS sent the same page token twice"));
            }
            next => token = next,
        }
    }
    Err(unreadable(&format!("the list has more than {MAX_PAGES} pages")))
}

fn unreadable(why: &str) -> Gap {
    Gap::for_call(SOURCE, &LIST_REGIONS, Cause::Unreadable, why)
}
