//! Plays one sound through the speaker, without a microphone: for a sample of a voice. Blocks the calling thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::{EngineConfig, Microphone, Processing, SpeakerChoice};
use crate::engine::Engine;
use crate::error::AudioError;

/// How often it looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(20);
/// How much longer than the sound its playback may take, for buffers and a busy machine.
const GRACE: Duration = Duration::from_secs(3);

/// Plays a sound (signed 16-bit little-endian mono at `rate` Hz, ten minutes at most) to its end, or until `stop` is set.
/// `volume` is 0.0 to 1.0 as in a conversation. `begun` is called when the speaker is open. Blocks as long as the sound
/// lasts, and no more than three seconds longer.
///
/// # Errors
/// [`AudioError::Device`] if the speaker can't be opened, [`AudioError::Stuck`] if the sound system does not answer.
pub fn play_sound(
    speaker: SpeakerChoice,
    volume: f32,
    pcm: &[u8],
    rate: u32,
    stop: &AtomicBool,
    begun: impl FnOnce(),
) -> Result<(), AudioError> {
    let processing = Processing { cancel_echo: false, suppress_noise: false, duck_replies: false };
    let config = EngineConfig { microphone: Microphone::None, speaker, save: None, processing };
    let (engine, _chunks, _events) = Engine::start(config)?;
    engine.set_volume(volume);
    begun();
    let lasts = Duration::from_millis(pcm.len() as u64 / 2 * 1_000 / u64::from(rate.max(1)));
    if let Err(full) = engine.play(pcm, rate, 1) {
        tracing::warn!(%full, "a sound is too long to be played");
        return Ok(());
    }
    engine.end_of_reply(1);
    let until = Instant::now() + lasts + GRACE;
    while engine.is_playing() && Instant::now() < until && !stop.load(Ordering::Relaxed) {
        std::thread::park_timeout(LOOK);
    }
    if stop.load(Ordering::Relaxed) {
        // Faded out by the callback before the device closes.
        engine.flush();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(ms: u64, stop: &AtomicBool) -> (bool, Duration) {
        let (mut has_begun, begun) = (false, Instant::now());
        let pcm = vec![1; usize::try_from(ms).expect("short") * 48];
        play_sound(SpeakerChoice::None, 1.0, &pcm, 24_000, stop, || has_begun = true).expect("no device");
        (has_begun, begun.elapsed())
    }

    #[test]
    fn a_sound_is_played_to_its_end_in_real_time() {
        let (has_begun, took) = played(300, &AtomicBool::new(false));
        assert!(has_begun && took >= Duration::from_millis(300), "{took:?}");
    }

    #[test]
    fn one_that_is_stopped_does_not_play_on() {
        // Two minutes: if it were played, the test would not end in its time.
        let (has_begun, took) = played(120_000, &AtomicBool::new(true));
        assert!(has_begun && took < Duration::from_mins(1), "{took:?}");
    }
}
