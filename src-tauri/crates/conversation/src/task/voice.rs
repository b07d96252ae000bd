//! Your side of a conversation: which devices, muted or not, the key of push to talk, and what of your voice goes to the
//! session. On the session task; nothing here blocks it.

use audio::{Floor, MicChunk, Microphone, Side, SpeakerChoice};

use super::{Task, now_ms};
use crate::event::Event;
use crate::sound::{self, Sound};
use crate::trouble::over;
use crate::uplink::Said;

impl Task {
    pub(super) async fn change_sound(&mut self, microphone: Microphone, speaker: SpeakerChoice) {
        if let Some(sound) = &mut self.sound {
            let sides = sound.choose(microphone, speaker);
            self.emit_all(sides.into_iter().flat_map(over)).await;
            return;
        }
        // The sound system did not answer at all at Start.
        let (sound, troubles) = sound::open(microphone, speaker, (self.volume, None)).await;
        self.sound = sound;
        if let Some(sound) = &self.sound {
            sound.engine.set_muted(self.situation.muted);
        }
        self.take_the_floor();
        self.emit_all([over(Side::Microphone), over(Side::Speaker)].concat()).await;
        self.emit_all(troubles.into_iter().map(Event::Trouble)).await;
    }

    pub(super) async fn mute(&mut self, muted: bool) {
        if muted == self.situation.muted {
            return;
        }
        self.situation.muted = muted;
        if let Some(sound) = &self.sound {
            sound.engine.set_muted(muted);
        }
        if muted {
            // Else the last words hang in the server's turn detection (PROTOCOL.md 11, point 9).
            let said = self.uplink.mute();
            self.say(said).await;
            self.take_the_floor();
        } else {
            self.uplink.unmute();
        }
        self.emit(Event::Muted(muted)).await;
    }

    /// The key of push to talk. Muted is muted, whatever is pressed.
    pub(super) async fn key(&mut self, down: bool) {
        if !self.uplink.is_by_key() || (down && self.situation.muted) || self.uplink.is_held() == down {
            return;
        }
        if down {
            let said = self.uplink.press();
            self.say(said).await;
        } else {
            self.uplink.release();
        }
        self.take_the_floor();
        self.emit(Event::Held(down)).await;
    }

    /// A chunk of your voice: kept in order by the session while the line is slow or gone.
    pub(super) async fn hear(&mut self, chunk: MicChunk) {
        let said = self.uplink.hear(chunk);
        self.say(said).await;
    }

    pub(super) async fn say(&mut self, said: Vec<Said>) {
        for said in said {
            match said {
                Said::Audio(pcm) => self.driver.send_audio(&pcm),
                Said::Begin => self.driver.send(live_proto::Command::ActivityStart).await,
                Said::Done => {
                    self.driver.send(live_proto::Command::ActivityEnd).await;
                    self.reply.asked(now_ms());
                }
                Said::Pause => self.driver.send(live_proto::Command::AudioStreamEnd).await,
            }
        }
    }

    /// By what a reply is lowered: by a voice, or by the key.
    pub(super) fn take_the_floor(&self) {
        let floor = match (self.uplink.is_by_key(), self.uplink.is_held()) {
            (false, _) => Floor::ByVoice,
            (true, false) => Floor::KeyUp,
            (true, true) => Floor::KeyDown,
        };
        if let Some(sound) = &self.sound {
            sound.engine.set_floor(floor);
        }
    }

    /// How much silence was saved, when that is another second.
    pub(super) async fn tell_savings(&mut self) {
        let Some(saved) = self.uplink.saved_ms() else { return };
        if self.figures.saved_ms.is_none_or(|told| saved >= told.saturating_add(1_000)) {
            self.figures.saved_ms = Some(saved);
            self.emit(Event::Figures(self.figures)).await;
        }
    }

    /// Tells the names of the devices once they are others.
    pub(super) async fn tell_devices(&mut self) {
        let Some((microphone, speaker)) = self.sound.as_mut().and_then(Sound::other_names) else { return };
        self.emit(Event::Devices { microphone, speaker }).await;
    }

    /// Tells that other devices can be chosen.
    pub(super) async fn tell_device_list(&mut self) {
        if self.sound.as_mut().is_some_and(Sound::other_list) {
            self.emit(Event::DeviceList).await;
        }
    }

    /// How loud the replies are, with this speaker and the next.
    pub(super) fn set_volume(&mut self, volume: f32) {
        self.volume = volume;
        if let Some(sound) = &self.sound {
            sound.engine.set_volume(volume);
        }
    }
}
