//! What arrived at the partner, and when: finds the end of a question in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use live_server::{AudioObserver, ReceivedAudio};
use speech::RATE;

use crate::speech_source::at_rate;

/// Hz, of the partner's input.
const INPUT: usize = 16_000;
/// The question is looked for at a fourth of the rate: exact to a quarter of a millisecond.
const COARSE: usize = 4;

/// Sound and when it came.
type Piece = (Instant, Vec<i16>);

/// All that came.
#[derive(Clone, Default)]
pub(crate) struct Arrival(Arc<Mutex<Vec<Piece>>>);

impl Arrival {
    /// What the partner tells of its input.
    pub(crate) fn observer(&self) -> AudioObserver {
        let pieces = Arc::clone(&self.0);
        Arc::new(move |heard: &ReceivedAudio<'_>| {
            let piece = (Instant::now(), heard.samples.to_vec());
            pieces.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        })
    }

    /// When the last sample of `question` (at [`RATE`]) came.
    pub(crate) fn end_of(&self, question: &[i16]) -> Option<Instant> {
        let pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<i16> = pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect();
        let (heard, sought) = (coarse(&all), coarse(&at_rate(question, RATE as usize, INPUT)));
        let last = heard.len().checked_sub(sought.len())?;
        let likeness = |at: usize| heard[at..].iter().zip(&sought).map(|(a, b)| a * b).sum::<f32>();
        let (start, _) = (0..=last).map(|at| (at, likeness(at))).max_by(|a, b| a.1.total_cmp(&b.1))?;
        let mut left = (start + sought.len()) * COARSE;
        pieces.iter().find_map(|(at, piece)| {
            let here = left <= piece.len();
            left = left.saturating_sub(piece.len());
            here.then_some(*at)
        })
    }
}

fn coarse(samples: &[i16]) -> Vec<f32> {
    samples.chunks_exact(COARSE).map(|some| some.iter().copied().map(f32::from).sum()).collect()
}
