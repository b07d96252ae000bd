//! What the practice partner sounds like: a real voice where there is one, the formant voice where not.
//!
//! Only `voiced` has its work done elsewhere.

mod imitation;
mod streamed;
mod utterance;
mod voiced;

pub use imitation::imitate;
pub(crate) use utterance::Utterance;
#[cfg(test)]
pub(crate) use voiced::SpokenText;
pub(crate) use voiced::{NextWord, Prepared, SessionVoice};
