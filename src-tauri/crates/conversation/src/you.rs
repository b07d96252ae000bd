//! The user's side of a conversation, with or without a connection: devices, mute, push to talk, and which audio is
//! sent. Commands take effect at once: nothing that is said after Mute is ever sent.

use audio::{DuckTrigger, MicChunk};

use crate::event::Event;
use crate::sound::SoundPort;
use crate::uplink::{TurnMode, Uplink, UplinkCommand};

/// The result of a command or a chunk: commands for the session, and events for the window.
pub(crate) type Done = (Vec<UplinkCommand>, Vec<Event>);

/// The devices, and which audio is sent.
pub(crate) struct You {
    /// Microphone and speaker.
    pub(crate) sound: SoundPort,
    uplink: Uplink,
    is_muted: bool,
}

impl You {
    /// Creates the side with the microphone unmuted and no key pressed.
    pub(crate) fn new(mut sound: SoundPort, uplink: Uplink) -> Self {
        sound.set_duck_trigger(duck_trigger(&uplink));
        Self { sound, uplink, is_muted: false }
    }

    /// Returns whether the microphone is muted.
    pub(crate) fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Returns whether what you say is meant for the partner: not muted, and the key of push to talk held.
    pub(crate) fn is_heard(&self) -> bool {
        !self.is_muted && (!self.uplink.is_by_key() || self.uplink.is_held())
    }

    /// Mutes or unmutes the microphone. Does nothing if it is already so.
    pub(crate) fn mute(&mut self, muted: bool) -> Done {
        if muted == self.is_muted {
            return (Vec::new(), Vec::new());
        }
        self.is_muted = muted;
        self.sound.set_muted(muted);
        // The queued audio may be from before the change.
        self.sound.forget_voice();
        let (mut said, mut events) = (Vec::new(), vec![Event::Muted(muted)]);
        if muted {
            if self.uplink.is_held() {
                // The turn is over; a key that is still down does not begin another.
                events.push(Event::Held(false));
            }
            // Otherwise the last words hang in the server's turn detection (PROTOCOL.md §11, point 9).
            said = self.uplink.mute();
            self.sound.set_duck_trigger(duck_trigger(&self.uplink));
        } else {
            self.uplink.unmute();
        }
        (said, events)
    }

    /// Detects turns in another way from now on. What was not sent yet is dropped.
    pub(crate) fn change_turns(&mut self, turns: TurnMode) -> Vec<Event> {
        if self.uplink.turns() == turns {
            return Vec::new();
        }
        let was_held = self.uplink.is_held();
        self.uplink = Uplink::new(turns);
        if self.is_muted {
            // The next connection begins without sound, so there is no stream to end.
            self.uplink.mute();
        }
        self.sound.set_duck_trigger(duck_trigger(&self.uplink));
        if was_held { vec![Event::Held(false)] } else { Vec::new() }
    }

    /// Returns how turns are detected.
    pub(crate) fn turns(&self) -> TurnMode {
        self.uplink.turns()
    }

    /// Handles the push-to-talk key. It has no effect while muted.
    pub(crate) fn key(&mut self, down: bool) -> Done {
        if !self.uplink.is_by_key() || (down && self.is_muted) || self.uplink.is_held() == down {
            return (Vec::new(), Vec::new());
        }
        if down {
            self.uplink.press();
        } else {
            self.uplink.release();
        }
        self.sound.set_duck_trigger(duck_trigger(&self.uplink));
        (Vec::new(), vec![Event::Held(down)])
    }

    /// Handles 20 ms of audio. Queued chunks from before Mute are dropped: they would reopen the ended stream.
    pub(crate) fn on_audio(&mut self, chunk: MicChunk) -> Vec<UplinkCommand> {
        if self.is_muted { Vec::new() } else { self.uplink.on_audio(chunk) }
    }

    /// Handles a tick of 50 ms.
    pub(crate) fn tick(&mut self) -> Vec<UplinkCommand> {
        self.uplink.tick()
    }

    /// Returns the milliseconds of skipped silence; `None` when silence is sent.
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
