//! Finds servers of language models on this computer: Ollama, LM Studio, llama.cpp, Jan, vLLM and LocalAI, on the ports where
//! they usually listen.
//!
//! Asks each port once, all at the same time, and no longer than [`LIMIT`] each, details included. Only 127.0.0.1 is asked:
//! no name is looked up, no proxy is on the way, and nothing but the question for its models is sent. What a server does not tell
//! is unknown, and not guessed.

mod answers;
mod ask;
mod choice;

use std::time::Duration;

pub use choice::best;

use ask::Asker;

/// How long a port may take for all that is asked there.
pub const LIMIT: Duration = Duration::from_millis(300);

/// What usually listens on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// Ollama, asked in its own way.
    Ollama,
    /// LM Studio, asked in its own way.
    LmStudio,
    /// Any server that lists its models as OpenAI's does.
    OpenAi,
}

/// A port of this computer, and what usually listens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalPort {
    /// Its number.
    pub number: u16,
    /// What is expected.
    pub usual: Usual,
}

/// The ports where servers of language models usually listen.
pub const USUAL_PORTS: [LocalPort; 5] = [
    LocalPort { number: 11_434, usual: Usual::Ollama },
    LocalPort { number: 1_234, usual: Usual::LmStudio },
    // llama.cpp and LocalAI.
    LocalPort { number: 8_080, usual: Usual::OpenAi },
    // Jan.
    LocalPort { number: 1_337, usual: Usual::OpenAi },
    // vLLM, and the server of llama-cpp-python.
    LocalPort { number: 8_000, usual: Usual::OpenAi },
];

/// Whose server it is, as far as its answers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// <https://ollama.com>
    Ollama,
    /// <https://lmstudio.ai>
    LmStudio,
    /// `llama-server` of llama.cpp.
    LlamaCpp,
    /// The server of llama-cpp-python.
    LlamaCppPython,
    /// <https://jan.ai>
    Jan,
    /// <https://vllm.ai>
    Vllm,
    /// <https://localai.io>
    LocalAi,
    /// One that speaks as OpenAI's does, and does not say what it is.
    Other,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalServer {
    /// Whose it is.
    pub kind: ServerKind,
    /// The port of 127.0.0.1.
    pub port: u16,
    /// It wants a key before it says anything.
    pub wants_key: bool,
    /// The models that it has here and that can talk; in its order.
    pub models: Vec<LocalModel>,
}

impl LocalServer {
    /// Returns what stands before `/chat/completions`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

/// A model of a server. What the server does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalModel {
    /// Its name, as the server knows it.
    pub id: String,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Whether it sees pictures.
    pub sees: Option<bool>,
    /// Whether it calls functions.
    pub calls: Option<bool>,
    /// Whether it is loaded, so that its first answer comes soon.
    pub is_loaded: Option<bool>,
}

/// Asks these ports; returns the servers that answered, in the order of the ports.
pub async fn find(ports: &[LocalPort]) -> Vec<LocalServer> {
    let asker = Asker::new();
    // On tasks of their own, so that a slow one holds up no other.
    let searches: Vec<_> = ports
        .iter()
        .map(|port| {
            let (asker, port) = (asker.clone(), *port);
            threads::task("local-models", async move { ask::port(&asker, port).await })
        })
        .collect();
    let mut found = Vec::new();
    for search in searches {
        found.extend(search.await.ok().flatten().flatten());
    }
    found
}

#[cfg(test)]
mod tests;
