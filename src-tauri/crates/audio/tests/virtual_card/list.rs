//! The list of devices is updated while the engine runs.

use audio::{Engine, EngineConfig};

use crate::rig::{on_a_card, until};

#[test]
fn devices_that_come_and_go_change_the_list() {
    on_a_card("list::devices_that_come_and_go_change_the_list", |card| {
        let (engine, _chunks, _events) = Engine::start(EngineConfig::default()).expect("start");
        let has_mic = || {
            let devices = audio::devices().expect("a list");
            devices.microphones.iter().any(|device| device.id == "pulseaudio:app_mic")
        };
        until("the first list", || engine.device_list_version() == 1);
        for (cable, is_there) in [("unplug", false), ("plug", true)] {
            let before = engine.device_list_version();
            card.cable(cable, "mic");
            until("another list", || engine.device_list_version() > before);
            until("it to be true", || has_mic() == is_there);
        }
    });
}
