//! `vivavoce models` and `vivavoce devices`: what there is to choose, on stdout, for eyes or as JSON. Asks the devices, which
//! may block for milliseconds; opens none.

use std::fmt::Write as _;
use std::process::ExitCode;

use live_proto::catalogue::{Catalogue, Model, ModelState, OptionKind, Reason, Thinking};
use live_proto::wire::ThinkingLevel;
use serde::Serialize;

use crate::cli::ListArgs;
use crate::cli::print::{self, Printable};
use crate::config::account_models::{AccountModels, ModelCache};
use crate::config::choices;
use crate::config::startup::Startup;
use crate::contract::DeviceChoice;
use crate::messages;

/// Shown under `--help`.
pub(crate) const MODELS_EXAMPLES: &str = "Examples:
  vivavoce models
  vivavoce models --json | jq -r '.[] | select(.can | index(\"think\")) | .id'

The default has a star. `served` is what the account was last seen to have, by \"Refresh models\" in the window. A newer models.toml
in the folder of the settings replaces the list that came with the program.";

/// Shown under `--help`.
pub(crate) const DEVICES_EXAMPLES: &str = "Examples:
  vivavoce devices
  vivavoce devices --json | jq -r '.microphones[].name'

The system's own choice has a star. `talk` and a profile take an id or a part of a name.";

/// A model as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelRow {
    id: String,
    label: String,
    state: ModelState,
    is_default: bool,
    /// Served by Vertex AI alone.
    vertex_only: bool,
    /// The id of the model to take instead, for one that may be gone or is.
    successor: Option<String>,
    /// Whether the account has it, once that was asked.
    served: Option<bool>,
    can: Vec<&'static str>,
    thinking_levels: Vec<ThinkingLevel>,
}

/// What a model can be asked for, each with a word for machines and one for people.
const ABILITIES: [(OptionKind, &str, &str); 6] = [
    (OptionKind::Functions, "functions", "calls functions"),
    (OptionKind::Search, "search", "searches"),
    (OptionKind::Affective, "affective", "answers a mood"),
    (OptionKind::Proactive, "proactive", "knows when it is not meant"),
    (OptionKind::TranslateTo, "translate", "translates"),
    (OptionKind::EarlierTurns, "history", "takes earlier turns"),
];

/// Lists the models.
pub(crate) fn models(args: &ListArgs) -> ExitCode {
    let Startup { catalogue, troubles, .. } = Startup::of_nobody();
    troubles.iter().for_each(print::say);
    let served = ModelCache::of_user().load();
    let rows: Vec<ModelRow> =
        catalogue.all().iter().map(|model| row(model, &catalogue, served.as_ref())).collect();
    if args.json {
        return print::json(&rows);
    }
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (row, model) in rows.iter().zip(catalogue.all()) {
        let mark = if row.is_default { '*' } else { ' ' };
        let note = match model.note() {
            note if note.is_empty() => "current".to_owned(),
            note => note,
        };
        let instead = row.successor.as_ref().map_or_else(String::new, |next| format!("; use {next}"));
        let _ = writeln!(
            text,
            "{mark} {:width$}  {note:11}  {}: {}{instead}",
            row.id,
            row.label,
            words(model).join(", ")
        );
    }
    print::data(text)
}

fn row(model: &Model, catalogue: &Catalogue, served: Option<&AccountModels>) -> ModelRow {
    let mut can = vec![if model.speaks() { "speak" } else { "write" }];
    can.extend((model.thinking != Thinking::None).then_some("think"));
    can.extend(ABILITIES.iter().filter(|(kind, ..)| does(model, *kind)).map(|(_, word, _)| *word));
    ModelRow {
        id: model.id.clone(),
        label: model.label.clone(),
        state: model.state,
        is_default: model.id == catalogue.default_model(),
        vertex_only: model.vertex_only,
        successor: ends(model).then(|| catalogue.successor(&model.id).map(|next| next.id.clone())).flatten(),
        served: served.map(|served| served.models.iter().any(|other| other.id == model.id)),
        can,
        thinking_levels: model.levels().to_vec(),
    }
}

/// Whether another model should be taken.
fn ends(model: &Model) -> bool {
    matches!(model.state, ModelState::MayBeGone | ModelState::Retired)
}

fn does(model: &Model, kind: OptionKind) -> bool {
    matches!(model.refuses(kind), None | Some(Reason::AlwaysOn))
}

fn words(model: &Model) -> Vec<&'static str> {
    let thinks = match model.thinking {
        Thinking::None => None,
        Thinking::Level { .. } => Some("thinks by level"),
        Thinking::Budget { .. } => Some("thinks by tokens"),
    };
    let others = ABILITIES.iter().filter(|(kind, ..)| does(model, *kind)).map(|(_, _, words)| *words);
    let on_vertex = model.vertex_only.then_some("on Vertex AI alone");
    let speaks = if model.speaks() { "speaks" } else { "writes" };
    [speaks].into_iter().chain(thinks).chain(others).chain(on_vertex).collect()
}

#[derive(Serialize)]
struct Devices {
    microphones: Vec<DeviceChoice>,
    speakers: Vec<DeviceChoice>,
    cameras: Vec<DeviceChoice>,
}

/// Lists microphones, speakers and cameras.
pub(crate) fn devices(args: &ListArgs) -> ExitCode {
    let (owner, mut deaths) = threads::owner();
    let choices = {
        let _entered = owner.enter();
        choices::now(&Catalogue::embedded(), None)
    };
    // An empty list would say that there is no such device.
    if let Some(death) = deaths.try_recv() {
        print::say(&messages::died(&death));
        return ExitCode::FAILURE;
    }
    let devices =
        Devices { microphones: choices.microphones, speakers: choices.speakers, cameras: choices.cameras };
    if args.json {
        return print::json(&devices);
    }
    let kinds = [
        ("microphone", "devices-no-microphone", devices.microphones),
        ("speaker", "devices-no-speaker", devices.speakers),
        ("camera", "devices-no-camera", devices.cameras),
    ];
    let mut text = String::new();
    for (kind, nothing, devices) in kinds {
        if devices.is_empty() {
            print::note(messages::text(nothing));
        }
        for device in devices {
            let mark = if device.is_default { '*' } else { ' ' };
            // A name is one column of one line, whatever it holds.
            let [id, name] = [&device.id, &device.name].map(|raw| Printable::line(raw));
            let _ = writeln!(text, "{mark} {kind}\t{}\t{}", id.as_str(), name.as_str());
        }
    }
    print::data(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_says_what_it_can_and_only_that() {
        let catalogue = Catalogue::embedded();
        let of = |id: &str| row(catalogue.find(id).unwrap(), &catalogue, None);
        let default = of("gemini-3.8-live");
        assert!(default.is_default && default.can.contains(&"speak") && !default.can.contains(&"think"));
        assert!(default.can.contains(&"search") && default.served.is_none());
        let thinks = of("gemini-3.8-live-extended-thinking");
        assert!(thinks.can.contains(&"think") && !thinks.thinking_levels.is_empty());
    }
}
