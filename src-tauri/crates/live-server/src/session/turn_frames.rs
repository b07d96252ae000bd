//! What is sent of a turn, in the form of the session's model and API (PROTOCOL.md §13).

use live_proto::catalogue::{TranscriptPieces, VoiceActivitySent};
use live_proto::wire::{ServerContent, Transcription, VoiceActivityType};

use super::conversation::{Conversation, TurnSource};
use super::negotiated_setup::Output;
use super::outbox::{
    self, Outbox, activity, draft_transcription, input_transcription, output_transcription, written,
};
use super::reply::{Cut, WordOrder};
use crate::agent::{Duty, OUTPUT_RATE, Speech};
use crate::usage::Spent;

/// The words of 2.5 come so much ahead of their sound, in samples: about three words, as recorded.
const LEAD: usize = OUTPUT_RATE as usize * 6 / 10;
/// The longest transcript of one spoken turn, in bytes.
const TRANSCRIPT: usize = 64 << 10;

impl Conversation {
    /// How the model's replies are cut.
    pub(super) fn cut(&self) -> Cut {
        let config = &self.shared.config;
        let chunk = config.chunk_samples();
        let behaviour = &self.setup.behaviour;
        let words = match self.setup.output {
            Output::Text | Output::Nothing => WordOrder::Alone,
            Output::Sound if behaviour.words_all_first => WordOrder::Before(0),
            Output::Sound if behaviour.words_before_sound => WordOrder::Before(LEAD),
            Output::Sound => WordOrder::Together,
        };
        let pause = config.pause_for(chunk);
        Cut { chunk, pause, words, waits_for_playback: config.waits_for_playback }
    }

    /// Sends what some models send before the first piece of a reply, and before a call.
    pub(super) fn open_turn(&mut self, out: &mut Outbox) {
        if std::mem::replace(&mut self.frames.opened, true) {
            return;
        }
        if self.setup.behaviour.empty_content_first {
            out.content(ServerContent::default());
        }
        if self.bounds_transcript() {
            out.content(output_transcription(Transcription::default()));
        }
    }

    /// The turn goes on after a call.
    pub(super) fn reopen_turn(&mut self) {
        self.frames.opened &= !self.setup.behaviour.empty_content_first;
    }

    /// Whether a transcript begins with an empty message and ends with one that says so.
    fn bounds_transcript(&self) -> bool {
        self.setup.behaviour.transcript_bounds && self.setup.transcribes && self.setup.output != Output::Text
    }

    /// No more words follow in this turn.
    pub(super) fn close_transcript(&mut self, out: &mut Outbox) {
        if self.frames.opened
            && self.bounds_transcript()
            && !std::mem::replace(&mut self.frames.words_done, true)
        {
            out.content(output_transcription(Transcription {
                finished: Some(true),
                ..Transcription::default()
            }));
        }
    }

    /// Words without sound, or before it.
    pub(super) fn send_words(&mut self, words: String, out: &mut Outbox) {
        self.open_turn(out);
        self.frames.word_bytes += words.len();
        match self.setup.output {
            Output::Text => out.content(written(words, &self.setup.behaviour)),
            Output::Sound | Output::Nothing if self.setup.transcribes => {
                out.content(output_transcription(Transcription {
                    text: Some(words),
                    ..Transcription::default()
                }));
            }
            Output::Sound | Output::Nothing => {}
        }
    }

    /// Sound and the words in it.
    pub(super) fn send_sound(&mut self, Speech { pcm, text }: Speech, out: &mut Outbox) {
        self.open_turn(out);
        self.frames.word_bytes += text.as_ref().map_or(0, String::len);
        let text = text.filter(|_| self.setup.transcribes && !self.is_mute());
        let pcm = if self.is_mute() { vec![0; pcm.len()] } else { pcm };
        for event in outbox::output_audio(&pcm, text, &self.setup.behaviour) {
            out.content(event);
        }
    }

    /// An interpreter that is told no language sends silence.
    fn is_mute(&self) -> bool {
        matches!(self.setup.duty, Duty::Interpret { to: None, .. })
    }

    /// What the agent thinks, if the client sees it.
    pub(super) fn send_thought(&mut self, text: String, out: &mut Outbox) {
        if !self.setup.shows_thoughts {
            return;
        }
        self.open_turn(out);
        self.frames.thought_bytes += text.len();
        out.content(outbox::thought(text, &self.setup.behaviour));
    }

    /// Counts what is called.
    pub(super) fn count_call(&mut self, name: &str, args: &serde_json::Map<String, serde_json::Value>) {
        // A guess that needs no JSON text of the arguments.
        self.frames.call_bytes += name.len() + 20 * (1 + args.len());
    }

    /// What the turn cost that ends here.
    pub(super) fn take_spent(&mut self, sound_ms: u64) -> Spent {
        let frames = std::mem::take(&mut self.frames);
        let writes = self.setup.behaviour.half_cascade;
        // A model that thinks counts its calls among its thoughts (recorded).
        let calls = if frames.thought_bytes > 0 { 0 } else { frames.call_bytes };
        let text_bytes = calls + if writes { frames.word_bytes } else { 0 };
        Spent { sound_ms, text_bytes, thought_bytes: frames.thought_bytes }
    }

    /// More words of the user's speech.
    pub(super) fn hear_words(&mut self, words: &str, out: &mut Outbox) {
        if !self.setup.transcribes_input {
            return;
        }
        if self.setup.behaviour.transcript_pieces == TranscriptPieces::Words {
            for word in words.split_whitespace() {
                out.content(input_transcription(format!(" {word}"), self.language.as_ref()));
            }
            return;
        }
        let space = if self.transcript.is_empty() || words.starts_with(' ') { "" } else { " " };
        if self.transcript.len() + words.len() < TRANSCRIPT {
            self.transcript.push_str(space);
            self.transcript.push_str(words);
        }
        if self.setup.duty == Duty::Transcribe && !words.is_empty() {
            out.content(draft_transcription(self.transcript.trim().to_owned()));
        }
    }

    /// The model only writes down what was said: this is the end of it, whether or not there were words.
    pub(super) fn write_down(&mut self, out: &mut Outbox) {
        self.send_transcript(out);
        out.generation_complete();
        out.push(&activity(VoiceActivityType::End, self.received_ms));
        let spent = self.take_spent(0);
        self.saved.context.turn(spent, self.setup.behaviour.usage_names);
    }

    /// All words of the spoken turn are known: the models that send them in one message do so.
    pub(super) fn send_transcript(&mut self, out: &mut Outbox) {
        if !self.transcript.is_empty() {
            let words = std::mem::take(&mut self.transcript);
            out.content(input_transcription(words, self.language.as_ref()));
        }
    }

    /// Whether the client is told that it was speech that cut a reply.
    pub(super) fn tells_what_cuts(&self) -> bool {
        self.setup.behaviour.voice_activity == VoiceActivitySent::Unasked
            && !self.setup.tells_activity
            && matches!(self.turn_source, TurnSource::Automatic(_))
    }
}
