//! What each model refuses (PROTOCOL.md §7) and what a setup may contain (§2.1 to §2.3), written independently of the
//! catalogue.

/// What a model accepts and refuses.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub(crate) struct Rule {
    /// Its ids.
    pub(crate) ids: &'static [&'static str],
    pub(crate) thinking: Thinking,
    /// The behaviors of functions; empty when it calls none.
    pub(crate) behaviors: &'static [&'static str],
    /// Whether the behavior must be sent.
    pub(crate) explicit: bool,
    pub(crate) search: bool,
    /// `enableAffectiveDialog` and `proactivity`, both on v1alpha only.
    pub(crate) moods: bool,
    pub(crate) translates: bool,
    pub(crate) modality: &'static str,
}

pub(crate) enum Thinking {
    Never,
    Level { levels: &'static [&'static str], required: bool },
    Budget,
}

const ALL: &[&str] = &["BLOCKING", "NON_BLOCKING"];

pub(crate) const CAUTIOUS: Rule = Rule {
    ids: &[],
    thinking: Thinking::Never,
    behaviors: ALL,
    explicit: false,
    search: true,
    moods: false,
    translates: false,
    modality: "AUDIO",
};

pub(crate) const RULES: &[Rule] = &[
    Rule { ids: &["gemini-3.8-live"], explicit: true, ..CAUTIOUS },
    Rule {
        ids: &["gemini-3.8-live-extended-thinking"],
        thinking: Thinking::Level { levels: &["LOW", "MEDIUM", "HIGH"], required: true },
        behaviors: &["NON_BLOCKING"],
        explicit: true,
        ..CAUTIOUS
    },
    Rule {
        ids: &["gemini-3.1-flash-live-preview"],
        thinking: Thinking::Level { levels: &["MINIMAL", "LOW", "MEDIUM", "HIGH"], required: false },
        behaviors: &["BLOCKING"],
        ..CAUTIOUS
    },
    Rule {
        ids: &[
            "gemini-2.5-flash-native-audio-latest",
            "gemini-2.5-flash-native-audio-preview",
            "gemini-2.5-flash-native-audio-preview-12-2025",
            "gemini-2.5-flash-native-audio-preview-09-2025",
            "gemini-live-2.5-flash-native-audio",
            // Shut down; what they accepted.
            "gemini-live-2.5-flash-preview",
            "gemini-2.0-flash-live-001",
            "gemini-2.0-flash-live-preview-04-09",
            "gemini-2.0-flash-exp",
            "gemini-2.5-flash-preview-native-audio-dialog",
            "gemini-2.5-flash-exp-native-audio-thinking-dialog",
        ],
        thinking: Thinking::Budget,
        moods: true,
        ..CAUTIOUS
    },
    Rule { ids: &["gemini-live-2.5-flash"], thinking: Thinking::Budget, ..CAUTIOUS },
    Rule {
        ids: &["gemini-3.5-live-translate-preview"],
        behaviors: &[],
        search: false,
        translates: true,
        ..CAUTIOUS
    },
    Rule {
        ids: &["gemini-3.5-transcribe-live"],
        behaviors: &[],
        search: false,
        modality: "TEXT",
        ..CAUTIOUS
    },
];

pub(crate) fn rule_of(model: &str) -> &'static Rule {
    let name = model.rsplit('/').next().unwrap_or(model);
    RULES.iter().find(|rule| rule.ids.contains(&name)).unwrap_or(&CAUTIOUS)
}

/// The fields that an object may have, by its pointer without indices. Objects that are not listed are user data.
pub(crate) const FIELDS: &[(&str, &[&str])] = &[
    ("", &["setup"]),
    (
        "/setup",
        &[
            "model",
            "generationConfig",
            "systemInstruction",
            "tools",
            "realtimeInputConfig",
            "sessionResumption",
            "contextWindowCompression",
            "inputAudioTranscription",
            "outputAudioTranscription",
            "proactivity",
        ],
    ),
    (
        "/setup/generationConfig",
        &[
            "responseModalities",
            "temperature",
            "speechConfig",
            "mediaResolution",
            "thinkingConfig",
            "enableAffectiveDialog",
            "translationConfig",
        ],
    ),
    ("/setup/generationConfig/speechConfig", &["voiceConfig"]),
    ("/setup/generationConfig/speechConfig/voiceConfig", &["prebuiltVoiceConfig"]),
    ("/setup/generationConfig/speechConfig/voiceConfig/prebuiltVoiceConfig", &["voiceName"]),
    ("/setup/generationConfig/thinkingConfig", &["thinkingLevel", "thinkingBudget", "includeThoughts"]),
    ("/setup/generationConfig/translationConfig", &["targetLanguageCode", "echoTargetLanguage"]),
    ("/setup/systemInstruction", &["parts", "role"]),
    ("/setup/systemInstruction/parts", &["text"]),
    ("/setup/tools", &["googleSearch", "functionDeclarations"]),
    ("/setup/tools/googleSearch", &[]),
    (
        "/setup/tools/functionDeclarations",
        &["name", "description", "parameters", "parametersJsonSchema", "behavior"],
    ),
    ("/setup/realtimeInputConfig", &["automaticActivityDetection", "activityHandling", "turnCoverage"]),
    (
        "/setup/realtimeInputConfig/automaticActivityDetection",
        &[
            "disabled",
            "startOfSpeechSensitivity",
            "endOfSpeechSensitivity",
            "prefixPaddingMs",
            "silenceDurationMs",
        ],
    ),
    ("/setup/sessionResumption", &["handle", "transparent"]),
    ("/setup/contextWindowCompression", &["slidingWindow"]),
    ("/setup/contextWindowCompression/slidingWindow", &[]),
    ("/setup/inputAudioTranscription", &[]),
    ("/setup/outputAudioTranscription", &[]),
    ("/setup/proactivity", &["proactiveAudio"]),
];

/// Objects that have a meaning when empty.
pub(crate) const MAY_BE_EMPTY: &[&str] = &[
    "/setup/sessionResumption",
    "/setup/contextWindowCompression/slidingWindow",
    "/setup/inputAudioTranscription",
    "/setup/outputAudioTranscription",
    "/setup/tools/googleSearch",
];

/// The values of the enums, and numbers with their bounds.
pub(crate) const ENUMS: &[(&str, &[&str])] = &[
    (
        "/setup/generationConfig/mediaResolution",
        &["MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"],
    ),
    (
        "/setup/realtimeInputConfig/automaticActivityDetection/startOfSpeechSensitivity",
        &["START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"],
    ),
    (
        "/setup/realtimeInputConfig/automaticActivityDetection/endOfSpeechSensitivity",
        &["END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"],
    ),
    ("/setup/realtimeInputConfig/activityHandling", &["START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"]),
    (
        "/setup/realtimeInputConfig/turnCoverage",
        &[
            "TURN_INCLUDES_ONLY_ACTIVITY",
            "TURN_INCLUDES_ALL_INPUT",
            "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
        ],
    ),
];
pub(crate) const NUMBERS: &[(&str, f64, f64)] = &[
    ("/setup/generationConfig/temperature", 0.0, 2.0),
    ("/setup/generationConfig/thinkingConfig/thinkingBudget", 0.0, 2_147_483_647.0),
    ("/setup/realtimeInputConfig/automaticActivityDetection/prefixPaddingMs", 0.0, 2_147_483_647.0),
    ("/setup/realtimeInputConfig/automaticActivityDetection/silenceDurationMs", 0.0, 2_147_483_647.0),
];
