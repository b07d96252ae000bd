//! One thing that was tried: how it came out, and what to do. Pure, but for the time limit.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::print::Printable;
use crate::contract::{Text, UiError};

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Found {
    /// It works.
    Ok,
    /// It does not, and a conversation can do without.
    Limited,
    /// It does not, and a conversation needs it.
    Missing,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Point {
    /// What.
    pub(crate) name: &'static str,
    /// How it came out.
    pub(crate) found: Found,
    /// What was found, in words.
    pub(crate) says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) todo: Option<String>,
    /// The other side's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// How long it took.
    pub(crate) ms: u64,
}

impl Point {
    /// It works.
    pub(crate) fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, found: Found::Ok, says: says.into(), todo: None, detail: None, ms: 0 }
    }

    /// It does not; the sentence's explanation says what to do.
    pub(crate) fn not(name: &'static str, needed: bool, text: &Text) -> Self {
        let found = if needed { Found::Missing } else { Found::Limited };
        let todo = Some(text.explanation());
        Self { name, found, says: text.words(), todo, detail: None, ms: 0 }
    }

    /// It does not, in the words that the window would have.
    pub(crate) fn error(name: &'static str, needed: bool, error: UiError) -> Self {
        Self { detail: error.detail, ..Self::not(name, needed, &error.text) }
    }

    /// A fault of ours.
    pub(crate) fn failed_inside(detail: &str) -> Self {
        Self::error("doctor", true, crate::messages::internal(detail))
    }

    /// For a terminal: a mark, what it is, what was found; below it what to do.
    pub(crate) fn shown(&self, colour: bool) -> Printable {
        let (mark, code) = match self.found {
            Found::Ok => ("✓", "32"),
            Found::Limited => ("–", "33"),
            Found::Missing => ("✗", "31"),
        };
        let mark = Printable::from(mark);
        let mark = if colour { mark.styled(code) } else { mark };
        let text = mark.then(format!(" {:10}  ", self.name)).then(Printable::line(&self.says)).then("\n");
        [&self.todo, &self.detail].into_iter().flatten().fold(text, |text, line| {
            text.then(format!("  {:10}  ", "")).then(Printable::line(line)).then("\n")
        })
    }
}

/// Waits so long for an answer and no longer; whatever still hangs is left to itself.
pub(crate) async fn within(
    name: &'static str,
    limit: Duration,
    needed: bool,
    work: impl Future<Output = Vec<Point>>,
) -> Vec<Point> {
    let began = Instant::now();
    let mut points = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let text = Text::new("doctor-slow").with("seconds", limit.as_secs().to_string());
        vec![Point::not(name, needed, &text)]
    });
    let ms = began.elapsed().as_millis() as u64;
    for point in &mut points {
        point.ms = ms;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_work_says_what_to_do_below() {
        let point = Point::not("camera", true, &Text::new("doctor-camera-nothing"));
        let shown = "✗ camera      The camera gave no picture\n              Try another camera. You can talk without one.\n";
        assert_eq!(point.shown(false).as_str(), shown);
        assert!(point.shown(true).as_str().starts_with("\x1b[31m✗"));
        assert_eq!(Point::ok("key", "It works").shown(false).as_str(), "✓ key         It works\n");
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_left() {
        let points = within("camera", Duration::from_secs(9), false, std::future::pending()).await;
        assert_eq!((points[0].name, points[0].found), ("camera", Found::Limited));
        assert!(points[0].says.contains("9 s"));
    }
}
