//! The speaker check: plays five seconds of sound through the engine and the canceller of a conversation, and reports
//! what the microphone heard of it.

pub(crate) mod signal;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::capture::meter::Level;
use crate::config::{EngineConfig, Microphone, Processing, SpeakerChoice};
use crate::echo::{EchoReport, SUFFICIENT_DB};
use crate::engine::Engine;
use crate::error::{AudioError, Fault, Side};
use crate::event::AudioEvent;
use signal::{RATE, signal};

/// How often progress is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);
/// How much longer than the sound its playback may take, for buffers and a busy machine.
const GRACE: Duration = Duration::from_secs(3);
/// How much of the sound must have been played for a missing echo to mean something, in ms.
const ENOUGH_MS: u64 = 3_000;

/// Which devices to check.
#[derive(Clone, Debug, Default)]
pub struct CheckConfig {
    /// A device; a file hears no speaker.
    pub microphone: Microphone,
    /// A device.
    pub speaker: SpeakerChoice,
    /// The volume, 0.0 to 1.0, as in a conversation.
    pub volume: f32,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerCheck {
    /// The microphone's name.
    pub microphone: String,
    /// The speaker's name.
    pub speaker: String,
    /// What reached the microphone.
    pub outcome: CheckOutcome,
}

/// What reached the microphone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckOutcome {
    /// The echo of the speaker, and the canceller removes it well enough to speak over a reply.
    Cancelled(MeasuredEcho),
    /// The echo of the speaker, and too much of it remains: the microphone is closed while a reply sounds.
    Remains(MeasuredEcho),
    /// Sounds of the room, but not the speaker: headphones, or a speaker that is off.
    NoEcho,
    /// Only zeros: the microphone is off.
    Nothing,
}

/// A measured echo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredEcho {
    /// Its delay after what was played, in ms; see [`EchoReport::delay_ms`].
    pub delay_ms: u32,
    /// What the canceller takes off it, in dB.
    pub suppression_db: f32,
    /// Its level relative to what was played, in dB.
    pub level_db: f32,
}

/// Plays a test sound and reports what reached the microphone. `progress` is called with 0.0 to 1.0. Returns `None` if
/// `stop` was set, within moments of that. Blocks for some six seconds.
///
/// # Errors
/// [`AudioError::Device`] if one of them is not a device, can't be opened, or is lost or changed during the check.
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
    let processing = Processing { duck_replies: false, ..Processing::default() };
    let CheckConfig { microphone, speaker, volume } = config;
    let (engine, mut chunks, mut events) =
        Engine::start(EngineConfig { microphone, speaker, save: None, processing })?;
    engine.set_volume(volume);
    let pcm = signal();
    let lasts = Duration::from_millis(pcm.len() as u64 / 2 * 1_000 / u64::from(RATE));
    // The queue holds minutes, so this fits.
    _ = engine.play(&pcm, RATE, 1);
    engine.end_of_reply(1);
    let begun = Instant::now();
    let mut observation = Observation::default();
    while engine.is_playing() && begun.elapsed() < lasts + GRACE {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        while let Some(event) = events.try_recv() {
            fail_on_device_change(event)?;
        }
        // Nobody else takes them.
        while chunks.try_recv().is_some() {}
        observation.observe(engine.echo(), engine.levels().microphone);
        progress((engine.heard().ms as f32 / lasts.as_millis() as f32).min(1.0));
        std::thread::park_timeout(PROGRESS_INTERVAL);
    }
    observation.observe(engine.echo(), engine.levels().microphone);
    let zeros = engine.counters().microphone_zeros;
    let names = (engine.current_microphone(), engine.current_speaker());
    drop(engine);
    let outcome = observation.judge(zeros)?;
    tracing::info!(?outcome, ?names, "the speaker was checked");
    let (microphone, speaker) = names;
    Ok(Some(SpeakerCheck {
        microphone: microphone.unwrap_or_default(),
        speaker: speaker.unwrap_or_default(),
        outcome,
    }))
}

/// What was observed so far.
#[derive(Debug, Default)]
struct Observation {
    report: EchoReport,
    /// Whether the microphone gave anything but zeros.
    heard: bool,
}

impl Observation {
    fn observe(&mut self, report: EchoReport, microphone: Level) {
        self.report = report;
        self.heard |= microphone.peak > Level::SILENCE.peak;
    }

    fn judge(&self, zeros: Duration) -> Result<CheckOutcome, AudioError> {
        let report = self.report;
        if let (Some(suppression_db), Some(level_db), Some(delay_ms)) =
            (report.erle_db, report.echo_db, report.delay_ms)
        {
            let echo = MeasuredEcho { delay_ms, suppression_db, level_db };
            let held = suppression_db >= SUFFICIENT_DB && !report.half_duplex;
            return Ok(if held { CheckOutcome::Cancelled(echo) } else { CheckOutcome::Remains(echo) });
        }
        if report.far_end_ms < ENOUGH_MS {
            return Err(lost(Side::Speaker, None));
        }
        let silent = !self.heard || zeros.as_millis() >= u128::from(ENOUGH_MS);
        Ok(if silent { CheckOutcome::Nothing } else { CheckOutcome::NoEcho })
    }
}

/// After a change, the check would measure another device than the chosen one.
fn fail_on_device_change(event: AudioEvent) -> Result<(), AudioError> {
    match event {
        AudioEvent::MicrophoneLost { name, .. } | AudioEvent::MicrophoneChanged { from: name, .. } => {
            Err(lost(Side::Microphone, Some(name)))
        }
        AudioEvent::SpeakerLost { name, .. } | AudioEvent::SpeakerChanged { from: name, .. } => {
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

    fn after(report: EchoReport, level: Level, zeros_ms: u64) -> Option<CheckOutcome> {
        let mut observation = Observation::default();
        observation.observe(report, level);
        observation.judge(Duration::from_millis(zeros_ms)).ok()
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
        let measured = |db| MeasuredEcho { delay_ms: 80, suppression_db: db, level_db: -10.0 };
        assert_eq!(after(echo(32.0), LOUD, 0), Some(CheckOutcome::Cancelled(measured(32.0))));
        assert_eq!(after(echo(14.0), LOUD, 0), Some(CheckOutcome::Remains(measured(14.0))));
        let shut = EchoReport { half_duplex: true, ..echo(16.0) };
        assert_eq!(after(shut, LOUD, 0), Some(CheckOutcome::Remains(measured(16.0))));
    }

    #[test]
    fn noise_tells_headphones_from_a_dead_microphone() {
        let none = EchoReport { far_end_ms: 5_000, ..EchoReport::default() };
        assert_eq!(after(none, LOUD, 0), Some(CheckOutcome::NoEcho));
        assert_eq!(after(none, Level::SILENCE, 0), Some(CheckOutcome::Nothing));
        assert_eq!(after(none, LOUD, 4_000), Some(CheckOutcome::Nothing), "it fell silent");
    }

    #[test]
    fn a_speaker_that_played_nothing_is_an_error() {
        assert_eq!(after(EchoReport::default(), LOUD, 0), None);
    }

    #[test]
    fn only_devices_can_be_checked() {
        let config = |microphone, speaker| CheckConfig { microphone, speaker, volume: 1.0 };
        let side =
            |config| check_speaker(config, &AtomicBool::new(false), |_| {}).expect_err("refused").side();
        assert_eq!(side(config(Microphone::None, SpeakerChoice::Default)), Some(Side::Microphone));
        assert_eq!(side(config(Microphone::Default, SpeakerChoice::None)), Some(Side::Speaker));
    }
}
