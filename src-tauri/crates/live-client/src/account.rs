//! What an account can be asked without a conversation: whether its key is valid, and which models it may use.
//!
//! Both use the conversation's proxy and trust.

use std::collections::HashSet;
use std::time::Duration;

use live_proto::catalogue::ApiVersion;
use net::http::HttpRequest;
use net::{HttpUrl, one_line};
use serde::Deserialize;
use tokio::time::timeout;

use crate::error::ConnectError;
use crate::service::ServiceDialer;

/// The API allows 1000.
const PER_PAGE: usize = 200;
/// With 200 models on each that is far more than Google has ever had.
const MAX_PAGES: usize = 20;
/// For the check of a key, without its access token. Each stage has a limit of its own, this is for all of them.
const CHECK_LIMIT: Duration = Duration::from_secs(45);
/// For all pages together.
const LIST_LIMIT: Duration = Duration::from_mins(1);
const MAX_ID_CHARS: usize = 100;
const MAX_PAGE_TOKEN_BYTES: usize = 2048;
/// What a model must be able to do to hold a conversation (PROTOCOL.md §7).
const LIVE_METHOD: &str = "bidiGenerateContent";

/// What a check says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCheck {
    /// The service knows it.
    Accepted,
    /// Nothing can be asked without starting a conversation: ephemeral tokens, Vertex's express keys, and the user's
    /// own servers that have no list of models.
    Unknown,
}

/// A model that the account may talk with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Its id, without `models/`.
    pub id: String,
    /// Its name for people; the id where it has none.
    pub label: String,
}

/// Asks the service about the key. For the Gemini API and the user's own server it asks for one model; for Vertex it
/// gets an access token, which is all that can be checked.
///
/// # Errors
/// [`ConnectError::Refused`] with its kind (wrong, expired or leaked key, region, quota), [`ConnectError::Net`] (offline is
/// [`Dns`](crate::NetworkFault::Dns) or [`Unreachable`](crate::NetworkFault::Unreachable)), [`ConnectError::Credentials`].
pub async fn check_key(dialer: &ServiceDialer) -> Result<KeyCheck, ConnectError> {
    dialer.renew().await?;
    if !dialer.has_model_list() {
        return Ok(if dialer.has_access_token() { KeyCheck::Accepted } else { KeyCheck::Unknown });
    }
    let page = timeout(CHECK_LIMIT, page(dialer, 1, None)).await;
    let page = page.unwrap_or_else(|_| Err(too_slow(dialer)))?;
    Ok(page.map_or(KeyCheck::Unknown, |_| KeyCheck::Accepted))
}

/// Returns the models that the account may talk with, in the service's order. Empty where there is no such list: for
/// ephemeral tokens, on Vertex and most custom servers. Takes a minute at most.
///
/// # Errors
/// As for [`check_key`].
pub async fn list_models(dialer: &ServiceDialer) -> Result<Vec<ListedModel>, ConnectError> {
    timeout(LIST_LIMIT, all_pages(dialer)).await.unwrap_or_else(|_| Err(too_slow(dialer)))
}

fn too_slow(dialer: &ServiceDialer) -> ConnectError {
    ConnectError::timed_out(dialer.upgrade_request().host(), "the answer")
}

async fn all_pages(dialer: &ServiceDialer) -> Result<Vec<ListedModel>, ConnectError> {
    let mut models = Vec::new();
    if !dialer.has_model_list() {
        return Ok(models);
    }
    let mut known = HashSet::new();
    let mut next = None;
    for _ in 0..MAX_PAGES {
        let Some(page) = page(dialer, PER_PAGE, next.as_deref()).await? else { break };
        let live = page.models.unwrap_or_default().into_iter().filter_map(Entry::into_live);
        // A server may send more than it was asked for.
        models.extend(live.take(PER_PAGE).filter(|model| known.insert(model.id.clone())));
        next = page.next_page_token.filter(|token| (1..=MAX_PAGE_TOKEN_BYTES).contains(&token.len()));
        if next.is_none() {
            break;
        }
    }
    Ok(models)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    models: Option<Vec<Entry>>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    display_name: Option<String>,
    supported_generation_methods: Option<Vec<String>>,
}

impl Entry {
    fn into_live(self) -> Option<ListedModel> {
        let methods = self.supported_generation_methods.unwrap_or_default();
        let id = self.name.strip_prefix("models/")?;
        let is_id = (1..=MAX_ID_CHARS).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if !is_id || !methods.iter().any(|method| method == LIVE_METHOD) {
            return None;
        }
        let label = one_line(&self.display_name.unwrap_or_default());
        let label = if label.is_empty() { id.to_owned() } else { label };
        Some(ListedModel { id: id.to_owned(), label })
    }
}

/// Asks for a page of the list; `None` when a custom server offers no list.
async fn page(
    dialer: &ServiceDialer,
    per_page: usize,
    next: Option<&str>,
) -> Result<Option<Page>, ConnectError> {
    let request = dialer.upgrade_request();
    let origin = request.origin();
    let host = origin.host.clone();
    let unusable = |_| ConnectError::not_live(&host, "its address cannot be asked");
    let url = HttpUrl::at(origin, &format!("/{}/models", ApiVersion::V1Beta.as_str())).map_err(unusable)?;
    let size = per_page.to_string();
    let url = url.with_query([("pageSize", size.as_str())]);
    let url = url.with_query(next.map(|token| ("pageToken", token)));
    let mut list = HttpRequest::get(url).scrubbing(&request.secrets());
    if let Some((name, value)) = request.authorization().header() {
        list = list.secret_header(name, &value);
    }
    let answer = list.send(dialer.connector()).await?;
    if answer.status != 200 {
        let body = String::from_utf8_lossy(&answer.body);
        return match ConnectError::no_list(&host, request.is_googles(), answer.status, &body) {
            Some(error) => Err(error),
            None => Ok(None),
        };
    }
    if answer.is_cut {
        return Err(ConnectError::not_live(&host, "its list of models is endless"));
    }
    serde_json::from_slice(&answer.body)
        .map(Some)
        .map_err(|_| ConnectError::not_live(&host, "its answer is no list of models"))
}
