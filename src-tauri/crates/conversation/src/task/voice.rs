//! Your side of a conversation: what comes of the devices and goes to the session. On the session task; nothing here blocks
//! it.

use audio::{Microphone, SpeakerChoice};

use super::Task;
use crate::event::Event;
use crate::sound::{Heard, Sound};
use crate::trouble::{of_death, of_slow_devices, of_sound, over};
use crate::uplink::Said;
use crate::you::Done;

/// How long a part of the sound that died may take to say of what.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(1);

impl Task {
    pub(super) async fn heard(&mut self, heard: Heard) {
        match heard {
            // Kept in order by the session while the line is slow or gone.
            Heard::Voice(chunk) => {
                let said = self.you.hear(chunk);
                self.say(said).await;
            }
            Heard::Trouble(trouble) => self.emit_all(of_sound(&trouble)).await,
            Heard::Opened(troubles) => {
                if self.situation.ready {
                    // They were chosen later, or took long.
                    self.emit_all([over(audio::Side::Microphone), over(audio::Side::Speaker)].concat()).await;
                    let (microphone, speaker) = self.you.sound.sound().map_or((None, None), Sound::names);
                    self.emit(Event::Devices { microphone, speaker }).await;
                }
                self.emit_all(troubles.into_iter().map(Event::Trouble)).await;
                self.begin_when_ready().await;
            }
            Heard::Slow => {
                self.emit(Event::Trouble(of_slow_devices())).await;
                self.begin_when_ready().await;
            }
            Heard::Died => {
                // Its own words come when what it owned is released.
                let death = tokio::time::timeout(LAST_WORDS, self.deaths.recv()).await;
                if let Some(death) = death.ok().flatten() {
                    self.mourn(&death).await;
                } else {
                    self.is_broken = true;
                    self.emit(Event::Trouble(of_death("the sound stopped working"))).await;
                }
            }
        }
    }

    /// The conversation begins when the session is set up and the devices are open, or are not waited for any more.
    pub(super) async fn begin_when_ready(&mut self) {
        if self.situation.ready || !self.is_set_up || !self.you.sound.is_settled() {
            return;
        }
        self.situation.ready = true;
        let (microphone, speaker) = self.you.sound.sound().map_or((None, None), Sound::names);
        self.emit(Event::Started { at: self.clock.now().wall, microphone, speaker }).await;
    }

    pub(super) async fn change_sound(&mut self, microphone: Microphone, speaker: SpeakerChoice) {
        let sides = self.you.sound.choose(microphone, speaker);
        self.emit_all(sides.into_iter().flat_map(over)).await;
    }

    /// What was pressed comes to this.
    pub(super) async fn done(&mut self, (said, events): Done) {
        // The button shows it at once, however slow the line is.
        self.emit_all(events).await;
        self.say(said).await;
    }

    pub(super) async fn say(&mut self, said: Vec<Said>) {
        for said in said {
            match said {
                Said::Audio(pcm) => self.driver.send_audio(&pcm),
                Said::Begin => self.send(live_proto::Command::ActivityStart).await,
                Said::Done => {
                    self.send(live_proto::Command::ActivityEnd).await;
                    self.reply.asked(self.clock.now().steady);
                    self.exchange.asked();
                    self.transcript.asked();
                }
                Said::Pause => self.send(live_proto::Command::AudioStreamEnd).await,
            }
        }
    }

    /// How much silence was saved, when that is another second.
    pub(super) async fn tell_savings(&mut self) {
        let Some(saved) = self.you.saved_ms() else { return };
        if self.figures.saved_ms.is_none_or(|told| saved >= told.saturating_add(1_000)) {
            self.figures.saved_ms = Some(saved);
            self.emit(Event::Figures(self.figures)).await;
        }
    }

    /// Tells the names of the devices once they are others.
    pub(super) async fn tell_devices(&mut self) {
        let Some((microphone, speaker)) = self.you.sound.sound().and_then(Sound::other_names) else { return };
        self.emit(Event::Devices { microphone, speaker }).await;
    }

    /// Tells that other devices can be chosen.
    pub(super) async fn tell_device_list(&mut self) {
        if self.you.sound.sound().is_some_and(Sound::other_list) {
            self.emit(Event::DeviceList).await;
        }
    }
}
