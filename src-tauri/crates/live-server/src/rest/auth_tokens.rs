//! Makes ephemeral tokens (PROTOCOL.md §1.2), as the SDKs ask for them: `uses`, `expireTime`, `newSessionExpireTime`, and
//! what of the setup is locked. Pure apart from the time of day, which the request's times are compared with.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use live_proto::wire::{ClientMessage, Setup, decode_client};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::http::StatusCode;

use super::Answer;
use crate::budget::Share;
use crate::close::Closing;
use crate::shared::Shared;
use crate::tokens::{Lock, Token};

/// How long a token lasts, unless the client says otherwise, and at most.
const LASTS: Duration = Duration::from_mins(30);
const LASTS_AT_MOST: Duration = Duration::from_hours(20);
/// How long it opens sessions, unless the client says otherwise.
const OPENS: Duration = Duration::from_mins(1);
/// What a token's JSON grows to in memory, at most.
const WEIGHT: usize = 8;

/// Makes a token.
pub(super) fn create(shared: &Shared, body: &[u8], now: Instant) -> Answer {
    token(shared, body, now).unwrap_or_else(|refusal| refusal)
}

fn token(shared: &Shared, body: &[u8], now: Instant) -> Result<Answer, Answer> {
    let request = if body.is_empty() { Ok(Map::new()) } else { serde_json::from_slice(body) };
    let request: Map<String, Value> =
        request.map_err(|error| Answer::invalid(format!("Invalid JSON payload received. {error}")))?;
    let mut asked = Asked::default();
    for (name, value) in request {
        asked.take(&name, value)?;
    }
    let ends = from_now(asked.expires, LASTS, "expireTime")?;
    if ends > LASTS_AT_MOST {
        return Err(Answer::invalid("expireTime must be less than 20 hours in the future."));
    }
    let opens = from_now(asked.opens_until, OPENS.min(ends), "newSessionExpireTime")?;
    if opens > ends {
        return Err(Answer::invalid("newSessionExpireTime must not be later than expireTime."));
    }
    let lock = Lock::new(asked.setup.as_ref(), asked.mask.as_deref()).map_err(Answer::invalid)?;
    let mut room = Share::of(&shared.budgets.kept);
    let lock = lock.map(Arc::new);
    let is_room = lock.is_none() || room.hold(body.len() * WEIGHT);
    let uses = match asked.uses {
        None => Some(1),
        Some(0) => None,
        some => some,
    };
    let token = Token { ends: now + ends, opens_until: now + opens, uses, lock, room };
    let name = if is_room { shared.tokens.add(token, now) } else { None };
    let name = name.ok_or_else(|| {
        let words = "The server keeps too many auth tokens already. Try again later.";
        Answer::error(StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", words)
    })?;
    Ok(Answer::ok(json!({ "name": name })))
}

/// What a request says.
#[derive(Default)]
struct Asked {
    uses: Option<u32>,
    expires: Option<Timestamp>,
    opens_until: Option<Timestamp>,
    setup: Option<Setup>,
    mask: Option<String>,
}

impl Asked {
    fn take(&mut self, name: &str, value: Value) -> Result<(), Answer> {
        if value.is_null() {
            return Ok(());
        }
        match name {
            "uses" => self.uses = Some(uses(&value)?),
            "expireTime" | "expire_time" => self.expires = Some(time(&value, "expireTime")?),
            "newSessionExpireTime" | "new_session_expire_time" => {
                self.opens_until = Some(time(&value, "newSessionExpireTime")?);
            }
            "bidiGenerateContentSetup" | "bidi_generate_content_setup" => self.setup = Some(setup(value)?),
            "fieldMask" | "field_mask" => match value {
                Value::String(mask) => self.mask = Some(mask),
                _ => return Err(Answer::invalid("fieldMask must be a string.")),
            },
            unknown => {
                let unknown: String = unknown.chars().take(100).collect();
                return Err(Answer::invalid(Closing::unknown_name(&unknown, "auth_token").reason));
            }
        }
        Ok(())
    }
}

fn uses(value: &Value) -> Result<u32, Answer> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Answer::invalid("uses must be a number of zero or more."))
}

fn time(value: &Value, name: &str) -> Result<Timestamp, Answer> {
    let time = value.as_str().and_then(|text| text.parse().ok());
    time.ok_or_else(|| Answer::invalid(format!("{name} must be a time such as 2026-11-30T12:00:00Z.")))
}

/// The SDKs send the setup by itself; some clients send the whole message.
fn setup(value: Value) -> Result<Setup, Answer> {
    let inner = match value {
        Value::Object(mut fields) if fields.contains_key("setup") => {
            fields.remove("setup").unwrap_or_default()
        }
        other => other,
    };
    let frame = Value::Object(Map::from_iter([("setup".to_owned(), inner)])).to_string();
    let decoded = decode_client(frame.as_bytes())
        .map_err(|error| Answer::invalid(Closing::bad_frame(frame.as_bytes(), &error).reason))?;
    if let Some(closing) = Closing::skipped(&decoded) {
        return Err(Answer::invalid(closing.reason));
    }
    match decoded.message {
        ClientMessage::Setup(setup) => Ok(*setup),
        _ => Err(Answer::invalid("bidiGenerateContentSetup must be a setup.")),
    }
}

/// How long it is until then; `usual` when nothing is said.
fn from_now(at: Option<Timestamp>, usual: Duration, name: &str) -> Result<Duration, Answer> {
    let Some(at) = at else { return Ok(usual) };
    Duration::try_from(at.duration_since(Timestamp::now()))
        .ok()
        .filter(|left| !left.is_zero())
        .ok_or_else(|| Answer::invalid(format!("{name} must be in the future.")))
}
