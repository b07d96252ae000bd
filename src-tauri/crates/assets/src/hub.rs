//! Fetches a file from the model hub over HTTPS, continuing where an earlier attempt stopped. Blocks.
//!
//! Every wait has a limit, and giving up does not wait for the server: a thread reads from it and may be left alone.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::AssetError;
use crate::catalogue::{Asset, Hub};
use crate::proxies::Proxies;

/// A server that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);
/// One that takes so long for a file is too slow; the next attempt goes on where this one ended.
const WHOLE: Duration = Duration::from_hours(1);
/// How often the caller is asked whether to go on.
const LOOK: Duration = Duration::from_millis(100);
const PIECE: usize = 1 << 16;
/// Pieces that were read and not written.
const AHEAD: usize = 4;
/// From the hub to its store of files, which is one or two.
const REDIRECTS: usize = 4;

/// Where the hub's files are: `{base}/{repository}/resolve/{revision}/{path}`.
pub(crate) const BASE: &str = "https://huggingface.co";

/// Appends to `part` what it lacks of the asset. `step` is told how many bytes there are now and says whether to go on.
///
/// # Errors
/// `Cancelled` when `step` says so, `Hub` when the server can't be reached or refuses, `File`.
pub(crate) fn fetch(
    base: &str,
    proxies: Option<&Proxies>,
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
    let incoming = read(base.to_owned(), proxies.cloned(), url, have);
    let mut next = |have: u64| -> Result<Option<Piece>, AssetError> {
        let began = Instant::now();
        loop {
            if !step(have) {
                return Err(AssetError::Cancelled);
            }
            match incoming.recv_timeout(LOOK) {
                Ok(piece) => return piece.map(Some).map_err(failed),
                // It was whole, or the thread panicked: what there is tells which.
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if began.elapsed() < SILENCE => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(failed("it sent nothing for 30 seconds".to_owned()));
                }
            }
        }
    };
    let Some(Piece::Begins { continues }) = next(have)? else {
        return Err(failed("it gave no answer".to_owned()));
    };
    // A server that knows no ranges sends the whole again.
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
    while have < asset.size {
        let Some(Piece::Bytes(bytes)) = next(have)? else {
            return Err(failed(format!("it ended after {have} of {} bytes", asset.size)));
        };
        // More than announced is cut: the digest decides anyway.
        let kept = bytes.len().min(usize::try_from(asset.size - have).unwrap_or(usize::MAX));
        file.write_all(&bytes[..kept]).map_err(AssetError::file(part))?;
        have += kept as u64;
    }
    step(have);
    Ok(())
}

/// What comes from the server.
enum Piece {
    /// The answer, which goes on from what there is, or has the whole file.
    Begins {
        continues: bool,
    },
    Bytes(Vec<u8>),
}

/// Reads the file from `from` on, on a thread of its own, which ends when nobody listens any more or by its own limits.
fn read(base: String, proxies: Option<Proxies>, url: String, from: u64) -> Receiver<Result<Piece, String>> {
    let (sender, incoming) = sync_channel(AHEAD);
    thread::spawn(move || {
        let answer = ask(&base, proxies.as_ref(), url, from);
        let (mut body, continues) = match answer {
            Ok(answer) => answer,
            Err(reason) => return drop(sender.send(Err(reason))),
        };
        if sender.send(Ok(Piece::Begins { continues })).is_err() {
            return;
        }
        let mut body = body.as_reader();
        let mut buffer = vec![0; PIECE];
        loop {
            let piece = match body.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(Piece::Bytes(buffer[..count].to_vec())),
                Err(error) => Err(error.to_string()),
            };
            if sender.send(piece).is_err() {
                return;
            }
        }
    });
    incoming
}

/// Asks for the file, and follows redirects to other servers over HTTPS alone.
fn ask(base: &str, proxies: Option<&Proxies>, mut url: String, from: u64) -> Result<(Body, bool), String> {
    let agent = agent(base.starts_with("https:"));
    for _ in 0..=REDIRECTS {
        let mut request = agent.get(&url);
        if let Some(proxies) = proxies {
            request = request.config().proxy(proxies.of(&url)?).build();
        }
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        let response = request.call().map_err(|error| error.to_string())?;
        let status = response.status();
        if status.is_success() {
            return Ok((response.into_parts().1, status == 206));
        }
        if !status.is_redirection() {
            return Err(format!("it answered with the status {}", status.as_u16()));
        }
        let location = response.headers().get("location").and_then(|location| location.to_str().ok());
        url = redirected(base, &url, location.unwrap_or_default())
            .ok_or("it sends us to an address that is not https")?;
    }
    Err("it sends us from one address to the next".to_owned())
}

/// Where a redirect leads: another path of the same server, or an https address without a user's name.
fn redirected(base: &str, from: &str, location: &str) -> Option<String> {
    let to = if location.starts_with('/') && !location.starts_with("//") {
        let from: Uri = from.parse().ok()?;
        format!("{}://{}{location}", from.scheme_str()?, from.authority()?)
    } else {
        location.to_owned()
    };
    let uri: Uri = to.parse().ok()?;
    let is_same_server = |base: &Uri| base.scheme() == uri.scheme() && base.authority() == uri.authority();
    let fits = uri.scheme_str() == Some("https") || base.parse().is_ok_and(|base| is_same_server(&base));
    let authority = uri.authority()?.as_str();
    (fits && !authority.is_empty() && !authority.contains('@')).then_some(to)
}

/// `is_encrypted` is false for tests on this computer alone.
fn agent(is_encrypted: bool) -> Agent {
    // The system's own store of certificates: a company's own authority counts there too.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .https_only(is_encrypted)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_resolve(Some(SILENCE))
        .timeout_connect(Some(SILENCE))
        .timeout_send_request(Some(SILENCE))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .timeout_global(Some(WHOLE))
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
        let broken = fetch(&base, None, &asset, &hub, &part, &mut |_| true);
        assert!(matches!(broken, Err(AssetError::Hub { .. })), "{broken:?}");
        let have = fs::metadata(&part).expect("kept").len();
        assert!(have > 0 && have <= 100_000);
        fetch(&base, None, &asset, &hub, &part, &mut |_| true).expect("continued");
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
        let cancelled = fetch(&base, None, &asset, &hub, &part, &mut |have| have < 200_000);
        assert!(matches!(cancelled, Err(AssetError::Cancelled)));
        assert!(fs::metadata(&part).expect("kept").len() >= 200_000);
    }

    #[test]
    fn redirects_lead_to_https_and_nowhere_else() {
        let to = |location| redirected(BASE, "https://huggingface.co/a/b", location);
        assert_eq!(to("https://files.example/x?y").as_deref(), Some("https://files.example/x?y"));
        assert_eq!(to("/c/d").as_deref(), Some("https://huggingface.co/c/d"));
        for location in [
            "",
            "http://files.example/x",
            "HTTP://huggingface.co/x",
            "//files.example/x",
            "ftp://files.example/x",
            "file:///etc/passwd",
            "https:///etc/passwd",
            "https://me:secret@files.example/x",
            "x",
            "https://files.example/\r\nx",
        ] {
            assert_eq!(to(location), None, "{location}");
        }
    }

    /// A server that sends everybody to this address.
    fn sends_to(location: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a client");
                for line in BufReader::new(stream.try_clone().expect("a copy")).lines() {
                    if line.expect("a line").is_empty() {
                        break;
                    }
                }
                let head = format!(
                    "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(head.as_bytes());
            }
        });
        base
    }

    #[test]
    fn a_redirect_to_plain_http_is_not_followed() {
        let (there, asked) = server(b"content".to_vec(), None);
        let (asset, hub) = asset_of(b"content");
        let folder = tempfile::tempdir().expect("a folder");
        for location in [format!("{there}/x"), "/round/and/round".to_owned()] {
            let fetched =
                fetch(&sends_to(location), None, &asset, &hub, &folder.path().join("part"), &mut |_| true);
            assert!(matches!(fetched, Err(AssetError::Hub { .. })), "{fetched:?}");
        }
        assert!(asked.lock().expect("no panic").is_empty(), "it was asked");
        let plain = ask("https://huggingface.co", None, there, 0);
        assert!(plain.is_err() && asked.lock().expect("no panic").is_empty(), "the hub is asked over https");
    }

    #[test]
    fn a_server_that_says_nothing_does_not_hold_up_cancelling() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let (asset, hub) = asset_of(b"content");
        let folder = tempfile::tempdir().expect("a folder");
        let mut looks = 0;
        let cancelled = fetch(&base, None, &asset, &hub, &folder.path().join("part"), &mut |_| {
            looks += 1;
            looks < 3
        });
        assert!(matches!(cancelled, Err(AssetError::Cancelled)), "{cancelled:?}");
    }

    #[test]
    fn the_hub_is_asked_through_the_proxy_that_was_chosen() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = listener.local_addr().expect("its address");
        let asked = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut lines = BufReader::new(stream).lines();
            lines.next().expect("a line").expect("text")
        });
        let (asset, hub) = asset_of(b"content");
        let folder = tempfile::tempdir().expect("a folder");
        let to: crate::ProxyFor = Arc::new(move |host, port| {
            assert_eq!((host, port), ("huggingface.co", 443));
            Ok(Some(format!("http://{place}")))
        });
        let proxies = Proxies { to, variables: Vec::new() };
        let part = folder.path().join("part");
        let fetched = fetch(BASE, Some(&proxies), &asset, &hub, &part, &mut |_| true);
        assert!(matches!(fetched, Err(AssetError::Hub { .. })), "{fetched:?}");
        assert_eq!(asked.join().expect("no panic"), "CONNECT huggingface.co:443 HTTP/1.1");
    }
}
