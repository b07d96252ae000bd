//! What a model refuses in a setup, in the service's words (PROTOCOL.md §2.1 to §2.3, §7, §13). Pure.

use live_proto::catalogue::{
    AffectiveDialog, Behaviour, Model, NonBlocking, RefusedTool, Support, Task, Thinking,
};
use live_proto::wire::{
    Behavior, FunctionDeclaration, GenerationConfig, Modality, Setup, ThinkingConfig, Tool,
};

use crate::admission::Route;
use crate::close::Closing;

/// Declared functions that are looked at.
pub(super) const FUNCTIONS: usize = 128;

/// Whether the API has the fields of older models: v1alpha, and Vertex AI. Whether a model takes them is another question.
fn has_alpha_fields(route: &Route) -> bool {
    route.vertex || route.version == "v1alpha"
}

/// Checks `generationConfig`.
pub(super) fn check_generation(
    generation: &GenerationConfig,
    model: &Model,
    route: &Route,
) -> Result<(), Closing> {
    check_modalities(generation, model.behaviour.on(route.vertex))?;
    if let Some(affective) = generation.enable_affective_dialog {
        if !has_alpha_fields(route) {
            return Err(Closing::unknown_name("enableAffectiveDialog", "setup.generation_config"));
        }
        let refused = model.behaviour.on(route.vertex).affective_dialog == AffectiveDialog::Refused;
        if affective && refused {
            return Err(Closing::invalid_argument());
        }
    }
    // A language to translate into is taken by models that do not translate, and not needed by those that do
    // (kizuna-ai-lab/sokuji#398, BerriAI/litellm#41535).
    let not_for_live = generation.response_schema.is_some()
        || generation.response_mime_type.is_some()
        || generation.response_logprobs.is_some()
        || !generation.stop_sequences.is_empty()
        || generation.routing_config.is_some();
    if not_for_live {
        return Err(Closing::invalid_argument());
    }
    check_thinking(generation.thinking_config.as_ref(), &model.thinking)
}

/// Whether the first message after the setup closes the session: some models find out so late.
pub(super) fn is_refused_later(generation: &GenerationConfig, behaviour: &Behaviour) -> bool {
    generation.enable_affective_dialog == Some(true)
        && behaviour.affective_dialog == AffectiveDialog::RefusedLater
}

/// Only models of half a cascade write their replies, and those that transcribe.
fn check_modalities(generation: &GenerationConfig, behaviour: &Behaviour) -> Result<(), Closing> {
    let modalities = &generation.response_modalities;
    let transcribes = behaviour.task == Task::Transcribes;
    let writes = (behaviour.half_cascade || transcribes) && generation.speech_config.is_none();
    let fits = match modalities.as_slice() {
        [] => true,
        [Modality::Audio] => !transcribes,
        [Modality::Text] => writes,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    if generation.speech_config.is_some() && modalities == &[Modality::Text] {
        return Err(Closing::new(1007, "Cannot extract voices from a non-audio request."));
    }
    let names: Vec<&str> = modalities.iter().take(8).map(Modality::as_str).collect();
    Err(Closing::new(
        1007,
        format!(
            "The requested combination of response modalities ({}) is not supported by the model",
            names.join(", ")
        ),
    ))
}

fn check_thinking(config: Option<&ThinkingConfig>, rule: &Thinking) -> Result<(), Closing> {
    let level = config.and_then(|config| config.thinking_level.as_ref());
    let budget = config.and_then(|config| config.thinking_budget);
    let fits = match rule {
        Thinking::None if level.is_some() => {
            return Err(Closing::new(1007, "Thinking level is not supported for this model"));
        }
        Thinking::None => config.is_none(),
        Thinking::Level { required: true, .. } if level.is_none() => {
            return Err(Closing::new(1007, "Thinking level must be specified for this model"));
        }
        Thinking::Level { levels, .. } => {
            level.is_none_or(|level| levels.contains(level)) && (level.is_none() || budget.is_none())
        }
        Thinking::Budget { required } => level.is_none() && (budget.is_some() || !required),
    };
    if fits { Ok(()) } else { Err(Closing::invalid_argument()) }
}

/// Checks what stands beside `generationConfig`, without the tools.
pub(super) fn check_setup(setup: &Setup, model: &Model, route: &Route) -> Result<(), Closing> {
    if let Some(proactivity) = &setup.proactivity {
        if !has_alpha_fields(route) {
            return Err(Closing::unknown_name("proactivity", "setup"));
        }
        if model.proactive == Support::Always && proactivity.proactive_audio == Some(false) {
            return Err(Closing::invalid_argument());
        }
    }
    if setup.explicit_vad_signal.is_some() && !route.vertex {
        return Err(Closing::unknown_name("explicitVadSignal", "setup"));
    }
    let transparent = setup.session_resumption.as_ref().and_then(|resumption| resumption.transparent);
    if transparent.is_some() && !route.vertex {
        return Err(Closing::unknown_name("transparent", "setup.session_resumption"));
    }
    let compression = setup.context_window_compression.as_ref();
    let target =
        compression.and_then(|c| c.sliding_window.as_ref()?.target_tokens).map(live_proto::wire::Int64::get);
    let trigger = compression.and_then(|c| c.trigger_tokens).map(live_proto::wire::Int64::get);
    match (target, trigger) {
        (Some(target), Some(trigger)) if target >= trigger => Err(Closing::invalid_argument()),
        _ => Ok(()),
    }
}

/// Checks the service's own tools.
fn check_tools(tools: &[Tool], model: &Model, behaviour: &Behaviour) -> Result<(), Closing> {
    if tools.iter().any(|tool| tool.google_search.is_some()) && !model.search {
        return Err(Closing::invalid_argument());
    }
    for refused in &behaviour.refused_tools {
        let (is_asked_for, name): (fn(&Tool) -> bool, _) = match refused {
            RefusedTool::CodeExecution => (|tool| tool.code_execution.is_some(), "Code Execution"),
        };
        if tools.iter().any(is_asked_for) {
            return Err(Closing::new(1007, format!("{name} tool is not supported for this model")));
        }
    }
    Ok(())
}

/// Checks tools by name and by what the model takes; returns the functions among them.
pub(super) fn functions_of(
    tools: &[Tool],
    model: &Model,
    behaviour: &Behaviour,
) -> Result<Vec<FunctionDeclaration>, Closing> {
    check_tools(tools, model, behaviour)?;
    let functions: Vec<FunctionDeclaration> =
        tools.iter().flat_map(|tool| &tool.function_declarations).take(FUNCTIONS).cloned().collect();
    for function in &functions {
        if !is_function_name(&function.name) {
            return Err(Closing::invalid_argument());
        }
        let Some(wanted) = &function.behavior else { continue };
        let waits = behaviour.non_blocking == NonBlocking::Waits && *wanted == Behavior::NonBlocking;
        if !waits && !model.functions.behaviors.contains(wanted) {
            return Err(match wanted {
                Behavior::Blocking if !model.functions.behaviors.is_empty() => {
                    Closing::new(1007, "BLOCKING function calls are not supported for this model")
                }
                _ => Closing::invalid_argument(),
            });
        }
    }
    Ok(functions)
}

fn is_function_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'))
}
