//! Listens to a microphone and reports its level, without a conversation: nothing is kept. Blocks the calling thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::capture::meter::Level;
use crate::config::{EngineConfig, Microphone, Processing, SpeakerChoice};
use crate::engine::Engine;
use crate::error::{AudioError, Fault, Side};
use crate::event::AudioEvent;

/// How often the level is reported.
const EVERY: Duration = Duration::from_millis(50);

/// Opens a microphone and reports its level 20 times a second until `stop` is set or `longest` is over. `opened` gets its
/// name. Blocks all the time.
///
/// # Errors
/// [`AudioError::Device`] if it can't be opened or is lost.
pub fn listen(
    microphone: Microphone,
    longest: Duration,
    stop: &AtomicBool,
    opened: impl FnOnce(String),
    mut level: impl FnMut(Level),
) -> Result<(), AudioError> {
    if microphone == Microphone::None {
        return Err(AudioError::missing(Side::Microphone, None));
    }
    let processing = Processing { cancel_echo: false, suppress_noise: false, duck_replies: false };
    let config = EngineConfig { microphone, speaker: SpeakerChoice::None, save: None, processing };
    let (engine, mut chunks, mut events) = Engine::start(config)?;
    opened(engine.current_microphone().unwrap_or_default());
    let until = Instant::now() + longest;
    while Instant::now() < until && !stop.load(Ordering::Relaxed) {
        while let Some(event) = events.try_recv() {
            if let AudioEvent::MicrophoneLost { name, .. } = event {
                return Err(AudioError::Device {
                    side: Side::Microphone,
                    fault: Fault::Lost,
                    name: Some(name),
                    source: None,
                });
            }
        }
        // Nobody else takes them.
        while chunks.try_recv().is_some() {}
        level(engine.levels().microphone);
        std::thread::park_timeout(EVERY);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second of a loud tone as a file.
    fn tone() -> (tempfile::TempDir, Microphone) {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("tone.wav");
        let pcm: Vec<u8> = (0..12_000_i32)
            .flat_map(|n| (if n / 24 % 2 == 0 { 16_000_i16 } else { -16_000 }).to_le_bytes())
            .collect();
        crate::save_sound(&path, &pcm, 24_000).expect("saved");
        (folder, Microphone::File(path))
    }

    #[test]
    fn the_level_of_what_is_heard_is_reported_until_it_is_stopped() {
        let (_folder, microphone) = tone();
        let stop = AtomicBool::new(false);
        let (mut name, mut loudest) = (String::new(), f32::NEG_INFINITY);
        let level = |level: Level| {
            loudest = loudest.max(level.rms);
            stop.store(loudest > -12.0, Ordering::Relaxed);
        };
        listen(microphone, Duration::from_mins(1), &stop, |opened| name = opened, level).expect("a file");
        assert!(name == "tone.wav" && loudest > -12.0, "{name}: {loudest}");
    }

    #[test]
    fn it_ends_by_itself() {
        let (_folder, microphone) = tone();
        let never = AtomicBool::new(false);
        listen(microphone, Duration::from_millis(60), &never, |_| {}, |_| {}).expect("a file");
    }

    #[test]
    fn without_a_microphone_there_is_nothing_to_hear() {
        let error = listen(Microphone::None, Duration::ZERO, &AtomicBool::new(false), |_| {}, |_| {});
        assert_eq!(error.expect_err("refused").side(), Some(Side::Microphone));
    }
}
