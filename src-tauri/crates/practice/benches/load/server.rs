//! The server as a process of its own: it tells its port, and whenever it is asked by a line, how much it has heard.

use std::io::{BufRead, BufReader, Error, Result, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use live_server::{LiveServer, ServerConfig};
use practice::{PracticeAgent, PracticeConfig};

/// The argument that makes this program the server.
pub(crate) const ROLE: &str = "serve";

/// The other side of [`run`]. Dropping it ends the process.
pub(crate) struct Server {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (ask, answers) = pipes.ok_or_else(|| Error::other("no pipes"))?;
        let mut server = Self { process, ask, answers: BufReader::new(answers), port: 0 };
        server.port = server.number()?;
        Ok(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Audio received by all sessions so far, in ms.
    pub(crate) fn heard_ms(&mut self) -> Result<u64> {
        self.ask.write_all(b"\n")?;
        self.number()
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.trim().parse().map_err(|_| Error::other(format!("the server said {line:?}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until standard input ends.
pub(crate) async fn run() -> Result<()> {
    let server = LiveServer::new(ServerConfig::default(), PracticeAgent::factory(PracticeConfig::default()));
    let listening = server.listen(([127, 0, 0, 1], 0).into()).await?;
    say(u64::from(listening.local_addr().port()))?;
    let asked = tokio::task::spawn_blocking(move || {
        std::io::stdin().lines().try_for_each(|line| line.and_then(|_| say(server.received().audio_ms)))
    });
    asked.await?
}

fn say(number: u64) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{number}")?;
    out.flush()
}
