//! The recogniser: Whisper, by whisper.cpp.
//!
//! A call takes about a tenth of the time that the speech lasted, and one thread: more threads wait for each other by
//! spinning, which on a busy machine took twenty times as long as one alone. It understands English, and takes noise for
//! words: ask it only about what a voice-activity net found to be speech.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
    install_logging_hooks,
};

use super::{EAR_RATE, HearError, clean};
use crate::LoadError;

/// Whisper looks at 30 s at a time; a longer speech is cut where it is quiet, and never after more than this.
const LONGEST: usize = 28 * EAR_RATE as usize;
/// Not before.
const SHORTEST_CUT: usize = 15 * EAR_RATE as usize;
/// Where to look for quiet: steps of 20 ms.
const QUIET: usize = EAR_RATE as usize / 50;
/// Shorter speech is followed by silence, or Whisper hears nothing in it.
const LEAST: usize = EAR_RATE as usize * 5 / 4;
/// The encoder's steps: 50 a second, and what measured well on top. Fewer than the least make it loop.
const STEPS_A_SECOND: usize = 50;
const MORE_STEPS: usize = 64;
const LEAST_STEPS: usize = 384;
const MOST_STEPS: usize = 1_500;
/// People say fewer tokens in a second.
const TOKENS_A_SECOND: usize = 8;
/// What never gets louder than this is silence (−46 dBFS); Whisper would hear "you" in it.
const SILENCE: u16 = 160;
/// Above this, Whisper itself says that nobody spoke.
const NO_SPEECH: f32 = 0.6;
/// States that are kept for the next call, each some 20 MB.
const KEPT: usize = 2;

/// A recogniser, loaded. Many may listen with it at once; each takes a thread of its own.
pub struct Ear {
    context: WhisperContext,
    idle: Mutex<Vec<WhisperState>>,
}

impl Ear {
    /// Loads a `ggml` file: a tenth of a second, and some 60 MB with the first call.
    ///
    /// # Errors
    /// When the file can't be read or is no model, or this processor lacks what the recogniser was built for.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let refused = |reason: &str| LoadError::Net { path: path.to_owned(), reason: reason.to_owned() };
        if !processor_will_do() {
            return Err(refused("this processor lacks AVX2, FMA or F16C, which the recogniser is built for"));
        }
        // Without these it writes what it does to the terminal.
        install_logging_hooks();
        std::fs::metadata(path).map_err(LoadError::file(path))?;
        let text = path.to_str().map(PathBuf::from).ok_or_else(|| refused("its path is no text"))?;
        let parameters = WhisperContextParameters { use_gpu: false, ..WhisperContextParameters::default() };
        let context = WhisperContext::new_with_params(&text, parameters)
            .map_err(|error| LoadError::net(path, &error))?;
        Ok(Self { context, idle: Mutex::new(Vec::new()) })
    }

    /// The words in mono samples at [`EAR_RATE`]. Empty when there were none.
    ///
    /// # Errors
    /// `Cancelled` soon after `stop` was set, `Failed` when Whisper fails.
    pub fn hear(&self, samples: &[i16], stop: &AtomicBool) -> Result<String, HearError> {
        let mut heard: Vec<String> = Vec::new();
        let mut rest = samples;
        while !rest.is_empty() {
            if stop.load(Ordering::Relaxed) {
                return Err(HearError::Cancelled);
            }
            let (piece, behind) = rest.split_at(cut(rest));
            let text = self.piece(piece)?;
            if !text.is_empty() {
                heard.push(text);
            }
            rest = behind;
        }
        Ok(heard.join(" "))
    }

    fn piece(&self, samples: &[i16]) -> Result<String, HearError> {
        if samples.iter().all(|sample| sample.unsigned_abs() < SILENCE) {
            return Ok(String::new());
        }
        let failed = |error: whisper_rs::WhisperError| HearError::Failed(error.to_string());
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = match kept {
            Some(state) => state,
            None => self.context.create_state().map_err(failed)?,
        };
        let seconds = samples.len().div_ceil(EAR_RATE as usize);
        let mut sound: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
        sound.resize(sound.len().max(LEAST), 0.0);
        state.full(parameters(sound.len(), seconds), &sound).map_err(failed)?;
        let text: String = state
            .as_iter()
            .filter(|segment| segment.no_speech_probability() < NO_SPEECH)
            .filter_map(|segment| segment.to_str_lossy().ok().map(Cow::into_owned))
            .collect();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(state);
        }
        Ok(clean::words(&text, seconds))
    }
}

fn parameters(samples: usize, seconds: usize) -> FullParams<'static, 'static> {
    let steps = (samples * STEPS_A_SECOND / EAR_RATE as usize + MORE_STEPS).clamp(LEAST_STEPS, MOST_STEPS);
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(1);
    parameters.set_language(Some("en"));
    parameters.set_audio_ctx(i32::try_from(steps).unwrap_or(0));
    parameters.set_max_tokens(i32::try_from(16 + seconds * TOKENS_A_SECOND).unwrap_or(0));
    parameters.set_single_segment(true);
    parameters.set_no_context(true);
    parameters.set_no_timestamps(true);
    parameters.set_suppress_nst(true);
    // No second, wilder attempt when the first looks doubtful: it is doubtful on noise, where silence is right.
    parameters.set_temperature_inc(0.0);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters
}

/// Where to end the first piece of a long speech: at its quietest moment.
fn cut(samples: &[i16]) -> usize {
    if samples.len() <= LONGEST {
        return samples.len();
    }
    let level = |n: &usize| -> i64 {
        // Three steps on each side: a gap between words, not a zero crossing.
        let around = n.saturating_sub(3 * QUIET)..(n + 4 * QUIET).min(samples.len());
        samples[around].iter().map(|&sample| i64::from(sample).pow(2)).sum()
    };
    (SHORTEST_CUT..LONGEST).step_by(QUIET).min_by_key(level).unwrap_or(LONGEST)
}

/// whisper.cpp is built for processors of the last ten years and does not look for itself.
fn processor_will_do() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_speech_is_cut_where_it_is_quiet() {
        assert_eq!(cut(&[1; 1_000]), 1_000);
        let mut long = vec![3_000_i16; 40 * EAR_RATE as usize];
        let gap = 20 * EAR_RATE as usize;
        long[gap - 3_000..gap + 3_000].fill(0);
        assert!(cut(&long).abs_diff(gap) < 3_000);
        assert!((SHORTEST_CUT..=LONGEST).contains(&cut(&vec![9; 60 * EAR_RATE as usize])));
    }

    #[test]
    fn a_missing_file_is_said() {
        assert!(matches!(Ear::load(Path::new("/nowhere/at/all.bin")), Err(LoadError::File { .. })));
    }
}
