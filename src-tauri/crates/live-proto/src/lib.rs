//! The Gemini Live wire protocol and session as a pure state machine.
