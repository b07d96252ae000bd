//! Your side of a conversation on the session task: from the devices to the session. Never blocks.

use audio::{Microphone, SpeakerChoice};

use super::Task;
use crate::event::Event;
use crate::sound::{Sound, SoundEvent, cleared, of_sound};
use crate::trouble::{of_death, of_slow_devices};
use crate::uplink::UplinkCommand;
use crate::you::Done;

/// How long to wait for the reason after the audio thread stopped.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(1);

impl Task {
    pub(super) async fn on_audio(&mut self, event: SoundEvent) {
        match event {
            // Kept in order by the session while the line is slow or gone.
            SoundEvent::Voice(chunk) => {
                let voice = chunk.voice;
                if voice && self.you.is_heard() {
                    self.driver.voiced();
                }
                let said = self.you.on_audio(chunk);
                let sent = said.iter().filter(|_| !self.sounds.is_closed());
                for command in sent {
                    if let UplinkCommand::Audio(pcm) = command {
                        self.voice_recorder.hear(pcm, voice);
                    }
                }
                self.send_uplink(said).await;
            }
            SoundEvent::Engine(event) => self.emit_all(of_sound(&event)).await,
            SoundEvent::Opened(troubles) => {
                if self.phase_inputs.ready {
                    // They were chosen later, or took long.
                    self.emit_all([cleared(audio::Side::Microphone), cleared(audio::Side::Speaker)].concat())
                        .await;
                    let (microphone, speaker) = self.you.sound.sound().map_or((None, None), Sound::names);
                    self.emit(Event::Devices { microphone, speaker }).await;
                }
                self.emit_all(troubles.into_iter().map(Event::Trouble)).await;
                self.begin_when_ready().await;
            }
            SoundEvent::Slow => {
                self.emit(Event::Trouble(of_slow_devices())).await;
                self.begin_when_ready().await;
            }
            SoundEvent::Died => {
                // Its own words come when what it owned is released.
                let death = tokio::time::timeout(LAST_WORDS, self.deaths.recv()).await;
                if let Some(death) = death.ok().flatten() {
                    self.on_panic(&death).await;
                } else {
                    self.is_broken = true;
                    self.emit(Event::Trouble(of_death("the sound stopped working"))).await;
                }
            }
        }
    }

    /// Begins the conversation when the session is set up and the devices are open, or take too long.
    pub(super) async fn begin_when_ready(&mut self) {
        if self.phase_inputs.ready || !self.is_set_up || !self.you.sound.is_settled() {
            return;
        }
        self.phase_inputs.ready = true;
        let (microphone, speaker) = self.you.sound.sound().map_or((None, None), Sound::names);
        self.emit(Event::Started { at: self.clock.now().wall, microphone, speaker }).await;
    }

    pub(super) async fn change_sound(&mut self, microphone: Microphone, speaker: SpeakerChoice) {
        let sides = self.you.sound.choose(microphone, speaker);
        self.emit_all(sides.into_iter().flat_map(cleared)).await;
    }

    /// Emits the events of one of your commands, and sends the audio that it released.
    pub(super) async fn done(&mut self, (said, events): Done) {
        // The button shows it at once, however slow the line is.
        self.emit_all(events).await;
        self.send_uplink(said).await;
    }

    pub(super) async fn send_uplink(&mut self, said: Vec<UplinkCommand>) {
        for said in said {
            match said {
                UplinkCommand::Audio(pcm) => self.driver.send_audio(&pcm),
                UplinkCommand::Begin => self.send(live_proto::Command::ActivityStart).await,
                UplinkCommand::Done => {
                    self.send(live_proto::Command::ActivityEnd).await;
                    self.reply.asked(self.clock.now().steady);
                    self.exchange.asked();
                    self.transcript.asked();
                }
                UplinkCommand::Pause => self.send(live_proto::Command::AudioStreamEnd).await,
            }
        }
    }

    /// Reports how much silence was skipped, once per second of it.
    pub(super) async fn send_savings(&mut self) {
        let Some(saved) = self.you.saved_ms() else { return };
        if self.figures.saved_ms.is_none_or(|reported| saved >= reported.saturating_add(1_000)) {
            self.figures.saved_ms = Some(saved);
            self.emit(Event::Figures(self.figures)).await;
        }
    }

    /// Reports the names of the devices when they change.
    pub(super) async fn send_devices(&mut self) {
        let Some((microphone, speaker)) = self.you.sound.sound().and_then(Sound::other_names) else { return };
        self.emit(Event::Devices { microphone, speaker }).await;
    }

    /// Reports that the list of devices changed.
    pub(super) async fn send_device_list(&mut self) {
        if self.you.sound.sound().is_some_and(Sound::other_list) {
            self.emit(Event::DeviceList).await;
        }
    }
}
