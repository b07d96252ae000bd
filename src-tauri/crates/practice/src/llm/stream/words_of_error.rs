//! The words of a server's error, for a person. Pure.

use net::Scrubber;
use serde_json::Value;

/// So many characters of them are said.
const MOST: usize = 200;

/// Returns the message in an error's JSON, without the secrets of the request, cut to what can be said.
pub(in super::super) fn words_of_error(value: &Value, secrets: &Scrubber) -> String {
    let found = ["/error/message", "/message", "/error", "/detail", ""]
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    let found = secrets.text(found.unwrap_or_default());
    plain(found.trim().trim_end_matches('.'), MOST)
}

/// Returns so much of a text that somebody else wrote, without what steers a terminal.
pub(in super::super) fn plain(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}
