//! What the rehearsal partner speaks and hears with: as much of it as was fetched.

use assets::Store;
use rehearsal::Models;

/// The user's own, or those in the folder that `VIVAVOCE_ASSETS` names. Looks for files and opens none; they are loaded
/// when a conversation first needs them.
pub(crate) fn of_user() -> Models {
    Store::of_user().folder().map(Models::in_folder).unwrap_or_default()
}

/// For the terminal: which parts are active.
pub(crate) fn words(models: &Models) -> &'static str {
    match (models.has_voice(), models.has_ear()) {
        (true, true) => "It understands English speech and speaks with a voice of its own.",
        (true, false) => {
            "It speaks with a voice of its own; without a recogniser it understands typed words only."
        }
        (false, true) => "It understands English speech and answers in a sketched voice.",
        (false, false) => {
            "Its voice and its recogniser have not been fetched (`vivavoce-assets fetch`): it understands typed words, plays \
             back spoken ones, and answers in a sketched voice."
        }
    }
}
