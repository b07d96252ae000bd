//! What is said about the pictures that came: numbers, and said to be that. Pure.

use crate::image_stats::{Change, ImageStats};

/// What is known of the pictures when somebody asks.
#[derive(Debug, PartialEq)]
pub(crate) struct PictureFacts {
    /// How many came, over all of the session.
    pub(crate) count: u64,
    /// The newest's size in pixels, if its header told.
    pub(crate) size: Option<(u32, u32)>,
    /// What was computed of the newest ones; `None` when they can't be read or are not there any more.
    pub(crate) stats: Option<ImageStats>,
}

const DISCLAIMER: &str = "These are only statistics of its pixels: I can't tell what it shows.";

/// The statistics as sentences.
pub(crate) fn sentence_of_picture(facts: &PictureFacts) -> String {
    let count = match facts.count {
        0 => return "I have no picture yet. Switch the camera on, and ask me again.".to_owned(),
        1 => "1 picture".to_owned(),
        count => format!("{count} pictures"),
    };
    let size = facts.stats.as_ref().map(|stats| (stats.width, stats.height)).or(facts.size);
    let Some((width, height)) = size else {
        return format!("I received {count}, but the newest is in no form that I can measure.");
    };
    let Some(stats) = &facts.stats else {
        return format!(
            "I received {count}. The newest is {width} × {height} pixels, but I couldn't read its colours, and I \
             can't tell what it shows."
        );
    };
    let colours = listed(&stats.colours);
    let moved = match stats.change {
        None => String::new(),
        Some(Change::None) => " Since the picture before, nothing moved.".to_owned(),
        Some(Change::Some { place }) => format!(" Since the picture before, something moved {place}."),
        Some(Change::Everything) => " Since the picture before, almost everything changed.".to_owned(),
    };
    format!(
        "I received {count}. The newest is {width} × {height} pixels, {}, with a brightness of {} percent, and \
         {colours}.{moved} {DISCLAIMER}",
        stats.tone(),
        stats.brightness
    )
}

fn listed(colours: &[(&str, u8)]) -> String {
    let named: Vec<String> = colours
        .iter()
        .enumerate()
        .map(|(n, (name, share))| {
            if n == 0 {
                format!("mostly {name}, {share} percent")
            } else {
                format!("some {name}, {share} percent")
            }
        })
        .collect();
    match named.as_slice() {
        [] => "of many colours, none of them much".to_owned(),
        all => all.join(", "),
    }
}
