//! What can be chosen: models and voices from the catalogue, devices as they are now. Asking the devices may block.

use live_proto::catalogue::{Catalogue, Model, ModelState};

use crate::contract::{Choices, DeviceChoice, ModelChoice, VoiceChoice};
use crate::limits;

/// Reads everything anew. A kind of device that can't be listed is an empty list: opening one says why.
pub(crate) fn now(catalogue: &Catalogue) -> Choices {
    let sound = audio::devices().unwrap_or_else(|error| {
        tracing::warn!(%error, "sound devices can't be listed");
        audio::Devices::default()
    });
    let cameras = video::cameras().unwrap_or_else(|error| {
        tracing::warn!(%error, "cameras can't be listed");
        Vec::new()
    });
    Choices {
        models: catalogue.all().iter().map(|model| model_choice(model, catalogue)).collect(),
        unlisted: limits::of(catalogue.rules(""), catalogue),
        voices: catalogue
            .voices()
            .iter()
            .map(|voice| VoiceChoice { name: voice.name.clone(), tone: voice.tone.clone() })
            .collect(),
        microphones: sound.microphones.into_iter().map(sound_choice).collect(),
        speakers: sound.speakers.into_iter().map(sound_choice).collect(),
        cameras: cameras
            .into_iter()
            .map(|camera| DeviceChoice { id: camera.id, name: camera.name, is_default: camera.is_default })
            .collect(),
    }
}

fn model_choice(model: &Model, catalogue: &Catalogue) -> ModelChoice {
    ModelChoice {
        id: model.id.clone(),
        label: model.label.clone(),
        note: model.note(),
        offered: model.state != ModelState::Retired,
        vertex_only: model.vertex_only,
        options: limits::of(model, catalogue),
    }
}

fn sound_choice(device: audio::DeviceInfo) -> DeviceChoice {
    DeviceChoice { id: device.id, name: device.name, is_default: device.is_default }
}
