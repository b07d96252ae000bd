//! A grid of choices: every model, listed or not, with every option. The example `setups` writes what is sent for it,
//! and the test `refusals` compares that with what each model refuses.

use live_proto::catalogue::{ApiVersion, Catalogue};
use live_proto::wire::{
    Behavior, ClientMessage, EndSensitivity, FunctionDeclaration, MediaResolution, StartSensitivity,
    ThinkingLevel, TurnCoverage,
};
use live_proto::{Resumption, SetupOptions, ThinkingChoice, api_version, build_setup};
use serde_json::{Value, json};

/// Unlisted ids that a person might type.
const TYPED: &[&str] = &["gemini-4.0-live", "models/gemini-3.8-live", "gemini-3.8-live-preview-02-2027"];
/// The prefix of a model's name on Vertex AI.
const VERTEX_PREFIX: &str = "projects/demo/locations/us-central1/publishers/google/models/";

/// One point of the grid.
pub(crate) struct Profile {
    /// What was chosen.
    pub(crate) options: SetupOptions,
    /// The name of the option that it tests.
    pub(crate) feature: &'static str,
    /// Whether it is for Vertex AI.
    pub(crate) is_vertex: bool,
}

impl Profile {
    /// The line of the example: the choices, the path, and the frames.
    pub(crate) fn line(&self) -> Value {
        let setup = build_setup(&self.options, &Catalogue::embedded());
        let path = self.path(api_version(&setup));
        let frame = serde_json::to_value(ClientMessage::Setup(Box::new(setup))).unwrap_or_default();
        json!({ "profile": self.chosen(), "path": path, "frames": [frame] })
    }

    /// The request's path (PROTOCOL.md §1.1).
    fn path(&self, version: ApiVersion) -> String {
        if self.is_vertex {
            return "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent".to_owned();
        }
        let version = version.as_str();
        format!("/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent")
    }

    /// The choices that differ from the defaults.
    fn chosen(&self) -> Value {
        let it = &self.options;
        let mut chosen = json!({
            "model": it.model,
            "feature": self.feature,
            "endpoint": if self.is_vertex { "vertex" } else { "gemini" },
            "voice": it.voice,
            "instructions": it.instructions,
            "googleSearch": it.google_search,
            "functions": it.functions.iter().map(|function| json!({
                "name": function.name,
                "behavior": function.behavior,
            })).collect::<Vec<_>>(),
            "thinking": it.thinking.as_ref().map(|choice| match choice {
                ThinkingChoice::Level(level) => json!(level),
                ThinkingChoice::Budget(tokens) => json!(tokens),
            }),
            "includeThoughts": it.include_thoughts,
            "mediaResolution": it.media_resolution,
            "temperature": it.temperature.map(|it| it.to_string()),
            "affective": it.affective,
            "proactive": it.proactive,
            "noInterruption": it.no_interruption,
            "pushToTalk": it.manual_activity,
            "startSensitivity": it.start_sensitivity,
            "endSensitivity": it.end_sensitivity,
            "prefixPaddingMs": it.prefix_padding_ms,
            "silenceMs": it.silence_ms,
            "turnCoverage": it.turn_coverage,
            "resumption": match &it.resumption {
                Resumption::Off => json!("off"),
                Resumption::Fresh => Value::Null,
                Resumption::Resume(handle) => json!({ "handle": handle }),
            },
            "transparent": it.transparent,
            "compression": if it.compression { Value::Null } else { json!("off") },
            "seedHistory": it.seed_history,
            "translateTo": it.translate_to,
        });
        if let Some(chosen) = chosen.as_object_mut() {
            chosen.retain(|_, value| !(value.is_null() || *value == json!(false) || *value == json!([])));
        }
        chosen
    }
}

/// Every model with every feature.
pub(crate) fn profiles() -> Vec<Profile> {
    let catalogue = Catalogue::embedded();
    let listed = catalogue.all().iter().map(|model| (model.id.clone(), false));
    let typed = TYPED.iter().map(|id| ((*id).to_owned(), false));
    let vertex = catalogue.all().iter().map(|model| (format!("{VERTEX_PREFIX}{}", model.id), true));
    listed
        .chain(typed)
        .chain(vertex)
        .flat_map(|(model, is_vertex)| {
            FEATURES.iter().map(move |(feature, choose)| {
                let mut options = SetupOptions { model: model.clone(), ..SetupOptions::default() };
                choose(&mut options);
                // The app offers it for Vertex AI only.
                options.transparent &= is_vertex;
                Profile { options, feature, is_vertex }
            })
        })
        .collect()
}

fn function(name: &str, behavior: Option<Behavior>) -> FunctionDeclaration {
    FunctionDeclaration {
        name: name.to_owned(),
        description: Some("What the weather is like".to_owned()),
        parameters: Some(json!({
            "type": "OBJECT",
            "properties": { "place_name": { "type": "STRING" } },
            "required": ["place_name"]
        })),
        behavior,
        ..FunctionDeclaration::default()
    }
}

type Choice = fn(&mut SetupOptions);

/// The options, each by itself and then many together.
const FEATURES: &[(&str, Choice)] = &[
    ("plain", |_| {}),
    ("voice", |o| o.voice = Some("Kore".to_owned())),
    ("voice in lower case", |o| o.voice = Some("zubenelgenubi".to_owned())),
    ("voice that is not listed", |o| o.voice = Some("Nimbus".to_owned())),
    ("voice left empty", |o| o.voice = Some("  ".to_owned())),
    ("instructions", |o| o.instructions = Some("Be brief.".to_owned())),
    ("instructions in paragraphs", |o| {
        o.instructions = Some("Be brief.\r\n\r\nSpeak plainly,\nwith jokes.\n\n\n\nSay \"hm\".\n".to_owned());
    }),
    ("instructions left empty", |o| o.instructions = Some(" \n\n ".to_owned())),
    ("thinking minimal", |o| o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::Minimal))),
    ("thinking low", |o| o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::Low))),
    ("thinking medium", |o| o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::Medium))),
    ("thinking high", |o| o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::High))),
    ("thinking extra high", |o| o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::ExtraHigh))),
    ("thinking off", |o| o.thinking = Some(ThinkingChoice::Budget(0))),
    ("thinking budget", |o| o.thinking = Some(ThinkingChoice::Budget(1024))),
    ("thinking budget without measure", |o| o.thinking = Some(ThinkingChoice::Budget(u32::MAX))),
    ("thoughts", |o| o.include_thoughts = true),
    ("thoughts with a level", |o| {
        o.include_thoughts = true;
        o.thinking = Some(ThinkingChoice::Level(ThinkingLevel::Medium));
    }),
    ("affective", |o| o.affective = true),
    ("proactive", |o| o.proactive = true),
    ("affective and proactive", |o| {
        o.affective = true;
        o.proactive = true;
    }),
    ("no barge-in", |o| o.no_interruption = true),
    ("push to talk", |o| o.manual_activity = true),
    ("push to talk with everything detected", |o| {
        o.manual_activity = true;
        detection(o);
    }),
    ("push to talk without barge-in", |o| {
        o.manual_activity = true;
        o.no_interruption = true;
    }),
    ("short silence", |o| o.silence_ms = Some(100)),
    ("long silence", |o| o.silence_ms = Some(2_000)),
    ("silence without measure", |o| o.silence_ms = Some(u32::MAX)),
    ("start readily", |o| o.start_sensitivity = Some(StartSensitivity::High)),
    ("start reluctantly", |o| o.start_sensitivity = Some(StartSensitivity::Low)),
    ("end readily", |o| o.end_sensitivity = Some(EndSensitivity::High)),
    ("end reluctantly", |o| o.end_sensitivity = Some(EndSensitivity::Low)),
    ("no padding", |o| o.prefix_padding_ms = Some(0)),
    ("padding", |o| o.prefix_padding_ms = Some(300)),
    ("everything detected", detection),
    ("only activity", |o| o.turn_coverage = Some(TurnCoverage::OnlyActivity)),
    ("all input", |o| o.turn_coverage = Some(TurnCoverage::AllInput)),
    ("activity and all video", |o| o.turn_coverage = Some(TurnCoverage::AudioActivityAndAllVideo)),
    ("search", |o| o.google_search = true),
    ("function", |o| o.functions = vec![function("get_weather", None)]),
    ("blocking function", |o| o.functions = vec![function("get_weather", Some(Behavior::Blocking))]),
    ("non-blocking function", |o| o.functions = vec![function("get_weather", Some(Behavior::NonBlocking))]),
    ("functions of all kinds", |o| {
        o.functions = vec![
            function("get_weather", None),
            function("_wait", Some(Behavior::Blocking)),
            function("go.on:now-2", Some(Behavior::NonBlocking)),
        ];
    }),
    ("search and functions", |o| {
        o.google_search = true;
        o.functions = vec![function("get_weather", None)];
    }),
    ("no resumption", |o| o.resumption = Resumption::Off),
    ("resumes", |o| o.resumption = Resumption::Resume("a-handle/==".to_owned())),
    ("transparent resumption", |o| o.transparent = true),
    ("transparent resumption of a session", |o| {
        o.transparent = true;
        o.resumption = Resumption::Resume("a-handle".to_owned());
    }),
    ("transparent without resumption", |o| {
        o.transparent = true;
        o.resumption = Resumption::Off;
    }),
    ("no compression", |o| o.compression = false),
    ("earlier turns", |o| o.seed_history = true),
    ("earlier turns while resuming", |o| {
        o.seed_history = true;
        o.resumption = Resumption::Resume("a-handle".to_owned());
    }),
    ("translation", |o| o.translate_to = Some("pl".to_owned())),
    ("pictures looked at roughly", |o| o.media_resolution = Some(MediaResolution::Low)),
    ("pictures looked at", |o| o.media_resolution = Some(MediaResolution::Medium)),
    ("pictures looked at finely", |o| o.media_resolution = Some(MediaResolution::High)),
    ("cold", |o| o.temperature = Some(0.0)),
    ("hot", |o| o.temperature = Some(1.7)),
    ("too hot", |o| o.temperature = Some(99.0)),
    ("no temperature", |o| o.temperature = Some(f64::NAN)),
    ("everything", |o| everything(o)),
    ("everything, otherwise", |o| {
        everything(o);
        o.thinking = Some(ThinkingChoice::Budget(256));
        o.manual_activity = true;
        o.resumption = Resumption::Resume("a-handle".to_owned());
        o.compression = false;
    }),
];

fn detection(options: &mut SetupOptions) {
    options.start_sensitivity = Some(StartSensitivity::Low);
    options.end_sensitivity = Some(EndSensitivity::High);
    options.prefix_padding_ms = Some(20);
    options.silence_ms = Some(800);
}

fn everything(options: &mut SetupOptions) {
    detection(options);
    options.voice = Some("Puck".to_owned());
    options.instructions = Some("One.\n\nTwo.".to_owned());
    options.google_search = true;
    options.functions = vec![
        function("get_weather", Some(Behavior::NonBlocking)),
        function("get_time", Some(Behavior::Blocking)),
    ];
    options.thinking = Some(ThinkingChoice::Level(ThinkingLevel::High));
    options.include_thoughts = true;
    options.media_resolution = Some(MediaResolution::Medium);
    options.temperature = Some(1.0);
    options.affective = true;
    options.proactive = true;
    options.no_interruption = true;
    options.turn_coverage = Some(TurnCoverage::AllInput);
    options.transparent = true;
    options.seed_history = true;
    options.translate_to = Some("de".to_owned());
}
