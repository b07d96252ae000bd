//! From what a person chose to a `setup` that the model takes (PROTOCOL.md §2.1 and §7). Pure; never blocks.

use crate::catalogue::{ApiVersion, Catalogue, History, Model, OptionKind, Reason, Thinking};
use crate::wire::{
    ActivityHandling, AudioTranscriptionConfig, AutomaticActivityDetection, Content,
    ContextWindowCompression, EndSensitivity, FunctionDeclaration, GenerationConfig, HistoryConfig,
    MediaResolution, Modality, Opaque, Part, PrebuiltVoiceConfig, Proactivity, RealtimeInputConfig,
    SessionResumption, Setup, SlidingWindow, SpeechConfig, StartSensitivity, ThinkingConfig, ThinkingLevel,
    Tool, TranslationConfig, TurnCoverage, VoiceConfig,
};

/// What a person chose. Whatever the model does not take is left out by [`build_setup`].
#[derive(Clone, Debug, PartialEq)]
// Each is a switch of its own in the settings; any combination means something.
#[allow(clippy::struct_excessive_bools)]
pub struct SetupOptions {
    /// The model's id, with or without `models/`.
    pub model: String,
    /// A voice's name; `None` leaves it to the service.
    pub voice: Option<String>,
    /// How the model shall behave; an empty line starts a new paragraph, which becomes a part of its own.
    pub instructions: Option<String>,
    /// Let the model search with Google.
    pub google_search: bool,
    /// The app's own functions.
    pub functions: Vec<FunctionDeclaration>,
    /// How much the model shall think.
    pub thinking: Option<ThinkingChoice>,
    /// Whether its thoughts are shown.
    pub include_thoughts: bool,
    /// How fine pictures are looked at.
    pub media_resolution: Option<MediaResolution>,
    /// 0 to 2; what lies outside is brought there.
    pub temperature: Option<f64>,
    /// A voice that answers a mood.
    pub affective: bool,
    /// Staying silent when not spoken to.
    pub proactive: bool,
    /// Speech does not interrupt a reply.
    pub no_interruption: bool,
    /// The person marks turns (push to talk): no turn detection by the service.
    pub manual_activity: bool,
    /// How readily speech counts as started; `None` leaves it to the service. Not under push to talk.
    pub start_sensitivity: Option<StartSensitivity>,
    /// How readily speech counts as ended; `None` leaves it to the service. Not under push to talk.
    pub end_sensitivity: Option<EndSensitivity>,
    /// How much speech it takes to count as started, in ms. Not under push to talk.
    pub prefix_padding_ms: Option<u32>,
    /// How long a silence ends a turn, in ms. Not under push to talk.
    pub silence_ms: Option<u32>,
    /// What belongs to a turn, and is paid for.
    pub turn_coverage: Option<TurnCoverage>,
    /// Ask for resumption handles, or resume.
    pub resumption: Resumption,
    /// Resumption that says which client messages a handle knows. Vertex AI only: the Gemini API refuses it.
    pub transparent: bool,
    /// Let a session outlast its context window.
    pub compression: bool,
    /// Whether turns from an earlier session will be sent first.
    pub seed_history: bool,
    /// The language to translate into (BCP-47), for a translating model.
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
    /// Why `option` does not apply to what is chosen here, be it for the model ([`Model::refuses`]) or for another
    /// choice; `None`: it can be chosen, and is sent when it is.
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
            // The service would wait for turns, and nobody sends any.
            OptionKind::EarlierTurns => {
                matches!(self.resumption, Resumption::Resume(_)).then_some(Reason::Resumes)
            }
            _ => None,
        })
    }
}

/// How much the model shall think.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThinkingChoice {
    /// By name.
    Level(ThinkingLevel),
    /// In tokens; 0 is off.
    Budget(u32),
}

/// Whether the session can go on after its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// It cannot.
    Off,
    /// A new session that gives out handles.
    Fresh,
    /// The session of this handle goes on.
    Resume(String),
}

/// The setup for these options: the first of the model's modalities, both transcriptions, and only what it takes.
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

/// Which version of the API takes this setup (PROTOCOL.md §1.1).
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
    // A voice that is not listed goes as it is: the service may know it already.
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

/// One part per paragraph, as the SDKs and the service expect; never a bare string.
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
