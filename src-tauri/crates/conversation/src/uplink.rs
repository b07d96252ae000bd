//! Selects which microphone audio is sent: all of it, only while a key is held, or all but long silences. Pure: it
//! counts chunks of 20 ms and ticks.
//!
//! Unsent audio passes through a ring of 300 ms, so that the first syllable is sent: a key is pressed late, and a
//! voice is detected only after some frames.

use std::collections::VecDeque;

use audio::MicChunk;
use live_proto::SetupOptions;
use live_proto::catalogue::{Catalogue, Mute};
use live_proto::wire::TurnCoverage;

/// 300 ms: how much is sent from before the key was pressed or a voice was detected.
const BEFORE: usize = 15;
/// 100 ms: how much is sent after the key is released. This much is still in flight from the microphone, and keys are
/// released early.
const AFTER: u32 = 5;
/// A released key ends the turn after this many ticks of 50 ms even if no audio arrives.
const PATIENCE: u32 = 6;
/// 1 s: how much of a silence is sent before the rest is skipped.
const HANGOVER: u32 = 50;
/// 200 ms: what the service needs beyond its configured pause to detect the end of a turn.
const MARGIN: u32 = 10;
/// Length of a chunk, in milliseconds.
const CHUNK_MS: u32 = 20;
/// 50 ms of silence at 16 kHz, one tick.
const SILENCE: [u8; 1_600] = [0; 1_600];

/// A command for the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UplinkCommand {
    /// Speech starts (`activityStart`); sent with its first sound.
    Begin,
    /// Audio.
    Audio(Vec<u8>),
    /// Speech ends (`activityEnd`).
    Done,
    /// No audio follows for a while (`audioStreamEnd`).
    Pause,
}

/// How the user's turns are detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnMode {
    /// The service detects them and gets all audio.
    Heard {
        /// What is sent while the microphone is muted: a notice, or silence.
        mute: Mute,
    },
    /// The service detects them and gets no silence longer than `hangover_ms`.
    HeardWithoutSilence {
        /// How much of a silence is sent.
        hangover_ms: u32,
    },
    /// The user holds a key.
    Held,
}

/// Returns whether long silences may be skipped: the model must accept `audioStreamEnd` (`mute` in the catalogue) in
/// place of silence. Not if silence belongs to the turn, by the user's choice or the model's default.
pub fn may_save_silence(setup: &SetupOptions, catalogue: &Catalogue) -> bool {
    let rules = catalogue.rules(&setup.model);
    let coverage = setup.turn_coverage.as_ref().or(rules.turn_coverage.as_ref());
    rules.mute == Mute::AudioStreamEnd && coverage != Some(&TurnCoverage::AllInput)
}

impl TurnMode {
    /// Returns the mode for a setup.
    pub(crate) fn of(setup: &SetupOptions, save_silence: bool, catalogue: &Catalogue) -> Self {
        if setup.manual_activity {
            Self::Held
        } else if save_silence && may_save_silence(setup, catalogue) {
            Self::without_silence(setup.silence_ms)
        } else {
            Self::Heard { mute: catalogue.rules(&setup.model).mute }
        }
    }

    /// Returns the mode that skips silences. If the user chose `silence_ms`, the service must get that much silence to
    /// end a turn.
    pub(crate) fn without_silence(silence_ms: Option<u32>) -> Self {
        let wanted = silence_ms.map_or(0, |ms| ms.saturating_add(MARGIN * CHUNK_MS));
        Self::HeardWithoutSilence { hangover_ms: wanted.max(HANGOVER * CHUNK_MS) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All audio is sent.
    Open,
    /// Audio is not sent; it waits in the ring until it is too old.
    Shut,
    /// Audio is sent for this many more chunks.
    Closing { chunks: u32, ticks: u32 },
    /// Silence is sent instead.
    Muted,
}

/// Decides what of the microphone is sent to the session.
#[derive(Debug)]
pub(crate) struct Uplink {
    turns: TurnMode,
    state: State,
    before: VecDeque<Vec<u8>>,
    saved_chunks: u32,
    /// Whether the turn of the held key has begun. An activity in which nothing is said leaves the model waiting
    /// (PROTOCOL.md §14), so a turn begins with the first sound of a voice.
    has_begun: bool,
}

impl Uplink {
    pub(crate) fn new(turns: TurnMode) -> Self {
        let state = match turns {
            TurnMode::Heard { .. } => State::Open,
            TurnMode::HeardWithoutSilence { .. } | TurnMode::Held => State::Shut,
        };
        Self { turns, state, before: VecDeque::with_capacity(BEFORE), saved_chunks: 0, has_begun: false }
    }

    /// Returns how the turns are detected.
    pub(crate) fn turns(&self) -> TurnMode {
        self.turns
    }

    /// Returns whether push to talk marks the turns.
    pub(crate) fn is_by_key(&self) -> bool {
        self.turns == TurnMode::Held
    }

    /// Returns whether the key is held.
    pub(crate) fn is_held(&self) -> bool {
        self.is_by_key() && self.state == State::Open
    }

    /// Returns the milliseconds of skipped silence; `None` when silence is sent.
    pub(crate) fn saved_ms(&self) -> Option<u32> {
        let saves = matches!(self.turns, TurnMode::HeardWithoutSilence { .. });
        saves.then(|| self.saved_chunks.saturating_mul(CHUNK_MS))
    }

    /// Handles 20 ms of audio.
    pub(crate) fn on_audio(&mut self, chunk: MicChunk) -> Vec<UplinkCommand> {
        if let TurnMode::HeardWithoutSilence { hangover_ms } = self.turns {
            return self.without_silence(chunk, hangover_ms / CHUNK_MS);
        }
        match &mut self.state {
            State::Open => self.said(chunk),
            State::Muted => Vec::new(),
            State::Shut => {
                self.keep(chunk.pcm);
                Vec::new()
            }
            State::Closing { chunks, .. } => {
                *chunks -= 1;
                let over = *chunks == 0;
                let mut said = self.said(chunk);
                if over {
                    said.extend(self.done());
                }
                said
            }
        }
    }

    /// Handles 20 ms that may be part of a turn: under push to talk, once a voice is heard in it.
    fn said(&mut self, chunk: MicChunk) -> Vec<UplinkCommand> {
        if !self.is_by_key() || self.has_begun {
            return vec![UplinkCommand::Audio(chunk.pcm)];
        }
        if !chunk.voice {
            self.keep(chunk.pcm);
            return Vec::new();
        }
        self.has_begun = true;
        let before = self.before.drain(..).chain([chunk.pcm]).map(UplinkCommand::Audio);
        std::iter::once(UplinkCommand::Begin).chain(before).collect()
    }

    /// Handles a pressed key. If the last turn is still open, it continues.
    pub(crate) fn press(&mut self) {
        if self.is_by_key() {
            self.state = State::Open;
        }
    }

    /// Handles a released key.
    pub(crate) fn release(&mut self) {
        if self.is_held() {
            self.state = State::Closing { chunks: AFTER, ticks: PATIENCE };
        }
    }

    /// Handles a tick of 50 ms.
    pub(crate) fn tick(&mut self) -> Vec<UplinkCommand> {
        match &mut self.state {
            State::Closing { ticks, .. } if self.turns == TurnMode::Held => {
                *ticks = ticks.saturating_sub(1);
                if *ticks == 0 { self.done() } else { Vec::new() }
            }
            State::Muted => vec![UplinkCommand::Audio(SILENCE.to_vec())],
            _ => Vec::new(),
        }
    }

    /// Mutes: drops unsent audio and ends an open turn.
    pub(crate) fn mute(&mut self) -> Vec<UplinkCommand> {
        self.before.clear();
        match self.turns {
            TurnMode::Held if self.state == State::Shut => Vec::new(),
            TurnMode::Held => self.done(),
            TurnMode::Heard { mute: Mute::Silence } => {
                self.state = State::Muted;
                Vec::new()
            }
            TurnMode::Heard { mute: Mute::AudioStreamEnd } => vec![UplinkCommand::Pause],
            TurnMode::HeardWithoutSilence { .. } => {
                let was_shut = std::mem::replace(&mut self.state, State::Shut) == State::Shut;
                if was_shut { Vec::new() } else { vec![UplinkCommand::Pause] }
            }
        }
    }

    /// Unmutes.
    pub(crate) fn unmute(&mut self) {
        if self.state == State::Muted {
            self.state = State::Open;
        }
    }

    /// Ends the turn of the key, if it has begun.
    fn done(&mut self) -> Vec<UplinkCommand> {
        self.state = State::Shut;
        let has_begun = std::mem::take(&mut self.has_begun);
        if has_begun { vec![UplinkCommand::Done] } else { Vec::new() }
    }

    fn keep(&mut self, pcm: Vec<u8>) -> bool {
        let full = self.before.len() == BEFORE;
        if full {
            self.before.pop_front();
        }
        self.before.push_back(pcm);
        full
    }

    fn without_silence(&mut self, chunk: MicChunk, hangover: u32) -> Vec<UplinkCommand> {
        match (&mut self.state, chunk.voice) {
            (State::Shut, false) => {
                // Audio that leaves the ring unsent is skipped for good.
                self.saved_chunks = self.saved_chunks.saturating_add(u32::from(self.keep(chunk.pcm)));
                Vec::new()
            }
            (State::Shut, true) => {
                self.state = State::Closing { chunks: hangover, ticks: 0 };
                self.before.drain(..).chain([chunk.pcm]).map(UplinkCommand::Audio).collect()
            }
            (_, true) => {
                self.state = State::Closing { chunks: hangover, ticks: 0 };
                vec![UplinkCommand::Audio(chunk.pcm)]
            }
            (State::Closing { chunks, .. }, false) => {
                *chunks = chunks.saturating_sub(1);
                let over = *chunks == 0;
                let mut said = vec![UplinkCommand::Audio(chunk.pcm)];
                if over {
                    self.state = State::Shut;
                    // Otherwise the last words wait for a silence that does not come (PROTOCOL.md §2.2).
                    said.push(UplinkCommand::Pause);
                }
                said
            }
            (State::Open | State::Muted, false) => vec![UplinkCommand::Audio(chunk.pcm)],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(n: u64, voice: bool) -> MicChunk {
        MicChunk { pcm: n.to_le_bytes().to_vec(), sequence: n, voice }
    }

    fn number(said: &UplinkCommand) -> Option<u64> {
        let UplinkCommand::Audio(pcm) = said else { return None };
        Some(u64::from_le_bytes(pcm[..].try_into().expect("eight bytes")))
    }

    fn numbers(said: &[UplinkCommand]) -> Vec<u64> {
        said.iter().filter_map(number).collect()
    }

    /// The key is held, and a voice was heard.
    fn spoken_to() -> Uplink {
        let mut uplink = Uplink::new(TurnMode::Held);
        uplink.press();
        assert_eq!(uplink.on_audio(chunk(0, true)).first(), Some(&UplinkCommand::Begin));
        uplink
    }

    #[test]
    fn pressing_the_key_sends_the_last_300_ms() {
        let mut uplink = Uplink::new(TurnMode::Held);
        for n in 0..40 {
            assert_eq!(uplink.on_audio(chunk(n, true)), []);
        }
        uplink.press();
        let said = uplink.on_audio(chunk(40, true));
        assert_eq!(said[0], UplinkCommand::Begin);
        assert_eq!(numbers(&said), (25..41).collect::<Vec<_>>());
        uplink.press();
        assert_eq!(numbers(&uplink.on_audio(chunk(41, false))), [41], "keys repeat");
    }

    #[test]
    fn a_key_that_is_held_in_silence_sends_nothing() {
        let mut uplink = Uplink::new(TurnMode::Held);
        uplink.press();
        let mut said: Vec<_> = (0..100).flat_map(|n| uplink.on_audio(chunk(n, false))).collect();
        uplink.release();
        said.extend((100..110).flat_map(|n| uplink.on_audio(chunk(n, false))));
        said.extend((0..20).flat_map(|_| uplink.tick()));
        uplink.press();
        said.extend(uplink.mute());
        assert_eq!(said, []);
    }

    #[test]
    fn a_turn_begins_with_the_first_sound_of_a_voice() {
        let mut uplink = Uplink::new(TurnMode::Held);
        uplink.press();
        for n in 0..100 {
            assert_eq!(uplink.on_audio(chunk(n, false)), []);
        }
        uplink.release();
        let said: Vec<_> = (100..110).flat_map(|n| uplink.on_audio(chunk(n, n == 102))).collect();
        assert_eq!((said.first(), said.last()), (Some(&UplinkCommand::Begin), Some(&UplinkCommand::Done)));
        assert_eq!(numbers(&said), (87..105).collect::<Vec<_>>(), "300 ms before it, 100 ms after the key");
    }

    #[test]
    fn releasing_the_key_sends_the_rest_and_ends_the_turn() {
        let mut uplink = spoken_to();
        uplink.release();
        let said: Vec<_> = (0..10).flat_map(|n| uplink.on_audio(chunk(n, false))).collect();
        assert_eq!(numbers(&said), [0, 1, 2, 3, 4]);
        assert_eq!(said.last(), Some(&UplinkCommand::Done));
        assert_eq!((0..20).flat_map(|_| uplink.tick()).collect::<Vec<_>>(), []);
    }

    #[test]
    fn without_a_microphone_the_turn_ends_by_the_clock() {
        let mut uplink = spoken_to();
        uplink.release();
        let said: Vec<_> = (0..20).flat_map(|_| uplink.tick()).collect();
        assert_eq!(said, [UplinkCommand::Done]);
    }

    #[test]
    fn pressing_the_key_again_at_once_continues_the_turn() {
        let mut uplink = spoken_to();
        uplink.release();
        uplink.on_audio(chunk(0, false));
        uplink.press();
        assert!((1..100).all(|n| numbers(&uplink.on_audio(chunk(n, false))) == [n]));
    }

    #[test]
    fn a_mute_ends_the_turn_and_forgets_what_was_said_before_it() {
        let mut uplink = spoken_to();
        assert_eq!(uplink.mute(), [UplinkCommand::Done]);
        uplink.on_audio(chunk(1, true));
        assert_eq!(uplink.mute(), []);
        uplink.press();
        assert_eq!(numbers(&uplink.on_audio(chunk(2, true))), [2]);
    }

    #[test]
    fn of_a_long_silence_only_its_edges_are_sent() {
        let mut uplink = Uplink::new(TurnMode::without_silence(None));
        let voice = |n: u64| (100..150).contains(&n) || n >= 500;
        let said: Vec<_> = (0..510).flat_map(|n| uplink.on_audio(chunk(n, voice(n)))).collect();
        let sent: Vec<u64> = (85..200).chain(485..510).collect();
        assert_eq!(numbers(&said), sent);
        let pauses = said.iter().filter(|said| **said == UplinkCommand::Pause).count();
        assert_eq!((pauses, uplink.saved_ms()), (1, Some((510 - sent.len() as u32) * 20)));
    }

    #[test]
    fn a_configured_pause_is_sent_completely() {
        assert_eq!(
            TurnMode::without_silence(Some(500)),
            TurnMode::HeardWithoutSilence { hangover_ms: 1_000 }
        );
        assert_eq!(
            TurnMode::without_silence(Some(3_000)),
            TurnMode::HeardWithoutSilence { hangover_ms: 3_200 }
        );
    }

    #[test]
    fn a_muted_microphone_sends_silence_if_the_model_needs_it() {
        let mut uplink = Uplink::new(TurnMode::Heard { mute: Mute::Silence });
        assert_eq!(uplink.tick(), []);
        assert_eq!(uplink.mute(), []);
        assert_eq!(uplink.on_audio(chunk(1, true)), [], "what was on its way when it was muted");
        assert_eq!(uplink.tick(), [UplinkCommand::Audio(vec![0; 50 * 32])]);
        uplink.unmute();
        assert_eq!(uplink.tick(), []);
        assert_eq!(numbers(&uplink.on_audio(chunk(2, true))), [2]);
    }

    #[test]
    fn another_model_is_told_of_a_mute_once() {
        let mut uplink = Uplink::new(TurnMode::Heard { mute: Mute::AudioStreamEnd });
        assert_eq!(uplink.mute(), [UplinkCommand::Pause]);
        assert_eq!(uplink.tick(), []);
        uplink.unmute();
        assert_eq!(numbers(&uplink.on_audio(chunk(2, true))), [2]);
    }

    proptest! {
        #[test]
        fn chunks_and_turn_marks_stay_in_order(
            steps in proptest::collection::vec(0_u8..6, 0..300),
            by_key in any::<bool>(),
        ) {
            let turns = if by_key { TurnMode::Held } else { TurnMode::without_silence(None) };
            let (mut uplink, mut said, mut n) = (Uplink::new(turns), Vec::new(), 0);
            for step in steps {
                match step {
                    0 => uplink.press(),
                    1 => uplink.release(),
                    2 => said.extend(uplink.tick()),
                    3 => said.extend(uplink.mute()),
                    voice => {
                        said.extend(uplink.on_audio(chunk(n, voice == 4)));
                        n += 1;
                    }
                }
            }
            let sent = numbers(&said);
            prop_assert!(sent.windows(2).all(|pair| pair[0] < pair[1]), "{sent:?}");
            let mut open = !by_key;
            for said in said {
                match said {
                    UplinkCommand::Begin => prop_assert!(!std::mem::replace(&mut open, true)),
                    UplinkCommand::Done => prop_assert!(std::mem::replace(&mut open, false)),
                    UplinkCommand::Audio(_) => prop_assert!(open),
                    UplinkCommand::Pause => prop_assert!(!by_key),
                }
            }
        }
    }
}
