//! From a question to what is done about it: asked, answered, looked up, called, broken off, ended.

use bytes::Bytes;
use live_proto::wire::{Int64, InteractionStatus, ServerContent, ServerMessage, SessionResumptionUpdate};
use tokio::time::Instant;

use super::calling::cancel;
use super::conversation::{Conversation, Kept, LEAST_AUDIO, Prompt, QUEUED, Saved, Turn};
use super::outbox::{Outbox, turn_complete};
use super::reply::{Reply, Script};
use super::thinking::LlmTurn;
use super::tools::Wait;
use crate::budget::Share;
use crate::compute_pool::JobStatus;
use crate::image_stats::{ImageStats, MOST_BYTES};
use crate::intents::{self, Answer, IntentContext, PictureFacts, Role, sentence_of_picture};
use crate::resample::INPUT_RATE;
use speech::formant::PlayedBack;

/// Pictures that are kept to be looked at: the newest, and the one before it for what moved.
const PICTURES: usize = 2;

impl Conversation {
    /// Answers now, or after the reply that may not be interrupted.
    pub(super) fn ask(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        if matches!(self.turn, Turn::Idle) || self.setup.interrupts {
            self.interrupt(now, out);
            self.answer(prompt, now, out);
            return;
        }
        if self.queued.len() == QUEUED {
            self.queued.pop_front();
            self.shared.received.dropped_turn();
        }
        self.queued.push_back(prompt);
    }

    pub(super) fn answer(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        let text = match prompt {
            Prompt::Spoken(audio) if audio.len() < LEAST_AUDIO => {
                return self.say("I heard nothing that I could play back.", now);
            }
            Prompt::Spoken(audio) => return self.play_back(audio, now),
            Prompt::Written(text) => text,
        };
        if self.has_llm() {
            // A model would only pretend to run a timer.
            match intents::timer(&text, &mut self.saved.memory, now) {
                Some(said) => self.say(&said, now),
                None => self.think(LlmTurn::of_words(&text), None, now),
            }
            return;
        }
        self.answer_by_intent(&text, now, out);
    }

    /// In a pause that may be the end of a turn: has the answer's first sentence made into sound, so that it is there when
    /// the end is certain. Nothing is said or remembered yet.
    pub(super) fn prepare(&mut self, text: &str, now: Instant) {
        if self.has_llm() {
            return;
        }
        let text = format!("{} {text}", self.unanswered);
        let mut memory = self.saved.memory.clone();
        memory.add(Role::User, text.trim());
        if let Answer::Say(said) = intents::answer(text.trim(), &self.situation(now), &mut memory) {
            self.prepared = self.speaker.prepare(&said);
        }
    }

    fn situation(&self, now: Instant) -> IntentContext<'_> {
        IntentContext {
            hears: self.transcription.is_there(),
            speaks: self.shared.compute_pool.models().has_voice(),
            functions: &self.setup.functions,
            now: (self.shared.config.clock)(),
            instant: now,
        }
    }

    /// Answers by itself.
    pub(super) fn answer_by_intent(&mut self, text: &str, now: Instant, out: &mut Outbox) {
        let mut memory = std::mem::take(&mut self.saved.memory);
        let answer = intents::answer(text, &self.situation(now), &mut memory);
        self.saved.memory = memory;
        match answer {
            Answer::Say(text) => self.say(&text, now),
            Answer::Look => self.look(now),
            Answer::Call { name, args } => self.call(name, args, now, out),
        }
    }

    /// Has the newest pictures looked at, elsewhere; what is seen is said when the session is woken.
    fn look(&mut self, now: Instant) {
        let Some(newest) = self.newest_picture() else { return self.say_seen(None, now) };
        let before = self.pictures.front().filter(|_| self.pictures.len() > 1);
        let before = before.map(|kept| kept.picture.clone());
        self.turn = Turn::Looking(self.shared.compute_pool.look(newest, before, &self.waker));
    }

    /// Says what was seen, if that is what is waited for and it is done.
    pub(super) fn on_sight(&mut self, now: Instant) {
        if let Turn::Looking(job) = &mut self.turn
            && let JobStatus::Done(sight) = job.status()
        {
            self.say_seen(sight, now);
        }
    }

    fn say_seen(&mut self, sight: Option<ImageStats>, now: Instant) {
        let seen = PictureFacts { count: self.saved.pictures, size: self.saved.picture_size, sight };
        self.say(&sentence_of_picture(&seen), now);
    }

    /// The newest picture, if it could be kept.
    pub(super) fn newest_picture(&self) -> Option<Bytes> {
        self.pictures.back().map(|kept| kept.picture.clone()).filter(|picture| !picture.is_empty())
    }

    /// Keeps a picture to be looked at; one that is too large, or that there is no room for, is remembered as empty.
    pub(super) fn keep(&mut self, picture: Bytes) {
        if self.pictures.len() == PICTURES {
            self.pictures.pop_front();
        }
        let mut room = Share::of(&self.shared.budgets.kept);
        let fits = picture.len() <= MOST_BYTES && room.hold(picture.len());
        self.pictures.push_back(Kept { picture: if fits { picture } else { Bytes::new() }, _room: room });
    }

    /// Speaks by itself when a timer is up, and nobody else speaks.
    pub(super) fn ring(&mut self, now: Instant) {
        if self.is_quiet()
            && let Some(text) = self.saved.memory.timers.ring(now)
        {
            self.say(&text, now);
        }
    }

    fn play_back(&mut self, audio: Vec<i16>, now: Instant) {
        let seconds = audio.len() as f32 / INPUT_RATE as f32;
        let character = self.setup.character;
        let mut script = Script::default();
        script.play_back(
            format!("[your own words played back, {seconds:.1} seconds]"),
            PlayedBack::new(audio, character.shift),
        );
        let mut text = format!("Those were your own words, {seconds:.1} seconds of them, in another voice.");
        if !std::mem::replace(&mut self.saved.explained, true) {
            text.push_str(" I am the rehearsal partner, not Gemini, and without a recogniser I cannot understand speech. Write to me, and I answer.");
        }
        script.speak(self.speaker.say(&text));
        self.reply(script, now);
    }

    pub(super) fn say(&mut self, text: &str, now: Instant) {
        let preface = self.preface.take().map(|preface| format!("{preface} {text}"));
        let text = preface.as_deref().unwrap_or(text);
        let prepared = self.prepared.take();
        self.reply(Script::spoken(self.speaker.say_prepared(text, prepared)), now);
    }

    pub(super) fn reply(&mut self, script: Script, now: Instant) {
        let chunk = self.shared.config.chunk_samples();
        let pause = self.shared.config.pause_for(chunk);
        self.turn = Turn::Replying(Box::new(Reply::new(script, chunk, pause, now)));
    }

    /// Breaks off whatever is being said or waited for.
    pub(super) fn interrupt(&mut self, now: Instant, out: &mut Outbox) {
        match &self.turn {
            Turn::Idle => return,
            Turn::Waiting(wait) => cancel(wait.waiting.ids(), out),
            Turn::Replying(_) | Turn::Looking(_) => {}
        }
        out.content(ServerContent { interrupted: Some(true), ..ServerContent::default() });
        self.end_turn(now, out);
    }

    pub(super) fn end_turn(&mut self, now: Instant, out: &mut Outbox) {
        let mut sent_ms = 0;
        let ended = std::mem::replace(&mut self.turn, Turn::Idle);
        if let Turn::Replying(reply) | Turn::Waiting(Wait { reply: Some(reply), .. }) = ended {
            sent_ms = reply.sent_ms();
            self.saved.memory.add(Role::Model, reply.said());
        }
        self.preface = None;
        // The exchange goes on as long as there is something to come of it.
        let status =
            if self.background.is_empty() { InteractionStatus::Idle } else { InteractionStatus::InProgress };
        let status = self.setup.says_idle.then_some(status);
        out.push(&turn_complete(self.saved.context.turn(sent_ms), status));
        if let Some(window) = self.setup.window {
            self.saved.context.slide(window);
        }
        if self.setup.resumable {
            let saved = Saved { heard: self.quiet.heard, ..self.saved.clone() };
            let handle = self.shared.store.save(&self.mark, saved, now);
            let update = SessionResumptionUpdate {
                new_handle: Some(handle),
                resumable: Some(true),
                last_consumed_client_message_index: self
                    .setup
                    .transparent
                    .then(|| Int64::from(i64::try_from(self.quiet.message).unwrap_or(i64::MAX))),
            };
            out.push(&ServerMessage { session_resumption_update: Some(update), ..ServerMessage::default() });
        }
    }
}
