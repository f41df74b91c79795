//! `code-scanning`: whether findings reach GitHub's code scanning.

use super::seen::{Cause, Seen};
use super::{Check, CheckId};
use crate::model::format_time;
use crate::model::hosting::CodeScanning;
use crate::text;
use crate::text::public;

const ID: CheckId = CheckId::CodeScanning;

/// Whether code scanning takes findings. `Ok(None)`: GitHub says that it is not enabled.
#[must_use]
pub fn check(scanning: &Seen<Option<CodeScanning>>) -> Check {
    match scanning {
        Ok(Some(CodeScanning::Uploaded(at))) => Check::ok(
            ID,
            text!(
                "code scanning has findings of rootgate, last uploaded {}",
                public(format_time(*at))
            ),
        ),
        Ok(Some(CodeScanning::NothingYet)) => {
            Check::ok(ID, "code scanning is available; rootgate has not uploaded anything yet")
                .and("the first run of the default branch with `security-events: write` uploads")
        }
        Ok(None) => Check::warning(
            ID,
            "code scanning is not enabled for this repository, so findings are only in the log, the \
             summary and the report files",
            "enable GitHub Code Security (Settings, Advanced Security), or say `upload-sarif: never`",
        ),
        // A repository without any upload gives the same answer.
        Err(unseen) if unseen.cause == Cause::NotFound => Check::not_checked(
            ID,
            text!("code scanning: {}", &unseen.what),
            "this is also what GitHub \
             answers before the first upload; give the job the permission security-events: read, or look \
             in the tab Security",
        ),
        Err(unseen) => unseen.check(ID, "code scanning"),
    }
}
