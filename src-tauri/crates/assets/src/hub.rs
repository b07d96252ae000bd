//! Fetches a file from the model hub over HTTPS, continuing where an earlier attempt stopped. Blocks.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::AssetError;
use crate::catalogue::{Asset, Hub};

/// A server that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);
const PIECE: usize = 1 << 16;

/// Where the hub's files are: `{base}/{repository}/resolve/{revision}/{path}`.
pub(crate) const BASE: &str = "https://huggingface.co";

/// Appends to `part` what it lacks of the asset. `step` is told how many bytes there are now and says whether to go on.
///
/// # Errors
/// `Cancelled` when `step` says so, `Hub` when the server can't be reached or refuses, `File`.
pub(crate) fn fetch(
    base: &str,
    asset: &Asset,
    hub: &Hub,
    part: &Path,
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<(), AssetError> {
    let failed = |reason: String| AssetError::Hub { name: asset.name.clone(), reason };
    let mut have = fs::metadata(part).map_or(0, |found| found.len());
    if have > asset.size {
        fs::remove_file(part).map_err(AssetError::file(part))?;
        have = 0;
    }
    if have == asset.size {
        return Ok(());
    }
    let url = format!("{base}/{}/resolve/{}/{}", hub.repository, hub.revision, hub.path);
    let mut request = agent().get(&url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let mut response = request.call().map_err(|error| failed(error.to_string()))?;
    // A server that knows no ranges sends the whole again.
    let continues = response.status() == 206;
    if !continues {
        have = 0;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(continues)
        .truncate(!continues)
        .open(part)
        .map_err(AssetError::file(part))?;
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; PIECE];
    while have < asset.size {
        if !step(have) {
            return Err(AssetError::Cancelled);
        }
        let read = body.read(&mut buffer).map_err(|error| failed(error.to_string()))?;
        if read == 0 {
            return Err(failed(format!("it ended after {have} of {} bytes", asset.size)));
        }
        // More than announced is cut: the digest decides anyway.
        let kept = read.min(usize::try_from(asset.size - have).unwrap_or(read));
        file.write_all(&buffer[..kept]).map_err(AssetError::file(part))?;
        have += kept as u64;
    }
    step(have);
    Ok(())
}

fn agent() -> Agent {
    // The system's own store of certificates: a company's own authority counts there too.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_connect(Some(SILENCE))
        .timeout_recv_response(Some(SILENCE))
        .build()
        .new_agent()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    /// A server on this machine that has one file and notes the ranges asked for; `breaks` ends its first answer there.
    pub(crate) fn server(content: Vec<u8>, breaks: Option<usize>) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            let mut breaks = breaks;
            for stream in listener.incoming() {
                let mut stream = stream.expect("a client");
                let mut range = String::new();
                for line in BufReader::new(stream.try_clone().expect("a copy")).lines() {
                    let line = line.expect("a line");
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                        value.clone_into(&mut range);
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let from: usize = range.trim_end_matches('-').parse().unwrap_or(0);
                seen.lock().expect("no panic").push(range);
                let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
                let rest = &content[from..];
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    rest.len()
                );
                let sent = breaks.take().unwrap_or(rest.len()).min(rest.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&rest[..sent]));
            }
        });
        (base, asked)
    }

    fn asset_of(content: &[u8]) -> (Asset, Hub) {
        let hub = Hub { repository: "a/b".into(), revision: "c".into(), path: "d".into() };
        let asset = Asset {
            name: "thing".into(),
            about: String::new(),
            file: "thing".into(),
            size: content.len() as u64,
            sha256: Vec::new(),
            licence: "MIT".into(),
            hub: Some(hub.clone()),
            package: None,
        };
        (asset, hub)
    }

    #[test]
    fn a_broken_transfer_is_continued_and_not_begun_again() {
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let (base, asked) = server(content.clone(), Some(100_000));
        let (asset, hub) = asset_of(&content);
        let folder = tempfile::tempdir().expect("a folder");
        let part = folder.path().join("part");
        let broken = fetch(&base, &asset, &hub, &part, &mut |_| true);
        assert!(matches!(broken, Err(AssetError::Hub { .. })), "{broken:?}");
        let have = fs::metadata(&part).expect("kept").len();
        assert!(have > 0 && have <= 100_000);
        fetch(&base, &asset, &hub, &part, &mut |_| true).expect("continued");
        assert_eq!(fs::read(&part).expect("read"), content);
        assert_eq!(*asked.lock().expect("no panic"), [String::new(), format!("{have}-")]);
    }

    #[test]
    fn cancelling_keeps_what_there_is() {
        let content = vec![7; 1 << 20];
        let (base, _) = server(content.clone(), None);
        let (asset, hub) = asset_of(&content);
        let folder = tempfile::tempdir().expect("a folder");
        let part = folder.path().join("part");
        let cancelled = fetch(&base, &asset, &hub, &part, &mut |have| have < 200_000);
        assert!(matches!(cancelled, Err(AssetError::Cancelled)));
        assert!(fs::metadata(&part).expect("kept").len() >= 200_000);
    }
}
