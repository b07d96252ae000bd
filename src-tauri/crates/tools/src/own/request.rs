//! A function that sends an HTTP request, through the person's proxy and trust. A GET carries the arguments as its query, a
//! POST as a JSON body.

use net::http::HttpRequest;
use net::{Connector, HttpUrl, one_line};
use serde_json::Value;

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Declaration, Terms, Tool};

/// Redirects that are followed, where no header of the person's would be carried along.
const REDIRECTS: u8 = 2;
/// What is shown of a refusal, in bytes.
const REFUSAL_BYTES: usize = 2 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

/// A header that the person wrote.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
    /// Shown to nobody, and taken out of what comes back.
    pub(super) is_secret: bool,
}

/// Sends a request for each call.
pub(super) struct Request {
    pub(super) declaration: Declaration,
    pub(super) terms: Terms,
    pub(super) method: Method,
    pub(super) url: HttpUrl,
    pub(super) headers: Vec<Header>,
    pub(super) connector: Connector,
}

impl Tool for Request {
    fn declaration(&self) -> Declaration {
        self.declaration.clone()
    }

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move { self.send(&args).await })
    }
}

impl Request {
    async fn send(&self, args: &Value) -> Result<Value, ToolError> {
        let host = self.url.origin().host.clone();
        let request = match self.method {
            Method::Get => {
                let fields: Vec<(&str, String)> = fields(args).collect();
                let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
                let redirects = if self.headers.is_empty() { REDIRECTS } else { 0 };
                HttpRequest::get(self.url.clone().with_query(fields)).redirects(redirects)
            }
            Method::Post => HttpRequest::post(self.url.clone(), "application/json", args.to_string()),
        };
        let Terms { time_limit, output_limit, .. } = self.terms;
        let with = |request: HttpRequest, header: &Header| {
            request.named_header(&header.name, &header.value, header.is_secret)
        };
        let request = self.headers.iter().fold(request, with);
        // One byte more than is shown, so that a cut is known as one.
        let request = request.within(time_limit).answer_within(time_limit).at_most(output_limit + 1);
        let answer = request
            .send(&self.connector)
            .await
            .map_err(|error| ToolError::Unreachable { server: host.clone(), source: error.into() })?;
        if !(200..300).contains(&answer.status) {
            let shown = &answer.body[..answer.body.len().min(REFUSAL_BYTES)];
            let words = one_line(&String::from_utf8_lossy(shown));
            let words = if words.is_empty() { words } else { format!(": {words}") };
            return Err(ToolError::BadAnswer {
                server: host,
                reason: format!("HTTP {}{words}", answer.status),
            });
        }
        let text = || Value::String(String::from_utf8_lossy(&answer.body).into_owned());
        Ok(serde_json::from_slice(&answer.body).unwrap_or_else(|_| text()))
    }
}

/// The arguments as fields of a query: a text as it is, anything else as JSON, `null` not at all.
fn fields(args: &Value) -> impl Iterator<Item = (&str, String)> {
    args.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.as_str(), value)
    })
}
