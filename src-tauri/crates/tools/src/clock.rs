//! `get_current_time`: the date and time here, or in a zone that is asked for.
//!
//! Never blocks. The clock is passed in, so that a test says what time it is.

use std::sync::Arc;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Consent, Declaration, Terms, Tool, text_argument};

/// Says what time it is, in the machine's own zone.
pub type WallClock = Arc<dyn Fn() -> Zoned + Send + Sync>;

/// The longest name in the IANA database has 32 characters; this is generous.
const MAX_ZONE_CHARS: usize = 64;

/// The tool `get_current_time`.
pub struct CurrentTime {
    now: WallClock,
}

impl CurrentTime {
    /// The tool on this clock.
    pub fn new(now: WallClock) -> Self {
        Self { now }
    }

    fn answer(&self, args: &Value) -> Result<Value, ToolError> {
        let here = (self.now)();
        let Some(zone) = text_argument(args, "timezone", MAX_ZONE_CHARS)? else {
            return Ok(describe(&here));
        };
        match TimeZone::get(&zone) {
            Ok(zone) => Ok(describe(&here.with_time_zone(zone))),
            Err(_) => Err(ToolError::UnknownZone { zone }),
        }
    }
}

impl Tool for CurrentTime {
    fn declaration(&self) -> Declaration {
        let about_zone = "IANA time zone such as \"Europe/Berlin\" or \"America/New_York\". \
                          Leave it out for the time where the user is.";
        Declaration {
            name: "get_current_time".into(),
            description:
                "Tells the current date, time of day and weekday, where the user is or in a time zone.".into(),
            parameters: json!({
                "type": "object",
                "properties": {"timezone": {"type": "string", "description": about_zone}},
            }),
        }
    }

    fn terms(&self) -> Terms {
        Terms { consent: Consent::NotNeeded, is_lenient: true, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move { self.answer(&args) })
    }
}

fn describe(time: &Zoned) -> Value {
    // A machine without a known zone still has an offset, and that is what the model then hears.
    let zone = match time.time_zone().iana_name() {
        Some(name) => name.to_owned(),
        None => format!("UTC{}", time.strftime("%:z")),
    };
    json!({
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "weekday": time.strftime("%A").to_string(),
        "timezone": zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool_at(time: &str) -> CurrentTime {
        let time: Zoned = time.parse().unwrap();
        CurrentTime::new(Arc::new(move || time.clone()))
    }

    #[tokio::test]
    async fn tells_the_time_here() {
        let tool = tool_at("2026-11-20T23:30:05+01:00[Europe/Berlin]");
        let answer = tool.call(json!({}), CallContext::unattended()).await.unwrap();
        let expected =
            json!({"time": "2026-11-20T23:30:05+01:00", "weekday": "Friday", "timezone": "Europe/Berlin"});
        assert_eq!(answer, expected);
    }

    #[tokio::test]
    async fn tells_the_time_elsewhere_across_midnight_and_summer_time() {
        let tool = tool_at("2026-07-01T23:30:00+02:00[Europe/Berlin]");
        let tokyo = tool.call(json!({"timezone": "Asia/Tokyo"}), CallContext::unattended()).await.unwrap();
        assert_eq!(tokyo["time"], "2026-07-02T06:30:00+09:00");
        assert_eq!(tokyo["weekday"], "Thursday");
        let new_york =
            tool.call(json!({"timezone": "america/new_york"}), CallContext::unattended()).await.unwrap();
        assert_eq!(new_york["time"], "2026-07-01T17:30:00-04:00");
        assert_eq!(new_york["timezone"], "America/New_York");
        let utc = tool.call(json!({"timezone": "UTC"}), CallContext::unattended()).await.unwrap();
        assert_eq!(utc["time"], "2026-07-01T21:30:00+00:00");
    }

    #[tokio::test]
    async fn a_machine_without_a_named_zone_answers_with_its_offset() {
        let time = "2026-11-20T23:30:05Z".parse::<jiff::Timestamp>().unwrap();
        let time = time.to_zoned(TimeZone::fixed(jiff::tz::offset(3)));
        let tool = CurrentTime::new(Arc::new(move || time.clone()));
        assert_eq!(tool.call(json!({}), CallContext::unattended()).await.unwrap()["timezone"], "UTC+03:00");
    }

    #[tokio::test]
    async fn an_unknown_zone_is_said_honestly() {
        let tool = tool_at("2026-11-20T23:30:05+01:00[Europe/Berlin]");
        let error = tool.call(json!({"timezone": "Mars/Base"}), CallContext::unattended()).await.unwrap_err();
        assert!(matches!(&error, ToolError::UnknownZone { zone } if zone == "Mars/Base"));
        assert!(error.to_string().contains("\"Mars/Base\""), "{error}");
        for zone in ["../../etc/passwd", "/etc/localtime", "Europe/Berlin\u{0}", "\u{1b}[2J", "UTC+99", "é"]
        {
            let error = tool.call(json!({"timezone": zone}), CallContext::unattended()).await.unwrap_err();
            assert!(matches!(error, ToolError::UnknownZone { .. }), "{zone:?}: {error:?}");
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        }
        let error =
            tool.call(json!({"timezone": "x".repeat(65)}), CallContext::unattended()).await.unwrap_err();
        assert!(matches!(error, ToolError::BadArgument { .. }), "{error:?}");
        let error = tool.call(json!({"timezone": 2}), CallContext::unattended()).await.unwrap_err();
        assert!(matches!(error, ToolError::BadArgument { .. }));
    }
}
