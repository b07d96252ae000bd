//! Reads messages of one side, one per line, and writes them in canonical form: camelCase, standard base64.
//!
//! `cargo run -q -p live-proto --example reframe -- client|server < in.jsonl > out.jsonl`. An unreadable line becomes
//! `{"error": "…"}`, and the exit status is 1.

#[path = "../tests/reframing/mod.rs"]
mod reframing;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use reframing::{Side, reframe};

fn main() -> io::Result<ExitCode> {
    let Some(side) = std::env::args().nth(1).as_deref().and_then(Side::named) else {
        writeln!(io::stderr(), "usage: reframe client|server < in.jsonl > out.jsonl")?;
        return Ok(ExitCode::from(2));
    };
    let all_read = reframe(side, io::stdin().lock(), &mut BufWriter::new(io::stdout().lock()))?;
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
