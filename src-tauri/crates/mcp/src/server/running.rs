//! The task of one server: starts it, lists its tools, follows their changes, starts it again when it breaks off, ends it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use net::{Connector, one_line};
use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ErrorCode, ErrorData, Implementation, PaginatedRequestParams,
    ProtocolVersion, Tool as Remote,
};
use rmcp::service::{
    ClientInitializeError, NotificationContext, Peer, RequestContext, RoleClient, RunningService,
    ServiceError, serve_client,
};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tools::Function;
use tools::process::{Pipes, Program, ProgramSpec};

use super::shared::{ServerState, Shared, words};
use super::tool::ServerTool;
use crate::budget::Budget;
use crate::config::Target;
use crate::connection::{Guarded, Link, Requests, Stdio, http_transport};
use crate::names::tool_names;

/// How long a server may take to start: some are downloaded first.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long it may take to list its tools.
const LIST_LIMIT: Duration = Duration::from_secs(15);
/// The least time between two lists.
const LIST_PAUSE: Duration = Duration::from_secs(1);
/// How long it may take to end once its input has ended.
const END_LIMIT: Duration = Duration::from_secs(2);
/// The most tools and pages of a list.
const MOST_TOOLS: usize = 128;
const MOST_PAGES: usize = 32;
/// What is kept of what a program complains of, in bytes: its end, where the reason stands.
const COMPLAINT_BYTES: usize = 2 * 1024;

/// How a run of a server came to its end.
enum Ended {
    /// It was asked to.
    Asked,
    /// It can't be started.
    Never(String),
    /// It broke off.
    Broken(String),
}

/// Keeps a server running until `stop` says so. With `is_trusted` its tools that only read need no leave.
pub(crate) async fn run(
    shared: Arc<Shared>,
    target: Target,
    connector: Connector,
    is_trusted: bool,
    mut stop: watch::Receiver<bool>,
) {
    let mut budget = Budget::default();
    loop {
        let ended = once(&shared, &target, &connector, is_trusted, &mut stop).await;
        let reason = match ended {
            Ended::Asked => return,
            Ended::Never(reason) | Ended::Broken(reason) if *stop.borrow() => {
                tracing::debug!(server = shared.name, reason, "ended");
                return;
            }
            Ended::Never(reason) => {
                shared.change(|now| (now.peer, now.state) = (None, ServerState::Failed { reason }));
                return stopped(&mut stop).await;
            }
            Ended::Broken(reason) => reason,
        };
        tracing::info!(server = shared.name, reason, "a server broke off");
        let Some(pause) = budget.take(Instant::now()) else {
            shared.change(|now| (now.peer, now.state) = (None, ServerState::Failed { reason }));
            return stopped(&mut stop).await;
        };
        shared.change(|now| (now.peer, now.state) = (None, ServerState::Restarting { reason }));
        tokio::select! {
            () = sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

/// Waits until it is asked to end. Cancel safe.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Nobody is left who could ask: that is an end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Runs it once.
async fn once(
    shared: &Arc<Shared>,
    target: &Target,
    connector: &Connector,
    is_trusted: bool,
    stop: &mut watch::Receiver<bool>,
) -> Ended {
    let link = Arc::new(Link::new());
    let changed = Arc::new(Notify::new());
    let client = Client { changed: changed.clone() };
    let (connecting, mut child): (Connecting, Option<Child>) = match target {
        Target::Program(spec) => {
            let (child, stdio) = match Child::start(spec, &link) {
                Ok(started) => started,
                Err(error) => return Ended::Never(not_started(spec, &error)),
            };
            (Box::pin(serve_client(client, Guarded::new(stdio, link.clone()))), Some(child))
        }
        Target::Http { url, headers } => {
            let requests = Requests::new(connector.clone(), url.clone(), headers.clone());
            let transport = Guarded::new(http_transport(requests), link.clone());
            (Box::pin(serve_client(client, transport)), None)
        }
    };
    let session = Session { shared, is_trusted, link: &link, changed: &changed };
    let ended = session.held(connecting, child.as_mut(), stop).await;
    if let Some(child) = child {
        child.end(matches!(ended, Ended::Asked)).await;
    }
    ended
}

type Connecting =
    Pin<Box<dyn Future<Output = Result<RunningService<RoleClient, Client>, ClientInitializeError>> + Send>>;

/// One connection to a server, from its beginning to its end.
struct Session<'a> {
    shared: &'a Arc<Shared>,
    is_trusted: bool,
    link: &'a Arc<Link>,
    changed: &'a Notify,
}

impl Session<'_> {
    async fn held(
        &self,
        connecting: Connecting,
        child: Option<&mut Child>,
        stop: &mut watch::Receiver<bool>,
    ) -> Ended {
        // A server over HTTP has no program whose end could be noticed.
        let mut gone: Pin<Box<dyn Future<Output = String> + Send + '_>> = match child {
            Some(child) => Box::pin(child.gone()),
            None => Box::pin(std::future::pending()),
        };
        let running = tokio::select! {
            running = timeout(START_LIMIT, connecting) => match running {
                Ok(Ok(running)) => running,
                // The program's own words say more than that its pipe was closed.
                Ok(Err(error)) => return Ended::Broken(self.reason(&mut gone, || initialize_words(&error)).await),
                Err(_) => return Ended::Broken("it does not start within a minute".to_owned()),
            },
            reason = &mut gone => return Ended::Broken(reason),
            () = stopped(stop) => return Ended::Asked,
        };
        let peer = running.peer().clone();
        let title = title(&peer);
        let cancel = running.cancellation_token();
        let mut waiting = pin!(running.waiting());
        let mut is_first = true;
        loop {
            let listed = tokio::select! {
                listed = timeout(LIST_LIMIT, list(&peer)) => listed,
                reason = &mut gone => return Ended::Broken(reason),
                _ = &mut waiting => {
                    let reason = self.reason(&mut gone, || "it closed the connection".to_owned()).await;
                    return Ended::Broken(reason);
                }
                () = stopped(stop) => break,
            };
            match listed {
                Ok(Ok(tools)) => self.take(&peer, title.clone(), &tools),
                Ok(Err(error)) if is_first => {
                    return Ended::Broken(format!("it does not list its tools: {}", words(&error)));
                }
                Err(_) if is_first => return Ended::Broken("it does not list its tools in time".to_owned()),
                // The tools that it had are still called.
                Ok(Err(error)) => tracing::warn!(server = self.shared.name, %error, "no new list of tools"),
                Err(_) => tracing::warn!(server = self.shared.name, "no new list of tools in time"),
            }
            is_first = false;
            let changed = async {
                // However often it says so.
                sleep(LIST_PAUSE).await;
                self.changed.notified().await;
            };
            tokio::select! {
                () = changed => {}
                reason = &mut gone => return Ended::Broken(reason),
                _ = &mut waiting => {
                    let reason = self.reason(&mut gone, || "it closed the connection".to_owned()).await;
                    return Ended::Broken(reason);
                }
                () = stopped(stop) => break,
            }
        }
        cancel.cancel();
        let _ = timeout(END_LIMIT, waiting).await;
        Ended::Asked
    }

    /// Why a connection ended: because we gave it up, because its program ended, or `otherwise`.
    async fn reason(
        &self,
        gone: &mut (impl Future<Output = String> + Unpin),
        otherwise: impl FnOnce() -> String,
    ) -> String {
        if let Some(reason) = self.link.reason() {
            return reason;
        }
        // The end of a program comes just after the end of its pipe.
        timeout(Duration::from_millis(500), gone).await.unwrap_or_else(|_| otherwise())
    }

    /// Takes the tools that the server has now.
    fn take(&self, peer: &Peer<RoleClient>, title: Option<String>, listed: &[Remote]) {
        let Shared { key, .. } = &**self.shared;
        let names = tool_names(key, listed.iter().map(|tool| tool.name.as_ref()));
        let (mut functions, mut left_out) = (Vec::new(), Vec::new());
        for (remote, name) in listed.iter().zip(names) {
            let leave_out = |reason: String| (one_line(&remote.name), reason);
            if functions.len() >= MOST_TOOLS {
                left_out.push(leave_out(format!("only {MOST_TOOLS} tools of a server are used")));
                continue;
            }
            let tool = ServerTool::new(self.shared.clone(), name, remote, self.is_trusted);
            match Function::new(Box::new(tool)) {
                Ok(function) => functions.push(function),
                Err(error) => left_out.push(leave_out(error.to_string())),
            }
        }
        self.shared.change(|now| {
            (now.peer, now.state, now.title) = (Some(peer.clone()), ServerState::Running, title);
            (now.functions, now.left_out) = (functions, left_out);
        });
    }
}

/// All tools of a server, within bounds.
async fn list(peer: &Peer<RoleClient>) -> Result<Vec<Remote>, ServiceError> {
    let mut tools = Vec::new();
    let mut cursor = None;
    for _ in 0..MOST_PAGES {
        let page = peer.list_tools(Some(PaginatedRequestParams::default().with_cursor(cursor))).await?;
        tools.extend(page.tools);
        cursor = page.next_cursor;
        // Enough to say that some are left out.
        if cursor.is_none() || tools.len() > 2 * MOST_TOOLS {
            break;
        }
    }
    tools.truncate(2 * MOST_TOOLS);
    Ok(tools)
}

fn title(peer: &Peer<RoleClient>) -> Option<String> {
    let info = peer.peer_info()?;
    let server = info.server_info.as_ref()?;
    Some(one_line(&format!("{} {}", server.name, server.version)))
}

fn initialize_words(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::ConnectionClosed(_) => {
            "it closed the connection before it was ready".to_owned()
        }
        ClientInitializeError::JsonRpcError(error) => one_line(&error.message),
        ClientInitializeError::TransportError { error, .. } => words(&*error.error),
        other => words(other),
    }
}

fn not_started(spec: &ProgramSpec, error: &std::io::Error) -> String {
    let program = spec.program.to_string_lossy();
    match error.kind() {
        std::io::ErrorKind::NotFound => one_line(&format!("{program} was not found")),
        _ => one_line(&format!("{program} can't be started: {error}")),
    }
}

/// The program of a server.
struct Child {
    program: Program,
    stderr: tokio::process::ChildStderr,
    complaint: Vec<u8>,
}

impl Child {
    fn start(
        spec: &ProgramSpec,
        link: &Arc<Link>,
    ) -> std::io::Result<(Self, Stdio<tokio::process::ChildStdout, tokio::process::ChildStdin>)> {
        let (program, Pipes { stdin, stdout, stderr }) = spec.start()?;
        let stdio = Stdio::new(stdout, stdin, link.clone());
        Ok((Self { program, stderr, complaint: Vec::new() }, stdio))
    }

    /// Waits until the program has ended, and says how. Cancel safe.
    async fn gone(&mut self) -> String {
        let Self { program, stderr, complaint } = self;
        let mut is_open = true;
        let status = loop {
            tokio::select! {
                more = read_tail(stderr, complaint), if is_open => is_open = more,
                status = program.wait() => break status,
            }
        };
        // What it said last is still in the pipe; another program may hold that open.
        let rest = async { while is_open && read_tail(stderr, complaint).await {} };
        let _ = timeout(Duration::from_millis(200), rest).await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = one_line(&last_line(complaint));
        if said.is_empty() {
            format!("it ended with {status}")
        } else {
            format!("it ended with {status}: {said}")
        }
    }

    /// Ends it. One that is asked to may take a moment to do it by itself.
    async fn end(mut self, is_asked: bool) {
        if is_asked {
            let _ = timeout(END_LIMIT, self.gone()).await;
        }
        self.program.end();
        // Nothing of it is left when this returns; a zombie is for the runtime.
        let _ = timeout(END_LIMIT, self.program.wait()).await;
    }
}

/// Reads on and keeps the end: whether there may be more. Cancel safe.
async fn read_tail(stream: &mut (impl AsyncRead + Unpin), kept: &mut Vec<u8>) -> bool {
    let mut piece = [0; 1024];
    let Ok(read @ 1..) = stream.read(&mut piece).await else { return false };
    kept.extend_from_slice(&piece[..read]);
    let surplus = kept.len().saturating_sub(COMPLAINT_BYTES);
    kept.drain(..surplus);
    true
}

/// The last line that says something: after a trace of calls, that is the reason.
fn last_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

/// What a server may ask of us: nothing but whether we are there.
struct Client {
    changed: Arc<Notify>,
}

#[expect(deprecated, reason = "sampling leaves the protocol, and servers ask for it until then")]
impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("vivavoce", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn create_message(
        &self,
        _: rmcp::model::CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<rmcp::model::CreateMessageResult, ErrorData> {
        // The protocol's own words for a person who says no.
        Err(ErrorData::new(ErrorCode(-1), "User rejected sampling request", None))
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }
}
