//! `set_timer`: something is told when a time is over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Consent, Declaration, Terms, Tool, text_argument};

/// The longest timer, in seconds: a day.
const MAX_SECONDS: u64 = 24 * 60 * 60;
/// The longest label, in characters.
const MAX_LABEL_CHARS: usize = 100;

/// Lets timers run.
pub trait Alarms: Send + Sync + 'static {
    /// Starts a timer. The error is words for the model: no more can run.
    fn set(&self, after: Duration, label: String) -> BoxFuture<'static, Result<(), String>>;
}

/// The tool `set_timer`.
pub struct SetTimer {
    alarms: Arc<dyn Alarms>,
}

impl SetTimer {
    /// The tool on these alarms.
    pub fn new(alarms: Arc<dyn Alarms>) -> Self {
        Self { alarms }
    }
}

impl Tool for SetTimer {
    fn declaration(&self) -> Declaration {
        Declaration {
            name: "set_timer".into(),
            description:
                "Sets a timer. You are told when it is over, and tell the user then. Call it when the \
                          user wants a timer or to be reminded after a while."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "seconds": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": MAX_SECONDS,
                        "description": "How long it runs, in seconds.",
                    },
                    "label": {"type": "string", "description": "What it is for, in a few words, such as \"tea\"."},
                },
                "required": ["seconds"],
            }),
        }
    }

    fn terms(&self) -> Terms {
        // It does nothing but speak up later.
        Terms { consent: Consent::NotNeeded, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let seconds = args.get("seconds").and_then(whole);
            let seconds = seconds.filter(|seconds| (1..=MAX_SECONDS).contains(seconds)).ok_or_else(|| {
                let reason = format!("`seconds` must be a whole number from 1 to {MAX_SECONDS}");
                ToolError::BadArgument { reason }
            })?;
            let label = text_argument(&args, "label", MAX_LABEL_CHARS)?.unwrap_or_default();
            let set = self.alarms.set(Duration::from_secs(seconds), label).await;
            set.map_err(|reason| ToolError::Unavailable { reason })?;
            Ok(json!({"set": true, "seconds": seconds}))
        })
    }
}

/// Models write `60.0` for 60.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=1e9).contains(number))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within 0 to 1e9"
        )]
        let number = number as u64;
        Some(number)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Set(Mutex<Vec<(Duration, String)>>);

    impl Alarms for Set {
        fn set(&self, after: Duration, label: String) -> BoxFuture<'static, Result<(), String>> {
            let is_refused = label == "one too many";
            self.0.lock().unwrap().push((after, label));
            Box::pin(async move { if is_refused { Err("too many timers run".to_owned()) } else { Ok(()) } })
        }
    }

    #[tokio::test]
    async fn a_timer_is_set_within_a_day() {
        let alarms = Arc::new(Set::default());
        let tool = SetTimer::new(alarms.clone());
        let call = |args: Value| tool.call(args, CallContext::unattended());
        call(json!({"seconds": 240, "label": "tea"})).await.unwrap();
        call(json!({"seconds": 60.0})).await.unwrap();
        let set = alarms.0.lock().unwrap().clone();
        let expected = [(240, "tea"), (60, "")].map(|(s, label)| (Duration::from_secs(s), label.to_owned()));
        assert_eq!(set, expected);
        for bad in [json!({}), json!({"seconds": 0}), json!({"seconds": 1.5}), json!({"seconds": 86_401})] {
            assert_eq!(call(bad).await.unwrap_err().code(), "bad_arguments");
        }
        let error = call(json!({"seconds": 5, "label": "one too many"})).await.unwrap_err();
        assert_eq!((error.code(), error.to_string()), ("unavailable", "too many timers run".to_owned()));
    }
}
