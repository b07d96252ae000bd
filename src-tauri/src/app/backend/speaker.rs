//! The backend's part for the sound of the speaker: its volume, and the speaker check. The check blocks and runs elsewhere; one
//! at a time, and none while a conversation has the devices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use audio::{AudioError, CheckConfig, CheckOutcome};
use conversation::Command;

use super::Task;
use super::outcome::{Outcome, SpeakerNews};
use crate::config::profile;
use crate::contract::{SpeakerCheck, SpeakerVerdict, UiEvent};
use crate::messages;

/// How many steps of progress the window gets.
const STEPS: f32 = 50.0;

/// A check that is under way. Dropping it stops it.
pub(super) struct Checking {
    stop: Arc<AtomicBool>,
    /// Its outcome is for devices that are no longer chosen.
    is_stale: bool,
}

impl Drop for Checking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Task {
    /// How loud replies are from now on.
    pub(super) async fn set_volume(&mut self, percent: Option<u8>) {
        self.send(Command::Volume(profile::volume(percent))).await;
    }

    /// Checks the chosen devices, unless a check or a conversation has them.
    pub(super) fn check_speaker(&mut self) {
        if self.checking.is_some() || self.talk.is_some() {
            return;
        }
        self.stop_voice_sample();
        if self.free_microphone_for_check() {
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        self.checking = Some(Checking { stop: Arc::clone(&stop), is_stale: false });
        self.tell_speaker_check(SpeakerCheck::Running { done: None });
        let (microphone, speaker) = profile::sound(&self.state.settings);
        let volume = profile::volume(self.state.settings.volume);
        let outcomes = self.outcomes.0.clone();
        threads::blocking("speaker-check", move || {
            let mut reported = -1.0;
            let progress = |done: f32| {
                let part = (done * STEPS).floor();
                if part > reported {
                    reported = part;
                    // A full queue costs a step of a bar.
                    let _ = outcomes.try_send(Outcome::Speaker(SpeakerNews::Progress(done)));
                }
            };
            let result = audio::check_speaker(CheckConfig { microphone, speaker, volume }, &stop, progress);
            let _ = outcomes.blocking_send(Outcome::Speaker(SpeakerNews::Done(result)));
        });
    }

    /// Stops it; it says so when the devices are released.
    pub(super) fn cancel_speaker_check(&mut self) {
        if let Some(checking) = &mut self.checking {
            checking.stop.store(true, Ordering::Relaxed);
            checking.is_stale = true;
        }
    }

    /// Other devices are chosen: what is known is of no use.
    pub(super) fn forget_speaker_check(&mut self) {
        self.cancel_speaker_check();
        if self.checking.is_none() && self.state.speaker_check != SpeakerCheck::Idle {
            self.tell_speaker_check(SpeakerCheck::Idle);
        }
    }

    /// The check panicked, or what it used did.
    pub(super) fn give_up_speaker_check(&mut self) {
        if self.checking.take().is_some() {
            self.tell_speaker_check(SpeakerCheck::Idle);
        }
    }

    pub(super) fn take_speaker_news(&mut self, news: SpeakerNews) {
        match news {
            SpeakerNews::Progress(done) => {
                if self.checking.as_ref().is_some_and(|checking| !checking.is_stale) {
                    self.tell_speaker_check(SpeakerCheck::Running { done: Some(done) });
                }
            }
            SpeakerNews::Done(result) => {
                let is_stale = self.checking.take().is_some_and(|checking| checking.is_stale);
                let check = if is_stale { SpeakerCheck::Idle } else { outcome(result) };
                self.tell_speaker_check(check);
                self.start_if_waiting();
            }
        }
    }

    fn tell_speaker_check(&mut self, check: SpeakerCheck) {
        self.emit(UiEvent::SpeakerCheck { check });
    }
}

fn outcome(result: Result<Option<audio::SpeakerCheck>, AudioError>) -> SpeakerCheck {
    let audio::SpeakerCheck { microphone, speaker, outcome } = match result {
        Ok(Some(check)) => check,
        Ok(None) => return SpeakerCheck::Idle,
        Err(error) => {
            let error = Box::new(messages::ui_error(&conversation::of_audio(&error)));
            return SpeakerCheck::Failed { error };
        }
    };
    let (verdict, echo) = match outcome {
        CheckOutcome::Cancelled(echo) => (SpeakerVerdict::Good, Some(echo)),
        CheckOutcome::Remains(echo) => (SpeakerVerdict::HalfDuplex, Some(echo)),
        CheckOutcome::NoEcho => (SpeakerVerdict::NoEcho, None),
        CheckOutcome::Nothing => (SpeakerVerdict::Nothing, None),
    };
    SpeakerCheck::Done {
        microphone,
        speaker,
        verdict,
        delay_ms: echo.map(|echo| echo.delay_ms),
        suppression_db: echo.map(|echo| echo.suppression_db),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio::MeasuredEcho;

    #[test]
    fn each_finding_has_its_verdict_and_an_echo_its_figures() {
        let echo = MeasuredEcho { delay_ms: 90, suppression_db: 31.0, level_db: -12.0 };
        let of = |found| {
            let check =
                audio::SpeakerCheck { microphone: "Yeti".into(), speaker: "Studio".into(), outcome: found };
            match outcome(Ok(Some(check))) {
                SpeakerCheck::Done { verdict, delay_ms, suppression_db, .. } => {
                    (verdict, delay_ms, suppression_db)
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(of(CheckOutcome::Cancelled(echo)), (SpeakerVerdict::Good, Some(90), Some(31.0)));
        assert_eq!(of(CheckOutcome::Remains(echo)).0, SpeakerVerdict::HalfDuplex);
        assert_eq!(of(CheckOutcome::NoEcho), (SpeakerVerdict::NoEcho, None, None));
        assert_eq!(of(CheckOutcome::Nothing).0, SpeakerVerdict::Nothing);
        assert_eq!(outcome(Ok(None)), SpeakerCheck::Idle);
    }
}
