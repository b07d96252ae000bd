//! The enums of the protocol. All are open: unknown values are kept and written back. Pure.

use super::scalar::open_enum;

open_enum! {
    /// The kind of a reply, or of a token count.
    Modality { Text = "TEXT", Audio = "AUDIO", Image = "IMAGE", Video = "VIDEO", Document = "DOCUMENT" }
}

open_enum! {
    /// The resolution of pictures, which determines their tokens.
    MediaResolution {
        Low = "MEDIA_RESOLUTION_LOW",
        Medium = "MEDIA_RESOLUTION_MEDIUM",
        High = "MEDIA_RESOLUTION_HIGH",
    }
}

open_enum! {
    /// How much a model thinks before it speaks.
    ThinkingLevel { Minimal = "MINIMAL", Low = "LOW", Medium = "MEDIUM", High = "HIGH", ExtraHigh = "XHIGH" }
}

open_enum! {
    /// Whether the model waits for a function's response (PROTOCOL.md §2.2).
    Behavior { Blocking = "BLOCKING", NonBlocking = "NON_BLOCKING" }
}

open_enum! {
    /// When the model uses the response of a non-blocking function (PROTOCOL.md §2.6).
    Scheduling { Interrupt = "INTERRUPT", WhenIdle = "WHEN_IDLE", Silent = "SILENT" }
}

open_enum! {
    /// How readily the start of speech is detected.
    StartSensitivity { High = "START_SENSITIVITY_HIGH", Low = "START_SENSITIVITY_LOW" }
}

open_enum! {
    /// How readily the end of speech is detected.
    EndSensitivity { High = "END_SENSITIVITY_HIGH", Low = "END_SENSITIVITY_LOW" }
}

open_enum! {
    /// Whether speech interrupts a reply.
    ActivityHandling { Interrupts = "START_OF_ACTIVITY_INTERRUPTS", NoInterruption = "NO_INTERRUPTION" }
}

open_enum! {
    /// Which input belongs to a turn and is billed.
    TurnCoverage {
        OnlyActivity = "TURN_INCLUDES_ONLY_ACTIVITY",
        AllInput = "TURN_INCLUDES_ALL_INPUT",
        AudioActivityAndAllVideo = "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    }
}

open_enum! {
    /// How literally speech is transcribed.
    TranscriptionMode { Verbatim = "VERBATIM", Smart = "SMART" }
}

open_enum! {
    /// Whether the model will continue with the same request (PROTOCOL.md §3.1).
    InteractionStatus {
        InProgress = "IN_PROGRESS",
        Idle = "IDLE",
        /// Deprecated; read it as `Idle`.
        RequiresAction = "REQUIRES_ACTION",
    }
}

open_enum! {
    /// The start or end of speech that the service detected.
    VoiceActivityType { Start = "ACTIVITY_START", End = "ACTIVITY_END" }
}

open_enum! {
    /// The older signal for the same, for allow-listed accounts.
    VadSignalType { StartOfSpeech = "VAD_SIGNAL_TYPE_SOS", EndOfSpeech = "VAD_SIGNAL_TYPE_EOS" }
}

open_enum! {
    /// Why a turn ended without a normal reply. The service has more values; these are the ones that an app can
    /// explain.
    TurnCompleteReason {
        MalformedFunctionCall = "MALFORMED_FUNCTION_CALL",
        ResponseRejected = "RESPONSE_REJECTED",
        NeedMoreInput = "NEED_MORE_INPUT",
        ProhibitedInputContent = "PROHIBITED_INPUT_CONTENT",
        Blocklist = "BLOCKLIST",
        GeneratedContentSafety = "GENERATED_CONTENT_SAFETY",
        GeneratedAudioSafety = "GENERATED_AUDIO_SAFETY",
        MaxRegenerationReached = "MAX_REGENERATION_REACHED",
    }
}

open_enum! {
    /// The language of generated code.
    CodeLanguage { Python = "PYTHON" }
}

open_enum! {
    /// The result of running code.
    CodeOutcome { Ok = "OUTCOME_OK", Failed = "OUTCOME_FAILED", DeadlineExceeded = "OUTCOME_DEADLINE_EXCEEDED" }
}

open_enum! {
    /// Whether a page was read.
    UrlRetrievalStatus {
        Success = "URL_RETRIEVAL_STATUS_SUCCESS",
        Error = "URL_RETRIEVAL_STATUS_ERROR",
        Paywall = "URL_RETRIEVAL_STATUS_PAYWALL",
        Unsafe = "URL_RETRIEVAL_STATUS_UNSAFE",
    }
}
