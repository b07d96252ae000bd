//! Derives the phase that the window shows. Pure.

use crate::event::Phase;

/// The inputs of the phase.
#[expect(clippy::struct_excessive_bools, reason = "six facts, each true or false apart from the others")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PhaseInputs {
    /// The session's setup is complete.
    pub ready: bool,
    /// Between two connections.
    pub reconnecting: bool,
    /// The speaker is playing a reply.
    pub playing: bool,
    /// You finished speaking and no audio of the answer arrived yet.
    pub awaiting: bool,
    /// The microphone is muted.
    pub muted: bool,
    /// The conversation is over.
    pub ended: bool,
}

impl PhaseInputs {
    /// Returns the phase. Playing has priority over waiting, and waiting over the microphone's state.
    pub(crate) fn phase(self) -> Phase {
        match self {
            Self { ended: true, .. } => Phase::Ended,
            Self { ready: false, .. } => Phase::Connecting,
            Self { reconnecting: true, .. } => Phase::Reconnecting,
            Self { playing: true, .. } => Phase::Speaking,
            Self { awaiting: true, .. } => Phase::Thinking,
            Self { muted: true, .. } => Phase::Muted,
            _ => Phase::Listening,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_has_its_cause() {
        let ready = PhaseInputs { ready: true, ..PhaseInputs::default() };
        assert_eq!(PhaseInputs::default().phase(), Phase::Connecting);
        assert_eq!(ready.phase(), Phase::Listening);
        assert_eq!(PhaseInputs { muted: true, ..ready }.phase(), Phase::Muted);
        assert_eq!(PhaseInputs { awaiting: true, muted: true, ..ready }.phase(), Phase::Thinking);
        assert_eq!(PhaseInputs { playing: true, awaiting: true, ..ready }.phase(), Phase::Speaking);
        assert_eq!(PhaseInputs { reconnecting: true, playing: true, ..ready }.phase(), Phase::Reconnecting);
        assert_eq!(PhaseInputs { ended: true, playing: true, ..ready }.phase(), Phase::Ended);
    }
}
