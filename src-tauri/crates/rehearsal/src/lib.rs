//! An embedded Gemini Live server to rehearse with and to test against.
