//! The pages and queries of a reply, as a person may see them. Pure.

use crate::event::Source;

/// Most pages and queries of one reply, and the longest of each in bytes.
const SOURCES: usize = 50;
const SOURCE_BYTES: usize = 2_048;

/// Pages as links that a person may follow; anything but the web is left out, and what no page has.
pub(super) fn web_sources(pages: Vec<(String, String)>) -> Vec<Source> {
    let web = |uri: &str| uri.starts_with("https://") || uri.starts_with("http://");
    pages
        .into_iter()
        .filter(|(_, uri)| web(uri) && uri.len() <= SOURCE_BYTES)
        .take(SOURCES)
        .map(|(title, uri)| Source { title: short(title), uri })
        .collect()
}

/// Each query once.
pub(super) fn some_queries(queries: Vec<String>) -> Vec<String> {
    let mut some: Vec<String> = Vec::new();
    for query in queries.into_iter().map(short) {
        if some.len() < SOURCES && !some.contains(&query) {
            some.push(query);
        }
    }
    some
}

fn short(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(SOURCE_BYTES));
    text
}
