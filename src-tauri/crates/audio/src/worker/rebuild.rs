//! Replaces devices while the conversation goes on: what the supervisors decide and the installer brings. On the audio
//! thread; nothing here blocks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::endpoints::{self, Mic, Speaker, VIRTUAL_RATE};
use super::{Worker, near_end_stage};
use crate::capture::chain::Capture;
use crate::config::{Microphone, SpeakerChoice};
use crate::device::callback::{Health, Playout};
use crate::device::list::Wish;
use crate::device::opener::{Answer, Ask, NewMicrophone, NewSpeaker};
use crate::device::recovery::{Notice, Step, Supervisor};
use crate::device::watchdog::{Loss, Watch};
use crate::echo::Learnt;
use crate::error::{AudioError, Side};
use crate::event::Trouble;

impl Worker {
    /// The supervisors' turn, ten times a second.
    pub(super) fn look_after_devices(&mut self, now: Instant) {
        if let Mic::Device { open, watch, condition, .. } = &mut self.mic {
            self.shared.zeros_ms.store(condition.zeros(now).as_millis() as u64, Ordering::Relaxed);
            if let Some(loss) = watch.look(open.pulse(), now) {
                self.lose_microphone(loss, now);
            }
        }
        if let Speaker::Device { open, watch } = &mut self.speaker
            && let Some(loss) = watch.look(open.pulse(), now)
        {
            self.lose_speaker(loss, now);
        }
        let step = self.microphone_supervisor.as_mut().and_then(|supervisor| supervisor.tick(now));
        self.take_step(Side::Microphone, step, now);
        let step = self.speaker_supervisor.as_mut().and_then(|supervisor| supervisor.tick(now));
        self.take_step(Side::Speaker, step, now);
    }

    /// What the installer brought.
    pub(super) fn take_answers(&mut self, now: Instant) {
        while let Some(answer) = self.installer.answer() {
            match answer {
                Answer::Microphone(Ok(new)) => self.change_microphone(new, now),
                Answer::Speaker(Ok(new)) => self.change_speaker(new, now),
                Answer::Microphone(Err(error)) => self.note_failure(Side::Microphone, &error, now),
                Answer::Speaker(Err(error)) => self.note_failure(Side::Speaker, &error, now),
                Answer::Listed => {
                    self.shared.device_lists.fetch_add(1, Ordering::Relaxed);
                }
                Answer::Seen(side, best) => {
                    let supervisor = self.supervisor(side).as_mut();
                    let step = supervisor.and_then(|supervisor| supervisor.seen(best.as_deref(), now));
                    self.take_step(side, step, now);
                }
            }
        }
    }

    /// What a person chose since the last look.
    pub(super) fn take_choices(&mut self, now: Instant) {
        let choices = std::mem::take(&mut *self.shared.choices());
        if let Some(choice) = choices.microphone {
            self.choose_microphone(&choice, now);
        }
        if let Some(choice) = choices.speaker {
            self.choose_speaker(&choice, now);
        }
    }

    fn supervisor(&mut self, side: Side) -> &mut Option<Supervisor> {
        match side {
            Side::Microphone => &mut self.microphone_supervisor,
            Side::Speaker => &mut self.speaker_supervisor,
        }
    }

    fn take_step(&mut self, side: Side, step: Option<Step>, now: Instant) {
        match step {
            None => {}
            Some(Step::Open) => self.ask_for(side, now),
            Some(Step::GiveUp { name, loss }) => {
                tracing::warn!(name, ?loss, %side, "the device is lost");
                if side == Side::Speaker {
                    self.go_on_without_speaker(now);
                }
                self.show_names();
                self.tell(match side {
                    Side::Microphone => Trouble::MicrophoneLost { name, loss },
                    Side::Speaker => Trouble::SpeakerLost { name, loss },
                });
            }
        }
    }

    fn ask_for(&mut self, side: Side, now: Instant) {
        if !self.installer.ask(Ask::Open(side))
            && let Some(supervisor) = self.supervisor(side)
        {
            supervisor.failed(now);
        }
    }

    fn note_failure(&mut self, side: Side, error: &AudioError, now: Instant) {
        tracing::debug!(%side, %error, "not opened");
        let is_news = self.supervisor(side).as_mut().is_none_or(|supervisor| supervisor.failed(now));
        if is_news {
            self.tell(not_opened(side, error));
        }
    }

    fn lose_microphone(&mut self, loss: Loss, now: Instant) {
        self.close_microphone(Mic::None);
        let step = self.microphone_supervisor.as_mut().and_then(|supervisor| supervisor.lost(loss, now));
        self.take_step(Side::Microphone, step, now);
    }

    fn lose_speaker(&mut self, loss: Loss, now: Instant) {
        self.close_speaker(Speaker::Pause);
        let step = self.speaker_supervisor.as_mut().and_then(|supervisor| supervisor.lost(loss, now));
        self.take_step(Side::Speaker, step, now);
    }

    fn change_microphone(&mut self, new: NewMicrophone, now: Instant) {
        let Some(supervisor) = &mut self.microphone_supervisor else {
            // Something that is no device was chosen in the meantime.
            self.close(new.open);
            return;
        };
        let notice = supervisor.opened(new.open.opened());
        let format = (new.open.rate, new.open.channels);
        self.shared.microphone.follow(&new.open.health);
        self.close_microphone(Mic::device(new.open, new.ring, now));
        self.hear_through_new_stages(Some(format));
        self.tell_of(Side::Microphone, notice);
    }

    fn change_speaker(&mut self, new: NewSpeaker, now: Instant) {
        let Some(supervisor) = &mut self.speaker_supervisor else {
            self.close(new.open);
            return;
        };
        let far_end = match endpoints::far_end(new.ends.tap, new.open.rate) {
            Ok(far_end) => far_end,
            Err(error) => {
                self.note_failure(Side::Speaker, &error, now);
                return;
            }
        };
        let notice = supervisor.opened(new.open.opened());
        self.far_end = far_end;
        self.shared.speaker.follow(&new.open.health);
        self.shared.playback().attach(new.ends.ring, new.open.rate, new.playout, self.shared.now_ns());
        self.close_speaker(Speaker::Device { open: new.open, watch: Watch::new(now) });
        // Another speaker is another echo.
        self.forget_echo();
        self.tell_of(Side::Speaker, notice);
    }

    /// Without its device the playback goes on by the clock, so that captions and turns keep their time.
    fn go_on_without_speaker(&mut self, now: Instant) {
        let (playout, health) = (Arc::new(Playout::default()), Arc::new(Health::default()));
        let (speaker, ends) = endpoints::virtual_speaker(VIRTUAL_RATE, &playout, &health, now);
        let far_end = match endpoints::far_end(ends.tap, VIRTUAL_RATE) {
            Ok(far_end) => far_end,
            Err(error) => {
                tracing::warn!(%error, "the playback stands still");
                return;
            }
        };
        self.shared.speaker.follow(&health);
        self.far_end = far_end.unheard();
        self.shared.playback().attach(ends.ring, VIRTUAL_RATE, playout, self.shared.now_ns());
        self.close_speaker(speaker);
    }

    fn tell_of(&mut self, side: Side, notice: Option<Notice>) {
        self.shared.reopened.fetch_add(1, Ordering::Relaxed);
        self.show_names();
        tracing::info!(%side, ?notice, "a device was opened");
        match (side, notice) {
            (_, None) => {}
            (Side::Microphone, Some(Notice::Changed { from, to })) => {
                self.tell(Trouble::MicrophoneChanged { from, to });
            }
            (Side::Speaker, Some(Notice::Changed { from, to })) => {
                self.tell(Trouble::SpeakerChanged { from, to });
            }
            (Side::Microphone, Some(Notice::Back { name })) => self.tell(Trouble::MicrophoneBack { name }),
            (Side::Speaker, Some(Notice::Back { name })) => self.tell(Trouble::SpeakerBack { name }),
        }
    }

    fn choose_microphone(&mut self, choice: &Microphone, now: Instant) {
        let wish = endpoints::wish_for_microphone(choice);
        self.wish(Side::Microphone, wish, now);
        if endpoints::wish_for_microphone(choice).is_some() {
            return;
        }
        match endpoints::open_microphone(choice, &self.shared.microphone.health(), &std::thread::current()) {
            Ok((mic, format)) => {
                self.close_microphone(mic);
                self.hear_through_new_stages(format);
                self.show_names();
            }
            Err(error) => self.note_failure(Side::Microphone, &error, now),
        }
    }

    fn choose_speaker(&mut self, choice: &SpeakerChoice, now: Instant) {
        let wish = endpoints::wish_for_speaker(choice);
        let is_device = wish.is_some();
        self.wish(Side::Speaker, wish, now);
        if !is_device {
            self.go_on_without_speaker(now);
            self.forget_echo();
            self.show_names();
        }
    }

    /// Hands a wish on; the device of now stays until the new one runs.
    fn wish(&mut self, side: Side, wish: Option<Wish>, now: Instant) {
        let is_device = wish.is_some();
        if !self.installer.ask(Ask::Wish(side, wish)) {
            tracing::warn!(%side, "the device thread is stuck");
        }
        let supervisor = self.supervisor(side);
        if !is_device {
            *supervisor = None;
            return;
        }
        let step = supervisor.get_or_insert_with(Supervisor::without_a_device).wish_changed(now);
        self.take_step(side, Some(step), now);
    }

    /// New stages for a microphone of another format; the chunks are numbered on.
    fn hear_through_new_stages(&mut self, format: Option<(u32, usize)>) {
        let sequence = self.capture.as_ref().map_or(0, Capture::sequence);
        let stage = near_end_stage(&self.mic, self.processing, self.learnt());
        self.capture = format.and_then(|format| match super::capture(format, stage) {
            Ok(capture) => Some(capture.numbered_from(sequence)),
            Err(error) => {
                tracing::warn!(%error, "the microphone is left out");
                None
            }
        });
        self.far_end.restart();
    }

    /// Other devices have other echoes; until the new one is known, the old one's loudness says what may be an echo.
    fn learnt(&self) -> Learnt {
        self.capture.as_ref().map(Capture::learnt).unwrap_or_default()
    }

    fn forget_echo(&mut self) {
        let stage = near_end_stage(&self.mic, self.processing, self.learnt());
        if let Some(capture) = &mut self.capture {
            capture.replace_stage(stage);
        }
    }

    fn close_microphone(&mut self, next: Mic) {
        if let Mic::Device { open, condition, .. } = std::mem::replace(&mut self.mic, next) {
            self.close(open);
            for complaint in condition.told() {
                self.tell(Trouble::ComplaintOver { complaint: *complaint });
            }
        }
    }

    fn close_speaker(&mut self, next: Speaker) {
        if let Speaker::Device { open, .. } = std::mem::replace(&mut self.speaker, next) {
            self.close(open);
        }
    }

    /// Closing waits for the stream's last callback, so it is not done here, unless the installer is stuck.
    fn close(&self, open: crate::device::stream::Open) {
        self.installer.ask(Ask::Close(open));
    }
}

fn not_opened(side: Side, error: &AudioError) -> Trouble {
    let name = match error {
        AudioError::Device { name, .. } => name.clone(),
        AudioError::File { path, .. } | AudioError::Save { path, .. } => Some(path.display().to_string()),
        AudioError::Stuck(_) => None,
    };
    Trouble::NotOpened { side, fault: error.fault(), name, reason: error.to_string() }
}
