//! From a prompt to what is done about it: said, played back, looked up, called, or handed to the language model.

use live_server::{Call, Duty, INPUT_RATE, Prompt, SentCall, ToolResult};
use speech::formant::PlayedBack;
use tokio::time::Instant;

use super::llm_turn::LlmTurn;
use super::{Doing, LEAST_AUDIO, PracticeAgent, WITHOUT_FILLER};
use crate::image_stats::ImageStats;
use crate::intents::{
    self, IntentAnswer, IntentContext, PictureFacts, WantedCall, joined, sentence_of, sentence_of_picture,
};
use crate::parts::Parts;

/// What is said while a function works that nobody waits for.
pub(super) const MEANWHILE: &str = "Let me check.";
/// What is said while a language model is silent.
pub(super) const THINKING: &str = "Let me think.";

impl PracticeAgent {
    pub(super) fn answer_prompt(&mut self, prompt: Prompt, now: Instant) {
        self.greets_at = None;
        if let Duty::Interpret { to, echo } = &self.duty {
            // It hears English alone, and knows no other language.
            let is_english = to.as_deref().is_some_and(|to| to.split('-').next() == Some("en"));
            return if is_english && !echo { self.doing = Doing::Silent } else { self.repeat(prompt) };
        }
        let text = match prompt {
            Prompt::Audio(audio) if audio.len() < LEAST_AUDIO => {
                return self.say("I heard nothing that I could play back.");
            }
            Prompt::Audio(audio) => return self.play_back(audio),
            Prompt::ToolResult(result) => return self.tell(&result, now),
            Prompt::History => self.saved.memory.unanswered().unwrap_or_default().to_owned(),
            Prompt::Text(text) => text,
        };
        if self.has_llm() {
            // A model would only pretend to run a timer.
            match intents::timer(&text, &mut self.saved.memory, now, (self.shared.clock)()) {
                Some(said) => self.say(&said),
                None => self.think(LlmTurn::of_words(&text), now),
            }
            return;
        }
        self.answer_by_intent(&text, now);
    }

    /// Says again what was said.
    fn repeat(&mut self, prompt: Prompt) {
        match prompt {
            Prompt::Text(text) => self.say(&text),
            Prompt::Audio(audio) => {
                let mut parts = Parts::default();
                let seconds = audio.len() as f32 / INPUT_RATE as f32;
                let label = format!("[your own words played back, {seconds:.1} seconds]");
                parts.play_back(label, PlayedBack::new(audio, self.character.shift));
                self.begin(parts);
            }
            Prompt::History | Prompt::ToolResult(_) => self.doing = Doing::Silent,
        }
    }

    /// Tells the answer to a call that no turn waited for.
    fn tell(&mut self, result: &ToolResult, now: Instant) {
        match LlmTurn::of_result(result) {
            Some(turn) if self.has_llm() => self.think(turn, now),
            _ => self.say(&sentence_of(&result.name, &result.value, &result.note)),
        }
    }

    /// In a pause that may be the end of a turn: has the answer's first sentence made into sound, so that it is there when
    /// the end is certain. Nothing is said or remembered yet.
    pub(super) fn prepare(&mut self, text: &str, now: Instant) {
        if self.has_llm() || self.duty != Duty::Converse {
            return;
        }
        let text = format!("{} {text}", self.unanswered);
        let mut memory = self.saved.memory.clone();
        memory.add(intents::Role::User, text.trim());
        if let IntentAnswer::Say(said) = intents::answer(text.trim(), &self.intent_context(now), &mut memory)
        {
            self.prepared = self.voice.prepare(&said);
        }
    }

    pub(super) fn intent_context(&self, now: Instant) -> IntentContext<'_> {
        IntentContext {
            hears: self.transcription.is_available(),
            speaks: self.shared.compute_pool.models().has_voice(),
            instructions: &self.instructions,
            functions: &self.functions,
            now: (self.shared.clock)(),
            zone: self.shared.zone.clone(),
            instant: now,
        }
    }

    /// Answers by itself.
    pub(super) fn answer_by_intent(&mut self, text: &str, now: Instant) {
        let mut memory = std::mem::take(&mut self.saved.memory);
        let answer = intents::answer(text, &self.intent_context(now), &mut memory);
        self.saved.memory = memory;
        match answer {
            IntentAnswer::Say(text) => self.say(&text),
            IntentAnswer::Look { before } => {
                self.say_first(before);
                self.look();
            }
            IntentAnswer::Call { before, calls } => {
                self.say_first(before);
                let call = |WantedCall { name, args, note }| Call { name, args, note };
                self.doing = Doing::Calling(calls.into_iter().map(call).collect());
            }
        }
    }

    /// Says this before the next thing that is said, behind what is to be said first already.
    fn say_first(&mut self, text: String) {
        if !text.is_empty() {
            let before = self.preface.take().map(|before| format!("{before} {text}"));
            self.preface = Some(before.unwrap_or(text));
        }
    }

    /// Has the newest pictures looked at, elsewhere; what is seen is said when that is done.
    fn look(&mut self) {
        let Some(newest) = self.newest_picture() else { return self.say_picture(None) };
        let before = self.pictures.front().filter(|_| self.pictures.len() > 1);
        let before = before.and_then(|kept| kept.as_deref().cloned());
        self.doing = Doing::Looking(self.shared.compute_pool.look(newest, before, &self.waker));
    }

    pub(super) fn say_picture(&mut self, stats: Option<ImageStats>) {
        let facts = PictureFacts { count: self.saved.pictures, size: self.saved.picture_size, stats };
        self.say(&sentence_of_picture(&facts));
    }

    fn play_back(&mut self, audio: Vec<i16>) {
        let seconds = audio.len() as f32 / INPUT_RATE as f32;
        let mut parts = Parts::default();
        parts.play_back(
            format!("[your own words played back, {seconds:.1} seconds]"),
            PlayedBack::new(audio, self.character.shift),
        );
        let mut text = format!("Those were your own words, {seconds:.1} seconds of them, in another voice.");
        if !std::mem::replace(&mut self.saved.explained, true) {
            text.push_str(" I'm the practice partner, not Gemini, and without a recogniser I can't understand speech. Type to me, and I answer.");
        }
        parts.speak(self.voice.say(&text));
        self.begin(parts);
    }

    pub(super) fn say(&mut self, text: &str) {
        let preface = self.preface.take().map(|preface| format!("{preface} {text}").trim().to_owned());
        let text = preface.as_deref().unwrap_or(text);
        let prepared = self.prepared.take();
        self.begin(Parts::spoken(self.voice.say_prepared(text, prepared)));
    }

    /// Says this from here on.
    pub(super) fn begin(&mut self, parts: Parts) {
        self.has_begun = true;
        self.doing = Doing::Saying(parts);
    }

    /// Calls were sent.
    pub(super) fn on_called(&mut self, calls: &[SentCall], waits: bool, said: &str, now: Instant) {
        if self.plan.is_running() {
            return self.on_called_by_script(calls, waits);
        }
        let by_llm = matches!(self.doing, Doing::Called { by_llm: true });
        match (by_llm, waits) {
            (true, true) => self.llm_turn.add_calls(said, calls),
            (false, true) => {}
            (true, false) => {
                self.llm_turn.add_calls(said, calls);
                let until = now + WITHOUT_FILLER;
                self.doing = Doing::AwaitingForLlm { until, open: calls.len(), results: Vec::new() };
            }
            (false, false) => {
                let until = now + WITHOUT_FILLER;
                self.doing = Doing::Awaiting { until, open: calls.len(), said: Vec::new() };
            }
        }
    }

    /// Goes on without the answers that did not come in time: they are told when they come.
    pub(super) fn without_awaited(&mut self, results: &[ToolResult], now: Instant) {
        if !results.is_empty() {
            self.llm_turn.forget_unanswered(results);
            return self.on_llm_results(results, now);
        }
        // What the model itself said of it is enough.
        if self.has_spoken {
            self.doing = Doing::Nothing;
        } else {
            self.begin(Parts::spoken(self.voice.say(MEANWHILE)));
        }
    }

    /// One of the answers came that it awaits; `None`: one that is not spoken of.
    pub(super) fn on_awaited(&mut self, result: Option<&ToolResult>) {
        if let Doing::AwaitingAll { open } = &mut self.doing {
            *open = open.saturating_sub(1);
            if *open == 0 {
                self.doing = Doing::Nothing;
            }
            return;
        }
        let Doing::Awaiting { open, said, .. } = &mut self.doing else { return };
        *open = open.saturating_sub(1);
        said.extend(result.map(|result| sentence_of(&result.name, &result.value, &result.note)));
        if *open > 0 {
            return;
        }
        let said = std::mem::take(said);
        if said.is_empty() && self.preface.is_none() {
            self.doing = Doing::Silent;
        } else {
            self.say_awaited(&said);
        }
    }

    /// Says the results so far. Without any, says that it takes a moment.
    pub(super) fn say_awaited(&mut self, said: &[String]) {
        let late = matches!(&self.doing, Doing::Awaiting { open, .. } if *open > 0);
        let said = if said.is_empty() && late { MEANWHILE.to_owned() } else { joined(said) };
        self.say(&said);
    }

    /// All calls of the turn are answered.
    pub(super) fn on_results(&mut self, results: &[ToolResult], now: Instant) {
        if let Doing::AwaitingForLlm { open, results: known, .. } = &mut self.doing {
            known.extend_from_slice(results);
            *open = open.saturating_sub(results.len());
            if *open == 0 {
                let all = std::mem::take(known);
                self.on_llm_results(&all, now);
            }
            return;
        }
        if matches!(self.doing, Doing::Awaiting { .. } | Doing::AwaitingAll { .. }) {
            return results.iter().for_each(|result| self.on_awaited(Some(result)));
        }
        if self.follow_script_with(results) {
            return;
        }
        if matches!(self.doing, Doing::Called { by_llm: true }) {
            return self.on_llm_results(results, now);
        }
        let audible = results.iter().filter(|result| !result.silent);
        let said: Vec<String> =
            audible.map(|result| sentence_of(&result.name, &result.value, &result.note)).collect();
        if said.is_empty() {
            self.doing = Doing::Silent;
        } else {
            self.say(&joined(&said));
        }
    }
}
