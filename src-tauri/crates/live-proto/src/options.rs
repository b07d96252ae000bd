//! Builds a `setup` that the model accepts from a person's choices (PROTOCOL.md §2.1 and §7). Pure; never blocks.

use crate::catalogue::{ApiVersion, Catalogue, History, Model, OptionKind, Reason, Thinking};
use crate::wire::{
    ActivityHandling, AudioTranscriptionConfig, AutomaticActivityDetection, Content,
    ContextWindowCompression, EndSensitivity, FunctionDeclaration, GenerationConfig, HistoryConfig,
    MediaResolution, Modality, Opaque, Part, PrebuiltVoiceConfig, Proactivity, RealtimeInputConfig,
    SessionResumption, Setup, SlidingWindow, SpeechConfig, StartSensitivity, ThinkingConfig, ThinkingLevel,
    Tool, TranslationConfig, TurnCoverage, VoiceConfig,
};

/// A person's choices for a session. [`build_setup`] omits what the model does not accept.
#[derive(Clone, Debug, PartialEq)]
// Each is a switch in the settings, and every combination is valid.
#[allow(clippy::struct_excessive_bools)]
pub struct SetupOptions {
    /// The model's id, with or without `models/`.
    pub model: String,
    /// The voice's name; `None` uses the service's default.
    pub voice: Option<String>,
    /// The system instruction. Each paragraph, separated by an empty line, becomes a part.
    pub instructions: Option<String>,
    /// Allows the model to use Google Search.
    pub google_search: bool,
    /// The app's own functions.
    pub functions: Vec<FunctionDeclaration>,
    /// How much the model thinks.
    pub thinking: Option<ThinkingChoice>,
    /// Whether the service sends the model's thoughts.
    pub include_thoughts: bool,
    /// The resolution at which pictures are processed.
    pub media_resolution: Option<MediaResolution>,
    /// 0 to 2; other values are clamped.
    pub temperature: Option<f64>,
    /// Affective dialog: the voice adapts to the person's tone.
    pub affective: bool,
    /// Proactive audio: the model may ignore speech that is not meant for it.
    pub proactive: bool,
    /// Whether speech does not interrupt a reply.
    pub no_interruption: bool,
    /// Push to talk: the client marks turns, and the service detects none.
    pub manual_activity: bool,
    /// How readily the start of speech is detected; `None` uses the service's default. Unused with push to talk.
    pub start_sensitivity: Option<StartSensitivity>,
    /// How readily the end of speech is detected; `None` uses the service's default. Unused with push to talk.
    pub end_sensitivity: Option<EndSensitivity>,
    /// How much speech is needed before its start counts, in ms. Unused with push to talk.
    pub prefix_padding_ms: Option<u32>,
    /// How long a silence ends a turn, in ms. Unused with push to talk.
    pub silence_ms: Option<u32>,
    /// Which input belongs to a turn and is billed.
    pub turn_coverage: Option<TurnCoverage>,
    /// Whether to request resumption handles, or resume a session.
    pub resumption: Resumption,
    /// Transparent resumption: the service reports which client messages a handle covers. Vertex AI only; the Gemini
    /// API refuses it.
    pub transparent: bool,
    /// Context window compression, so that a session can outlast its context window.
    pub compression: bool,
    /// Whether the client sends turns of an earlier session first.
    pub seed_history: bool,
    /// The target language (BCP-47) for a translation model.
    pub translate_to: Option<String>,
}

impl Default for SetupOptions {
    fn default() -> Self {
        Self {
            model: Catalogue::embedded().default_model().to_owned(),
            voice: None,
            instructions: None,
            google_search: false,
            functions: Vec::new(),
            thinking: None,
            include_thoughts: false,
            media_resolution: None,
            temperature: None,
            affective: false,
            proactive: false,
            no_interruption: false,
            manual_activity: false,
            start_sensitivity: None,
            end_sensitivity: None,
            prefix_padding_ms: None,
            silence_ms: None,
            turn_coverage: None,
            resumption: Resumption::Fresh,
            transparent: false,
            compression: true,
            seed_history: false,
            translate_to: None,
        }
    }
}

impl SetupOptions {
    /// Returns why `option` does not apply to these choices, because of the model ([`Model::refuses`]) or of another
    /// choice; `None` when it applies.
    pub fn refuses(&self, option: OptionKind, catalogue: &Catalogue) -> Option<Reason> {
        self.refuses_by(option, catalogue.rules(&self.model))
    }

    fn refuses_by(&self, option: OptionKind, rules: &Model) -> Option<Reason> {
        rules.refuses(option).or(match option {
            OptionKind::StartSensitivity
            | OptionKind::EndSensitivity
            | OptionKind::PrefixPadding
            | OptionKind::Silence => self.manual_activity.then_some(Reason::PushToTalk),
            OptionKind::TransparentResumption => {
                (self.resumption == Resumption::Off).then_some(Reason::NotResumable)
            }
            // The service would wait for turns that nobody sends.
            OptionKind::EarlierTurns => {
                matches!(self.resumption, Resumption::Resume(_)).then_some(Reason::Resumes)
            }
            _ => None,
        })
    }
}

/// How much the model thinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThinkingChoice {
    /// A named level.
    Level(ThinkingLevel),
    /// A budget in tokens; 0 is off.
    Budget(u32),
}

/// Whether the session can continue over another connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// It can't.
    Off,
    /// A new session, which sends handles.
    Fresh,
    /// Resume the session of this handle.
    Resume(String),
}

/// Builds the setup for `options`: the model's first modality, both transcriptions, and only what the model accepts.
pub fn build_setup(options: &SetupOptions, catalogue: &Catalogue) -> Setup {
    let rules = catalogue.rules(&options.model);
    let takes = |option| options.refuses_by(option, rules).is_none();
    Setup {
        model: wire_model(&options.model),
        generation_config: Some(generation_config(options, rules, catalogue)),
        system_instruction: options.instructions.as_deref().and_then(system_instruction),
        tools: tools(options, rules),
        realtime_input_config: realtime_input_config(options),
        session_resumption: session_resumption(options),
        context_window_compression: options.compression.then(|| ContextWindowCompression {
            sliding_window: Some(SlidingWindow::default()),
            trigger_tokens: None,
        }),
        input_audio_transcription: Some(AudioTranscriptionConfig::default()),
        output_audio_transcription: rules.speaks().then(AudioTranscriptionConfig::default),
        proactivity: (options.proactive && takes(OptionKind::Proactive))
            .then_some(Proactivity { proactive_audio: Some(true), proactive_video: None }),
        history_config: (options.seed_history
            && takes(OptionKind::EarlierTurns)
            && rules.history == History::Initial)
            .then_some(HistoryConfig { initial_history_in_client_content: Some(true) }),
        ..Setup::default()
    }
}

/// Returns the version of the API that accepts `setup` (PROTOCOL.md §1.1).
pub fn api_version(setup: &Setup) -> ApiVersion {
    let affective =
        setup.generation_config.as_ref().is_some_and(|config| config.enable_affective_dialog.is_some());
    if affective || setup.proactivity.is_some() { ApiVersion::V1Alpha } else { ApiVersion::V1Beta }
}

fn wire_model(id: &str) -> String {
    if id.contains('/') { id.to_owned() } else { format!("models/{id}") }
}

/// Integers of the setup are int32 on the wire.
fn int32(value: u32) -> i64 {
    i64::from(value).min(i64::from(i32::MAX))
}

fn session_resumption(options: &SetupOptions) -> Option<SessionResumption> {
    let handle = match &options.resumption {
        Resumption::Off => return None,
        Resumption::Fresh => None,
        Resumption::Resume(handle) => Some(handle.clone()),
    };
    Some(SessionResumption { handle, transparent: options.transparent.then_some(true) })
}

fn generation_config(options: &SetupOptions, rules: &Model, catalogue: &Catalogue) -> GenerationConfig {
    let modality = rules.modalities.first().cloned().unwrap_or(Modality::Audio);
    let takes = |option| options.refuses_by(option, rules).is_none();
    let voice = options.voice.as_deref().map(str::trim).filter(|voice| !voice.is_empty());
    GenerationConfig {
        response_modalities: vec![modality],
        temperature: options.temperature.filter(|it| it.is_finite()).map(|it| it.clamp(0.0, 2.0)),
        speech_config: voice
            .filter(|_| takes(OptionKind::Voice))
            .map(|voice| speech_config(voice, catalogue)),
        media_resolution: options.media_resolution.clone(),
        thinking_config: thinking_config(options, rules),
        enable_affective_dialog: (options.affective && takes(OptionKind::Affective)).then_some(true),
        translation_config: rules.translation.then(|| TranslationConfig {
            target_language_code: Some(options.translate_to.clone().unwrap_or_else(|| "en".to_owned())),
            echo_target_language: Some(true),
        }),
        ..GenerationConfig::default()
    }
}

fn speech_config(voice: &str, catalogue: &Catalogue) -> SpeechConfig {
    // Send an unlisted voice as it is: the service may know it.
    let known = catalogue.voice(voice);
    SpeechConfig {
        voice_config: Some(VoiceConfig {
            prebuilt_voice_config: Some(PrebuiltVoiceConfig {
                voice_name: Some(known.map_or(voice, |known| &known.name).to_owned()),
            }),
            ..VoiceConfig::default()
        }),
        ..SpeechConfig::default()
    }
}

fn thinking_config(options: &SetupOptions, rules: &Model) -> Option<ThinkingConfig> {
    let include_thoughts = options.include_thoughts.then_some(true);
    match (&rules.thinking, &options.thinking) {
        (Thinking::None, _) => None,
        (Thinking::Level { levels, default, required }, choice) => {
            let chosen = match choice {
                Some(ThinkingChoice::Level(level)) => levels.contains(level).then_some(level),
                _ => None,
            };
            let level = chosen.or(required.then_some(default)).cloned();
            (level.is_some() || include_thoughts.is_some()).then_some(ThinkingConfig {
                thinking_level: level,
                include_thoughts,
                thinking_budget: None,
            })
        }
        (Thinking::Budget { required }, choice) => {
            let chosen = match choice {
                Some(ThinkingChoice::Budget(tokens)) => Some(int32(*tokens)),
                _ => required.then_some(0),
            };
            (chosen.is_some() || include_thoughts.is_some()).then_some(ThinkingConfig {
                thinking_budget: chosen,
                include_thoughts,
                thinking_level: None,
            })
        }
    }
}

/// Returns one part per paragraph, as the SDKs and the service expect; never a bare string.
fn system_instruction(text: &str) -> Option<Content> {
    let text = text.replace("\r\n", "\n");
    let parts: Vec<Part> =
        text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(Part::text).collect();
    (!parts.is_empty()).then(|| Content { role: Some("user".to_owned()), parts })
}

fn tools(options: &SetupOptions, rules: &Model) -> Vec<Tool> {
    let mut tools = Vec::new();
    if options.google_search && rules.refuses(OptionKind::Search).is_none() {
        tools.push(Tool { google_search: Some(Opaque::default()), ..Tool::default() });
    }
    if !options.functions.is_empty() && rules.refuses(OptionKind::Functions).is_none() {
        let functions = options.functions.iter().cloned().map(|mut function| {
            let behavior = rules.functions.behavior(function.behavior.as_ref());
            let say_it = rules.functions.explicit || behavior != rules.functions.default;
            function.behavior = say_it.then_some(behavior);
            function
        });
        tools.push(Tool { function_declarations: functions.collect(), ..Tool::default() });
    }
    tools
}

fn realtime_input_config(options: &SetupOptions) -> Option<RealtimeInputConfig> {
    let detection = if options.manual_activity {
        AutomaticActivityDetection { disabled: Some(true), ..AutomaticActivityDetection::default() }
    } else {
        AutomaticActivityDetection {
            disabled: None,
            start_of_speech_sensitivity: options.start_sensitivity.clone(),
            end_of_speech_sensitivity: options.end_sensitivity.clone(),
            prefix_padding_ms: options.prefix_padding_ms.map(int32),
            silence_duration_ms: options.silence_ms.map(int32),
        }
    };
    let config = RealtimeInputConfig {
        automatic_activity_detection: (detection != AutomaticActivityDetection::default())
            .then_some(detection),
        activity_handling: options.no_interruption.then_some(ActivityHandling::NoInterruption),
        turn_coverage: options.turn_coverage.clone(),
        ..RealtimeInputConfig::default()
    };
    (config != RealtimeInputConfig::default()).then_some(config)
}
