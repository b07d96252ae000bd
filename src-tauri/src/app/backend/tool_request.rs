//! What functions of the app ask the backend's task.

use std::time::Duration;

use tokio::sync::oneshot;

/// What a function of the app asks the backend. A dropped answer means that the program is ending.
pub(super) enum ToolRequest {
    /// Keep a note.
    AddNote(String, oneshot::Sender<Result<(), String>>),
    /// Tell the notes.
    Notes(oneshot::Sender<Vec<tools::Note>>),
    /// Let a timer run.
    SetTimer(Duration, String, oneshot::Sender<Result<(), String>>),
}
