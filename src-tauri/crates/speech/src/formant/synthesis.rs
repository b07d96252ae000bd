//! The synthesiser: a small source-filter synthesiser that speaks English text at 24 kHz.
//!
//! A pulse train (the vocal folds) and noise (breath, friction) run through five resonators (the vocal tract), after
//! Klatt, "Software for a cascade/parallel formant synthesizer" (1980). It is meant to be followed, and never to be
//! mistaken for a person. Owns no shared state, is deterministic, and works word by word, so that a session pays for
//! speech only as it is sent. Runs inline; a word takes well under a millisecond.

use std::collections::VecDeque;
use std::f32::consts::PI;

use dsp::filters::{BandPass, Resonator};

use super::character::Character;
use super::noise::Noise;
use super::phones::{Phone, phones_of};
use crate::g2p::{letters_of, phonemes_of};
use crate::text::{Piece, Written, read};

/// Hz.
const RATE: f32 = super::OUTPUT_RATE as f32;
/// Samples between two looks at the tables (5 ms).
const STEP: usize = 120;
const STEP_MS: f32 = 5.0;
/// How far the tract moves towards its target in one step; 0.25 reaches two thirds in 20 ms.
const AGILITY: f32 = 0.25;

/// One written word and how it sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenWord {
    /// The word as written, with the space before it: a transcript's delta.
    pub text: String,
    /// Mono samples at 24 kHz.
    pub pcm: Vec<i16>,
}

/// A text on its way to being spoken; yields its words in order.
pub struct FormantSpeech {
    character: Character,
    words: VecDeque<Word>,
    tract: Tract,
    first: bool,
}

struct Word {
    text: String,
    /// What is said for it: nothing when it was said with its neighbour.
    pieces: Vec<Piece>,
    /// Where the word stands in its clause, 0 at the start to 1 at the end.
    place: f32,
    last: bool,
    question: bool,
    pause_ms: f32,
}

impl FormantSpeech {
    /// Prepares a text, in the voice of this character.
    pub fn new(text: &str, character: Character) -> Self {
        let mut words = VecDeque::new();
        let mut clause: Vec<Written> = Vec::new();
        for written in read(text) {
            let mark =
                written.pieces.iter().rev().map_while(mark_of).find(|mark| pause_after(*mark).is_some());
            clause.push(written);
            if let Some(pause_ms) = mark.and_then(pause_after) {
                close_clause(&mut clause, &mut words, pause_ms, mark == Some('?'));
            }
        }
        close_clause(&mut clause, &mut words, 120.0, false);
        Self { character, words, tract: Tract::new(), first: true }
    }

    fn speak(&mut self, word: &Word) -> Vec<i16> {
        let mut pcm = Vec::new();
        let count = word.pieces.iter().filter(|piece| mark_of(piece).is_none()).count();
        let parts = word.pieces.iter().filter_map(|piece| match piece {
            Piece::Word(part) => Some((part, phonemes_of(part))),
            Piece::Letters(part) => Some((part, letters_of(part))),
            Piece::Mark(_) => None,
        });
        for (index, (part, phonemes)) in parts.enumerate() {
            let phones = phones_of(&phonemes);
            let accent = if part.len() > 3 { 1.07 } else { 1.0 };
            let last_vowel = phones.iter().rposition(|phone| phone.is_vowel());
            let ends_clause = word.last && index + 1 == count;
            for (at, &phone) in phones.iter().enumerate() {
                let final_vowel = ends_clause && Some(at) == last_vowel;
                let next = phones.get(at + 1).copied();
                let place = word.place;
                let tune = Tune { place, accent, final_vowel, question: word.question };
                self.tract.phone(phone, next, &self.character, tune, &mut pcm);
            }
            self.tract.rest(12.0, &mut pcm);
        }
        if word.last {
            self.tract.rest(word.pause_ms, &mut pcm);
        }
        pcm
    }
}

impl Iterator for FormantSpeech {
    type Item = SpokenWord;

    fn next(&mut self) -> Option<SpokenWord> {
        let word = self.words.pop_front()?;
        let pcm = self.speak(&word);
        let text = if self.first { word.text } else { format!(" {}", word.text) };
        self.first = false;
        Some(SpokenWord { text, pcm })
    }
}

fn mark_of(piece: &Piece) -> Option<char> {
    match piece {
        Piece::Mark(mark) => Some(*mark),
        Piece::Word(_) | Piece::Letters(_) => None,
    }
}

fn pause_after(mark: char) -> Option<f32> {
    match mark {
        '.' | '!' | '?' | '…' => Some(300.0),
        ',' | ';' | ':' | '—' => Some(160.0),
        _ => None,
    }
}

fn close_clause(clause: &mut Vec<Written>, words: &mut VecDeque<Word>, pause_ms: f32, question: bool) {
    let count = clause.len();
    for (index, Written { text, pieces }) in clause.drain(..).enumerate() {
        let place = index as f32 / count as f32;
        words.push_back(Word { text, pieces, place, last: index + 1 == count, question, pause_ms });
    }
}

/// How one phone is intoned.
#[derive(Clone, Copy)]
struct Tune {
    place: f32,
    accent: f32,
    final_vowel: bool,
    question: bool,
}

impl Tune {
    /// The pitch in units of the character's own, `within` running from 0 to 1 through the phone.
    fn pitch(self, within: f32) -> f32 {
        let decline = 1.12 - 0.2 * self.place;
        let ending = match (self.final_vowel, self.question) {
            (true, true) => 1.0 + 0.35 * within,
            (true, false) => 1.0 - 0.18 * within,
            (false, _) => 1.0,
        };
        decline * self.accent * ending
    }
}

/// The vocal tract: what moves continuously through an utterance.
struct Tract {
    noise: Noise,
    /// Position within the current period of the folds, 0 to 1.
    cycle: f32,
    /// The last sample of the source.
    source: f32,
    formants: [f32; 3],
    resonators: [Resonator; 5],
    friction: BandPass,
    voice: f32,
    breath: f32,
    hiss: f32,
}

impl Tract {
    fn new() -> Self {
        Self {
            noise: Noise::new(),
            cycle: 0.0,
            source: 0.0,
            formants: [500.0, 1500.0, 2500.0],
            resonators: [Resonator::default(); 5],
            friction: BandPass::default(),
            voice: 0.0,
            breath: 0.0,
            hiss: 0.0,
        }
    }

    fn phone(
        &mut self,
        phone: &Phone,
        next: Option<&Phone>,
        character: &Character,
        tune: Tune,
        pcm: &mut Vec<i16>,
    ) {
        if phone.closure_ms > 0.0 {
            // Voiced stops keep a murmur behind the lips; the others are silent.
            let murmur = if phone.voice > 0.0 { 0.12 } else { 0.0 };
            let shut = Target { voice: murmur, breath: 0.0, hiss: 0.0, formants: phone.from };
            let pitch = character.pitch_hz * tune.pitch(0.0);
            for _ in 0..steps(phone.closure_ms / character.speed) {
                self.step(shut, phone, pitch, character, pcm);
            }
            // The burst is sudden: the noise does not fade in.
            self.hiss = phone.hiss.0;
        }
        let stretch = if tune.final_vowel { 1.5 } else { 1.0 };
        let count = steps(phone.ms * stretch / character.speed);
        // Breath without a voice takes the shape of the sound that follows it.
        let (from, to) = match next {
            Some(next) if phone.breath > 0.2 => (next.from, next.from),
            _ => (phone.from, phone.to),
        };
        for index in 0..count {
            let within = index as f32 / count as f32;
            let mut formants = from;
            for (formant, end) in formants.iter_mut().zip(to) {
                *formant += (end - *formant) * within;
            }
            // A stop's noise is gone after a third; its breath takes over.
            let burst_over = phone.closure_ms > 0.0 && phone.ms < 60.0 && within > 0.35;
            let hiss = if burst_over { 0.0 } else { phone.hiss.0 };
            let target = Target { voice: phone.voice, breath: phone.breath, hiss, formants };
            self.step(target, phone, character.pitch_hz * tune.pitch(within), character, pcm);
        }
    }

    /// Silence: the voice fades within a few steps.
    fn rest(&mut self, ms: f32, pcm: &mut Vec<i16>) {
        for _ in 0..steps(ms) {
            self.voice *= 0.4;
            self.breath *= 0.4;
            self.hiss *= 0.4;
            self.render(110.0, 0.0, pcm);
        }
    }

    fn step(&mut self, target: Target, phone: &Phone, pitch: f32, who: &Character, pcm: &mut Vec<i16>) {
        for (formant, aim) in self.formants.iter_mut().zip(target.formants) {
            *formant += (aim * who.tract - *formant) * AGILITY;
        }
        self.voice += (target.voice - self.voice) * 0.5;
        self.breath += (target.breath - self.breath) * 0.5;
        self.hiss += (target.hiss - self.hiss) * 0.6;
        let widths = [70.0, 100.0, 150.0, 250.0, 320.0];
        let upper = [3500.0 * who.tract, 4600.0 * who.tract];
        let all = self.formants.into_iter().chain(upper);
        for ((resonator, hz), width) in self.resonators.iter_mut().zip(all).zip(widths) {
            resonator.tune(hz, width, RATE);
        }
        let (_, centre, width) = phone.hiss;
        self.friction.tune(centre.min(9_500.0), width, RATE);
        self.render(pitch, who.breathiness, pcm);
    }

    fn render(&mut self, pitch: f32, breathiness: f32, pcm: &mut Vec<i16>) {
        // The folds never beat evenly; one per cent of wander is what makes it a voice and not a buzzer.
        let pitch = pitch * (1.0 + 0.012 * self.noise.sample());
        for _ in 0..STEP {
            self.cycle += pitch / RATE;
            // `fract` is a call into the C library on the processors that a release is built for.
            if self.cycle >= 1.0 {
                self.cycle -= 1.0;
            }
            let noise = self.noise.sample();
            let air = self.breath + breathiness * self.voice;
            let source = self.voice * folds(self.cycle) + 0.4 * air * noise;
            // Lifts the upper formants, which carry the difference between one vowel and another.
            let mut sound = 2.8 * (source - 0.85 * self.source);
            self.source = source;
            for resonator in &mut self.resonators {
                sound = resonator.run(sound);
            }
            let friction = self.hiss * self.friction.run(noise);
            let sample = knee(0.55 * sound + 1.1 * friction);
            pcm.push((sample * 20_000.0) as i16);
        }
    }
}

/// Keeps a loud vowel from clipping hard: the first terms of tanh's continued fraction, which meet 1 at 3. The function
/// itself was half of what the voice cost.
fn knee(level: f32) -> f32 {
    let level = level.clamp(-3.0, 3.0);
    let square = level * level;
    level * (27.0 + square) / (27.0 + 9.0 * square)
}

#[derive(Clone, Copy)]
struct Target {
    voice: f32,
    breath: f32,
    hiss: f32,
    formants: [f32; 3],
}

fn steps(ms: f32) -> usize {
    (ms / STEP_MS).round().max(1.0) as usize
}

/// The flow of air through the folds, differentiated: open for 60 % of the cycle, closing sharply (Klatt and Klatt 1990).
fn folds(cycle: f32) -> f32 {
    const OPEN: f32 = 0.6;
    if cycle >= OPEN {
        return 0.0;
    }
    let x = cycle / OPEN;
    // Softens the one-sample jump at the closure, which would alias.
    let closing = if x > 0.98 { ((1.0 - x) / 0.02 * PI / 2.0).sin() } else { 1.0 };
    (2.0 * x - 3.0 * x * x) * closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formant::character;

    fn speech(text: &str) -> Vec<SpokenWord> {
        FormantSpeech::new(text, character::Character::named("Puck")).collect()
    }

    #[test]
    fn the_words_are_the_text() {
        let text = "Hello there, it is 14:05. Shall we go?";
        let joined: String = speech(text).into_iter().map(|word| word.text).collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn it_speaks_at_a_human_pace_and_says_the_same_every_time() {
        let words = speech("The quick brown fox jumps over the lazy dog near the river bank.");
        let samples: usize = words.iter().map(|word| word.pcm.len()).sum();
        let seconds = samples as f32 / RATE;
        assert!((3.0..7.0).contains(&seconds), "{seconds} s for 13 words");
        assert_eq!(words, speech("The quick brown fox jumps over the lazy dog near the river bank."));
    }

    #[test]
    fn it_is_loud_enough_and_never_clips() {
        for word in speech("Every vowel should carry: a, e, i, o, u, far, see, you.") {
            let peak = word.pcm.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
            assert!(peak > 2_000, "{:?} peaks at {peak}", word.text);
            assert!(peak < 20_001, "{:?} peaks at {peak}", word.text);
        }
    }

    #[test]
    fn a_token_without_end_is_cut() {
        let words = speech(&"x1".repeat(100_000));
        assert_eq!(words.len(), 1);
        assert!(words[0].pcm.len() < 60 * 24_000);
    }

    #[test]
    fn what_cannot_be_said_is_silent_but_stays_in_the_text() {
        let words = speech("— 東京 🙂");
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<String>(), "— 東京 🙂");
    }
}
