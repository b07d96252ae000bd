//! What a model refuses after its setup, in the service's words: turns and answers to calls (PROTOCOL.md §2.5, §2.6, §13).
//! Pure.

use live_proto::catalogue::{Behaviour, SystemTurn, Taken};
use live_proto::wire::{Blob, Content, FunctionResponse, Part};

use super::negotiated_setup::NegotiatedSetup;
use crate::close::Closing;

/// Whether this is a turn that replaces the system instruction.
pub(super) fn is_system(turn: &Content) -> bool {
    turn.role.as_deref() == Some("system")
}

/// Checks a turn of `clientContent`.
pub(super) fn check_turn(turn: &Content, behaviour: &Behaviour) -> Result<(), Closing> {
    let has_role = turn.role.as_ref().is_some_and(|role| !role.is_empty());
    if behaviour.role_required && !has_role {
        return Err(Closing::invalid_argument());
    }
    if is_system(turn) && behaviour.system_turn == SystemTurn::Refused {
        return Err(Closing::invalid_argument());
    }
    let is_function = |part: &Part| part.function_call.is_some() || part.function_response.is_some();
    if behaviour.functions_in_turns == Taken::Refused && turn.parts.iter().any(is_function) {
        return Err(Closing::invalid_argument());
    }
    let is_audio = |part: &Part| part.inline_data.as_ref().is_some_and(|blob| has_type(blob, "audio/"));
    if behaviour.audio_in_turns == Taken::Refused && turn.parts.iter().any(is_audio) {
        return Err(Closing::new(1007, "Precondition check failed"));
    }
    Ok(())
}

/// Checks an answer to a call by what the model takes.
pub(super) fn check_answer(answer: &FunctionResponse, setup: &NegotiatedSetup) -> Result<(), Closing> {
    if answer.scheduling.is_some() && !setup.answer_scheduling {
        return Err(Closing::new(1007, "Function response scheduling is not supported for this model"));
    }
    let mut types = answer.parts.iter().filter_map(|part| {
        let inline = part.inline_data.as_ref().and_then(|blob| blob.mime_type.as_deref());
        inline.or_else(|| part.file_data.as_ref()?.mime_type.as_deref())
    });
    let refused = &setup.behaviour.refused_in_answers;
    let is_refused = |kind: &str| refused.iter().any(|refused| is_type(kind, refused));
    if types.any(is_refused) { Err(Closing::invalid_argument()) } else { Ok(()) }
}

/// Whether a blob's MIME type begins so, such as with `image/`.
pub(super) fn has_type(blob: &Blob, kind: &str) -> bool {
    let begins = |own: &str| own.get(..kind.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(kind));
    blob.mime_type.as_deref().is_some_and(begins)
}

/// Whether this is that MIME type, with or without parameters.
fn is_type(written: &str, kind: &str) -> bool {
    written.split(';').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(kind))
}
