//! Accepts SARIF files as code scanning does, and refuses what code scanning is known to refuse.

use std::collections::BTreeSet;
use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::Answer;
use crate::scenario::Scenario;

/// After gzip.
const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;

/// An accepted file.
pub struct Upload {
    id: String,
    request: Value,
    sarif: Value,
    looks: u32,
}

/// The answer to an upload: 202 with a receipt, or an error.
pub fn receive(uploads: &mut Vec<Upload>, body: &[u8], path: &str) -> Answer {
    let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
        return Answer::message(400, "Problems parsing JSON");
    };
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let hex = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex(text("commit_sha")) {
        return Answer::message(422, "commit_sha is not a full SHA");
    }
    if !text("ref").starts_with("refs/") {
        return Answer::message(422, "ref is not a full ref");
    }
    let Ok(packed) = BASE64_STANDARD.decode(text("sarif")) else {
        return Answer::message(400, "sarif is not Base64");
    };
    if packed.len() > MAX_FILE_BYTES {
        return Answer::message(413, "Payload Too Large");
    }
    let mut sarif = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut sarif);
    let Ok(sarif) =
        unpacked.map_err(drop).and_then(|_| serde_json::from_slice(&sarif).map_err(drop))
    else {
        return Answer::message(400, "Invalid request. sarif is not gzipped JSON");
    };
    request.as_object_mut().unwrap().remove("sarif");
    let id = format!("47177e22-5596-11eb-80a1-c1e54ef945{:02x}", uploads.len());
    let receipt = json!({ "id": id, "url": format!("https://api.github.com{path}/{id}") });
    uploads.push(Upload { id, request, sarif, looks: 0 });
    Answer::json(202, &receipt)
}

impl Upload {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file and the other fields of the request.
    pub fn listed(&self) -> Value {
        let mut listed = self.request.clone();
        listed["sarif"] = self.sarif.clone();
        listed
    }

    /// Not found at the first poll, pending at the second, then the scenario's status.
    pub fn status(&mut self, scenario: &Scenario) -> Answer {
        self.looks += 1;
        let processing = scenario.processing.as_deref().unwrap_or("complete");
        let refused = refused(&self.sarif);
        let (status, errors) = match (self.looks, processing.split_once(' '), refused) {
            (1, ..) => return Answer::message(404, "Not Found"),
            (2, ..) => ("pending", None),
            (_, _, Some(reason)) => ("failed", Some(vec![reason])),
            (_, Some(("failed", reason)), _) => ("failed", Some(vec![reason.to_owned()])),
            (_, None, _) if processing == "failed" => ("failed", None),
            (_, None, _) if processing == "pending" => ("pending", None),
            _ => ("complete", None),
        };
        Answer::json(200, &json!({ "processing_status": status, "errors": errors }))
    }
}

/// The errors for which GitHub is known to refuse a whole file.
fn refused(sarif: &Value) -> Option<String> {
    let Some(runs) = sarif["runs"].as_array().filter(|runs| !runs.is_empty()) else {
        return Some("runs: 1 item required; only 0 were supplied".to_owned());
    };
    if runs.len() > 20 {
        return Some("rejecting SARIF, as there are more runs than allowed".to_owned());
    }
    let ids: BTreeSet<_> = runs.iter().map(|run| run["automationDetails"]["id"].as_str()).collect();
    if ids.len() < runs.len() {
        return Some("A delivery cannot contain multiple runs with the same category".to_owned());
    }
    let results = runs.iter().filter_map(|run| run["results"].as_array()).flatten();
    let unlocated = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap_or_default();
        uri.is_empty() || uri.contains(':') || place["region"]["startLine"].as_u64().is_none()
    };
    results
        .into_iter()
        .any(unlocated)
        .then(|| "locationFromSarifResult: expected at least one location".to_owned())
}
