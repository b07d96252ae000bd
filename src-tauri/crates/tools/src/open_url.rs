//! `open_url`: opens a web page in the system's browser. It asks the person each time.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Consent, Declaration, Terms, Tool, text_argument};

/// Longer addresses carry data rather than name a page.
const MAX_URL_CHARS: usize = 2_048;

/// Opens pages outside of the app.
pub trait Browser: Send + Sync + 'static {
    /// Opens an `http` or `https` page. The error is words for the model.
    fn open(&self, url: String) -> BoxFuture<'static, Result<(), String>>;
}

/// The tool `open_url`.
pub struct OpenUrl {
    browser: Arc<dyn Browser>,
}

impl OpenUrl {
    /// The tool on this browser.
    pub fn new(browser: Arc<dyn Browser>) -> Self {
        Self { browser }
    }
}

impl Tool for OpenUrl {
    fn declaration(&self) -> Declaration {
        Declaration {
            name: "open_url".into(),
            description: "Opens a web page in the user's browser. Call it when the user wants to see a page."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "url": {"type": "string", "description": "The page's address, beginning with https://."},
                },
                "required": ["url"],
            }),
        }
    }

    fn terms(&self) -> Terms {
        // A page may act by being opened, and its address may carry what was said: each one is looked at.
        Terms { consent: Consent::AskEachTime, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let bad = |reason: &str| ToolError::BadArgument { reason: reason.to_owned() };
            let url = text_argument(&args, "url", MAX_URL_CHARS)?.ok_or_else(|| bad("`url` is missing"))?;
            if !is_page(&url) {
                return Err(bad(
                    "`url` must be the address of a web page: https:// or http://, a host, no user",
                ));
            }
            let opened = self.browser.open(url).await;
            opened.map_err(|reason| ToolError::Unavailable { reason }).map(|()| json!({"opened": true}))
        })
    }
}

/// Whether it says plainly which page it means: what is read in the question is what the browser opens.
fn is_page(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    is_web && !host.is_empty() && !host.contains('@') && !url.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Opened(Mutex<Vec<String>>);

    impl Browser for Opened {
        fn open(&self, url: String) -> BoxFuture<'static, Result<(), String>> {
            let is_broken = url.contains("broken");
            self.0.lock().unwrap().push(url);
            Box::pin(async move { if is_broken { Err("no browser starts".to_owned()) } else { Ok(()) } })
        }
    }

    async fn call(url: Value) -> (Result<Value, ToolError>, Vec<String>) {
        let browser = Arc::new(Opened::default());
        let tool = OpenUrl::new(browser.clone());
        let result = tool.call(json!({"url": url}), CallContext::unattended()).await;
        let opened = browser.0.lock().unwrap().clone();
        (result, opened)
    }

    #[tokio::test]
    async fn a_page_is_opened_and_nothing_else_is() {
        for url in
            ["https://example.org/a?b=c#d", "HTTP://example.org", "https://[::1]:8/", "https://пример.рф/"]
        {
            let (result, opened) = call(json!(url)).await;
            assert_eq!((result.unwrap(), opened), (json!({"opened": true}), vec![url.to_owned()]));
        }
        let long = format!("https://example.org/{}", "x".repeat(MAX_URL_CHARS));
        for url in [
            "",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "vscode://open",
            "https:///etc/passwd",
            "https://me@evil.example/",
            "https://google.com\\@evil.example",
            "https://a\nb",
            "https://a b",
            "https:example.org",
            "-https://example.org",
            &long,
        ] {
            let (result, opened) = call(json!(url)).await;
            assert_eq!((result.unwrap_err().code(), opened.len()), ("bad_arguments", 0), "{url:?}");
        }
    }

    #[tokio::test]
    async fn a_browser_that_does_not_start_is_told() {
        let (result, _) = call(json!("https://broken.example/")).await;
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.to_string()), ("unavailable", "no browser starts".to_owned()));
    }

    #[test]
    fn it_asks_each_time() {
        assert_eq!(OpenUrl::new(Arc::new(Opened::default())).terms().consent, Consent::AskEachTime);
    }
}
