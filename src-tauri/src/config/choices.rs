//! What can be chosen: models and voices from the catalogue, devices as they are now. Asking the devices may block, for ten
//! seconds at most.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use live_proto::catalogue::{self, Catalogue, Model, Prices};

use crate::config::account_models::AccountModels;
use crate::config::model_options;
use crate::contract::{
    Choices, DeviceChoice, ModelChoice, ModelPrices, ModelState, ModelSuggestion, VoiceChoice,
};

/// How long a sound server or a camera's driver may take to list its devices.
const LISTING_LIMIT: Duration = Duration::from_secs(10);
/// Lists that may be asked for at once; each that hangs keeps its thread.
const LISTINGS: usize = 8;

/// Reads everything anew. A kind of device that can't be listed is an empty list: opening one says why.
pub(crate) fn now(catalogue: &Catalogue, served: Option<&AccountModels>) -> Choices {
    let sound = listed("sound-list", LISTING_LIMIT, || {
        audio::devices().unwrap_or_else(|error| {
            tracing::warn!(%error, "sound devices can't be listed");
            audio::Devices::default()
        })
    });
    let cameras = listed("camera-list", LISTING_LIMIT, || {
        video::cameras().unwrap_or_else(|error| {
            tracing::warn!(%error, "cameras can't be listed");
            Vec::new()
        })
    });
    Choices {
        models: models(catalogue, served),
        models_asked_at: served.map(|served| served.at),
        unlisted: model_options::of(catalogue.rules(""), catalogue),
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
        talk_key_from_everywhere: hears_talk_key_everywhere(),
    }
}

/// Whether the system lets a program have a key while another one has the focus. Wayland does not, and its X11 side gives
/// keys to programs of its own kind alone.
pub(crate) fn hears_talk_key_everywhere() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || (is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))
}

/// Runs this on a thread of its own and waits for it no longer than `limit`: a driver that hangs is a list that is empty.
fn listed<T: Default + Send + 'static>(
    name: &'static str,
    limit: Duration,
    list: impl FnOnce() -> T + Send + 'static,
) -> T {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    struct Running;
    impl Drop for Running {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let running = RUNNING.fetch_add(1, Ordering::Relaxed);
    let slot = Running;
    if running >= LISTINGS {
        tracing::warn!(name, "too many lists of devices hang");
        return T::default();
    }
    let (sender, receiver) = sync_channel(1);
    let spawned = threads::spawn(name, move || {
        let _slot = slot;
        _ = sender.send(list());
    });
    let lister = match spawned {
        Ok(lister) => lister,
        Err(error) => {
            tracing::warn!(%error, name, "devices can't be listed");
            return T::default();
        }
    };
    match receiver.recv_timeout(limit) {
        Ok(list) => list,
        Err(RecvTimeoutError::Disconnected) => {
            // It panicked and ends now; then its owner knows of it.
            _ = lister.join();
            T::default()
        }
        Err(RecvTimeoutError::Timeout) => {
            tracing::warn!(name, "the devices were not listed in time");
            T::default()
        }
    }
}

/// Those of the catalogue, then what else the account has.
fn models(catalogue: &Catalogue, served: Option<&AccountModels>) -> Vec<ModelChoice> {
    let is_served = |id: &str| served.map(|served| served.models.iter().any(|model| model.id == id));
    let listed = catalogue.all().iter().map(|model| ModelChoice {
        id: model.id.clone(),
        label: model.label.clone(),
        state: state(model.state),
        successor: successor(model, catalogue),
        prices: model.prices.as_ref().map(prices),
        abilities: model_options::abilities(model),
        languages: model.languages,
        offered: model.state != catalogue::ModelState::Retired,
        vertex_only: model.vertex_only,
        served: is_served(&model.id),
        options: model_options::of(model, catalogue),
    });
    let others = served.into_iter().flat_map(|served| &served.models);
    let others = others.filter(|model| catalogue.find(&model.id).is_none()).map(|model| ModelChoice {
        id: model.id.clone(),
        label: model.label.clone(),
        state: ModelState::Unlisted,
        successor: None,
        prices: None,
        abilities: Vec::new(),
        languages: None,
        offered: true,
        vertex_only: false,
        served: Some(true),
        options: model_options::of(catalogue.rules(""), catalogue),
    });
    listed.chain(others).collect()
}

fn state(state: catalogue::ModelState) -> ModelState {
    use catalogue::ModelState as S;
    match state {
        S::Current => ModelState::Current,
        S::Preview => ModelState::Preview,
        S::Deprecated => ModelState::Deprecated,
        S::MayBeGone => ModelState::MayBeGone,
        S::Listed => ModelState::Untried,
        S::Retired => ModelState::Retired,
    }
}

/// Which model to take instead of one that ends.
fn successor(model: &Model, catalogue: &Catalogue) -> Option<ModelSuggestion> {
    use catalogue::ModelState as S;
    if !matches!(model.state, S::Deprecated | S::MayBeGone | S::Retired) {
        return None;
    }
    let next = catalogue.successor(&model.id)?;
    Some(ModelSuggestion { id: next.id.clone(), label: next.label.clone() })
}

fn prices(prices: &Prices) -> ModelPrices {
    ModelPrices {
        in_text: prices.in_text,
        in_audio: prices.in_audio,
        in_image: prices.in_image,
        out_text: prices.out_text,
        out_audio: prices.out_audio,
        estimated: prices.estimated,
        date: prices.date.clone(),
    }
}

fn sound_choice(device: audio::DeviceInfo) -> DeviceChoice {
    DeviceChoice { id: device.id, name: device.name, is_default: device.is_default }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::account_models::Model as Given;

    #[test]
    fn a_model_that_may_be_gone_is_shown_so_with_its_successor() {
        let models = models(&Catalogue::embedded(), None);
        for id in ["gemini-3.1-flash-live-preview", "gemini-2.5-flash-native-audio-preview-12-2025"] {
            let model = models.iter().find(|model| model.id == id).unwrap();
            let successor = model.successor.as_ref().map(|next| next.label.as_str());
            assert_eq!((model.state, successor), (ModelState::MayBeGone, Some("Gemini 3.8 Live")), "{id}");
            assert!(model.offered, "{id}");
        }
    }

    #[test]
    fn the_accounts_models_are_merged_with_the_catalogue_by_id() {
        let catalogue = Catalogue::embedded();
        assert!(models(&catalogue, None).iter().all(|model| model.served.is_none()));
        let model = |id: &str| Given { id: id.into(), label: format!("Google's {id}") };
        let served = AccountModels { at: 1, models: vec![model("gemini-9-live"), model("gemini-3.8-live")] };
        let merged = models(&catalogue, Some(&served));
        assert_eq!(merged.len(), catalogue.all().len() + 1);
        let known: Vec<_> = merged.iter().filter(|model| model.id == "gemini-3.8-live").collect();
        assert_eq!(
            (known.len(), known[0].label.as_str(), known[0].served),
            (1, "Gemini 3.8 Live", Some(true))
        );
        let preview =
            merged.iter().find(|model| model.id == "gemini-2.5-flash-native-audio-preview").unwrap();
        assert_eq!(
            (preview.served, preview.offered),
            (Some(false), true),
            "marked, and choosable all the same"
        );
        let new = merged.last().unwrap();
        assert_eq!((new.id.as_str(), new.label.as_str()), ("gemini-9-live", "Google's gemini-9-live"));
        assert_eq!(new.options, model_options::of(catalogue.rules(""), &catalogue));
    }

    #[test]
    fn a_driver_that_hangs_is_an_empty_list_and_takes_few_threads() {
        let (release, hangs) = std::sync::mpsc::sync_channel::<()>(0);
        let hangs = std::sync::Arc::new(std::sync::Mutex::new(hangs));
        for _ in 0..LISTINGS * 2 {
            let hangs = std::sync::Arc::clone(&hangs);
            let list = listed("test-list", Duration::ZERO, move || {
                _ = hangs.lock().map(|hangs| hangs.recv());
                vec![1]
            });
            assert!(list.is_empty());
        }
        drop(release);
        // Each of them ends now and frees its place.
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while listed("test-list", Duration::from_secs(1), || vec![1]).is_empty() {
            assert!(std::time::Instant::now() < deadline, "no place is freed");
        }
    }
}
