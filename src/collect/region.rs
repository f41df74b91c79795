//! The Region to call. IAM and its evidence are global; only STS is regional.

use crate::model::Partition;

/// A Region, and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRegion {
    /// The name: `eu-central-1`.
    pub name: String,
    /// The origin of the name.
    pub origin: RegionOrigin,
}

/// Where the Region of a run comes from, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionOrigin {
    /// `--region`.
    Flag,
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`.
    Environment,
    /// The selected profile of `~/.aws`.
    Profile,
}

/// The configured Region if it is in the partition, otherwise the partition's first Region.
///
/// Without a partition (before the account of the credentials is known): the configured Region,
/// otherwise `us-east-1`.
pub(crate) fn region_in(configured: Option<&str>, partition: Option<&Partition>) -> String {
    let region = match (configured, partition) {
        (Some(region), None) => region,
        (Some(region), Some(partition)) if home(region).0 == partition.as_str() => region,
        (_, Some(partition)) => first_region(partition),
        (None, None) => home("us-east-1").1,
    };
    region.to_owned()
}

/// The partition of a Region, by its name, and the first Region of that partition. Source: the
/// endpoint data of AWS's SDKs.
fn home(region: &str) -> (&'static str, &'static str) {
    match region {
        _ if region.starts_with("cn-") => ("aws-cn", "cn-north-1"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "us-gov-west-1"),
        _ if region.starts_with("eusc-") => ("aws-eusc", "eusc-de-east-1"),
        _ => ("aws", "us-east-1"),
    }
}

/// The Region that records IAM's events, and that is enabled in every account.
pub(crate) fn first_region(partition: &Partition) -> &'static str {
    match partition.as_str() {
        "aws-cn" => home("cn-").1,
        "aws-us-gov" => home("us-gov-").1,
        "aws-eusc" => home("eusc-").1,
        _ => home("us-east-1").1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_of_another_partition_is_not_called() {
        let region = |configured, partition: Option<&str>| {
            region_in(configured, partition.and_then(Partition::new).as_ref())
        };
        assert_eq!(region(None, None), "us-east-1");
        assert_eq!(region(Some("us-gov-east-1"), None), "us-gov-east-1");
        assert_eq!(region(Some("eu-west-1"), Some("aws")), "eu-west-1");
        assert_eq!(region(Some("eu-west-1"), Some("aws-us-gov")), "us-gov-west-1");
        assert_eq!(region(Some("us-gov-east-1"), Some("aws-us-gov")), "us-gov-east-1");
        assert_eq!(region(Some("cn-northwest-1"), Some("aws")), "us-east-1");
        assert_eq!(region(None, Some("aws-cn")), "cn-north-1");
    }
}
