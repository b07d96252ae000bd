//! The recogniser: Whisper, by whisper.cpp.
//!
//! A hearing takes half a second of a processor, and one thread: more threads wait for each other by spinning, which on a busy
//! machine took twenty times as long as one alone. Doubtful speech is heard a second time, and where a processor is free that
//! is begun beside the first: an answer waits for it, and whether it was doubtful is known too late. It takes noise for
//! words: ask it only about what a voice-activity net found to be speech.
//!
//! A model for several languages is told which one to expect: the one that was heard last. What it heard tells which it was
//! (one step of the decoder, no second look at the sound), and only when that is another one is it heard again.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, get_lang_id,
    get_lang_max_id, get_lang_str, install_logging_hooks,
};

use super::{ASR_RATE, TranscribeError, Transcript, clean, time_stretch};
use crate::LoadError;

/// Whisper looks at 30 s at a time; a longer speech is cut where it is quiet, and never after more than this.
const LONGEST: usize = 28 * ASR_RATE as usize;
/// Not before.
const SHORTEST_CUT: usize = 15 * ASR_RATE as usize;
/// Where to look for quiet: steps of 20 ms.
const QUIET: usize = ASR_RATE as usize / 50;
/// Shorter speech is followed by silence, or Whisper hears nothing in it.
const LEAST: usize = ASR_RATE as usize * 5 / 4;
/// The encoder's steps: 50 a second, and what measured well on top. Fewer than the least make it loop.
const STEPS_A_SECOND: usize = 50;
const MORE_STEPS: usize = 64;
const LEAST_STEPS: usize = 384;
const MOST_STEPS: usize = 1_500;
/// Silence before the first word of the second recognition (300 ms): moved in its window, Whisper makes other mistakes.
const LEAD: usize = ASR_RATE as usize * 3 / 10;
/// The longest sound that fits into Whisper's 30 s when it is slowed down.
const LONGEST_AGAIN: usize = 25 * ASR_RATE as usize;
/// The mean logarithm of the tokens' probabilities below which it is heard again, slower. By voices of espeak-ng that this
/// was not chosen by, 9 % of the words were wrong with it and 15 % without in a quiet room, 22 and 27 % at 15 dB above noise.
const DOUBTFUL: f32 = -0.3;
/// People say fewer tokens in a second, of English.
const TOKENS_A_SECOND: usize = 8;
/// Of a language whose letters are tokens of their own, or several.
const TOKENS_A_SECOND_AT_MOST: usize = 24;
/// How much likelier another language must be than the expected one, so that a cough in a talk is no Welsh.
const LIKELIER: f32 = 4.0;
/// What never gets louder than this is silence (−46 dBFS); Whisper would hear "you" in it.
const SILENCE: u16 = 160;
/// Less of the loudest sample is no voice but its room (−30 dB).
const SPOKEN: f32 = 0.03;
/// A step in which quiet is looked for.
const STEP: Duration = Duration::from_millis(20);
/// So many steps without sound between words are no pause.
const GAP: u32 = 10;
/// Above this, Whisper itself says that nobody spoke.
const NO_SPEECH: f32 = 0.6;
/// States that are kept for the next call, each some 20 MB.
const KEPT: usize = 2;

/// A recogniser, loaded. Many may listen with it at once; each takes a thread of its own.
pub struct Recogniser(Arc<Loaded>);

struct Loaded {
    context: WhisperContext,
    idle: Mutex<Vec<WhisperState>>,
    /// Hearings that run.
    at_work: AtomicUsize,
    /// The number of the language that was heard last, in a model for several; people rarely change it.
    language: AtomicI32,
}

impl Recogniser {
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
        Ok(Self(Arc::new(Loaded {
            context,
            idle: Mutex::new(Vec::new()),
            at_work: AtomicUsize::new(0),
            language: AtomicI32::new(english()),
        })))
    }

    /// Whether it understands several languages.
    pub fn is_multilingual(&self) -> bool {
        self.0.context.is_multilingual()
    }

    /// Returns the words in mono samples at [`ASR_RATE`], or an empty text, and in which language they are. A doubtful result is recognised a second time,
    /// a tenth slower, and the more likely words are used.
    ///
    /// # Errors
    /// `Cancelled` soon after `stop` was set, `Failed` when Whisper fails.
    pub fn transcribe(&self, samples: &[i16], stop: &AtomicBool) -> Result<Transcript, TranscribeError> {
        self.pieces(samples, stop, true)
    }

    /// The same of a speech that goes on: heard once, since it will be heard again.
    ///
    /// # Errors
    /// As [`transcribe`](Self::transcribe).
    pub fn draft(&self, samples: &[i16], stop: &AtomicBool) -> Result<Transcript, TranscribeError> {
        self.pieces(samples, stop, false)
    }

    fn pieces(&self, samples: &[i16], stop: &AtomicBool, twice: bool) -> Result<Transcript, TranscribeError> {
        let mut heard: Vec<String> = Vec::new();
        let mut language = None;
        let mut rest = samples;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(cut(rest));
            let piece = self.piece(piece, stop, twice)?;
            if !piece.text.is_empty() {
                heard.push(piece.text);
                language = piece.language;
            }
            rest = behind;
        }
        Ok(Transcript { text: heard.join(" "), language })
    }

    fn piece(&self, samples: &[i16], stop: &AtomicBool, twice: bool) -> Result<Transcript, TranscribeError> {
        let go_on = || if stop.load(Ordering::Relaxed) { Err(TranscribeError::Cancelled) } else { Ok(()) };
        go_on()?;
        if samples.iter().all(|sample| sample.unsigned_abs() < SILENCE) {
            return Ok(Transcript::default());
        }
        let sound: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
        let words = if twice && sound.len() <= LONGEST_AGAIN {
            self.twice(&sound, go_on)?
        } else {
            self.0.transcribe(&sound)?
        };
        let lasted = Duration::from_secs_f32(samples.len() as f32 / ASR_RATE as f32);
        let text = clean::words(&words.text, lasted, voiced(samples));
        let language = words.language.and_then(get_lang_str).filter(|_| !text.is_empty());
        Ok(Transcript { text, language })
    }

    /// Hears what is doubtful again, a tenth slower.
    fn twice(
        &self,
        sound: &[f32],
        go_on: impl Fn() -> Result<(), TranscribeError>,
    ) -> Result<Words, TranscribeError> {
        let beside = if self.0.leaves_a_processor() { self.begin_slower(sound.to_vec()) } else { None };
        let words = self.0.transcribe(sound)?;
        if words.sure >= DOUBTFUL {
            return Ok(words);
        }
        go_on()?;
        let again = match beside {
            Some(beside) => beside.recv().unwrap_or(Err(TranscribeError::Failed("it broke off".into()))),
            None => self.0.transcribe_slower(sound),
        };
        // Doubtful words are better than none.
        Ok(match again {
            Ok(again) => words.or_surer(again),
            Err(_) => words,
        })
    }

    /// Starts recognising a slower `sound` on another thread. It runs to its end even if its result is not used.
    fn begin_slower(&self, sound: Vec<f32>) -> Option<mpsc::Receiver<Result<Words, TranscribeError>>> {
        let (heard, words) = mpsc::sync_channel(1);
        let recogniser = Arc::clone(&self.0);
        let begun = threads::spawn("transcribe-again", move || {
            // Nobody waits for what was no longer doubtful.
            _ = heard.send(recogniser.transcribe_slower(&sound));
        });
        begun.ok().map(|_| words)
    }
}

impl Loaded {
    /// Returns whether a processor is free for a second recognition at the same time.
    fn leaves_a_processor(&self) -> bool {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.at_work.load(Ordering::Relaxed) + 2 <= processors
    }

    fn transcribe_slower(&self, sound: &[f32]) -> Result<Words, TranscribeError> {
        self.transcribe(&[vec![0.0; LEAD], time_stretch::slower(sound)].concat())
    }

    fn transcribe(&self, sound: &[f32]) -> Result<Words, TranscribeError> {
        let _at_work = AtWork::on(&self.at_work);
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = match kept {
            Some(state) => state,
            None => self.context.create_state().map_err(failed)?,
        };
        let words = self.transcribed(&mut state, sound)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(state);
        }
        Ok(words)
    }

    fn transcribed(&self, state: &mut WhisperState, sound: &[f32]) -> Result<Words, TranscribeError> {
        if !self.context.is_multilingual() {
            return Words::transcribed(state, sound, None);
        }
        let expected = self.language.load(Ordering::Relaxed);
        let words = Words::transcribed(state, sound, Some(expected))?;
        let language = self.spoken_language(state, expected)?;
        if language == expected || words.text.trim().is_empty() {
            return Ok(words);
        }
        self.language.store(language, Ordering::Relaxed);
        Words::transcribed(state, sound, Some(language))
    }

    /// Returns how many languages the model has; a newer one has more than an older one.
    fn languages(&self) -> i32 {
        (self.context.model_n_vocab() - OTHER_TOKENS).clamp(1, get_lang_max_id() + 1)
    }

    /// Returns which language the sound is in that this state heard last, by what the decoder would say first.
    fn spoken_language(&self, state: &mut WhisperState, expected: i32) -> Result<i32, TranscribeError> {
        state.decode(&[self.context.token_sot()], 0, 1).map_err(failed)?;
        let logits = state.get_logits().map_err(failed)?;
        let likely = |language: i32| {
            let token = usize::try_from(self.context.token_lang(language)).ok();
            token.and_then(|token| logits.get(token)).copied().unwrap_or(f32::MIN)
        };
        let best = (0..self.languages()).max_by(|a, b| likely(*a).total_cmp(&likely(*b)));
        let best = best.unwrap_or(expected);
        Ok(if likely(best) > likely(expected) + LIKELIER.ln() { best } else { expected })
    }
}

/// The tokens of a model beside those of its languages.
const OTHER_TOKENS: i32 = 51_766;

/// The number of the language that is expected first.
fn english() -> i32 {
    get_lang_id("en").unwrap_or_default()
}

/// Counts itself while it is there.
struct AtWork<'a>(&'a AtomicUsize);

impl<'a> AtWork<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What Whisper wrote, and how sure it was of it.
#[derive(Debug, PartialEq)]
struct Words {
    text: String,
    /// The mean logarithm of the tokens' probabilities; 0 is certain.
    sure: f32,
    /// The number of their language, where the model knows several.
    language: Option<i32>,
}

impl Words {
    fn transcribed(
        state: &mut WhisperState,
        sound: &[f32],
        language: Option<i32>,
    ) -> Result<Self, TranscribeError> {
        let seconds = sound.len().div_ceil(ASR_RATE as usize);
        let mut sound = sound.to_vec();
        sound.resize(sound.len().max(LEAST), 0.0);
        state.full(parameters(sound.len(), seconds, language), &sound).map_err(failed)?;
        let (mut text, mut sum, mut count) = (String::new(), 0.0, 0);
        for segment in state.as_iter().filter(|segment| segment.no_speech_probability() < NO_SPEECH) {
            text.extend(segment.to_str_lossy().ok().map(Cow::into_owned));
            for token in (0..segment.n_tokens()).filter_map(|n| segment.get_token(n)) {
                sum += token.token_probability().max(f32::MIN_POSITIVE).ln();
                count += 1;
            }
        }
        Ok(Self { text, sure: if count == 0 { 0.0 } else { sum / count as f32 }, language })
    }

    /// These, or others that it is surer of. Nothing is no better than something.
    fn or_surer(self, other: Self) -> Self {
        if other.sure > self.sure && !other.text.trim().is_empty() { other } else { self }
    }
}

fn failed(error: whisper_rs::WhisperError) -> TranscribeError {
    TranscribeError::Failed(error.to_string())
}

/// Returns the duration of speech, with the gaps between words.
fn voiced(samples: &[i16]) -> Duration {
    let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    let least = SILENCE.max((f32::from(loudest) * SPOKEN) as u16);
    let (mut steps, mut gap) = (0, GAP + 1);
    for step in samples.chunks(QUIET) {
        if step.iter().any(|sample| sample.unsigned_abs() >= least) {
            // A gap that was short belongs to what was said.
            steps += 1 + if gap <= GAP { gap } else { 0 };
            gap = 0;
        } else {
            gap += 1;
        }
    }
    STEP * steps
}

fn parameters(samples: usize, seconds: usize, language: Option<i32>) -> FullParams<'static, 'static> {
    let steps = (samples * STEPS_A_SECOND / ASR_RATE as usize + MORE_STEPS).clamp(LEAST_STEPS, MOST_STEPS);
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(1);
    let language = language.and_then(get_lang_str).unwrap_or("en");
    let tokens_a_second = if language == "en" { TOKENS_A_SECOND } else { TOKENS_A_SECOND_AT_MOST };
    parameters.set_language(Some(language));
    parameters.set_audio_ctx(i32::try_from(steps).unwrap_or(0));
    parameters.set_max_tokens(i32::try_from(16 + seconds * tokens_a_second).unwrap_or(0));
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
        let mut long = vec![3_000_i16; 40 * ASR_RATE as usize];
        let gap = 20 * ASR_RATE as usize;
        long[gap - 3_000..gap + 3_000].fill(0);
        assert!(cut(&long).abs_diff(gap) < 3_000);
        assert!((SHORTEST_CUT..=LONGEST).contains(&cut(&vec![9; 60 * ASR_RATE as usize])));
    }

    #[test]
    fn silence_around_a_speech_is_not_spoken_in() {
        let tone = |steps: usize| vec![9_000_i16; steps * QUIET];
        let quiet = |steps: usize| vec![200_i16; steps * QUIET];
        let speech = [quiet(100), tone(30), quiet(5), tone(20), quiet(50), tone(10), quiet(300)].concat();
        assert_eq!(voiced(&speech), Duration::from_millis(65 * 20));
        assert_eq!(voiced(&[0; 1_600]), Duration::ZERO);
        assert_eq!(voiced(&[]), Duration::ZERO);
    }

    #[test]
    fn the_surer_words_are_taken_and_silence_is_not_sure() {
        let words = |text: &str, sure: f32| Words { text: text.into(), sure, language: None };
        let (doubtful, sure) = (|| words("a dough", -0.8), || words("a joke", -0.2));
        assert_eq!(doubtful().or_surer(sure()), sure());
        assert_eq!(sure().or_surer(doubtful()), sure());
        assert_eq!(doubtful().or_surer(words(" ", 0.0)), doubtful());
    }

    #[test]
    fn a_missing_file_is_said() {
        assert!(matches!(Recogniser::load(Path::new("/nowhere/at/all.bin")), Err(LoadError::File { .. })));
    }
}
