//! Which of the found models to propose. Pure.

use super::{LocalModel, LocalServer};

/// Returns the model to propose, and its server: one that calls functions, that is loaded, that stands first.
pub fn best(servers: &[LocalServer]) -> Option<(&LocalServer, &LocalModel)> {
    let all = servers.iter().flat_map(|server| server.models.iter().map(move |model| (server, model)));
    // The first of those that are equal.
    all.enumerate().min_by_key(|(place, (_, model))| (rank(model), *place)).map(|(_, found)| found)
}

/// The smaller, the better.
fn rank(model: &LocalModel) -> (u8, u8) {
    let calls = match model.calls {
        Some(true) => 0,
        None => 1,
        Some(false) => 2,
    };
    (calls, u8::from(model.is_loaded != Some(true)))
}
