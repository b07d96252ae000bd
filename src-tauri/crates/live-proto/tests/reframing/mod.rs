//! The code of the example `reframe`, shared with its test: reads messages of one side, one per line, and writes them
//! in canonical form.

use std::io::{self, BufRead, Write};

use live_proto::wire::{BadFrame, decode_client, decode_server, encode};

/// The side that sent the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    /// Returns the side with this name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "client" => Some(Self::Client),
            "server" => Some(Self::Server),
            _ => None,
        }
    }

    fn reframe(self, line: &[u8]) -> Result<String, BadFrame> {
        match self {
            Self::Client => decode_client(line).map(|read| encode(&read.message)),
            Self::Server => decode_server(line).map(|read| encode(&read.message)),
        }
    }
}

/// Rewrites each line of `input`. An unreadable line becomes `{"error": "…"}`, and the result is `false`.
pub(crate) fn reframe(side: Side, input: impl BufRead, out: &mut impl Write) -> io::Result<bool> {
    let mut all_read = true;
    for line in input.split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match side.reframe(&line) {
            Ok(text) => writeln!(out, "{text}")?,
            Err(bad) => {
                all_read = false;
                writeln!(out, "{}", serde_json::json!({ "error": bad.to_string() }))?;
            }
        }
    }
    out.flush()?;
    Ok(all_read)
}
