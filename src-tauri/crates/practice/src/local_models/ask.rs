//! The questions to a port, within the time that one has.

use net::http::{HttpRequest, HttpResponse};
use net::{Connector, HttpUrl, Origin, ProxyChoice};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::answers::{self, Listed};
use super::{LIMIT, LocalPort, LocalServer, ServerKind, Usual};

/// The address, so that no name is looked up.
const HERE: &str = "127.0.0.1";
/// The longest answer, in bytes.
const MOST: usize = 1 << 20;
/// So many models of a server are asked for details.
const DETAILED: usize = 32;

/// Asks, and never through a proxy.
#[derive(Clone)]
pub(super) struct Asker(Connector);

impl Asker {
    pub(super) fn new() -> Self {
        Self(Connector::new(ProxyChoice::None))
    }

    async fn get(&self, port: u16, path: &str) -> Option<HttpResponse> {
        self.send(HttpRequest::get(url(port, path)?)).await
    }

    async fn post(&self, port: u16, path: &str, body: &Value) -> Option<HttpResponse> {
        self.send(HttpRequest::post(url(port, path)?, "application/json", body.to_string())).await
    }

    async fn send(&self, request: HttpRequest) -> Option<HttpResponse> {
        request.within(LIMIT).answer_within(LIMIT).at_most(MOST).send(&self.0).await.ok()
    }
}

fn url(port: u16, path: &str) -> Option<HttpUrl> {
    HttpUrl::at(Origin { host: HERE.to_owned(), port, is_encrypted: false }, path).ok()
}

/// Asks a port what it has; `None` when no server of language models answers in time.
pub(super) async fn port(asker: &Asker, port: LocalPort) -> Option<LocalServer> {
    let deadline = Instant::now() + LIMIT;
    let LocalPort { number, usual } = port;
    let listed = timeout_at(deadline, list(asker, number, usual)).await.ok().flatten()?;
    // What comes in time of the details; the list stands without them.
    let mut server =
        LocalServer { kind: listed.kind, port: number, wants_key: listed.wants_key, models: listed.models };
    let _ = timeout_at(deadline, details(asker, &mut server)).await;
    server.models.retain(|model| !model.id.is_empty());
    Some(server)
}

async fn list(asker: &Asker, port: u16, usual: Usual) -> Option<Listed> {
    match usual {
        Usual::Ollama => answers::ollama(&asker.get(port, "/api/tags").await?),
        Usual::LmStudio => {
            // Since version 0.4 it tells more, in another place.
            let newer = asker.get(port, "/api/v1/models").await?;
            match answers::lm_studio_newer(&newer) {
                Some(listed) => Some(listed),
                None => answers::lm_studio(&asker.get(port, "/api/v0/models").await?),
            }
        }
        Usual::OpenAi => answers::open_ai(&asker.get(port, "/v1/models").await?),
    }
}

async fn details(asker: &Asker, server: &mut LocalServer) {
    let port = server.port;
    match server.kind {
        ServerKind::Ollama => {
            // Older ones tell what a model can do for one model at a time.
            let shown: Vec<_> = server
                .models
                .iter()
                .enumerate()
                .filter(|(_, model)| model.calls.is_none())
                .take(DETAILED)
                .map(|(at, model)| {
                    let (asker, body) = (asker.clone(), json!({"model": model.id}));
                    let asking = async move { asker.post(port, "/api/show", &body).await };
                    (at, threads::task("local-models", asking))
                })
                .collect();
            for (at, asking) in shown {
                if let Some(answer) = asking.await.ok().flatten().flatten() {
                    answers::ollama_shown(&answer, &mut server.models[at]);
                }
            }
        }
        // One that serves several has them loaded by name, and tells of none of them here.
        ServerKind::LlamaCpp if server.models.len() == 1 => {
            if let Some(props) = asker.get(port, "/props").await {
                answers::llama_cpp_props(&props, &mut server.models[0]);
            }
        }
        ServerKind::Other if !server.wants_key => {
            if let Some(answer) = asker.get(port, "/v1/models/capabilities").await
                && answers::local_ai_capabilities(&answer, &mut server.models)
            {
                server.kind = ServerKind::LocalAi;
            } else if let Some(answer) = asker.get(port, "/.well-known/localai.json").await
                && answers::is_local_ai(&answer)
            {
                server.kind = ServerKind::LocalAi;
            }
        }
        _ => {}
    }
}
