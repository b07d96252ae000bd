//! Tests the app with MCP servers that others wrote, as they come from the registries, pinned.

use std::fs;

use crate::cargo;
use crate::place::Place;
use crate::process::{Failure, run};
use crate::sdk::environment;
use crate::web;

/// What npm reads. The packages are installed outside the checkout.
const PACKAGES: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];
/// How the test finds them.
const NODE_VARIABLE: &str = "VIVAVOCE_MCP_NODE";
const PYTHON_VARIABLE: &str = "VIVAVOCE_MCP_PYTHON";

/// Installs the servers and runs the tests of the crate `mcp` that need them.
pub(crate) fn talk(place: &Place) -> Result<(), Failure> {
    let node = place.own("mcp-node")?;
    fs::create_dir_all(&node)?;
    for file in PACKAGES {
        fs::copy(place.file("tests/mcp").join(file), node.join(file))
            .map_err(|e| Failure(format!("can't copy tests/mcp/{file}: {e}")))?;
    }
    web::packages(place, &node)?;
    let python = environment(place, "tests/mcp/requirements.txt", "mcp-python")?;
    let mut test = place.cargo();
    test.arg("test").args(cargo::SELECTION).args(["--test", "others", "--", "--ignored"]);
    run(test.env(NODE_VARIABLE, &node).env(PYTHON_VARIABLE, &python))
}
