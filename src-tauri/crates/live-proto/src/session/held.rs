//! Commands that wait until the session is ready. Pure.
//!
//! Sound is kept up to a number of bytes, the oldest dropped; of pictures the newest; texts and marks are kept in
//! order up to a number, the newest dropped.

use std::collections::VecDeque;

use super::event::Command;
use super::limits::{Counters, Limits};

/// 100 ms at 16 kHz: the longest piece that held sound is joined to (PROTOCOL.md §4).
const JOINED_BYTES: usize = 3200;

#[derive(Debug, Default)]
pub(super) struct Held {
    commands: VecDeque<Command>,
    audio_bytes: usize,
    others: usize,
}

impl Held {
    /// Keeps a command for later.
    pub(super) fn keep(&mut self, command: Command, limits: &Limits, counters: &mut Counters) {
        match command {
            Command::Audio(pcm) => self.keep_audio(pcm, limits, counters),
            // No call can be open yet.
            Command::ToolResult { .. } => counters.answers_dropped += 1,
            Command::Video(jpeg) => {
                if let Some(old) = self.commands.iter().position(|held| matches!(held, Command::Video(_))) {
                    self.commands.remove(old);
                    self.others -= 1;
                }
                self.keep_other(Command::Video(jpeg), limits, counters);
            }
            other => self.keep_other(other, limits, counters),
        }
    }

    fn keep_other(&mut self, command: Command, limits: &Limits, counters: &mut Counters) {
        if self.others >= limits.held_commands {
            counters.commands_dropped += 1;
            return;
        }
        self.others += 1;
        self.commands.push_back(command);
    }

    fn keep_audio(&mut self, pcm: Vec<u8>, limits: &Limits, counters: &mut Counters) {
        self.audio_bytes += pcm.len();
        match self.commands.back_mut() {
            // Joined here, not when sent, so that many tiny pieces can't fill the queue.
            Some(Command::Audio(last)) if last.len() + pcm.len() <= JOINED_BYTES => {
                last.extend_from_slice(&pcm);
            }
            _ => self.commands.push_back(Command::Audio(pcm)),
        }
        while self.audio_bytes > limits.held_audio_bytes {
            let Some(oldest) = self.commands.iter().position(|held| matches!(held, Command::Audio(_))) else {
                return;
            };
            if let Some(Command::Audio(dropped)) = self.commands.remove(oldest) {
                self.audio_bytes -= dropped.len();
                counters.held_audio_dropped += dropped.len() as u64;
            }
        }
    }

    /// Everything that was kept, in order; nothing stays.
    pub(super) fn take(&mut self) -> VecDeque<Command> {
        std::mem::take(self).commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { held_audio_bytes: 10_000, held_commands: 2, ..Limits::default() }
    }

    #[test]
    fn sound_is_kept_newest_and_in_order() {
        let (limits, mut counters, mut held) = (limits(), Counters::default(), Held::default());
        for n in 0..50u8 {
            held.keep(Command::Audio(vec![n; 640]), &limits, &mut counters);
        }
        let kept: Vec<u8> = held
            .take()
            .into_iter()
            .flat_map(|command| match command {
                Command::Audio(pcm) => pcm,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(kept.len() <= 10_000 && kept.len() > 10_000 - JOINED_BYTES);
        assert_eq!(kept.len() as u64 + counters.held_audio_dropped, 50 * 640);
        assert!(kept.is_sorted());
        assert_eq!(kept.last(), Some(&49));
    }

    #[test]
    fn one_picture_and_a_few_texts_are_kept() {
        let (limits, mut counters, mut held) = (limits(), Counters::default(), Held::default());
        for n in 0..3 {
            held.keep(Command::Video(vec![n]), &limits, &mut counters);
        }
        for text in ["a", "b"] {
            held.keep(Command::Text(text.into()), &limits, &mut counters);
        }
        assert_eq!(held.take(), [Command::Video(vec![2]), Command::Text("a".into())]);
        assert_eq!(counters.commands_dropped, 1);
    }
}
