//! Tests the practice partner with a real server of language models, and a tiny model that the test makes.

use crate::assets;
use crate::place::{ASSETS_VARIABLE, Place};
use crate::process::{Failure, run};
use crate::sdk::environment;

/// Runs the scenarios of `tests/model/talk.py`.
pub(crate) fn talk(place: &Place) -> Result<(), Failure> {
    let weights = assets::fetch(place)?;
    let python = environment(place, "tests/model/requirements.txt", "model-python")?;
    let mut talk = place.command(python);
    talk.arg(place.file("tests/model/talk.py")).arg(place.app());
    // What Python compiles of the test's modules stays out of the checkout.
    run(talk.env(ASSETS_VARIABLE, &weights).env("PYTHONDONTWRITEBYTECODE", "1"))
}
