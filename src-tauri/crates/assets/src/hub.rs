//! Downloads a file from the model hub over HTTPS, resuming an earlier attempt. Blocks.
//!
//! Runs `net` on its own runtime for one file. Every wait has a limit, and cancelling does not wait.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use net::http::HttpRequest;
use net::{Connector, HttpUrl, NetError, NetworkFault};
use tokio::runtime;
use tokio::time::timeout;

use crate::AssetError;
use crate::catalogue::{Asset, Hub};

/// How long a server may send nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// How long one attempt may take; the next one resumes it.
const WHOLE: Duration = Duration::from_hours(1);
/// How often the caller is asked whether to continue.
const LOOK: Duration = Duration::from_millis(100);
/// The hub redirects to its file storage once or twice.
const REDIRECTS: u8 = 4;

/// The hub's address; files are at `{base}/{repository}/resolve/{revision}/{path}`.
pub(crate) const BASE: &str = "https://huggingface.co";

/// Downloads the missing rest of the asset to `part`. `step` gets the number of bytes so far and returns whether to
/// continue.
///
/// # Errors
/// `Cancelled` when `step` returns false, `Hub` when the server can't be reached or refuses, `File` when `part` can't
/// be written.
pub(crate) fn fetch(
    base: &str,
    connector: &Connector,
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
    let url: HttpUrl = url.parse().map_err(|_| failed("its address is not valid".to_owned()))?;
    let mut request =
        HttpRequest::get(url).redirects(REDIRECTS).answer_within(SILENCE).silence(SILENCE).within(WHOLE);
    if have > 0 {
        request = request.header("range", &format!("bytes={have}-"));
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    let transfer = Transfer { asset, part, step };
    let fetched = runtime.block_on(transfer.run(connector, &request, have));
    // Don't wait for a name lookup on a thread of the runtime.
    runtime.shutdown_background();
    fetched
}

/// The download of one file.
struct Transfer<'a> {
    asset: &'a Asset,
    part: &'a Path,
    step: &'a mut dyn FnMut(u64) -> bool,
}

impl Transfer<'_> {
    /// Requests the rest and appends it to the file, which has `have` bytes.
    async fn run(
        mut self,
        connector: &Connector,
        request: &HttpRequest,
        mut have: u64,
    ) -> Result<(), AssetError> {
        let mut answer = self.until_cancelled(have, request.stream(connector)).await?;
        if !answer.is_success() {
            return Err(self.failed(format!("it answered with the status {}", answer.status)));
        }
        // A server without range support sends the whole file.
        let continues = answer.status == 206;
        if !continues {
            have = 0;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(continues)
            .truncate(!continues)
            .open(self.part)
            .map_err(AssetError::file(self.part))?;
        while have < self.asset.size {
            let Some(bytes) = self.until_cancelled(have, answer.next()).await? else {
                return Err(self.failed(format!("it ended after {have} of {} bytes", self.asset.size)));
            };
            // Drop bytes beyond the expected size: the digest decides anyway.
            let kept = bytes.len().min(usize::try_from(self.asset.size - have).unwrap_or(usize::MAX));
            file.write_all(&bytes[..kept]).map_err(AssetError::file(self.part))?;
            have += kept as u64;
        }
        (self.step)(have);
        Ok(())
    }

    /// Waits for `work`, and regularly asks the caller whether to continue.
    async fn until_cancelled<T>(
        &mut self,
        have: u64,
        work: impl Future<Output = Result<T, NetError>>,
    ) -> Result<T, AssetError> {
        let mut work = pin!(work);
        loop {
            if !(self.step)(have) {
                return Err(AssetError::Cancelled);
            }
            if let Ok(done) = timeout(LOOK, &mut work).await {
                return done.map_err(|error| self.failed(reason_of(error)));
            }
        }
    }

    fn failed(&self, reason: String) -> AssetError {
        AssetError::Hub { name: self.asset.name.clone(), reason }
    }
}

/// Returns a reason that completes "the model hub did not send …".
fn reason_of(error: NetError) -> String {
    match error {
        NetError::Network { kind: NetworkFault::TimedOut, .. } => "it did not answer in time".to_owned(),
        NetError::Network { kind: NetworkFault::Dns, .. } => "its name could not be resolved".to_owned(),
        NetError::Network { source, .. } => format!("the connection failed ({source})"),
        NetError::BadAnswer { reason, .. } => reason,
        NetError::Tls { .. } | NetError::Proxy { .. } => error.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use net::ProxyChoice;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    /// Starts a local server with one file, which records the requested ranges; `breaks` ends its first response
    /// early.
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

    fn direct() -> Connector {
        Connector::new(ProxyChoice::None)
    }

    fn asset_of(content: &[u8]) -> (Asset, Hub) {
        let hub = Hub { repository: "a/b".into(), revision: "c".into(), path: "d".into() };
        let asset = Asset {
            name: "thing".into(),
            recogniser: None,
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
    fn a_broken_transfer_is_resumed() {
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let (base, asked) = server(content.clone(), Some(100_000));
        let (asset, hub) = asset_of(&content);
        let folder = tempfile::tempdir().expect("a folder");
        let part = folder.path().join("part");
        let broken = fetch(&base, &direct(), &asset, &hub, &part, &mut |_| true);
        assert!(matches!(broken, Err(AssetError::Hub { .. })), "{broken:?}");
        let have = fs::metadata(&part).expect("kept").len();
        assert!(have > 0 && have <= 100_000);
        fetch(&base, &direct(), &asset, &hub, &part, &mut |_| true).expect("continued");
        assert_eq!(fs::read(&part).expect("read"), content);
        assert_eq!(*asked.lock().expect("no panic"), [String::new(), format!("{have}-")]);
    }

    #[test]
    fn a_blocking_thread_of_a_runtime_may_fetch() {
        let content = vec![7; 1 << 16];
        let (base, _) = server(content.clone(), None);
        let (asset, hub) = asset_of(&content);
        let folder = tempfile::tempdir().expect("a folder");
        let part = folder.path().join("part");
        let place = part.clone();
        let runtime = runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let fetching = runtime.spawn_blocking(move || {
            fetch(&base, &direct(), &asset, &hub, &place, &mut |_| true).expect("fetched");
        });
        runtime.block_on(fetching).expect("no panic");
        assert_eq!(fs::read(&part).expect("read"), content);
    }

    #[test]
    fn cancelling_keeps_the_partial_file() {
        let content = vec![7; 1 << 20];
        let (base, _) = server(content.clone(), None);
        let (asset, hub) = asset_of(&content);
        let folder = tempfile::tempdir().expect("a folder");
        let part = folder.path().join("part");
        let cancelled = fetch(&base, &direct(), &asset, &hub, &part, &mut |have| have < 200_000);
        assert!(matches!(cancelled, Err(AssetError::Cancelled)));
        assert!(fs::metadata(&part).expect("kept").len() >= 200_000);
    }

    /// Starts a server that redirects to this address.
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
                fetch(&sends_to(location), &direct(), &asset, &hub, &folder.path().join("part"), &mut |_| {
                    true
                });
            assert!(matches!(fetched, Err(AssetError::Hub { .. })), "{fetched:?}");
        }
        assert!(asked.lock().expect("no panic").is_empty(), "it was asked");
        assert!(BASE.starts_with("https://"), "the hub is asked over https");
    }

    #[test]
    fn a_silent_server_does_not_delay_cancelling() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let (asset, hub) = asset_of(b"content");
        let folder = tempfile::tempdir().expect("a folder");
        let mut looks = 0;
        let cancelled = fetch(&base, &direct(), &asset, &hub, &folder.path().join("part"), &mut |_| {
            looks += 1;
            looks < 3
        });
        assert!(matches!(cancelled, Err(AssetError::Cancelled)), "{cancelled:?}");
    }

    #[test]
    fn the_hub_is_reached_through_the_chosen_proxy() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = listener.local_addr().expect("its address");
        let asked = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut lines = BufReader::new(stream).lines();
            lines.next().expect("a line").expect("text")
        });
        let (asset, hub) = asset_of(b"content");
        let folder = tempfile::tempdir().expect("a folder");
        let proxy = format!("http://{place}").parse().expect("an address");
        let connector = Connector::new(ProxyChoice::Url(proxy));
        let part = folder.path().join("part");
        let fetched = fetch(BASE, &connector, &asset, &hub, &part, &mut |_| true);
        assert!(matches!(fetched, Err(AssetError::Hub { .. })), "{fetched:?}");
        assert_eq!(asked.join().expect("no panic"), "CONNECT huggingface.co:443 HTTP/1.1");
    }
}
