//! What the rehearsal partner sounds like: a real voice where there is one, the formant voice where not.
//!
//! Only `voiced` has its work done elsewhere.

mod streamed;
mod voiced;

pub(crate) use voiced::{Next, Prepared, Speaker, Utterance};

/// The rate of every reply, in Hz (PROTOCOL.md §4).
pub(crate) const OUTPUT_RATE: u32 = speech::formant::OUTPUT_RATE;

/// Speech as a microphone would bring it, for tests.
#[cfg(test)]
pub(crate) fn spoken_at_16_khz(text: &str) -> Vec<i16> {
    use speech::formant::{Character, FormantSpeech};
    let pcm: Vec<i16> =
        FormantSpeech::new(text, Character::named("Charon")).flat_map(|word| word.pcm).collect();
    let mut out = Vec::new();
    crate::resample::Resampler::new(OUTPUT_RATE).push(&pcm, &mut out);
    out
}
