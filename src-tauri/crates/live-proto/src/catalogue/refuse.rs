//! Which options do not apply to a model, and why, as data. The app disables them and shows the reason;
//! [`build_setup`](crate::build_setup) omits them by the same rule. The texts are the app's. Pure.

use super::model::{History, Model, Support, Thinking};
use crate::wire::Behavior;

/// An option of a session that a person can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionKind {
    /// The voice.
    Voice,
    /// The level of thinking.
    ThinkingLevel,
    /// The budget of thinking, in tokens.
    ThinkingBudget,
    /// Receiving thoughts.
    Thoughts,
    /// Affective dialog.
    Affective,
    /// Proactive audio.
    Proactive,
    /// Google Search.
    Search,
    /// Calling the app's functions.
    Functions,
    /// Functions that the model waits for.
    BlockingFunctions,
    /// Functions that the model does not wait for.
    NonBlockingFunctions,
    /// Providing turns of an earlier session.
    EarlierTurns,
    /// The target language of a translation.
    TranslateTo,
    /// How readily the start of speech is detected.
    StartSensitivity,
    /// How readily the end of speech is detected.
    EndSensitivity,
    /// How much speech is needed before its start counts.
    PrefixPadding,
    /// How long a silence ends a turn.
    Silence,
    /// Transparent resumption (Vertex AI).
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
    /// The model always does it, and refuses the option.
    AlwaysOn,
    /// The model does not think.
    DoesNotThink,
    /// The model thinks by a named level, not by a budget.
    ThinksByLevel,
    /// The model thinks by a budget, not by a named level.
    ThinksByBudget,
    /// The model replies in text, so it has no voice.
    Writes,
    /// The model translates in its own voice.
    OwnVoice,
    /// The model does not translate.
    DoesNotTranslate,
    /// The model can't call functions.
    CallsNothing,
    /// The model is not listed, so we send nothing that any model is known to refuse.
    UnknownModel,
    /// Push to talk marks the turns, so nothing is detected.
    PushToTalk,
    /// The session sends no handles.
    NotResumable,
    /// The session is resumed and knows its turns.
    Resumes,
}

impl Model {
    /// Returns why `option` does not apply to this model; `None` when it applies.
    /// [`SetupOptions::refuses`](crate::SetupOptions::refuses) also considers other choices, such as push to talk.
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
