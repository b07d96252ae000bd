//! The sound of turns on the session task: replies are played, and what was said is kept for a while.

use super::Task;
use crate::event::Event;
use crate::trouble::{Trouble, TroubleKind};
use crate::turn_sounds::TurnSound;

impl Task {
    /// Plays audio of a reply, and collects it.
    pub(super) async fn play(&mut self, pcm: &[u8], rate: u32, generation: u32) {
        self.has_content(generation).await;
        if let Some(waited) = self.reply.sound(pcm.len(), rate, self.clock.now().steady) {
            self.figures.reply_ms = Some(waited);
            self.emit(Event::Figures(self.figures)).await;
        }
        self.recorder.take(pcm, rate, generation);
        match self.you.sound.play(pcm, rate, generation) {
            Ok(is_heard) => self.phase_inputs.playing |= is_heard,
            Err(full) => {
                self.phase_inputs.playing = true;
                self.emit(Event::Trouble(Trouble::new(TroubleKind::Reply, full.to_string()))).await;
            }
        }
    }

    /// A reply has all of its audio.
    pub(super) fn end_of_reply(&mut self, generation: u32) {
        self.reply.complete();
        self.you.sound.end_of_reply(generation);
    }

    /// Emits the ends of turns; a reply among them can be saved from now on.
    pub(super) async fn close_turns(&mut self, ends: Vec<Event>) {
        let reply = self.transcript.last_reply();
        let closes = |event: &Event| matches!(event, Event::TurnEnded { id, .. } if Some(*id) == reply);
        let turn = reply.filter(|_| ends.iter().any(closes));
        self.emit_all(ends).await;
        if let Some(sound) = self.recorder.finish(turn, self.clock.now().wall) {
            self.keep(sound).await;
        }
    }

    /// Keeps the sound of a turn, and says which ones are kept now.
    pub(super) async fn keep(&mut self, sound: TurnSound) {
        if self.sounds.is_closed() {
            return;
        }
        self.sounds.send_modify(|sounds| sounds.keep(sound));
        let spoken = self.sounds.borrow().list();
        let _ = self.events.send(Event::Spoken(spoken)).await;
    }
}
