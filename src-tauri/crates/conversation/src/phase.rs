//! From what is known to the one word that the window shows. Pure.

use crate::event::Phase;

/// What the phase follows from.
#[expect(clippy::struct_excessive_bools, reason = "six facts, each true or false apart from the others")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PhaseInputs {
    /// The session's setup is complete.
    pub ready: bool,
    /// Between two connections.
    pub reconnecting: bool,
    /// The speaker plays a reply right now.
    pub playing: bool,
    /// You are done and no sound of the answer came yet.
    pub awaiting: bool,
    /// Nothing of the microphone is sent.
    pub muted: bool,
    /// The conversation is over.
    pub ended: bool,
}

impl PhaseInputs {
    /// The phase; what is heard wins over what is expected, and that over the microphone's state.
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
