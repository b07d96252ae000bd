//! The backend's part for the test of the microphone: it is on only after the person asked, and off as soon as a page goes,
//! a conversation or another check wants it, or five minutes are over. What blocks runs elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audio::AudioError;
use conversation::{Meter, Reading};

use super::Task;
use super::outcome::{MicrophoneNews, Outcome};
use crate::config::profile;
use crate::contract::{MicrophoneTest, UiEvent};
use crate::messages;

/// A microphone that somebody forgot is turned off.
const LONGEST: Duration = Duration::from_mins(5);

/// A test that is under way. Dropping it ends it.
pub(super) struct Listening {
    stop: Arc<AtomicBool>,
    meter: Meter,
    /// What is to be done when the device is released.
    then: Then,
}

/// What follows a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It stays as it is: the device ended by itself.
    Nothing,
    /// It is off.
    Off,
    /// It begins again, with the device that is chosen now.
    Again,
    /// The speaker check.
    CheckSpeaker,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Task {
    /// Turns the chosen microphone on, unless something has it.
    pub(super) fn test_microphone(&mut self) {
        if let Some(listening) = &mut self.listening {
            // One that is on its way out is wanted again.
            if listening.stop.load(Ordering::Relaxed) {
                listening.then = Then::Again;
            }
            return;
        }
        if self.talk.is_some() || self.checking.is_some() {
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let listening = Listening { stop: Arc::clone(&stop), meter: Meter::default(), then: Then::Nothing };
        self.listening = Some(listening);
        self.tell_microphone_test(MicrophoneTest::Opening);
        let (microphone, _) = profile::sound(&self.state.settings);
        let outcomes = self.outcomes.0.clone();
        threads::blocking("microphone-test", move || {
            let opened = |name| _ = outcomes.blocking_send(Outcome::Microphone(MicrophoneNews::Opened(name)));
            // A full queue costs a level.
            let level = |level| _ = outcomes.try_send(Outcome::Microphone(MicrophoneNews::Level(level)));
            let result = audio::listen(microphone, LONGEST, &stop, opened, level);
            let _ = outcomes.blocking_send(Outcome::Microphone(MicrophoneNews::Over(result)));
        });
    }

    /// Turns it off.
    pub(super) fn stop_microphone_test(&mut self) {
        self.end_microphone_test(Then::Off);
        if self.listening.is_none() && self.state.microphone_test != MicrophoneTest::Idle {
            self.tell_microphone_test(MicrophoneTest::Idle);
        }
    }

    /// Another microphone is chosen.
    pub(super) fn change_tested_microphone(&mut self) {
        self.end_microphone_test(Then::Again);
    }

    /// The speaker check wants the devices. Returns whether it has to wait for them.
    pub(super) fn free_microphone_for_check(&mut self) -> bool {
        self.end_microphone_test(Then::CheckSpeaker);
        self.listening.is_some()
    }

    fn end_microphone_test(&mut self, then: Then) {
        if let Some(listening) = &mut self.listening {
            listening.stop.store(true, Ordering::Relaxed);
            listening.then = then;
        }
    }

    /// It panicked, or what it used did.
    pub(super) fn give_up_microphone_test(&mut self) {
        if self.listening.take().is_some() {
            self.tell_microphone_test(MicrophoneTest::Idle);
        }
    }

    pub(super) fn take_microphone_news(&mut self, news: MicrophoneNews) {
        let Some(listening) = &mut self.listening else { return };
        let is_wanted = listening.then == Then::Nothing;
        match news {
            MicrophoneNews::Opened(microphone) if is_wanted => {
                self.tell_microphone_test(MicrophoneTest::Running { microphone });
            }
            MicrophoneNews::Level(level) if is_wanted => {
                let heard = Reading { rms_db: level.rms, peak_db: level.peak };
                let silence = Reading { rms_db: f32::NEG_INFINITY, peak_db: f32::NEG_INFINITY };
                let levels = listening.meter.update(heard, silence);
                if self.levels.admit(levels) {
                    self.emit(UiEvent::Levels { levels });
                }
            }
            MicrophoneNews::Opened(_) | MicrophoneNews::Level(_) => {}
            MicrophoneNews::Over(result) => self.on_microphone_test_over(result),
        }
    }

    fn on_microphone_test_over(&mut self, result: Result<(), AudioError>) {
        let Some(then) = self.listening.take().map(|listening| listening.then) else { return };
        self.tell_microphone_test(match result {
            Err(error) if then == Then::Nothing => {
                let error = Box::new(messages::ui_error(&conversation::of_audio(&error)));
                MicrophoneTest::Failed { error }
            }
            _ => MicrophoneTest::Idle,
        });
        match then {
            Then::Again => self.test_microphone(),
            Then::CheckSpeaker => self.check_speaker(),
            Then::Off | Then::Nothing => {}
        }
        self.start_if_waiting();
    }

    fn tell_microphone_test(&mut self, test: MicrophoneTest) {
        self.emit(UiEvent::MicrophoneTest { test });
    }
}
