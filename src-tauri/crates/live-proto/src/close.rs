//! Why a session ended, told apart by close code and reason (PROTOCOL.md §6) or by the HTTP status of a refused
//! upgrade. Pure; never blocks.
//!
//! The words of a reason are looked at here and nowhere else; everyone after this acts on [`CloseKind`].

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseCause {
    /// What it means.
    pub kind: CloseKind,
    /// The close code, where there was a close frame.
    pub code: Option<u16>,
    /// The reason as the service wrote it (at most 123 bytes); to be shown beside our own words.
    pub reason: String,
}

/// What the end of a session means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseKind {
    /// As wished.
    Normal,
    /// The key is wrong.
    KeyRefused,
    /// The key is too old.
    KeyExpired,
    /// The key was found in public and is blocked.
    KeyLeaked,
    /// The service is not offered where the person is.
    Region,
    /// A quota is used up.
    Quota,
    /// The model is unknown, retired or not for Live.
    ModelNotFound,
    /// The setup or a message is not allowed for the model; the same again would fail again.
    Refused,
    /// The handle is too old: a fresh session works.
    SessionNotFound,
    /// A fault of the service that passes with the connection, seen around tool calls: reconnect with the handle.
    Hiccup,
    /// A fault of the service, or it is overloaded.
    Internal,
    /// The connection's time was over: resume.
    DeadlineExpired,
    /// The connection broke.
    Network,
    /// No answer to the setup in time.
    SetupTimeout,
    /// The peer does not keep to the protocol, or sends more than we take.
    Protocol,
    /// Anything else; the code and the reason are all there is to say.
    Other,
}

/// What can be done after an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing: the same would fail again, or the end was wished.
    Never,
    /// Connect again, resuming where a handle is there, after a pause that grows.
    BackOff,
    /// Connect again at once, resuming where a handle is there.
    Resume,
    /// Connect again at once, without the handle.
    Fresh,
}

impl CloseKind {
    /// What can be done.
    pub fn retry(self) -> Retry {
        match self {
            Self::Hiccup | Self::DeadlineExpired => Retry::Resume,
            Self::SessionNotFound => Retry::Fresh,
            Self::Internal | Self::Network | Self::SetupTimeout | Self::Other => Retry::BackOff,
            Self::Normal
            | Self::KeyRefused
            | Self::KeyExpired
            | Self::KeyLeaked
            | Self::Region
            | Self::Quota
            | Self::ModelNotFound
            | Self::Refused
            | Self::Protocol => Retry::Never,
        }
    }
}

/// The longest reason that a close frame can hold, in bytes (RFC 6455 §5.5).
const MAX_REASON: usize = 123;

/// What a close frame, or its absence, means.
pub fn classify_close(code: Option<u16>, reason: &str) -> CloseCause {
    let kind = match code {
        None | Some(1006) => CloseKind::Network,
        Some(1000) => CloseKind::Normal,
        Some(code) => by_reason(reason).unwrap_or_else(|| by_code(code)),
    };
    CloseCause { kind, code, reason: shortened(reason) }
}

/// What the HTTP status of a refused upgrade means; `body` is the start of its body.
pub fn classify_http(status: u16, body: &str) -> CloseKind {
    by_reason(body).unwrap_or(match status {
        401 | 403 => CloseKind::KeyRefused,
        404 => CloseKind::ModelNotFound,
        429 => CloseKind::Quota,
        408 | 500..=599 => CloseKind::Internal,
        400..=499 => CloseKind::Refused,
        _ => CloseKind::Other,
    })
}

fn by_code(code: u16) -> CloseKind {
    match code {
        1001 | 1011..=1014 => CloseKind::Internal,
        1015 => CloseKind::Network,
        // 1002 and 1003 too: the service found a fault in what we sent.
        1002 | 1003 | 1007..=1010 => CloseKind::Refused,
        _ => CloseKind::Other,
    }
}

/// Lower-case words of reasons seen in the wild, with what they mean. The first that fits counts.
const WORDS: &[(&str, CloseKind)] = &[
    ("leaked", CloseKind::KeyLeaked),
    ("api key expired", CloseKind::KeyExpired),
    ("renew the api key", CloseKind::KeyExpired),
    ("api key not valid", CloseKind::KeyRefused),
    ("api_key_invalid", CloseKind::KeyRefused),
    ("unregistered callers", CloseKind::KeyRefused),
    ("invalid authentication", CloseKind::KeyRefused),
    ("user location is not supported", CloseKind::Region),
    ("resource_exhausted", CloseKind::Quota),
    ("resource has been exhausted", CloseKind::Quota),
    ("quota", CloseKind::Quota),
    ("rate limit", CloseKind::Quota),
    ("session not found", CloseKind::SessionNotFound),
    ("is not found for api version", CloseKind::ModelNotFound),
    ("not supported for bidigeneratecontent", CloseKind::ModelNotFound),
    ("content_type_audio", CloseKind::Hiccup),
    ("operation is not implemented", CloseKind::Hiccup),
    ("requested entity was not found", CloseKind::Hiccup),
    ("deadline expired", CloseKind::DeadlineExpired),
    ("deadline_exceeded", CloseKind::DeadlineExpired),
    ("keepalive ping timeout", CloseKind::Network),
    ("currently unavailable", CloseKind::Internal),
    ("internal error", CloseKind::Internal),
];

fn by_reason(reason: &str) -> Option<CloseKind> {
    let reason = reason.to_lowercase();
    WORDS.iter().find(|(words, _)| reason.contains(words)).map(|(_, kind)| *kind)
}

fn shortened(reason: &str) -> String {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_close_of_the_protocol_reference_is_told_apart() {
        use CloseKind as K;
        let table: &[(Option<u16>, &str, K)] = &[
            (Some(1000), "", K::Normal),
            (None, "", K::Network),
            (Some(1006), "", K::Network),
            (Some(1007), "Request contains an invalid argument.", K::Refused),
            (
                Some(1007),
                "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
                K::Refused,
            ),
            (
                Some(1007),
                "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.",
                K::Refused,
            ),
            (Some(1007), "API key not valid. Please pass a valid API key.", K::KeyRefused),
            (Some(1007), "API key expired. Please renew the API key.", K::KeyExpired),
            (Some(1007), "User location is not supported for the API use.", K::Region),
            (Some(1007), "Cannot extract voices from a non-audio request.", K::Refused),
            (
                Some(1007),
                "The audio content type (CONTENT_TYPE_AUDIO) is not supported for this model configuration",
                K::Hiccup,
            ),
            (
                Some(1008),
                "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent. Call",
                K::ModelNotFound,
            ),
            (Some(1008), "Operation is not implemented, or supported, or enabled.", K::Hiccup),
            (Some(1008), "Requested entity was not found", K::Hiccup),
            (Some(1008), "BidiGenerateContent session not found", K::SessionNotFound),
            (Some(1008), "Your API key was reported as leaked. Please use another API key.", K::KeyLeaked),
            (Some(1011), "Internal error encountered.", K::Internal),
            (Some(1011), "Internal error occurred.", K::Internal),
            (Some(1011), "The service is currently unavailable.", K::Internal),
            (Some(1011), "Deadline expired before operation could complete.", K::DeadlineExpired),
            (Some(1011), "RPC::DEADLINE_EXCEEDED", K::DeadlineExpired),
            (Some(1011), "RESOURCE_EXHAUSTED", K::Quota),
            (Some(1011), "You exceeded your current quota, please check your plan", K::Quota),
            (Some(1011), "keepalive ping timeout", K::Network),
            (Some(1011), "", K::Internal),
            (Some(4000), "odd", K::Other),
        ];
        for (code, reason, want) in table {
            let cause = classify_close(*code, reason);
            assert_eq!(cause.kind, *want, "{code:?} {reason}");
            assert_eq!((cause.code, cause.reason.as_str()), (*code, *reason), "shown as it came");
        }
    }

    #[test]
    fn an_upgrade_is_refused_for_the_same_causes() {
        assert_eq!(classify_http(403, ""), CloseKind::KeyRefused);
        assert_eq!(
            classify_http(400, "{\"error\":{\"message\":\"API key expired.\"}}"),
            CloseKind::KeyExpired
        );
        assert_eq!(classify_http(429, ""), CloseKind::Quota);
        assert_eq!(classify_http(503, ""), CloseKind::Internal);
        assert_eq!(classify_http(400, "User location is not supported for the API use."), CloseKind::Region);
        assert_eq!(classify_http(302, ""), CloseKind::Other);
    }

    #[test]
    fn a_reason_is_cut_between_letters() {
        let cause = classify_close(Some(1008), &"ä".repeat(100));
        assert_eq!(cause.reason.len(), 122);
    }

    #[test]
    fn nothing_is_retried_that_cannot_succeed() {
        for kind in [CloseKind::KeyRefused, CloseKind::Refused, CloseKind::ModelNotFound, CloseKind::Normal] {
            assert_eq!(kind.retry(), Retry::Never);
        }
        assert_eq!(CloseKind::SessionNotFound.retry(), Retry::Fresh);
        assert_eq!(CloseKind::Network.retry(), Retry::BackOff);
    }
}
