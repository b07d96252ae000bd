//! How a connection is ended from this side: the service's close codes and its words (PROTOCOL.md §6). Pure.

use std::fmt::Write as _;

use live_proto::wire::{BadFrame, Decoded};
use serde_json::{Map, Value};

/// A close frame holds this many bytes of reason (RFC 6455 §5.5).
const MOST_BYTES: usize = 123;

/// A close code and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Closing {
    /// A code with a reason, cut as the service cuts it.
    pub(crate) fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let mut end = reason.len().min(MOST_BYTES);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }

    /// No close frame is sent: this code says so (RFC 6455 §7.1.5), and no frame may have it.
    pub(crate) fn cut() -> Self {
        Self::new(1006, "")
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.code == 1006
    }

    pub(crate) fn invalid_argument() -> Self {
        Self::new(1007, "Request contains an invalid argument.")
    }

    pub(crate) fn unknown_name(name: &str, place: &str) -> Self {
        let mut reason = format!("Invalid JSON payload received. Unknown name \"{name}\"");
        if !place.is_empty() {
            let _ = write!(reason, " at '{place}'");
        }
        reason.push_str(": Cannot find field.");
        Self::new(1007, reason)
    }

    pub(crate) fn bad_key() -> Self {
        Self::new(1007, "API key not valid. Please pass a valid API key.")
    }

    pub(crate) fn no_key() -> Self {
        Self::new(
            1008,
            "Method doesn't allow unregistered callers (callers without established identity). \
             Please use API Key or other form of API consumer identity to call this API.",
        )
    }

    pub(crate) fn model_not_found(model: &str, version: &str) -> Self {
        Self::new(
            1008,
            format!(
                "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. \
                 Call ListModels to see the list of available models and their supported methods."
            ),
        )
    }

    pub(crate) fn media_chunks() -> Self {
        Self::new(1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.")
    }

    pub(crate) fn session_not_found() -> Self {
        Self::new(1008, "BidiGenerateContent session not found")
    }

    /// The server ends (RFC 6455 §7.4.1).
    pub(crate) fn going_away() -> Self {
        Self::new(1001, "The server is shutting down.")
    }

    /// There is no room for what this client wants kept (1013: "try again later").
    pub(crate) fn busy() -> Self {
        Self::new(1013, "The server keeps too much for its clients already. Try again later.")
    }

    pub(crate) fn internal() -> Self {
        Self::new(1011, "Internal error encountered.")
    }

    pub(crate) fn deadline() -> Self {
        Self::new(1011, "Deadline expired before operation could complete.")
    }

    /// The reason for a frame that holds no message of the protocol.
    pub(crate) fn bad_frame(frame: &[u8], error: &BadFrame) -> Self {
        // Valid JSON with a name nobody knows is told by that name, as the service does.
        let object: Option<Map<String, Value>> = serde_json::from_slice(frame).ok();
        if let Some(name) = object.as_ref().and_then(|object| object.keys().find(|name| !is_kind(name))) {
            return Self::unknown_name(&shortened(name), "");
        }
        Self::new(1007, format!("Invalid JSON payload received. {}", shortened(&error.source.to_string())))
    }

    /// The reason for a message with names that the protocol does not have, if it has any.
    pub(crate) fn skipped<T>(decoded: &Decoded<T>) -> Option<Self> {
        let path = decoded.skipped.first()?;
        let (place, name) = path.rsplit_once('.').unwrap_or(("", path));
        Some(Self::unknown_name(&shortened(name), &proto_path(place)))
    }
}

fn is_kind(name: &str) -> bool {
    const KINDS: [&str; 5] = ["setup", "clientcontent", "realtimeinput", "toolresponse", "contextupdate"];
    KINDS.contains(&name.replace('_', "").to_ascii_lowercase().as_str())
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST_BYTES).collect()
}

/// `setup.generationConfig.tools.0` as the service writes it: `setup.generation_config.tools[0]`.
fn proto_path(path: &str) -> String {
    let mut written = String::new();
    for piece in path.split('.').filter(|piece| !piece.is_empty()) {
        if piece.bytes().all(|b| b.is_ascii_digit()) {
            let _ = write!(written, "[{piece}]");
            continue;
        }
        if !written.is_empty() {
            written.push('.');
        }
        for letter in piece.chars() {
            if letter.is_ascii_uppercase() {
                written.push('_');
            }
            written.push(letter.to_ascii_lowercase());
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use live_proto::wire::decode_client;

    fn reason_of(frame: &str) -> String {
        match decode_client(frame.as_bytes()) {
            Err(error) => Closing::bad_frame(frame.as_bytes(), &error).reason,
            Ok(decoded) => Closing::skipped(&decoded).map(|closing| closing.reason).unwrap_or_default(),
        }
    }

    #[test]
    fn reasons_are_cut_between_characters() {
        let closing = Closing::new(1007, format!("{}é", "a".repeat(122)));
        assert_eq!(closing.reason, "a".repeat(122));
        assert_eq!(Closing::model_not_found("x", "v1beta").reason.len(), 123);
    }

    #[test]
    fn bad_frames_are_named_as_the_service_names_them() {
        let unknown = "Invalid JSON payload received. Unknown name";
        assert_eq!(reason_of(r#"{"hello":{}}"#), format!("{unknown} \"hello\": Cannot find field."));
        assert_eq!(
            reason_of(r#"{"setup":{"generationConfig":{"voice":1}}}"#),
            format!("{unknown} \"voice\" at 'setup.generation_config': Cannot find field.")
        );
        assert!(reason_of("not json").starts_with("Invalid JSON payload received. "));
        assert!(reason_of("").starts_with("Invalid JSON payload received. "));
        assert!(
            reason_of(r#"{"setup":{},"realtimeInput":{}}"#).starts_with("Invalid JSON payload received. ")
        );
    }
}
