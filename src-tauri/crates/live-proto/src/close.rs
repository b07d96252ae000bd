//! Classifies why a session ended, by close code and reason (PROTOCOL.md §6) or by the HTTP status of a refused
//! upgrade. Pure; never blocks.
//!
//! Only this module looks at the text of a reason; all other code acts on [`CloseKind`].

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseCause {
    /// The classified cause.
    pub kind: CloseKind,
    /// The close code, if there was a close frame.
    pub code: Option<u16>,
    /// The reason as the service wrote it, at most 123 bytes. Shown beside our own message.
    pub reason: String,
}

/// The classified cause of a session's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseKind {
    /// Either side closed normally.
    Normal,
    /// The key is wrong.
    KeyRefused,
    /// The key has expired.
    KeyExpired,
    /// The key was leaked and is blocked.
    KeyLeaked,
    /// The service is not available in the person's region.
    Region,
    /// A quota or rate limit is exceeded.
    Quota,
    /// The account has no credit, or its billing is off.
    Billing,
    /// The model is unknown, retired or does not support Live.
    ModelNotFound,
    /// The model does not accept the setup or a message. Retrying the same fails again.
    Refused,
    /// The resumption handle is too old; a new session works.
    SessionNotFound,
    /// A transient error of the service, seen around tool calls. Reconnecting with the handle helps.
    Transient,
    /// An internal error of the service, or it is overloaded.
    Internal,
    /// The connection reached its time limit; resume.
    DeadlineExpired,
    /// The connection broke.
    Network,
    /// The service did not confirm the setup in time.
    SetupTimeout,
    /// The peer violated the protocol.
    Protocol,
    /// The peer exceeded one of our own limits.
    LimitExceeded,
    /// A bug in this program; the peer did nothing wrong.
    Bug,
    /// Any other cause; only the code and the reason are known.
    Other,
}

/// What to do after a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Do not retry: the same would fail again, or the end was requested.
    Never,
    /// Reconnect, with the handle if there is one. The pauses are the same for every cause: none at first, then
    /// growing.
    Resume,
    /// Reconnect without the handle.
    Fresh,
}

impl CloseKind {
    /// Returns what to do after an end of this kind.
    pub fn retry(self) -> Retry {
        match self {
            Self::SessionNotFound => Retry::Fresh,
            Self::Transient
            | Self::DeadlineExpired
            | Self::Internal
            | Self::Network
            | Self::SetupTimeout
            | Self::Other => Retry::Resume,
            Self::Normal
            | Self::KeyRefused
            | Self::KeyExpired
            | Self::KeyLeaked
            | Self::Region
            | Self::Quota
            | Self::Billing
            | Self::ModelNotFound
            | Self::Refused
            | Self::Protocol
            | Self::LimitExceeded
            | Self::Bug => Retry::Never,
        }
    }
}

/// The longest reason in a close frame, in bytes (RFC 6455 §5.5).
const MAX_REASON: usize = 123;

/// Classifies a close frame, or its absence.
pub fn classify_close(code: Option<u16>, reason: &str) -> CloseCause {
    let kind = match code {
        None | Some(1006) => CloseKind::Network,
        Some(1000) => CloseKind::Normal,
        Some(code) => by_reason(reason).unwrap_or_else(|| by_code(code)),
    };
    CloseCause { kind, code, reason: shortened(reason) }
}

/// Classifies the HTTP status of a refused upgrade; `body` is the start of its body.
pub fn classify_http(status: u16, body: &str) -> CloseKind {
    by_reason(body).unwrap_or(match status {
        401 | 403 => CloseKind::KeyRefused,
        402 => CloseKind::Billing,
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
        // 1002 and 1003 too: the service rejected what we sent.
        1002 | 1003 | 1007..=1010 => CloseKind::Refused,
        _ => CloseKind::Other,
    }
}

/// Lower-case phrases of observed reasons and what they mean. The first match counts.
const WORDS: &[(&str, CloseKind)] = &[
    ("leaked", CloseKind::KeyLeaked),
    ("api key expired", CloseKind::KeyExpired),
    ("renew the api key", CloseKind::KeyExpired),
    // Before the quotas: an account without credit gets the same status, and a quota message mentions billing.
    ("credits are depleted", CloseKind::Billing),
    ("credit balance", CloseKind::Billing),
    ("insufficient credit", CloseKind::Billing),
    ("insufficient balance", CloseKind::Billing),
    ("out of credit", CloseKind::Billing),
    ("prepay", CloseKind::Billing),
    ("past due", CloseKind::Billing),
    ("overdue", CloseKind::Billing),
    ("payment required", CloseKind::Billing),
    ("billing to be enabled", CloseKind::Billing),
    ("billing not enabled", CloseKind::Billing),
    ("billing is not enabled", CloseKind::Billing),
    ("billing has not been enabled", CloseKind::Billing),
    ("billing is disabled", CloseKind::Billing),
    ("billing disabled", CloseKind::Billing),
    ("billing_disabled", CloseKind::Billing),
    ("enable billing", CloseKind::Billing),
    ("billing account", CloseKind::Billing),
    ("spending cap", CloseKind::Billing),
    ("spend cap", CloseKind::Billing),
    ("spending limit", CloseKind::Billing),
    ("spend limit", CloseKind::Billing),
    ("api key not valid", CloseKind::KeyRefused),
    ("api_key_invalid", CloseKind::KeyRefused),
    ("api keys are not supported", CloseKind::KeyRefused),
    ("api has not been used in project", CloseKind::KeyRefused),
    ("service_disabled", CloseKind::KeyRefused),
    ("permission_denied", CloseKind::KeyRefused),
    ("does not have permission", CloseKind::KeyRefused),
    ("unregistered callers", CloseKind::KeyRefused),
    ("invalid authentication", CloseKind::KeyRefused),
    ("user location is not supported", CloseKind::Region),
    ("resource_exhausted", CloseKind::Quota),
    ("resource has been exhausted", CloseKind::Quota),
    ("quota", CloseKind::Quota),
    ("rate limit", CloseKind::Quota),
    ("too many requests", CloseKind::Quota),
    ("session not found", CloseKind::SessionNotFound),
    ("is not found for api version", CloseKind::ModelNotFound),
    ("not supported for bidigeneratecontent", CloseKind::ModelNotFound),
    ("content_type_audio", CloseKind::Transient),
    ("operation is not implemented", CloseKind::Transient),
    ("requested entity was not found", CloseKind::Transient),
    ("deadline expired", CloseKind::DeadlineExpired),
    ("deadline_exceeded", CloseKind::DeadlineExpired),
    ("keepalive ping timeout", CloseKind::Network),
    ("currently unavailable", CloseKind::Internal),
    ("overloaded", CloseKind::Internal),
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
    fn every_documented_close_is_classified() {
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
                K::Transient,
            ),
            (
                Some(1008),
                "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent. Call",
                K::ModelNotFound,
            ),
            (Some(1008), "Operation is not implemented, or supported, or enabled.", K::Transient),
            (Some(1008), "Requested entity was not found", K::Transient),
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
            (Some(1011), "The model is overloaded. Please try again later.", K::Internal),
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
    fn a_refused_upgrade_is_classified() {
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
    fn permanent_causes_are_not_retried() {
        for kind in [CloseKind::KeyRefused, CloseKind::Refused, CloseKind::ModelNotFound, CloseKind::Normal] {
            assert_eq!(kind.retry(), Retry::Never);
        }
        assert_eq!(CloseKind::SessionNotFound.retry(), Retry::Fresh);
        assert_eq!(CloseKind::Network.retry(), Retry::Resume);
    }

    #[test]
    fn an_account_without_credit_is_classified_as_billing() {
        for reason in [
            "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project a",
            "RESOURCE_EXHAUSTED: Your prepayment credits are depleted.",
            "This API method requires billing to be enabled. Please enable billing on project #58906374421 by visiting https://c",
            "Project p (#808448574146) has billing disabled. Please enable it.",
            "Billing account for project '1' is not found. Billing must be enabled for activation of service(s)",
            "BILLING_DISABLED",
            "The billing account for the owning project is disabled in state absent",
            "Your account is past due. Please update your payment method.",
            "Project has exceeded its monthly spending cap. Please go to AI Studio",
            "User location is not supported for the API use without a billing account linked.",
        ] {
            for code in [1007, 1008, 1011, 4000] {
                let cause = classify_close(Some(code), reason);
                assert_eq!(
                    (cause.kind, cause.kind.retry()),
                    (CloseKind::Billing, Retry::Never),
                    "{code} {reason}"
                );
            }
            assert_eq!(classify_http(429, reason), CloseKind::Billing, "{reason}");
        }
        assert_eq!(classify_http(402, ""), CloseKind::Billing);
        for reason in [
            "You exceeded your current quota, please check your plan and billing details.",
            "Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_day, limit: 50",
            "Resource has been exhausted (e.g. check quota).",
        ] {
            assert_eq!(classify_close(Some(1011), reason).kind, CloseKind::Quota, "{reason}");
        }
    }

    #[test]
    fn a_documented_refusal_is_classified_as_refused() {
        for reason in [
            "The requested combination of response modalities (TEXT) is not supported by the model",
            "Thinking level is not supported for this model",
            "Thinking level must be specified for this model",
            "BLOCKING function calls are not supported for this model",
            "Function response scheduling is not supported for this model",
            "Code Execution tool is not supported for this model",
            "Invalid JSON payload received. Unknown name \"proactivity\" at 'setup': Cannot find field.",
            "Precondition check failed.",
        ] {
            assert_eq!(classify_close(Some(1007), reason).kind, CloseKind::Refused, "{reason}");
        }
        for reason in [
            "Generative Language API has not been used in project 1 before or it is disabled. Enable it by visiting",
            "The caller does not have permission",
        ] {
            assert_eq!(classify_close(Some(1008), reason).kind, CloseKind::KeyRefused, "{reason}");
        }
    }
}
