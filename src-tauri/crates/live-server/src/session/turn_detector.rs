//! Finds where the user's turns start and end, and keeps their audio.
//!
//! Owns the voice-activity net and the audio of the turn in progress, both of one session. Runs inline in the
//! session's task: one 16 ms frame costs about 7 µs.

use std::collections::VecDeque;

use dsp::pcm::to_f32;
use dsp::vad::{FRAME_SAMPLES as FRAME, SpeechScorer};

use crate::agent::INPUT_RATE;

const FRAME_MS: u32 = 16;
/// Above this a frame counts as speech (measured: FACTS in docs, area under the curve 0.988 on clean speech).
const SPEECH: f32 = 0.6;
/// Below this a frame counts as silence.
const SILENCE: f32 = 0.35;
/// A turn keeps its first minute: what comes after is still listened to, but not stored.
const TURN_CAP: usize = 60 * INPUT_RATE as usize;
/// Audio kept from before the start is certain, so that first consonants are not lost.
const PRE_ROLL_MS: u32 = 320;
/// How much of the silence that ended a turn belongs to it.
const TAIL_MS: u32 = 160;
/// So much silence within a turn is a pause, in which what there is is heard: longer than the closure of a consonant, and
/// short, since an answer waits for what is heard then.
const PAUSE_MS: u32 = 144;

/// How long speech and silence must last, from `realtimeInputConfig` (PROTOCOL.md §2.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timing {
    /// Speech needed before a start is committed, in ms.
    pub(crate) start_ms: u32,
    /// Silence needed before an end is committed, in ms.
    pub(crate) silence_ms: u32,
    /// The score above which a frame is speech, 0 to 1.
    pub(crate) speech: f32,
}

impl Default for Timing {
    fn default() -> Self {
        Self { start_ms: 96, silence_ms: 700, speech: SPEECH }
    }
}

/// A border between silence and speech.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TurnEvent {
    /// The user began to speak.
    Started,
    /// The user is silent within a turn, for the first moment of what may be its end.
    Paused,
    /// The user went on after a pause.
    Resumed,
    /// The user finished; the turn's audio at 16 kHz.
    LlmOutcome(Vec<i16>),
}

/// Detects turns in a stream of 16 kHz samples.
pub(crate) struct TurnDetector {
    scorer: SpeechScorer,
    timing: Timing,
    partial: Vec<i16>,
    /// The last moments before a start, oldest first.
    recent: VecDeque<i16>,
    speech_ms: u32,
    silence_ms: u32,
    turn: Option<TurnAudio>,
}

impl TurnDetector {
    /// Whether a turn has begun and not ended.
    pub(crate) fn is_in_turn(&self) -> bool {
        self.turn.is_some()
    }

    pub(crate) fn new(timing: Timing) -> Self {
        Self {
            scorer: SpeechScorer::new(),
            timing,
            partial: Vec::with_capacity(FRAME),
            recent: VecDeque::new(),
            speech_ms: 0,
            silence_ms: 0,
            turn: None,
        }
    }

    /// Takes the next samples and appends the borders found in them, in order.
    pub(crate) fn push(&mut self, mut samples: &[i16], out: &mut Vec<TurnEvent>) {
        while !samples.is_empty() {
            let taken = samples.len().min(FRAME - self.partial.len());
            self.partial.extend_from_slice(&samples[..taken]);
            samples = &samples[taken..];
            if self.partial.len() == FRAME {
                let frame = std::mem::take(&mut self.partial);
                out.extend(self.frame(&frame));
                self.partial = frame;
                self.partial.clear();
            }
        }
    }

    /// The stream pauses (`audioStreamEnd`): a turn in progress ends here, and listening starts afresh.
    pub(crate) fn flush(&mut self) -> Option<TurnEvent> {
        let rest = std::mem::take(&mut self.partial);
        let ended = self.turn.take().map(|mut turn| {
            turn.push(&rest);
            TurnEvent::LlmOutcome(turn.finish(self.silence_ms.saturating_sub(TAIL_MS)))
        });
        self.scorer.reset();
        self.recent = VecDeque::new();
        (self.speech_ms, self.silence_ms) = (0, 0);
        ended
    }

    /// What there is of the turn in progress.
    pub(crate) fn turn(&self) -> Option<&[i16]> {
        self.turn.as_ref().map(|turn| turn.samples.as_slice())
    }

    fn frame(&mut self, frame: &[i16]) -> Option<TurnEvent> {
        let mut score = 0.0;
        let samples: Vec<f32> = frame.iter().copied().map(to_f32).collect();
        self.scorer.push(&samples, |scored, _| score = scored);
        if let Some(turn) = &mut self.turn {
            turn.push(frame);
            // Between the two thresholds the count neither grows nor falls: breath in a pause is neither.
            let before = self.silence_ms;
            if score < SILENCE {
                self.silence_ms += FRAME_MS;
            } else if score > self.timing.speech {
                self.silence_ms = 0;
            }
            if self.silence_ms < self.timing.silence_ms.max(FRAME_MS) {
                return match (before >= PAUSE_MS, self.silence_ms >= PAUSE_MS) {
                    (false, true) => Some(TurnEvent::Paused),
                    (true, false) => Some(TurnEvent::Resumed),
                    _ => None,
                };
            }
            let excess = self.silence_ms.saturating_sub(TAIL_MS);
            (self.speech_ms, self.silence_ms) = (0, 0);
            return self.turn.take().map(|turn| TurnEvent::LlmOutcome(turn.finish(excess)));
        }
        self.remember(frame);
        if score > self.timing.speech {
            self.speech_ms += FRAME_MS;
        } else if score < SILENCE {
            // Leaks twice as fast as it fills: clicks never add up to a start.
            self.speech_ms = self.speech_ms.saturating_sub(2 * FRAME_MS);
        }
        if self.speech_ms < self.timing.start_ms.max(FRAME_MS) {
            return None;
        }
        let mut turn = TurnAudio::default();
        turn.push(self.recent.make_contiguous());
        self.recent = VecDeque::new();
        self.silence_ms = 0;
        self.turn = Some(turn);
        Some(TurnEvent::Started)
    }

    fn remember(&mut self, frame: &[i16]) {
        self.recent.extend(frame);
        let keep = ((PRE_ROLL_MS + self.timing.start_ms) * INPUT_RATE / 1000) as usize;
        let excess = self.recent.len().saturating_sub(keep);
        self.recent.drain(..excess);
    }
}

/// The audio of one turn, bounded.
#[derive(Default)]
pub(crate) struct TurnAudio {
    samples: Vec<i16>,
    /// Samples beyond the cap, which were heard but not kept.
    beyond: usize,
}

impl TurnAudio {
    /// Appends samples at 16 kHz up to the cap.
    pub(crate) fn push(&mut self, samples: &[i16]) {
        let room = TURN_CAP - self.samples.len();
        let kept = samples.len().min(room);
        self.samples.extend_from_slice(&samples[..kept]);
        self.beyond += samples.len() - kept;
    }

    /// What there is so far.
    pub(crate) fn so_far(&self) -> &[i16] {
        &self.samples
    }

    /// The samples, without the last `excess_ms` of what was heard.
    pub(crate) fn finish(mut self, excess_ms: u32) -> Vec<i16> {
        let excess = (excess_ms * INPUT_RATE / 1000) as usize;
        let cut = excess.saturating_sub(self.beyond).min(self.samples.len());
        self.samples.truncate(self.samples.len() - cut);
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsp::{pcm::to_i16, synthetic};

    /// Speech as a microphone would bring it.
    fn spoken(seconds: f32) -> Vec<i16> {
        synthetic::speech(7, 120.0, seconds).iter().step_by(3).map(|sample| to_i16(*sample)).collect()
    }

    fn noise(ms: usize, level: i32) -> Vec<i16> {
        let mut state = 0x2545_f491_u32;
        (0..ms * 16)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                ((state >> 1).cast_signed() % (level + 1)) as i16
            })
            .collect()
    }

    fn run(detector: &mut TurnDetector, samples: &[i16]) -> Vec<TurnEvent> {
        let mut events = Vec::new();
        samples.chunks(320).for_each(|chunk| detector.push(chunk, &mut events));
        // The pauses between words are another test's business.
        events.retain(|event| !matches!(event, TurnEvent::Paused | TurnEvent::Resumed));
        events
    }

    #[test]
    fn silence_and_noise_are_no_speech() {
        let mut detector = TurnDetector::new(Timing::default());
        assert_eq!(run(&mut detector, &vec![0; 3 * 16_000]), []);
        assert_eq!(run(&mut detector, &noise(3_000, 60)), []);
        assert_eq!(run(&mut detector, &noise(3_000, 3_000)), []);
    }

    #[test]
    fn speech_between_silences_is_one_turn_of_its_length() {
        let mut detector = TurnDetector::new(Timing::default());
        let speech = spoken(2.0);
        assert_eq!(run(&mut detector, &vec![0; 16_000]), []);
        assert_eq!(run(&mut detector, &speech), [TurnEvent::Started]);
        let events = run(&mut detector, &noise(1_200, 30));
        let [TurnEvent::LlmOutcome(audio)] = events.as_slice() else {
            panic!("one end, not {}", events.len())
        };
        let (turn, spoken) = (audio.len(), speech.len());
        assert!(turn.abs_diff(spoken) < 16 * 600, "{turn} samples of a turn, {spoken} of speech");
    }

    #[test]
    fn the_silence_asked_for_decides_the_end() {
        let timing = Timing { silence_ms: 1_500, ..Timing::default() };
        let mut detector = TurnDetector::new(timing);
        run(&mut detector, &spoken(2.0));
        assert_eq!(run(&mut detector, &vec![0; 16 * 1_200]), []);
        assert!(matches!(run(&mut detector, &vec![0; 16 * 600])[..], [TurnEvent::LlmOutcome(_)]));
    }

    #[test]
    fn a_flush_ends_the_turn_at_once_and_only_once() {
        let mut detector = TurnDetector::new(Timing::default());
        run(&mut detector, &spoken(1.5));
        assert!(matches!(detector.flush(), Some(TurnEvent::LlmOutcome(_))));
        assert_eq!(detector.flush(), None);
    }

    #[test]
    fn a_pause_is_told_once_and_so_is_its_end() {
        let mut detector = TurnDetector::new(Timing::default());
        let speech = spoken(1.5);
        let mut events = Vec::new();
        detector.push(&speech, &mut events);
        events.clear();
        detector.push(&vec![0; 16 * 500], &mut events);
        assert_eq!(events, [TurnEvent::Paused]);
        assert!(detector.turn().is_some_and(|turn| turn.len() > speech.len()));
        events.clear();
        detector.push(&speech, &mut events);
        assert_eq!(events.first(), Some(&TurnEvent::Resumed));
    }

    #[test]
    fn a_turn_keeps_a_minute_at_most() {
        let mut turn = TurnAudio::default();
        turn.push(&vec![1; TURN_CAP - 10]);
        turn.push(&[2; 100]);
        assert_eq!(turn.finish(0).len(), TURN_CAP);
    }
}
