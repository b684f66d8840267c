//! The cancelled transaction in its spellings, each behind a 200.

use super::answer::{TOO_LONG, error_body};
use crate::sim::fault::Spelling;

/// What a good body becomes when time runs out in the middle of it.
pub(super) fn spoil(body: &str, spelling: Spelling) -> String {
    let rows = first_half(body);
    let comma = if rows.ends_with('}') { "," } else { "" };
    let error = error_body(TOO_LONG, Some(TOO_LONG));
    match spelling {
        Spelling::BothKeys => format!("{rows}],{}", error.trim_start_matches('{')),
        Spelling::JunkElement => format!("{rows}{comma}\"{TOO_LONG}\"]}}"),
        Spelling::Spliced => format!("{rows}{comma}{}", error.trim_start_matches('{')),
        Spelling::Truncated => format!("{rows}{comma}{{\"number\":\"INC00"),
    }
}

/// `{"result":[` and the first half of the rows.
fn first_half(body: &str) -> String {
    let Ok(whole) = serde_json::from_str::<serde_json::Value>(body) else {
        return "{\"result\":[".to_owned();
    };
    let rows = whole
        .get("result")
        .and_then(serde_json::Value::as_array)
        .cloned()
        .unwrap_or_default();
    let half: Vec<String> = rows.iter().take(rows.len() / 2).map(ToString::to_string).collect();
    format!("{{\"result\":[{}", half.join(","))
}
