//! Counts tokens as the service bills them: 25 per second of audio, the whole context again in every turn
//! (PROTOCOL.md §3.3, §10), and drops the oldest turns when the client asked for a sliding window (§2.2). Pure.

use std::collections::VecDeque;

use live_proto::catalogue::UsageNames;
use live_proto::wire::{MediaResolution, Modality, ModalityTokenCount, UsageMetadata};

/// Tokens per second of audio.
const AUDIO_TOKENS: u64 = 25;

/// Turns that are known one by one; of a longer session the oldest count as one.
const TURNS: usize = 256;

/// What a turn of the model was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spent {
    /// Sound that was sent, in ms.
    pub(crate) sound_ms: u64,
    /// Words that were sent or called with, in bytes.
    pub(crate) text_bytes: usize,
    /// What was thought, in bytes.
    pub(crate) thought_bytes: usize,
}

/// When the context is made smaller, and how small, in tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) trigger: u64,
    pub(crate) target: u64,
}

/// What the context holds so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    text: u64,
    /// In ms, so that many short pieces do not add up wrongly.
    audio_ms: u64,
    pictures: u64,
    /// What each earlier turn added, oldest first. What came before the first, the instructions, is never dropped.
    turns: VecDeque<[u64; 3]>,
    /// All of it at the end of the last turn.
    settled: [u64; 3],
}

impl Context {
    pub(crate) fn add_text(&mut self, text: &str) {
        self.text += text_tokens(text.len());
    }

    /// The instructions, before any turn.
    pub(crate) fn add_text_bytes(&mut self, bytes: usize) {
        self.text += text_tokens(bytes);
        self.settled = self.all();
    }

    fn all(&self) -> [u64; 3] {
        [self.text, self.audio_ms, self.pictures]
    }

    fn tokens(&self) -> u64 {
        self.text + audio_tokens(self.audio_ms) + self.pictures
    }

    /// The turn that just ended is one that can be dropped.
    fn settle(&mut self) {
        let now = self.all();
        let added = std::array::from_fn(|n| now[n].saturating_sub(self.settled[n]));
        self.settled = now;
        self.turns.push_back(added);
        if self.turns.len() > TURNS
            && let (Some(first), Some(second)) = (self.turns.pop_front(), self.turns.front_mut())
        {
            second.iter_mut().zip(first).for_each(|(own, more)| *own += more);
        }
    }

    /// Drops the oldest turns when there is more than the window's trigger, until there is no more than its target.
    pub(crate) fn slide(&mut self, window: Window) {
        if self.tokens() <= window.trigger {
            return;
        }
        while self.tokens() > window.target
            && let Some([text, audio_ms, pictures]) = self.turns.pop_front()
        {
            self.text = self.text.saturating_sub(text);
            self.audio_ms = self.audio_ms.saturating_sub(audio_ms);
            self.pictures = self.pictures.saturating_sub(pictures);
        }
        self.settled = self.all();
    }

    pub(crate) fn add_audio_ms(&mut self, ms: u64) {
        self.audio_ms += ms;
    }

    /// A picture, at the cost of the session's resolution.
    pub(crate) fn add_picture(&mut self, resolution: Option<&MediaResolution>) {
        self.pictures += match resolution {
            Some(MediaResolution::Low) => 64,
            Some(MediaResolution::Medium) => 256,
            _ => 258,
        };
    }

    /// What a turn cost; the reply is part of the context from then on. Thoughts are not part of the total (PROTOCOL.md §3.3).
    pub(crate) fn turn(&mut self, spent: Spent, names: UsageNames) -> UsageMetadata {
        let prompt = [
            (Modality::Text, self.text),
            (Modality::Audio, audio_tokens(self.audio_ms)),
            (Modality::Video, self.pictures),
        ];
        let prompt_total: u64 = prompt.iter().map(|(_, count)| count).sum();
        let (sound, text) = (audio_tokens(spent.sound_ms), text_tokens(spent.text_bytes));
        self.audio_ms += spent.sound_ms;
        self.text += text;
        self.settle();
        let usage = UsageMetadata {
            prompt_token_count: counted(prompt_total),
            total_token_count: counted(prompt_total + sound + text),
            thoughts_token_count: counted(text_tokens(spent.thought_bytes)),
            prompt_tokens_details: prompt.into_iter().filter_map(detail).collect(),
            ..UsageMetadata::default()
        };
        let details = [(Modality::Text, text), (Modality::Audio, sound)];
        match names {
            UsageNames::Response => UsageMetadata {
                response_token_count: counted(sound + text),
                response_tokens_details: details.into_iter().filter_map(detail).collect(),
                ..usage
            },
            // Vertex AI names both, and leaves out a count of zero (recorded).
            UsageNames::Candidates => UsageMetadata {
                candidates_token_count: counted(sound + text),
                candidates_tokens_details: details
                    .map(|(modality, count)| ModalityTokenCount {
                        modality: Some(modality),
                        token_count: counted(count),
                    })
                    .into(),
                ..usage
            },
        }
    }
}

/// About four bytes of English to a token.
fn text_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

fn audio_tokens(ms: u64) -> u64 {
    (ms * AUDIO_TOKENS).div_ceil(1000)
}

/// proto3 leaves zeros out.
fn counted(count: u64) -> Option<i64> {
    i64::try_from(count).ok().filter(|count| *count > 0)
}

fn detail((modality, count): (Modality, u64)) -> Option<ModalityTokenCount> {
    counted(count).map(|count| ModalityTokenCount { modality: Some(modality), token_count: Some(count) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(sound_ms: u64) -> Spent {
        Spent { sound_ms, ..Spent::default() }
    }

    #[test]
    fn details_add_up_and_the_context_grows() {
        let mut context = Context::default();
        context.add_text("Tell me a joke");
        context.add_audio_ms(1_000);
        context.add_picture(Some(&MediaResolution::Low));
        let first = context.turn(sound(2_000), UsageNames::Response);
        assert_eq!(first.prompt_token_count, Some(4 + 25 + 64));
        assert_eq!(first.response_token_count, Some(50));
        assert_eq!(first.total_token_count, Some(143));
        let sum: i64 = first.prompt_tokens_details.iter().filter_map(|detail| detail.token_count).sum();
        assert_eq!(Some(sum), first.prompt_token_count);
        assert_eq!(context.turn(sound(0), UsageNames::Response).prompt_token_count, Some(143));
    }

    #[test]
    fn a_window_drops_the_oldest_turns_and_keeps_the_instructions() {
        let mut context = Context::default();
        context.add_text_bytes(400);
        for _ in 0..10 {
            context.add_text(&"x".repeat(40));
            context.turn(sound(4_000), UsageNames::Response);
        }
        let whole = context.tokens();
        assert_eq!(whole, 100 + 10 * 110);
        context.slide(Window { trigger: whole, target: 500 });
        assert_eq!(context.tokens(), whole, "at the trigger nothing happens yet");
        context.slide(Window { trigger: whole - 1, target: 500 });
        assert_eq!(context.tokens(), 100 + 3 * 110);
        context.slide(Window { trigger: 1, target: 0 });
        assert_eq!(context.tokens(), 100);
    }

    #[test]
    fn a_long_session_is_counted_in_bounded_memory() {
        let mut context = Context::default();
        for _ in 0..3 * TURNS {
            context.add_text("word");
            context.turn(sound(40), UsageNames::Response);
        }
        assert_eq!((context.turns.len(), context.tokens()), (TURNS, 6 * TURNS as u64));
        context.slide(Window { trigger: 1, target: 0 });
        assert_eq!(context.tokens(), 0);
    }

    #[test]
    fn nothing_is_left_out() {
        assert_eq!(Context::default().turn(sound(0), UsageNames::Response), UsageMetadata::default());
    }

    #[test]
    fn thoughts_are_counted_beside_the_total() {
        let spent = Spent { sound_ms: 1_000, text_bytes: 8, thought_bytes: 40 };
        let usage = Context::default().turn(spent, UsageNames::Response);
        assert_eq!((usage.thoughts_token_count, usage.total_token_count), (Some(10), Some(27)));
        let usage = Context::default().turn(spent, UsageNames::Candidates);
        assert_eq!((usage.candidates_token_count, usage.response_token_count), (Some(27), None));
    }
}
