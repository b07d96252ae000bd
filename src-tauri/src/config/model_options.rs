//! What of a conversation's options a model takes, and why not the rest, in words. The answers are the catalogue's own, by
//! which the setup is built too; here they become sentences. Pure.

use live_proto::catalogue::{Catalogue, History, Model, Mute, OptionKind, Reason, Thinking};
use live_proto::wire;

use crate::contract::{
    Ability, ModelOptions, OptionLimit, SetupOption, Text, ThinkingLevel, ThinkingRule, TurnCoverage,
};
use crate::messages;

/// What can be chosen that not every model takes; thinking has a rule of its own.
const OPTIONS: [(SetupOption, OptionKind); 5] = [
    (SetupOption::Voice, OptionKind::Voice),
    (SetupOption::GoogleSearch, OptionKind::Search),
    (SetupOption::TranslateTo, OptionKind::TranslateTo),
    (SetupOption::Affective, OptionKind::Affective),
    (SetupOption::Proactive, OptionKind::Proactive),
];

/// What this model of the catalogue takes; its rules for unlisted ids are one too.
pub(crate) fn of(model: &Model, catalogue: &Catalogue) -> ModelOptions {
    let limit = |(option, kind)| {
        let reason = model.refuses(kind)?;
        let always_on = reason == Reason::AlwaysOn;
        Some(OptionLimit { option, reason: words(reason, kind, model, catalogue), always_on })
    };
    ModelOptions {
        thinking: thinking(model, catalogue),
        limits: OPTIONS.into_iter().filter_map(limit).chain(no_saving(model)).collect(),
        turn_coverage: model.turn_coverage.as_ref().and_then(turn_coverage),
        takes_history: model.history != History::None,
    }
}

/// What this model can do; nothing for an id that is not listed.
pub(crate) fn abilities(model: &Model) -> Vec<Ability> {
    let does = |kind| matches!(model.refuses(kind), None | Some(Reason::AlwaysOn));
    let all = [
        (Ability::Speech, model.speaks()),
        (Ability::Text, !model.speaks()),
        (Ability::Pictures, model.pictures),
        (Ability::Thinking, model.thinking != Thinking::None),
        (Ability::Search, does(OptionKind::Search)),
        (Ability::Tools, does(OptionKind::Functions)),
        (Ability::Translation, does(OptionKind::TranslateTo)),
        (Ability::Mood, does(OptionKind::Affective)),
        (Ability::Proactive, does(OptionKind::Proactive)),
    ];
    all.into_iter().filter(|(_, has)| *has && model.is_known()).map(|(ability, _)| ability).collect()
}

/// A model that waits for a silence is sent every silence.
fn no_saving(model: &Model) -> Option<OptionLimit> {
    if model.mute == Mute::AudioStreamEnd {
        return None;
    }
    let name = name(model);
    let reason = Text::new("limit-silence").with("model", name);
    Some(OptionLimit { option: SetupOption::SaveSilence, reason, always_on: false })
}

fn thinking(model: &Model, catalogue: &Catalogue) -> ThinkingRule {
    let by = |kind| ThinkingRule::None {
        reason: words(model.refuses(kind).unwrap_or(Reason::Refused), kind, model, catalogue),
    };
    match &model.thinking {
        Thinking::None => by(OptionKind::ThinkingLevel),
        Thinking::Budget { .. } => ThinkingRule::Budget,
        Thinking::Level { levels, default, .. } => {
            let levels: Vec<_> = levels.iter().filter_map(thinking_level).collect();
            match thinking_level(default).or(levels.first().copied()) {
                Some(default) => ThinkingRule::Level { levels, default },
                // Only levels of a later catalogue, for which there is no word here.
                None => by(OptionKind::ThinkingLevel),
            }
        }
    }
}

/// Why `kind` can't be chosen for `model`, and which model takes it.
fn words(reason: Reason, kind: OptionKind, model: &Model, catalogue: &Catalogue) -> Text {
    let about = |id: &str| Text::new(id).with("model", name(model));
    match (reason, kind) {
        (Reason::UnknownModel, _) => Text::new("limit-unknown"),
        (Reason::AlwaysOn, _) => about("limit-always-on").with("option", option(kind)),
        (Reason::Writes, _) => about("limit-writes"),
        (Reason::OwnVoice, _) => about("limit-own-voice"),
        (
            Reason::Refused
            | Reason::DoesNotThink
            | Reason::DoesNotTranslate
            | Reason::CallsNothing
            | Reason::ThinksByLevel
            | Reason::ThinksByBudget
            | Reason::PushToTalk
            | Reason::NotResumable
            | Reason::Resumes,
            _,
        ) => match instead(kind, catalogue) {
            Some(other) => {
                about("limit-unsupported-other").with("option", option(kind)).with("other", &other.label)
            }
            None => about("limit-unsupported").with("option", option(kind)),
        },
    }
}

/// What a model is called.
fn name(model: &Model) -> String {
    if model.is_known() { model.label.clone() } else { messages::text("limit-this-model") }
}

/// The option as the catalogue of sentences knows it.
fn option(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Voice => "voice",
        OptionKind::ThinkingLevel | OptionKind::ThinkingBudget | OptionKind::Thoughts => "thinking",
        OptionKind::Affective => "affective",
        OptionKind::Proactive => "proactive",
        OptionKind::Search => "search",
        OptionKind::Functions | OptionKind::BlockingFunctions | OptionKind::NonBlockingFunctions => {
            "functions"
        }
        OptionKind::EarlierTurns => "history",
        OptionKind::TranslateTo => "translate",
        OptionKind::StartSensitivity
        | OptionKind::EndSensitivity
        | OptionKind::PrefixPadding
        | OptionKind::Silence => "turns",
        OptionKind::TransparentResumption => "other",
    }
}

/// The first model on offer that does it.
fn instead(kind: OptionKind, catalogue: &Catalogue) -> Option<&Model> {
    catalogue.models().into_iter().find(|model| match kind {
        OptionKind::ThinkingLevel | OptionKind::ThinkingBudget => model.thinking != Thinking::None,
        kind => matches!(model.refuses(kind), None | Some(Reason::AlwaysOn)),
    })
}

fn thinking_level(level: &wire::ThinkingLevel) -> Option<ThinkingLevel> {
    match level {
        wire::ThinkingLevel::Minimal => Some(ThinkingLevel::Minimal),
        wire::ThinkingLevel::Low => Some(ThinkingLevel::Low),
        wire::ThinkingLevel::Medium => Some(ThinkingLevel::Medium),
        wire::ThinkingLevel::High => Some(ThinkingLevel::High),
        wire::ThinkingLevel::ExtraHigh => Some(ThinkingLevel::ExtraHigh),
        wire::ThinkingLevel::Other(_) => None,
    }
}

fn turn_coverage(coverage: &wire::TurnCoverage) -> Option<TurnCoverage> {
    match coverage {
        wire::TurnCoverage::OnlyActivity => Some(TurnCoverage::Activity),
        wire::TurnCoverage::AllInput => Some(TurnCoverage::Everything),
        wire::TurnCoverage::AudioActivityAndAllVideo => Some(TurnCoverage::SpeechAndPictures),
        wire::TurnCoverage::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use live_proto::build_setup;

    use super::*;
    use crate::config::profile;
    use crate::contract::{Settings, ThinkingLevel};

    /// Everything that can be chosen, chosen.
    fn all_chosen(model: &str) -> Settings {
        Settings {
            model: Some(model.to_owned()),
            voice: Some("Kore".into()),
            thinking_level: Some(ThinkingLevel::High),
            thinking_budget: Some(1024),
            google_search: Some(true),
            translate_to: Some("de".into()),
            affective: Some(true),
            proactive: Some(true),
            ..Settings::default()
        }
    }

    /// Whether the setup for everything chosen carries this option.
    fn is_sent(option: SetupOption, setup: &wire::Setup) -> bool {
        let generation = setup.generation_config.as_ref().unwrap();
        match option {
            SetupOption::Voice => generation.speech_config.is_some(),
            SetupOption::GoogleSearch => setup.tools.iter().any(|tool| tool.google_search.is_some()),
            SetupOption::TranslateTo => generation.translation_config.is_some(),
            SetupOption::Affective => generation.enable_affective_dialog.is_some(),
            SetupOption::Proactive => setup.proactivity.is_some(),
            // No part of the setup.
            SetupOption::SaveSilence => unreachable!("not in OPTIONS"),
        }
    }

    fn every_model(catalogue: &Catalogue) -> Vec<&Model> {
        catalogue.all().iter().chain([catalogue.rules("gemini-9")]).collect()
    }

    #[test]
    fn what_is_shown_disabled_is_not_sent_and_what_can_be_chosen_is_for_every_model() {
        let catalogue = Catalogue::embedded();
        for model in every_model(&catalogue) {
            let id = if model.is_known() { &model.id } else { "gemini-9" };
            let setup = build_setup(&profile::setup(&all_chosen(id), &catalogue), &catalogue);
            let options = of(model, &catalogue);
            for (option, _) in OPTIONS {
                let limited = options.limits.iter().any(|limit| limit.option == option);
                assert_eq!(is_sent(option, &setup), !limited, "{id}: {option:?}");
            }
            let thinks = setup.generation_config.unwrap().thinking_config;
            match options.thinking {
                ThinkingRule::None { .. } => assert_eq!(thinks, None, "{id}"),
                ThinkingRule::Level { levels, default } => {
                    assert!(levels.contains(&ThinkingLevel::High) && levels.contains(&default), "{id}");
                    assert_eq!(thinks.unwrap().thinking_level, Some(wire::ThinkingLevel::High), "{id}");
                }
                ThinkingRule::Budget => assert_eq!(thinks.unwrap().thinking_budget, Some(1024), "{id}"),
            }
        }
    }

    #[test]
    fn a_model_that_only_writes_or_translates_says_so_and_an_unknown_one_nothing() {
        let catalogue = Catalogue::embedded();
        let of = |id: &str| abilities(catalogue.rules(id));
        assert_eq!(of("gemini-3.5-transcribe-live"), [Ability::Text]);
        assert_eq!(of("gemini-3.5-live-translate-preview"), [Ability::Speech, Ability::Translation]);
        assert!(of("gemini-3.8-live-extended-thinking").contains(&Ability::Thinking));
        assert_eq!(of("gemini-9"), []);
    }

    #[test]
    fn where_a_model_waits_for_silence_the_switch_says_so_and_silence_is_sent() {
        let catalogue = Catalogue::embedded();
        let mut model = catalogue.rules("gemini-3.8-live").clone();
        assert_eq!(no_saving(&model), None);
        model.mute = Mute::Silence;
        assert!(no_saving(&model).unwrap().reason.words().starts_with(&model.label));
        let chosen = |coverage| Settings { turn_coverage: Some(coverage), ..Settings::default() };
        let may = |settings: &Settings| {
            conversation::may_save_silence(&profile::setup(settings, &catalogue), &catalogue)
        };
        assert!(may(&chosen(TurnCoverage::Activity)));
        assert!(!may(&chosen(TurnCoverage::Everything)), "then silence belongs to the turn");
    }

    #[test]
    fn each_reason_is_one_plain_sentence_or_two_about_the_model() {
        let catalogue = Catalogue::embedded();
        for model in every_model(&catalogue) {
            let options = of(model, &catalogue);
            let mut reasons: Vec<_> = options.limits.into_iter().map(|limit| limit.reason.words()).collect();
            if let ThinkingRule::None { reason } = options.thinking {
                reasons.push(reason.words());
            }
            for reason in &reasons {
                let about = if model.is_known() { model.label.as_str() } else { "unknown" };
                assert!(reason.contains(about) && reason.ends_with('.') && reason.len() < 140, "{reason}");
            }
            if !model.is_known() {
                continue;
            }
            let count = reasons.len();
            reasons.sort();
            reasons.dedup();
            assert_eq!(reasons.len(), count, "two options of {} have the same reason", model.id);
        }
    }

    #[test]
    fn the_way_out_is_a_model_that_takes_it() {
        let catalogue = Catalogue::embedded();
        let default = of(catalogue.rules("gemini-3.8-live"), &catalogue);
        let ThinkingRule::None { reason } = default.thinking else { panic!("the default does not think") };
        assert_eq!(
            reason.words(),
            "Gemini 3.8 Live doesn’t support thinking. Choose Gemini 3.8 Live, extended thinking."
        );
        let proactive = default.limits.iter().find(|limit| limit.option == SetupOption::Proactive).unwrap();
        assert!(proactive.always_on);
    }
}
