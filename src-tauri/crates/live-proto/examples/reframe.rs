//! Reads messages of one side, one per line, and writes them as the types hold them: camelCase, standard base64.
//!
//! `cargo run -q -p live-proto --example reframe -- client|server < in.jsonl > out.jsonl`. An unreadable line becomes
//! `{"error": "…"}` and the exit status is 1 at the end.

use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

use live_proto::wire::{BadFrame, decode_client, decode_server, encode};

fn main() -> io::Result<ExitCode> {
    let reframe: fn(&[u8]) -> Result<String, BadFrame> = match std::env::args().nth(1).as_deref() {
        Some("client") => |line| decode_client(line).map(|read| encode(&read.message)),
        Some("server") => |line| decode_server(line).map(|read| encode(&read.message)),
        _ => {
            writeln!(io::stderr(), "usage: reframe client|server < in.jsonl > out.jsonl")?;
            return Ok(ExitCode::from(2));
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut status = ExitCode::SUCCESS;
    for line in io::stdin().lock().split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match reframe(&line) {
            Ok(text) => writeln!(out, "{text}")?,
            Err(bad) => {
                status = ExitCode::FAILURE;
                writeln!(out, "{}", serde_json::json!({ "error": bad.to_string() }))?;
            }
        }
    }
    out.flush()?;
    Ok(status)
}
