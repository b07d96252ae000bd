//! Your side of a conversation, from Start on, with or without a connection: the devices, muted or not, the key of push to
//! talk, and what of your voice is sent. What is pressed counts at once: nothing that was said after Mute is ever sent.

use audio::{DuckTrigger, MicChunk};

use crate::event::Event;
use crate::sound::SoundPort;
use crate::uplink::{Uplink, UplinkCommand};

/// What a command or a chunk comes to: what the session is to be told, and what the window.
pub(crate) type Done = (Vec<UplinkCommand>, Vec<Event>);

/// The devices and what of your voice is sent.
pub(crate) struct You {
    /// Microphone and speaker.
    pub(crate) sound: SoundPort,
    uplink: Uplink,
    is_muted: bool,
}

impl You {
    /// Not muted, no key pressed.
    pub(crate) fn new(mut sound: SoundPort, uplink: Uplink) -> Self {
        sound.set_duck_trigger(duck_trigger(&uplink));
        Self { sound, uplink, is_muted: false }
    }

    /// Nothing of the microphone is sent.
    pub(crate) fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Mutes or opens the microphone. Nothing when it is so already.
    pub(crate) fn mute(&mut self, muted: bool) -> Done {
        if muted == self.is_muted {
            return (Vec::new(), Vec::new());
        }
        self.is_muted = muted;
        self.sound.set_muted(muted);
        // What lies in the queue was heard while the other state held, or may have been.
        self.sound.forget_voice();
        let (mut said, mut events) = (Vec::new(), vec![Event::Muted(muted)]);
        if muted {
            if self.uplink.is_held() {
                // The turn is over; the key that is still down begins none.
                events.push(Event::Held(false));
            }
            // Else the last words hang in the server's turn detection (PROTOCOL.md 11, point 9).
            said = self.uplink.mute();
            self.sound.set_duck_trigger(duck_trigger(&self.uplink));
        } else {
            self.uplink.unmute();
        }
        (said, events)
    }

    /// The key of push to talk. Muted is muted, whatever is pressed.
    pub(crate) fn key(&mut self, down: bool) -> Done {
        if !self.uplink.is_by_key() || (down && self.is_muted) || self.uplink.is_held() == down {
            return (Vec::new(), Vec::new());
        }
        let mut said = Vec::new();
        if down {
            said = self.uplink.press();
        } else {
            self.uplink.release();
        }
        self.sound.set_duck_trigger(duck_trigger(&self.uplink));
        (said, vec![Event::Held(down)])
    }

    /// 20 ms of your voice. Chunks that waited in the queue when you muted go nowhere: after the end of the stream they
    /// would open it again.
    pub(crate) fn on_audio(&mut self, chunk: MicChunk) -> Vec<UplinkCommand> {
        if self.is_muted { Vec::new() } else { self.uplink.on_audio(chunk) }
    }

    /// 50 ms went by.
    pub(crate) fn tick(&mut self) -> Vec<UplinkCommand> {
        self.uplink.tick()
    }

    /// Milliseconds of silence that were not sent, where silence is saved.
    pub(crate) fn saved_ms(&self) -> Option<u32> {
        self.uplink.saved_ms()
    }
}

/// Returns what ducks a reply: speech, or the push-to-talk key.
fn duck_trigger(uplink: &Uplink) -> DuckTrigger {
    match (uplink.is_by_key(), uplink.is_held()) {
        (false, _) => DuckTrigger::Speech,
        (true, false) => DuckTrigger::KeyReleased,
        (true, true) => DuckTrigger::KeyHeld,
    }
}
