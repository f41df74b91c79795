//! The time that a server says it is.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use chrono::{DateTime, Utc};

use crate::github::{chain, is_private, one_line};
use crate::model::Partition;

use super::region::region_in;

/// The address of STS for a role, or for nobody known yet.
///
/// Source: AWS General Reference, "AWS Security Token Service endpoints and quotas".
#[must_use]
pub fn sts_url(region: Option<&str>, role_arn: Option<&str>) -> String {
    let partition = role_arn.and_then(Partition::from_arn);
    let region = region_in(region, partition.as_ref());
    let suffix = match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://sts.{region}.{suffix}/")
}

/// The `Date` of the answer to a request that says nothing and is not signed.
///
/// # Errors
/// No answer, or one without a date.
pub async fn date_of(connector: &SharedHttpConnector, url: &str) -> Result<DateTime<Utc>, String> {
    if !is_private(url) {
        return Err("the address is not https".to_owned());
    }
    let request = HttpRequest::get(url).map_err(|_| "the address is not usable".to_owned())?;
    let answer = connector.call(request).await.map_err(|error| chain(&error))?;
    let date = answer.headers().get("date").ok_or("its answer has no date")?;
    let date = DateTime::parse_from_rfc2822(date.trim());
    date.map(Into::into)
        .map_err(|error| format!("its date is unreadable: {}", one_line(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::sts_url;

    #[test]
    fn each_partition_has_its_own_address() {
        let role = |partition: &str| format!("arn:{partition}:iam::111122223333:role/rootgate");
        for (region, partition, url) in [
            (None, "aws", "https://sts.us-east-1.amazonaws.com/"),
            (Some("eu-west-1"), "aws", "https://sts.eu-west-1.amazonaws.com/"),
            (None, "aws-cn", "https://sts.cn-north-1.amazonaws.com.cn/"),
            (Some("eu-west-1"), "aws-us-gov", "https://sts.us-gov-west-1.amazonaws.com/"),
            (None, "aws-eusc", "https://sts.eusc-de-east-1.amazonaws.eu/"),
        ] {
            assert_eq!(sts_url(region, Some(&role(partition))), url);
        }
        assert_eq!(sts_url(None, None), "https://sts.us-east-1.amazonaws.com/");
    }
}
