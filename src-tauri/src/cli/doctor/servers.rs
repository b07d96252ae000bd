//! The MCP servers: each is started, asked for its tools, and ended.

use std::path::PathBuf;
use std::time::Duration;

use mcp::{ServerConfig, ServerState, ServerStatus, Servers, Target};

use super::check::{Point, within};
use crate::config::mcp_servers::{self, McpFile};
use crate::config::proxy;
use crate::config::secrets::Secrets;
use crate::contract::{Settings, Text, UiError};

const NAME: &str = "mcp";
/// A program that is downloaded first takes its time.
const LIMIT: Duration = Duration::from_secs(28);

/// Each server of the file that is named, or of the person's own. Without a file the list is empty.
pub(crate) async fn all(settings: Settings, named: Option<PathBuf>, offline: bool) -> Vec<Point> {
    let file = match named.map_or_else(McpFile::of_user, |path| McpFile::read(&path).map(Some)) {
        Ok(Some(file)) => file,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Point::error(NAME, false, error)],
    };
    within(NAME, LIMIT, false, async {
        tried(&settings, &file, offline).await.unwrap_or_else(|error| vec![Point::error(NAME, false, error)])
    })
    .await
}

async fn tried(settings: &Settings, file: &McpFile, offline: bool) -> Result<Vec<Point>, UiError> {
    let (out, here): (Vec<_>, Vec<_>) =
        file.servers().await?.into_iter().partition(|server| offline && is_far(server));
    let not_tried = |server: ServerConfig| {
        Point::ok(NAME, format!("{}: {}", server.name, Text::new("doctor-not-tried").words()))
    };
    let mut points: Vec<Point> = out.into_iter().map(not_tried).collect();
    let connector = proxy::for_tools(settings, &Secrets::default());
    let servers = Servers::start(here, &connector, &mcp_servers::policy(settings, &[]));
    servers.settled(mcp_servers::START_LIMIT).await;
    points.extend(servers.status().into_iter().map(point));
    servers.end().await;
    Ok(points)
}

fn is_far(server: &ServerConfig) -> bool {
    matches!(&server.target, Ok(Target::Http { url, .. }) if !net::is_loopback(&url.origin().host))
}

fn point(server: ServerStatus) -> Point {
    let ServerStatus { name, state, title, tools, left_out, .. } = server;
    match state {
        ServerState::Disabled => {
            Point::ok(NAME, Text::new("doctor-mcp-disabled").with("server", name).words())
        }
        ServerState::Running => {
            let text = Text::new("doctor-mcp").with("server", name).with("count", tools.len().to_string());
            let left_out: Vec<String> =
                left_out.iter().map(|(tool, reason)| format!("{tool}: {reason}")).collect();
            let detail = title.into_iter().chain(left_out).collect::<Vec<_>>().join("; ");
            Point { detail: (!detail.is_empty()).then_some(detail), ..Point::ok(NAME, text.words()) }
        }
        ServerState::Starting => Point::not(NAME, false, &Text::new("mcp-server-slow").with("server", name)),
        ServerState::Restarting { reason } | ServerState::Failed { reason } => {
            let text = Text::new("doctor-mcp-failed").with("server", name);
            Point { detail: Some(reason), ..Point::not(NAME, false, &text) }
        }
    }
}
