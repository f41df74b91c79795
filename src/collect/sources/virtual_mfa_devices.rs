//! Lists the virtual MFA devices, page by page.

use aws_sdk_iam::types::{AssignmentStatusType, VirtualMfaDevice as Listed};

use crate::collect::failure::CallError;
use crate::model::virtual_mfa_devices::LIST;
use crate::model::{Cause, Fact, Gap, Observed, Source, VirtualMfaDevice};

use super::Reader;

const SOURCE: Source = Source::VirtualMfaDevices;
/// The maximum size of a page. Source: API reference, `MaxItems`.
const PAGE: i32 = 1_000;
/// Enough pages for the devices of the maximum number of users (5,000 with 8 devices each), even if
/// AWS sends shorter pages.
const MAX_PAGES: usize = 400;

/// Reads all pages of the assigned devices. They are true at the time of the first call.
pub(super) async fn fetch(reader: &Reader<'_>) -> Observed<Vec<VirtualMfaDevice>> {
    let client = reader.session.iam();
    let mut devices = Vec::new();
    let mut first_sent = None;
    let mut marker: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let call = async || {
            let sent = (reader.clock)();
            let request = client
                .list_virtual_mfa_devices()
                .assignment_status(AssignmentStatusType::Assigned)
                .max_items(PAGE)
                .set_marker(marker.clone());
            let answer = request.send().await;
            Ok((sent, answer.map_err(|error| CallError::from_sdk(&error))?))
        };
        let (sent, page) =
            reader.pace.retry(call).await.map_err(|error| error.gap(SOURCE, &LIST))?;
        let observed_at = *first_sent.get_or_insert(sent);
        devices.extend(page.virtual_mfa_devices.into_iter().map(device));
        if !page.is_truncated {
            devices.sort();
            return Ok(Fact::new(devices, observed_at));
        }
        // A repeated token would repeat the same page forever.
        if page.marker.is_none() || page.marker == marker {
            return Err(unreadable("AWS sent the same page token twice"));
        }
        marker = page.marker;
    }
    Err(unreadable(&format!("the list has more than {MAX_PAGES} pages")))
}

fn unreadable(why: &str) -> Gap {
    Gap::for_call(SOURCE, &LIST, Cause::Unreadable, why)
}

fn device(listed: Listed) -> VirtualMfaDevice {
    VirtualMfaDevice {
        serial_number: listed.serial_number,
        user_arn: listed.user.map(|user| user.arn),
    }
}
