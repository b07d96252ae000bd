//! What does not apply to a model, and why, as data: the app shows it disabled with the reason, and
//! [`build_setup`](crate::build_setup) leaves it out by the same answer. The texts belong to whoever shows them. Pure.

use super::model::{History, Model, Support, Thinking};
use crate::wire::Behavior;

/// Something that a person can choose about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionKind {
    /// Whose voice it is.
    Voice,
    /// How much to think, by name.
    ThinkingLevel,
    /// How much to think, in tokens.
    ThinkingBudget,
    /// Seeing its thoughts.
    Thoughts,
    /// A voice that answers a mood.
    Affective,
    /// Staying silent when not spoken to.
    Proactive,
    /// Searching with Google.
    Search,
    /// Calling the app's functions, in whatever way.
    Functions,
    /// Waiting for what a function answers.
    BlockingFunctions,
    /// Going on while a function works.
    NonBlockingFunctions,
    /// Bringing in the turns of an earlier session.
    EarlierTurns,
    /// Choosing the language into which it translates.
    TranslateTo,
    /// How readily speech counts as started.
    StartSensitivity,
    /// How readily speech counts as ended.
    EndSensitivity,
    /// How much speech it takes to count as started.
    PrefixPadding,
    /// How long a silence ends a turn.
    Silence,
    /// Resumption without counting what was sent (Vertex AI).
    TransparentResumption,
}

impl OptionKind {
    /// All of them, for a list of settings.
    pub const ALL: [Self; 17] = [
        Self::Voice,
        Self::ThinkingLevel,
        Self::ThinkingBudget,
        Self::Thoughts,
        Self::Affective,
        Self::Proactive,
        Self::Search,
        Self::Functions,
        Self::BlockingFunctions,
        Self::NonBlockingFunctions,
        Self::EarlierTurns,
        Self::TranslateTo,
        Self::StartSensitivity,
        Self::EndSensitivity,
        Self::PrefixPadding,
        Self::Silence,
        Self::TransparentResumption,
    ];
}

/// Why an option does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The model refuses it: the session would not start.
    Refused,
    /// The model does it always, and refuses to be told so.
    AlwaysOn,
    /// The model does not think.
    DoesNotThink,
    /// The model thinks by a named level, not by a budget.
    ThinksByLevel,
    /// The model thinks by a budget, not by a named level.
    ThinksByBudget,
    /// The model writes its replies, so it has no voice.
    Writes,
    /// The model translates, in a voice of its own.
    OwnVoice,
    /// The model does not translate.
    DoesNotTranslate,
    /// The model calls no functions.
    CallsNothing,
    /// The model is not listed, so nothing is asked of it that any model is known to refuse.
    UnknownModel,
    /// The person marks turns by a button, so nothing is detected.
    PushToTalk,
    /// The session gives out no handles.
    NotResumable,
    /// The session goes on from where it was, and knows its own turns.
    Resumes,
}

impl Model {
    /// Why `option` does not apply to this model; `None`: it can be chosen. What depends on other choices, such as
    /// silences under push to talk, says [`SetupOptions::refuses`](crate::SetupOptions::refuses).
    pub fn refuses(&self, option: OptionKind) -> Option<Reason> {
        let reason = self.reason(option)?;
        Some(if self.is_known() { reason } else { Reason::UnknownModel })
    }

    fn reason(&self, option: OptionKind) -> Option<Reason> {
        match option {
            // A voice with a written reply closes with 1007 "Cannot extract voices from a non-audio request".
            OptionKind::Voice if !self.speaks() => Some(Reason::Writes),
            OptionKind::Voice => self.translation.then_some(Reason::OwnVoice),
            OptionKind::ThinkingLevel => match self.thinking {
                Thinking::None => Some(Reason::DoesNotThink),
                Thinking::Level { .. } => None,
                Thinking::Budget { .. } => Some(Reason::ThinksByBudget),
            },
            OptionKind::ThinkingBudget => match self.thinking {
                Thinking::None => Some(Reason::DoesNotThink),
                Thinking::Level { .. } => Some(Reason::ThinksByLevel),
                Thinking::Budget { .. } => None,
            },
            OptionKind::Thoughts => (self.thinking == Thinking::None).then_some(Reason::DoesNotThink),
            OptionKind::Affective => unsupported(&self.affective),
            OptionKind::Proactive => unsupported(&self.proactive),
            OptionKind::Search => (!self.search).then_some(Reason::Refused),
            OptionKind::Functions => self.functions.behaviors.is_empty().then_some(Reason::CallsNothing),
            OptionKind::BlockingFunctions => self.refuses_behavior(&Behavior::Blocking),
            OptionKind::NonBlockingFunctions => self.refuses_behavior(&Behavior::NonBlocking),
            OptionKind::EarlierTurns => (self.history == History::None).then_some(Reason::Refused),
            OptionKind::TranslateTo => (!self.translation).then_some(Reason::DoesNotTranslate),
            OptionKind::StartSensitivity
            | OptionKind::EndSensitivity
            | OptionKind::PrefixPadding
            | OptionKind::Silence
            | OptionKind::TransparentResumption => None,
        }
    }

    fn refuses_behavior(&self, behavior: &Behavior) -> Option<Reason> {
        match self.functions.behaviors.as_slice() {
            [] => Some(Reason::CallsNothing),
            taken => (!taken.contains(behavior)).then_some(Reason::Refused),
        }
    }
}

fn unsupported(support: &Support) -> Option<Reason> {
    match support {
        Support::Unsupported => Some(Reason::Refused),
        Support::Always => Some(Reason::AlwaysOn),
        Support::Optional { .. } => None,
    }
}
