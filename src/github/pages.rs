//! Lists that GitHub gives in pages.

use serde_json::Value;

use super::api::{Api, ApiError};

/// The most entries of a page. Source: GitHub Docs, "Using pagination in the REST API".
const PER_PAGE: usize = 100;
/// No list that is read here is longer.
const MAX_PAGES: usize = 20;

/// All entries of a list; `key` is the member that holds them, where the answer is an object.
///
/// # Errors
/// See [`ApiError`]: a list that does not end is [`ApiError::Unreadable`], never a short one.
pub(super) async fn all(api: &Api, path: &str, key: Option<&str>) -> Result<Vec<Value>, ApiError> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut entries: Vec<Value> = Vec::new();
    for page in 1..=MAX_PAGES {
        let address = format!("{path}{joint}per_page={PER_PAGE}&page={page}");
        let answer: Value = api.get(&address).await?;
        let total = answer.get("total_count").and_then(Value::as_u64);
        let more = list(answer, key)?;
        let count = more.len();
        entries.extend(more);
        if count >= PER_PAGE {
            continue;
        }
        let complete = total.is_none_or(|total| total == entries.len() as u64);
        let short = || ApiError::Unreadable("the list is shorter than its count".to_owned());
        return complete.then_some(entries).ok_or_else(short);
    }
    Err(ApiError::Unreadable(format!("the list has more than {MAX_PAGES} pages")))
}

/// The entries of one answer.
pub(super) fn list(mut answer: Value, key: Option<&str>) -> Result<Vec<Value>, ApiError> {
    let list = match key {
        Some(key) => answer.get_mut(key).map(Value::take).unwrap_or_default(),
        None => answer,
    };
    match list {
        Value::Array(entries) => Ok(entries),
        _ => Err(ApiError::Unreadable("it is not the list that it should be".to_owned())),
    }
}

/// The error for an entry of another form.
pub(super) fn unexpected() -> ApiError {
    ApiError::Unreadable("an entry is not of the form that it should have".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_list_is_a_list() {
        assert_eq!(list(json!([1]), None).unwrap().len(), 1);
        assert_eq!(list(json!({ "runs": [1, 2] }), Some("runs")).unwrap().len(), 2);
        for wrong in [json!({}), json!({ "runs": {} }), json!("x")] {
            assert!(list(wrong.clone(), Some("runs")).is_err(), "{wrong}");
            assert!(list(wrong, None).is_err());
        }
    }
}
