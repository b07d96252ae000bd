//! What client and server agree on: the setup, checked as the service checks it (PROTOCOL.md §2.1 to §2.3, §7). Pure.

use std::sync::Arc;

use live_proto::catalogue::{
    Behaviour, Catalogue, History, ModelState, NonBlocking, Task, Thinking, ThoughtsSent,
};
use live_proto::wire::{
    ActivityHandling, AutomaticActivityDetection, Behavior, Content, ContextWindowCompression,
    EndSensitivity, FunctionDeclaration, GenerationConfig, Int64, MediaResolution, Modality, Setup,
    StartSensitivity, ThinkingConfig, TranslationConfig, TurnCoverage,
};

use super::setup_rules::{check_generation, check_setup, functions_of, is_refused_later};
use super::turn_detector::Timing;
use crate::admission::Route;
use crate::agent::Duty;
use crate::close::Closing;
use crate::usage::Window;

/// Characters of instructions that an agent is told.
const INSTRUCTIONS: usize = 16_000;

/// In what form a reply is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Sound,
    Text,
    /// Nothing but its transcript.
    Nothing,
}

/// How this session behaves.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent answers of the setup, each read in one place")]
pub(super) struct NegotiatedSetup {
    pub(super) model: String,
    /// What the model does on this API.
    pub(super) behaviour: Behaviour,
    /// The voice's name.
    pub(super) voice: String,
    pub(super) functions: Arc<[FunctionDeclaration]>,
    /// What a function does that does not say whether it is waited for.
    behavior: Behavior,
    /// Whether answers to calls may have a `scheduling`.
    pub(super) answer_scheduling: bool,
    /// Whether the first message closes the session.
    pub(super) refused_later: bool,
    /// When turns are found; `None`: the client marks them.
    pub(super) timing: Option<Timing>,
    /// Whether speech interrupts a reply.
    pub(super) interrupts: bool,
    /// Whether silence is part of the context too.
    pub(super) all_audio_counts: bool,
    pub(super) resolution: Option<MediaResolution>,
    pub(super) transcribes: bool,
    /// Whether the user's words are written down for the client.
    pub(super) transcribes_input: bool,
    /// When the context is made smaller, and how small.
    pub(super) window: Option<Window>,
    /// Whether the client is told where speech starts and ends in its audio.
    pub(super) tells_activity: bool,
    /// Whether the client wants to see thoughts.
    pub(super) shows_thoughts: bool,
    pub(super) output: Output,
    /// What the model is for.
    pub(super) duty: Duty,
    /// Whether the end of a turn says that nothing follows.
    pub(super) says_idle: bool,
    pub(super) resumable: bool,
    pub(super) resume: Option<String>,
    /// Whether handles say up to which message they know.
    pub(super) transparent: bool,
    pub(super) history: History,
    pub(super) seeding: bool,
    /// What the client wants of the partner, cut to what a language model is told.
    pub(super) instructions: String,
    /// Bytes of instructions and tools, for the count of tokens.
    pub(super) instruction_bytes: usize,
}

impl NegotiatedSetup {
    /// Whether a turn that calls this function waits for its answer (PROTOCOL.md §2.2, §7).
    pub(super) fn waits_for(&self, name: &str) -> bool {
        if self.behaviour.non_blocking == NonBlocking::Waits {
            return true;
        }
        let declared = self.functions.iter().find(|function| function.name == name);
        declared.and_then(|function| function.behavior.as_ref()).unwrap_or(&self.behavior)
            != &Behavior::NonBlocking
    }
}

/// Checks a setup by the rules of its model.
pub(super) fn negotiate(
    setup: Setup,
    route: &Route,
    catalogue: &Catalogue,
    retired_too: bool,
) -> Result<NegotiatedSetup, Closing> {
    if setup.model.is_empty() {
        return Err(Closing::invalid_argument());
    }
    let name = setup.model.strip_prefix("models/").unwrap_or(&setup.model);
    let model = catalogue
        .find(&setup.model)
        .filter(|model| {
            (retired_too || model.state != ModelState::Retired) && (route.vertex || !model.vertex_only)
        })
        .ok_or_else(|| Closing::model_not_found(name, route.version))?;
    let generation = setup.generation_config.clone().unwrap_or_default();
    check_generation(&generation, model, route)?;
    let voice = voice_of(&generation, catalogue)?;
    check_setup(&setup, model, route)?;
    let behaviour = model.behaviour.on(route.vertex).clone();
    let functions = functions_of(&setup.tools, model, &behaviour)?;
    let realtime = setup.realtime_input_config.unwrap_or_default();
    let extended = matches!(model.thinking, Thinking::Level { required: true, .. });
    let instructions = setup.system_instruction.unwrap_or_default();
    let resumption = setup.session_resumption;
    Ok(NegotiatedSetup {
        model: model.id.clone(),
        voice,
        functions: functions.into(),
        behavior: model.functions.default.clone(),
        answer_scheduling: model.functions.scheduling,
        refused_later: is_refused_later(&generation, &behaviour),
        timing: timing_of(&realtime.automatic_activity_detection.unwrap_or_default()),
        interrupts: behaviour.task != Task::Interprets
            && realtime.activity_handling != Some(ActivityHandling::NoInterruption),
        all_audio_counts: realtime.turn_coverage == Some(TurnCoverage::AllInput),
        resolution: generation.media_resolution,
        shows_thoughts: shows_thoughts(generation.thinking_config.as_ref(), &behaviour),
        transcribes: setup.output_audio_transcription.is_some() || behaviour.transcript_unasked.output,
        transcribes_input: setup.input_audio_transcription.is_some() || behaviour.transcript_unasked.input,
        window: setup.context_window_compression.as_ref().map(window_of),
        tells_activity: setup.explicit_vad_signal == Some(true),
        duty: duty_of(behaviour.task, generation.translation_config.as_ref()),
        output: output_of(&generation.response_modalities, &behaviour, route),
        says_idle: extended,
        resumable: resumption.is_some(),
        transparent: resumption.as_ref().is_some_and(|resumption| resumption.transparent == Some(true)),
        resume: resumption.and_then(|resumption| resumption.handle).filter(|handle| !handle.is_empty()),
        history: model.history,
        seeding: !behaviour.answers_announced_history
            && setup
                .history_config
                .is_some_and(|config| config.initial_history_in_client_content == Some(true)),
        instructions: text_of(&instructions),
        instruction_bytes: instructions
            .parts
            .iter()
            .filter_map(|part| part.text.as_ref())
            .map(String::len)
            .sum(),
        behaviour,
    })
}

fn duty_of(task: Task, translation: Option<&TranslationConfig>) -> Duty {
    match task {
        Task::Answers => Duty::Converse,
        Task::Transcribes => Duty::Transcribe,
        Task::Interprets => Duty::Interpret {
            to: translation.and_then(|config| config.target_language_code.clone()),
            echo: translation.is_some_and(|config| config.echo_target_language == Some(true)),
        },
    }
}

/// What is not asked for in a modality is not sent by a model that writes, on the Developer API (recorded).
fn output_of(modalities: &[Modality], behaviour: &Behaviour, route: &Route) -> Output {
    match modalities {
        [] if behaviour.half_cascade && !route.vertex => Output::Nothing,
        [Modality::Text] => Output::Text,
        _ => Output::Sound,
    }
}

fn shows_thoughts(config: Option<&ThinkingConfig>, behaviour: &Behaviour) -> bool {
    let unasked = behaviour.thoughts == ThoughtsSent::UnaskedFirst;
    let thinks = config.is_none_or(|config| config.thinking_budget != Some(0));
    thinks && config.and_then(|config| config.include_thoughts).unwrap_or(unasked)
}

/// The paragraphs of instructions.
pub(super) fn text_of(instructions: &Content) -> String {
    let paragraphs: Vec<&str> = instructions.parts.iter().filter_map(|part| part.text.as_deref()).collect();
    paragraphs.join("\n\n").chars().take(INSTRUCTIONS).collect()
}

/// Eighty of a hundred of a window of 128 Ki tokens, and half of that, unless the client says otherwise (PROTOCOL.md §2.2).
fn window_of(compression: &ContextWindowCompression) -> Window {
    let tokens = |value: Option<Int64>| value.and_then(|value| u64::try_from(value.get()).ok());
    let trigger = tokens(compression.trigger_tokens).unwrap_or(104_857);
    let target = tokens(compression.sliding_window.as_ref().and_then(|window| window.target_tokens));
    Window { trigger, target: target.unwrap_or(trigger / 2) }
}

fn voice_of(generation: &GenerationConfig, catalogue: &Catalogue) -> Result<String, Closing> {
    let name = generation
        .speech_config
        .as_ref()
        .and_then(|speech| speech.voice_config.as_ref())
        .and_then(|voice| voice.prebuilt_voice_config.as_ref())
        .and_then(|voice| voice.voice_name.clone());
    match name {
        None => Ok("Puck".to_owned()),
        Some(name) if catalogue.voices().iter().any(|voice| voice.name.eq_ignore_ascii_case(&name)) => {
            Ok(name)
        }
        Some(_) => Err(Closing::invalid_argument()),
    }
}

fn timing_of(detection: &AutomaticActivityDetection) -> Option<Timing> {
    if detection.disabled == Some(true) {
        return None;
    }
    let usual = Timing::default();
    let ms = |value: Option<i64>, least, most, usual| {
        value.and_then(|value| u32::try_from(value).ok()).map_or(usual, |value| value.clamp(least, most))
    };
    let careful_end = detection.end_of_speech_sensitivity == Some(EndSensitivity::Low);
    let careful_start = detection.start_of_speech_sensitivity == Some(StartSensitivity::Low);
    Some(Timing {
        start_ms: ms(detection.prefix_padding_ms, 16, 2_000, usual.start_ms),
        silence_ms: ms(
            detection.silence_duration_ms,
            32,
            10_000,
            usual.silence_ms + if careful_end { 300 } else { 0 },
        ),
        speech: usual.speech + if careful_start { 0.15 } else { 0.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use live_proto::wire::{ClientMessage, decode_client};

    fn check_at(version: &'static str, setup: &str) -> Result<NegotiatedSetup, Closing> {
        let frame = format!("{{\"setup\":{setup}}}");
        let ClientMessage::Setup(setup) = decode_client(frame.as_bytes()).expect("a setup").message else {
            panic!("no setup")
        };
        negotiate(*setup, &Route { version, vertex: false }, &Catalogue::embedded(), false)
    }

    fn reason(setup: &str) -> String {
        check_at("v1beta", setup)
            .err()
            .map(|closing| format!("{} {}", closing.code, closing.reason))
            .unwrap_or_default()
    }

    #[test]
    fn what_every_model_refuses_is_refused() {
        let argument = "1007 Request contains an invalid argument.";
        let cases = [
            ("{}", argument),
            (
                r#"{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO","TEXT"]}}"#,
                "1007 The requested combination of response modalities (AUDIO, TEXT) is not supported by the model",
            ),
            (
                r#"{"model":"models/gemini-3.8-live","generationConfig":{"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Nobody"}}}}}"#,
                argument,
            ),
            (
                r#"{"model":"models/gemini-3.8-live","tools":[{"functionDeclarations":[{"name":"1st"}]}]}"#,
                argument,
            ),
        ];
        for (setup, expected) in cases {
            assert_eq!(reason(setup), expected, "{setup}");
        }
        assert!(
            reason(r#"{"model":"models/gemini-9"}"#)
                .starts_with("1008 models/gemini-9 is not found for API version v1beta")
        );
        assert!(
            reason(r#"{"model":"models/gemini-2.0-flash-live-001"}"#).starts_with("1008 models/gemini-2.0")
        );
    }

    #[test]
    fn what_they_take_is_agreed_on() {
        assert_eq!(reason(r#"{"model":"models/gemini-3.8-live"}"#), "");
        let extended = r#"{"model":"models/gemini-3.8-live-extended-thinking","generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}}"#;
        assert!(check_at("v1beta", extended).is_ok_and(|setup| setup.says_idle));
        let old = r#"{"model":"models/gemini-2.5-flash-native-audio-preview-12-2025","proactivity":{"proactiveAudio":true}}"#;
        assert!(check_at("v1alpha", old).is_ok());
        assert!(check_at("v1beta", old).is_err());
    }

    #[test]
    fn detection_is_set_by_the_client() {
        let setup = |detection: &str| {
            let text = format!(
                r#"{{"model":"gemini-3.8-live","realtimeInputConfig":{{"automaticActivityDetection":{detection}}}}}"#
            );
            check_at("v1beta", &text).expect("agreed").timing
        };
        assert_eq!(setup(r#"{"disabled":true}"#), None);
        assert_eq!(setup("{}"), Some(Timing::default()));
        let timing = setup(r#"{"prefixPaddingMs":300,"silenceDurationMs":-5}"#);
        assert_eq!(timing, Some(Timing { start_ms: 300, ..Timing::default() }));
    }
}
