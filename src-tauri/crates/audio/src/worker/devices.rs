//! Replaces devices during a conversation: does what the recovery of each side decides, and installs what the device
//! opener delivers. Runs on the audio thread and does not block.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::endpoints::{self, Mic, SpeakerEndpoint, VIRTUAL_RATE};
use super::{Worker, near_end_stage};
use crate::capture::chain::Capture;
use crate::config::{Microphone, SpeakerChoice};
use crate::device::callback::{PlayoutState, StreamStats};
use crate::device::list::DevicePreference;
use crate::device::opener::{NewMicrophone, NewSpeaker, OpenerReply, OpenerRequest};
use crate::device::recovery::{DeviceRecovery, Notice, Step};
use crate::device::watchdog::{Loss, StallWatchdog};
use crate::echo::AdaptedState;
use crate::error::{AudioError, Side};
use crate::event::AudioEvent;

impl Worker {
    /// Checks both devices; called ten times a second.
    pub(super) fn check_devices(&mut self, now: Instant) {
        if let Mic::Device { open, watchdog, health, .. } = &mut self.mic {
            self.shared.zeros_ms.store(health.zeros(now).as_millis() as u64, Ordering::Relaxed);
            if let Some(loss) = watchdog.check(open.activity(), now) {
                self.on_microphone_lost(loss, now);
            }
        }
        if let SpeakerEndpoint::Device { open, watchdog } = &mut self.speaker
            && let Some(loss) = watchdog.check(open.activity(), now)
        {
            self.on_speaker_lost(loss, now);
        }
        let step = self.microphone_recovery.as_mut().and_then(|recovery| recovery.tick(now));
        self.apply_step(Side::Microphone, step, now);
        let step = self.speaker_recovery.as_mut().and_then(|recovery| recovery.tick(now));
        self.apply_step(Side::Speaker, step, now);
    }

    /// Handles what the device opener has done.
    pub(super) fn handle_replies(&mut self, now: Instant) {
        while let Some(reply) = self.opener.reply() {
            match reply {
                OpenerReply::Microphone(Ok(new)) => self.install_microphone(new, now),
                OpenerReply::Speaker(Ok(new)) => self.install_speaker(new, now),
                OpenerReply::Microphone(Err(error)) => self.on_open_failed(Side::Microphone, &error, now),
                OpenerReply::Speaker(Err(error)) => self.on_open_failed(Side::Speaker, &error, now),
                OpenerReply::ListChanged => {
                    self.shared.device_list_version.fetch_add(1, Ordering::Relaxed);
                }
                OpenerReply::BestDevice(side, best) => {
                    let recovery = self.recovery(side).as_mut();
                    let step = recovery.and_then(|recovery| recovery.on_best_device(best.as_deref(), now));
                    self.apply_step(side, step, now);
                }
            }
        }
    }

    /// Handles new choices of devices.
    pub(super) fn handle_choices(&mut self, now: Instant) {
        let choices = std::mem::take(&mut *self.shared.choices());
        if let Some(choice) = choices.microphone {
            self.choose_microphone(&choice, now);
        }
        if let Some(choice) = choices.speaker {
            self.choose_speaker(&choice, now);
        }
    }

    fn recovery(&mut self, side: Side) -> &mut Option<DeviceRecovery> {
        match side {
            Side::Microphone => &mut self.microphone_recovery,
            Side::Speaker => &mut self.speaker_recovery,
        }
    }

    fn apply_step(&mut self, side: Side, step: Option<Step>, now: Instant) {
        match step {
            None => {}
            Some(Step::Open) => self.request_open(side, now),
            Some(Step::GiveUp { name, loss }) => {
                tracing::warn!(name, ?loss, %side, "the device is lost");
                if side == Side::Speaker {
                    self.switch_to_virtual_speaker(now);
                }
                self.show_names();
                self.emit(match side {
                    Side::Microphone => AudioEvent::MicrophoneLost { name, loss },
                    Side::Speaker => AudioEvent::SpeakerLost { name, loss },
                });
            }
        }
    }

    fn request_open(&mut self, side: Side, now: Instant) {
        if !self.opener.request(OpenerRequest::Open(side))
            && let Some(recovery) = self.recovery(side)
        {
            recovery.on_open_failed(now);
        }
    }

    fn on_open_failed(&mut self, side: Side, error: &AudioError, now: Instant) {
        tracing::debug!(%side, %error, "the device could not be opened");
        let report = self.recovery(side).as_mut().is_none_or(|recovery| recovery.on_open_failed(now));
        if report {
            self.emit(not_opened(side, error));
        }
    }

    fn on_microphone_lost(&mut self, loss: Loss, now: Instant) {
        self.close_microphone(Mic::None);
        let step = self.microphone_recovery.as_mut().and_then(|recovery| recovery.on_lost(loss, now));
        self.apply_step(Side::Microphone, step, now);
    }

    fn on_speaker_lost(&mut self, loss: Loss, now: Instant) {
        self.close_speaker(SpeakerEndpoint::Pause);
        let step = self.speaker_recovery.as_mut().and_then(|recovery| recovery.on_lost(loss, now));
        self.apply_step(Side::Speaker, step, now);
    }

    fn install_microphone(&mut self, new: NewMicrophone, now: Instant) {
        let Some(recovery) = &mut self.microphone_recovery else {
            // In the meantime something was chosen that is not a device.
            self.close(new.open);
            return;
        };
        let notice = recovery.on_opened(new.open.identity());
        let format = (new.open.rate, new.open.channels);
        self.shared.microphone.follow(&new.open.stats);
        self.close_microphone(Mic::device(new.open, new.ring, now));
        self.rebuild_capture(Some(format));
        self.emit_notice(Side::Microphone, notice);
    }

    fn install_speaker(&mut self, new: NewSpeaker, now: Instant) {
        let Some(recovery) = &mut self.speaker_recovery else {
            self.close(new.open);
            return;
        };
        let far_end = match endpoints::far_end(new.rings.tap, new.open.rate) {
            Ok(far_end) => far_end,
            Err(error) => {
                self.on_open_failed(Side::Speaker, &error, now);
                return;
            }
        };
        let notice = recovery.on_opened(new.open.identity());
        self.far_end = far_end;
        self.shared.speaker.follow(&new.open.stats);
        self.shared.playback().attach(new.rings.ring, new.open.rate, new.playout, self.shared.now_ns());
        self.close_speaker(SpeakerEndpoint::Device { open: new.open, watchdog: StallWatchdog::new(now) });
        // Another speaker has another echo path.
        self.replace_echo_stage();
        self.emit_notice(Side::Speaker, notice);
    }

    /// Plays to a virtual speaker, so that captions and turns keep their timing.
    fn switch_to_virtual_speaker(&mut self, now: Instant) {
        let (playout, stats) = (Arc::new(PlayoutState::default()), Arc::new(StreamStats::default()));
        let (speaker, rings) = endpoints::virtual_speaker(VIRTUAL_RATE, &playout, &stats, now);
        let far_end = match endpoints::far_end(rings.tap, VIRTUAL_RATE) {
            Ok(far_end) => far_end,
            Err(error) => {
                tracing::warn!(%error, "no virtual speaker; playback has stopped");
                return;
            }
        };
        self.shared.speaker.follow(&stats);
        self.far_end = far_end.inaudible();
        self.shared.playback().attach(rings.ring, VIRTUAL_RATE, playout, self.shared.now_ns());
        self.close_speaker(speaker);
    }

    fn emit_notice(&mut self, side: Side, notice: Option<Notice>) {
        self.shared.reopened.fetch_add(1, Ordering::Relaxed);
        self.show_names();
        tracing::info!(%side, ?notice, "a device was opened");
        match (side, notice) {
            (_, None) => {}
            (Side::Microphone, Some(Notice::Changed { from, to })) => {
                self.emit(AudioEvent::MicrophoneChanged { from, to });
            }
            (Side::Speaker, Some(Notice::Changed { from, to })) => {
                self.emit(AudioEvent::SpeakerChanged { from, to });
            }
            (Side::Microphone, Some(Notice::Back { name })) => self.emit(AudioEvent::MicrophoneBack { name }),
            (Side::Speaker, Some(Notice::Back { name })) => self.emit(AudioEvent::SpeakerBack { name }),
        }
    }

    fn choose_microphone(&mut self, choice: &Microphone, now: Instant) {
        let preference = endpoints::microphone_preference(choice);
        self.set_preference(Side::Microphone, preference, now);
        if endpoints::microphone_preference(choice).is_some() {
            return;
        }
        match endpoints::open_microphone(choice, &self.shared.microphone.stats(), &std::thread::current()) {
            Ok((mic, format)) => {
                self.close_microphone(mic);
                self.rebuild_capture(format);
                self.show_names();
            }
            Err(error) => self.on_open_failed(Side::Microphone, &error, now),
        }
    }

    fn choose_speaker(&mut self, choice: &SpeakerChoice, now: Instant) {
        let preference = endpoints::speaker_preference(choice);
        let is_device = preference.is_some();
        self.set_preference(Side::Speaker, preference, now);
        if !is_device {
            self.switch_to_virtual_speaker(now);
            self.replace_echo_stage();
            self.show_names();
        }
    }

    /// Changes the preference of a side. The device in use stays until the new one runs.
    fn set_preference(&mut self, side: Side, preference: Option<DevicePreference>, now: Instant) {
        let is_device = preference.is_some();
        if !self.opener.request(OpenerRequest::Prefer(side, preference)) {
            tracing::warn!(%side, "the device opener is stuck");
        }
        let recovery = self.recovery(side);
        if !is_device {
            *recovery = None;
            return;
        }
        let step = recovery.get_or_insert_with(DeviceRecovery::without_device).preference_changed(now);
        self.apply_step(side, Some(step), now);
    }

    /// Creates new stages for a microphone of another format. The numbering of chunks continues.
    fn rebuild_capture(&mut self, format: Option<(u32, usize)>) {
        let sequence = self.capture.as_ref().map_or(0, Capture::sequence);
        let stage = near_end_stage(&self.mic, self.processing, self.adapted_state());
        self.capture = format.and_then(|format| match super::capture(format, stage) {
            Ok(capture) => Some(capture.numbered_from(sequence)),
            Err(error) => {
                tracing::warn!(%error, "no microphone: its rate cannot be resampled");
                None
            }
        });
        self.far_end.restart();
    }

    /// Returns what the canceller has learnt. Other devices have another echo; until it is learnt, the old echo gain
    /// tells what may be echo.
    fn adapted_state(&self) -> AdaptedState {
        self.capture.as_ref().map(Capture::adapted_state).unwrap_or_default()
    }

    fn replace_echo_stage(&mut self) {
        let stage = near_end_stage(&self.mic, self.processing, self.adapted_state());
        if let Some(capture) = &mut self.capture {
            capture.replace_stage(stage);
        }
    }

    fn close_microphone(&mut self, next: Mic) {
        if let Mic::Device { open, health, .. } = std::mem::replace(&mut self.mic, next) {
            self.close(open);
            for issue in health.reported() {
                self.emit(AudioEvent::MicIssueResolved { issue: *issue });
            }
        }
    }

    fn close_speaker(&mut self, next: SpeakerEndpoint) {
        if let SpeakerEndpoint::Device { open, .. } = std::mem::replace(&mut self.speaker, next) {
            self.close(open);
        }
    }

    /// Closes a stream on the opener's thread, since that waits for its last callback. Only if that thread is stuck,
    /// the stream closes here.
    fn close(&self, open: crate::device::stream::OpenStream) {
        self.opener.request(OpenerRequest::Close(open));
    }
}

fn not_opened(side: Side, error: &AudioError) -> AudioEvent {
    let name = match error {
        AudioError::Device { name, .. } => name.clone(),
        AudioError::File { path, .. } | AudioError::Save { path, .. } => Some(path.display().to_string()),
        AudioError::Stuck(_) => None,
    };
    AudioEvent::NotOpened { side, fault: error.fault(), name, reason: error.to_string() }
}
