//! By how much AWS's clock is ahead of this machine's.

use std::time::Duration;

use chrono::TimeDelta;
use rootgate::collect;
use rootgate::policy::Policy;
use rootgate::text::{Text, outside};

use super::plan::Plan;
use crate::commands::host::now;

const LIMIT: Duration = Duration::from_secs(5);

/// Asks STS without signing anything: every answer has a date.
pub(super) async fn ahead(plan: &Plan, policy: &Policy) -> Result<TimeDelta, Text> {
    let role = plan.sign_in.role_arn.as_deref();
    let role = role.or_else(|| policy.scope.iter().find_map(|it| it.role_arn.as_deref()));
    let url = match &plan.sign_in.endpoint_url {
        Some(url) => url.clone(),
        None => collect::sts_url(plan.sign_in.region.as_deref(), role),
    };
    let connector = collect::connector(plan.bounds.ca_bundle.as_deref(), LIMIT);
    let connector = connector.map_err(|error| error.what())?;
    let asked = tokio::time::timeout(LIMIT, collect::date_of(&connector, &url)).await;
    let late = || "it did not answer in time".to_owned();
    let date = asked.unwrap_or_else(|_| Err(late())).map_err(outside)?;
    Ok(date - now())
}
