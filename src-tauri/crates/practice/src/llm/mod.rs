//! Thinking by a language model: any endpoint that speaks OpenAI's chat completions, on this machine or over https.
//!
//! A question is a task of its own (`exchange`); what it brings waits in a bounded queue and wakes the session. Dropping
//! an [`LlmReply`] ends the request. Errors are words for the person, and the built-in intents answer instead.

mod chat_request;
mod endpoint;
mod error;
mod exchange;
mod refusal;
mod reply;
mod speakable;
mod stream;

use std::sync::{Arc, Mutex};

use live_server::Waker;
use net::Connector;
use tokio::sync::mpsc;

pub(crate) use chat_request::{ChatRequest, MadeCall, Message, Said, declared};
pub use endpoint::{LlmEndpoint, LlmEndpointError};
pub(crate) use error::LlmError;
pub(crate) use reply::{LlmOutcome, LlmReply};
pub(crate) use stream::RequestedCall;

use exchange::{Key, Learnt, Server};
use reply::Event;

/// Pieces of an answer that wait for the session.
const QUEUE: usize = 32;

/// The language model of a server.
#[derive(Debug)]
pub(crate) struct Llm {
    server: Result<Server, LlmEndpointError>,
    model: String,
}

impl Llm {
    pub(crate) fn new(endpoint: &LlmEndpoint, connector: Connector) -> Self {
        let model = endpoint.model.trim().to_owned();
        let server = endpoint.url().map(|url| {
            let learnt = Arc::new(Mutex::new(Learnt::of(&url, &model)));
            Server { url, key: endpoint.key.clone().map(Key), connector, learnt }
        });
        Self { server, model }
    }

    /// Asks; the session is woken with each piece of the answer. Needs a tokio runtime.
    pub(crate) fn ask(&self, question: ChatRequest, waker: &Waker) -> LlmReply {
        let (sender, events) = mpsc::channel(QUEUE);
        let (server, waker) = (self.server.clone(), waker.clone());
        let question = question.of_model(&self.model);
        let task = threads::task("llm", async move {
            let asking = async {
                match server {
                    Ok(server) => exchange::ask(server, question, sender, waker.clone()).await,
                    Err(error) => {
                        let _ = sender.send(Event::Failed(LlmError::Endpoint(error))).await;
                        waker.wake();
                    }
                }
            };
            if let Err(death) = threads::catch_async("llm", asking).await {
                threads::Owner::current().tell(death);
                waker.report_panic();
            }
        });
        LlmReply::new(events, task)
    }
}

#[cfg(test)]
mod tests;
