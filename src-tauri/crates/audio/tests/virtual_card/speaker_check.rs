//! The speaker check through the whole engine, with and without an echo.

use std::sync::atomic::{AtomicBool, Ordering};

use audio::{CheckConfig, CheckOutcome, Microphone, SpeakerChoice, check_speaker};

use crate::rig::on_a_card;

fn config() -> CheckConfig {
    CheckConfig { microphone: Microphone::Default, speaker: SpeakerChoice::Default, volume: 1.0 }
}

#[test]
fn an_echo_is_measured_as_cancelled() {
    on_a_card("speaker_check::an_echo_is_measured_as_cancelled", |card| {
        card.leak();
        let mut shown = Vec::new();
        let check = check_speaker(config(), &AtomicBool::new(false), |part| shown.push(part));
        let check = check.expect("checked").expect("to its end");
        println!("{check:?}");
        assert_eq!((check.microphone.as_str(), check.speaker.as_str()), ("AppMic", "AppSpeaker"));
        let CheckOutcome::Cancelled(echo) = check.outcome else { panic!("{check:?}") };
        assert!(echo.suppression_db > 15.0, "{echo:?}");
        // The rig's 80 ms and the buffers of the sound server in both directions, minus how long the far end waits for
        // its frame.
        assert!((40..400).contains(&echo.delay_ms), "{echo:?}");
        assert!((-30.0..0.0).contains(&echo.level_db), "{echo:?}");
        assert!(shown.is_sorted() && shown.last().is_some_and(|last| *last > 0.9), "{shown:?}");
    });
}

#[test]
fn headphones_have_no_echo() {
    on_a_card("speaker_check::headphones_have_no_echo", |card| {
        // Audible noise: with only zeros the microphone would seem dead.
        let _room = card.speak(&noise(12_000));
        let check = check_speaker(config(), &AtomicBool::new(false), |_| {});
        assert_eq!(check.expect("checked").expect("to its end").outcome, CheckOutcome::NoEcho);
    });
}

#[test]
fn a_microphone_that_is_off_is_not_headphones() {
    on_a_card("speaker_check::a_microphone_that_is_off_is_not_headphones", |_| {
        let check = check_speaker(config(), &AtomicBool::new(false), |_| {});
        assert_eq!(check.expect("checked").expect("to its end").outcome, CheckOutcome::Nothing);
    });
}

#[test]
fn a_stopped_check_releases_the_devices() {
    on_a_card("speaker_check::a_stopped_check_releases_the_devices", |card| {
        let before = card.streams();
        let stop = AtomicBool::new(false);
        let check = check_speaker(config(), &stop, |_| stop.store(true, Ordering::Relaxed));
        assert_eq!(check.expect("no trouble"), None);
        assert_eq!(card.streams(), before);
    });
}

/// Returns the noise of a quiet room, about −46 dBFS.
fn noise(ms: usize) -> Vec<i16> {
    let mut chance = 1_u32;
    (0..crate::rig::RATE * ms / 1_000)
        .map(|_| {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (chance >> 24) as i16 * 2 - 255
        })
        .collect()
}
