//! Writes the first frames for a grid of profiles: every model with every option that a person can choose.
//!
//! `cargo run -q -p live-proto --example setups > setups.jsonl`. A line is `{"profile", "path", "frames"}`: the
//! choices, the path of the request with the version of the API, and the frames in order.

#[path = "../tests/grid/mod.rs"]
mod grid;

use std::io::{self, BufWriter, Write};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for profile in grid::profiles() {
        writeln!(out, "{}", profile.line())?;
    }
    out.flush()
}
