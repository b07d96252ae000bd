//! How the partner behaves: greetings, moods, what is said about it, wishes about its speech, other languages, the system
//! instruction, and what it says when it can't. Pure: what is said in rotation follows from the number of the turn.

mod control;
mod decline;
mod instructions;
mod itself;
mod jokes;
mod languages;
mod mood;
mod small_talk;

use live_proto::wire::FunctionDeclaration;

pub(super) use control::control_answer;
pub(super) use decline::decline;
pub(super) use instructions::Instructions;
pub(super) use itself::{about_itself, asks_to_look, greeting, who};
pub(super) use jokes::joke;
pub(super) use languages::foreign_answer;
pub(super) use mood::{comfort, emergency};
pub(super) use small_talk::small_talk;

/// What the partner knows of itself.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    /// Its name, if the instructions give it one.
    pub(super) name: Option<&'a str>,
    pub(super) hears: bool,
    pub(super) speaks: bool,
    pub(super) functions: &'a [FunctionDeclaration],
}
