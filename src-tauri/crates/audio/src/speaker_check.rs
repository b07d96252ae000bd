//! The speaker check: five seconds of sound through the chosen speaker, heard by the chosen microphone through the same
//! engine and canceller as a conversation. Blocks for as long as it lasts, so it runs on a thread of its caller's.

pub(crate) mod signal;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::capture::meter::Level;
use crate::config::{EngineConfig, Microphone, Processing, SpeakerChoice};
use crate::echo::{EchoReport, HELD_DB};
use crate::engine::Engine;
use crate::error::{AudioError, Fault, Side};
use crate::event::Trouble;
use signal::{RATE, signal};

/// How often it is looked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The sound may come to its end so much later than it lasts: the devices' buffers, and a busy machine.
const GRACE: Duration = Duration::from_secs(3);
/// So much of the sound must have been played, and heard in time, for a silence to mean something, in ms.
const ENOUGH_MS: u64 = 3_000;

/// Through what it is played and heard.
#[derive(Clone, Debug, Default)]
pub struct CheckConfig {
    /// A device; a file hears no speaker.
    pub microphone: Microphone,
    /// A device.
    pub speaker: SpeakerChoice,
    /// As in a conversation, 0.0 to 1.0.
    pub volume: f32,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerCheck {
    /// What the microphone is called.
    pub microphone: String,
    /// What the speaker is called.
    pub speaker: String,
    /// What reached the microphone.
    pub found: Found,
}

/// What reached the microphone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// The speaker, and the canceller takes it out well enough to talk over a reply.
    Cancelled(Echo),
    /// The speaker, and too much of it is left: the microphone is shut while a reply sounds.
    Remains(Echo),
    /// Sounds of the room, but not the speaker: headphones, or a speaker that is off.
    NoEcho,
    /// Nothing at all, only zeros: the microphone is off.
    Nothing,
}

/// A measured echo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// How much later it comes than what was played, in ms; see [`EchoReport::delay_ms`].
    pub delay_ms: u32,
    /// What the canceller takes off it, in dB.
    pub suppression_db: f32,
    /// How loud it arrives against what was played, in dB.
    pub level_db: f32,
}

/// Plays, listens and judges. `progress` hears how much of it is done, 0.0 to 1.0. `None` when `stop` was set, which ends it
/// within moments.
///
/// # Errors
/// When a device can't be opened, is none, or goes away meanwhile.
pub fn check_speaker(
    config: CheckConfig,
    stop: &AtomicBool,
    mut progress: impl FnMut(f32),
) -> Result<Option<SpeakerCheck>, AudioError> {
    if !matches!(config.microphone, Microphone::Default | Microphone::Named(_)) {
        return Err(AudioError::missing(Side::Microphone, None));
    }
    if config.speaker == SpeakerChoice::None {
        return Err(AudioError::missing(Side::Speaker, None));
    }
    let processing = Processing { lower_replies: false, ..Processing::default() };
    let CheckConfig { microphone, speaker, volume } = config;
    let (engine, mut chunks, mut troubles) =
        Engine::start(EngineConfig { microphone, speaker, save: None, processing })?;
    engine.set_volume(volume);
    let pcm = signal();
    let lasts = Duration::from_millis(pcm.len() as u64 / 2 * 1_000 / u64::from(RATE));
    // It fits: the queue holds minutes.
    _ = engine.play(&pcm, RATE, 1);
    engine.end_of_reply(1);
    let begun = Instant::now();
    let mut witness = Witness::default();
    while engine.is_playing() && begun.elapsed() < lasts + GRACE {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        while let Some(trouble) = troubles.try_recv() {
            of_trouble(trouble)?;
        }
        // Nobody else takes them.
        while chunks.try_recv().is_some() {}
        witness.see(engine.echo(), engine.levels().microphone);
        progress((engine.heard().ms as f32 / lasts.as_millis() as f32).min(1.0));
        std::thread::park_timeout(LOOK_EVERY);
    }
    witness.see(engine.echo(), engine.levels().microphone);
    let zeros = engine.counters().microphone_zeros;
    let names = (engine.microphone_now(), engine.speaker_now());
    drop(engine);
    let found = witness.judge(zeros)?;
    tracing::info!(?found, ?names, "the speaker was checked");
    let (microphone, speaker) = names;
    Ok(Some(SpeakerCheck {
        microphone: microphone.unwrap_or_default(),
        speaker: speaker.unwrap_or_default(),
        found,
    }))
}

/// What was seen of the echo.
#[derive(Debug, Default)]
struct Witness {
    report: EchoReport,
    /// The microphone gave something that is not zero.
    heard: bool,
}

impl Witness {
    fn see(&mut self, report: EchoReport, microphone: Level) {
        self.report = report;
        self.heard |= microphone.peak > Level::SILENCE.peak;
    }

    fn judge(&self, zeros: Duration) -> Result<Found, AudioError> {
        let report = self.report;
        if let (Some(suppression_db), Some(level_db), Some(delay_ms)) =
            (report.erle_db, report.echo_db, report.delay_ms)
        {
            let echo = Echo { delay_ms, suppression_db, level_db };
            let held = suppression_db >= HELD_DB && !report.half_duplex;
            return Ok(if held { Found::Cancelled(echo) } else { Found::Remains(echo) });
        }
        if report.far_end_ms < ENOUGH_MS {
            return Err(lost(Side::Speaker, None));
        }
        let silent = !self.heard || zeros.as_millis() >= u128::from(ENOUGH_MS);
        Ok(if silent { Found::Nothing } else { Found::NoEcho })
    }
}

/// Another device than the one that is checked would be measured.
fn of_trouble(trouble: Trouble) -> Result<(), AudioError> {
    match trouble {
        Trouble::MicrophoneLost { name, .. } | Trouble::MicrophoneChanged { from: name, .. } => {
            Err(lost(Side::Microphone, Some(name)))
        }
        Trouble::SpeakerLost { name, .. } | Trouble::SpeakerChanged { from: name, .. } => {
            Err(lost(Side::Speaker, Some(name)))
        }
        _ => Ok(()),
    }
}

fn lost(side: Side, name: Option<String>) -> AudioError {
    AudioError::Device { side, fault: Fault::Lost, name, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: Level = Level { rms: -50.0, peak: -40.0 };

    fn after(report: EchoReport, level: Level, zeros_ms: u64) -> Option<Found> {
        let mut witness = Witness::default();
        witness.see(report, level);
        witness.judge(Duration::from_millis(zeros_ms)).ok()
    }

    fn echo(erle_db: f32) -> EchoReport {
        EchoReport {
            erle_db: Some(erle_db),
            echo_db: Some(-10.0),
            delay_ms: Some(80),
            far_end_ms: 5_000,
            ..EchoReport::default()
        }
    }

    #[test]
    fn an_echo_is_cancelled_from_15_db_on() {
        let measured = |db| Echo { delay_ms: 80, suppression_db: db, level_db: -10.0 };
        assert_eq!(after(echo(32.0), LOUD, 0), Some(Found::Cancelled(measured(32.0))));
        assert_eq!(after(echo(14.0), LOUD, 0), Some(Found::Remains(measured(14.0))));
        let shut = EchoReport { half_duplex: true, ..echo(16.0) };
        assert_eq!(after(shut, LOUD, 0), Some(Found::Remains(measured(16.0))));
    }

    #[test]
    fn without_an_echo_the_room_tells_headphones_from_a_dead_microphone() {
        let none = EchoReport { far_end_ms: 5_000, ..EchoReport::default() };
        assert_eq!(after(none, LOUD, 0), Some(Found::NoEcho));
        assert_eq!(after(none, Level::SILENCE, 0), Some(Found::Nothing));
        assert_eq!(after(none, LOUD, 4_000), Some(Found::Nothing), "it fell silent");
    }

    #[test]
    fn a_speaker_that_played_nothing_was_not_checked() {
        assert_eq!(after(EchoReport::default(), LOUD, 0), None);
    }

    #[test]
    fn what_is_no_device_cannot_be_checked() {
        let config = |microphone, speaker| CheckConfig { microphone, speaker, volume: 1.0 };
        let side =
            |config| check_speaker(config, &AtomicBool::new(false), |_| {}).expect_err("refused").side();
        assert_eq!(side(config(Microphone::None, SpeakerChoice::Default)), Some(Side::Microphone));
        assert_eq!(side(config(Microphone::Default, SpeakerChoice::None)), Some(Side::Speaker));
    }
}
