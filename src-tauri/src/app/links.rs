//! Where the window may go, and which links are opened in the browser. Pure.

use tauri::Url;

/// Whether the window may show this address: its own page and nothing else, whatever a script, a link, a form or a drag says.
/// `dev` is the page's server while it is being developed.
pub(super) fn is_ours(url: &Url, dev: Option<&Url>) -> bool {
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let place = (url.scheme(), url.host_str().unwrap_or_default());
    let own = if cfg!(windows) {
        matches!(place, ("http" | "https", "tauri.localhost"))
    } else {
        place == ("tauri", "localhost")
    };
    (own && is_plain) || dev.is_some_and(|dev| dev.origin() == url.origin() && dev.origin().is_tuple())
}

/// The address of a link that is opened in the browser: https, with a host, without a user, and written as it is read.
pub(crate) fn web(text: &str) -> Option<Url> {
    page(text).filter(|url| url.scheme() == "https")
}

/// The same, by http too: a page that the person allowed by its address.
pub(crate) fn page(text: &str) -> Option<Url> {
    // A parser makes `https://etc/passwd` of `https:///etc/passwd`, and drops tabs and ends of lines.
    let (scheme, rest) = text.split_once("://")?;
    let is_written_so = (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !rest.starts_with(['/', '\\'])
        && !text.contains(|c: char| c.is_control() || c.is_whitespace());
    let url = Url::parse(text).ok().filter(|_| is_written_so)?;
    let is_safe = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none();
    is_safe.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_opened_when_it_says_plainly_where_it_goes() {
        for link in
            ["https://example.org/a?b=c#d", "HTTPS://example.org", "https://[::1]:8/", "https://пример.рф/"]
        {
            assert!(web(link).is_some(), "{link}");
        }
        for link in [
            "",
            "https:///etc/passwd",
            "https:/etc/passwd",
            "https:\\\\evil",
            "https://\\evil",
            "https://",
            "https://me@evil.example",
            "https://google.com:pw@evil.example/",
            "https://a\u{1b}]52",
            "https://a\nb",
            "https://exa\tmple.org",
            " https://example.org",
            "https://example.org/\u{9b}31m",
            "http://example.org",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@b",
            "-https://example.org",
            "tauri://localhost",
        ] {
            assert!(web(link).is_none(), "{link:?}");
            assert_eq!(page(link).is_some(), link == "http://example.org", "{link:?}");
        }
    }

    #[test]
    fn the_window_shows_its_own_page_alone() {
        let own =
            if cfg!(windows) { "http://tauri.localhost/index.html" } else { "tauri://localhost/index.html" };
        let dev: Url = "http://localhost:5173".parse().unwrap();
        let goes = |text: &str, dev| is_ours(&text.parse().unwrap(), dev);
        assert!(goes(own, None) && goes("http://localhost:5173/x", Some(&dev)));
        for elsewhere in [
            "https://example.org/",
            "tauri://localhost.evil/",
            "tauri://evil@localhost/",
            "tauri://localhost:1/",
            "http://localhost:5173/",
            "data:text/html,x",
            "blob:tauri://localhost/1",
            "about:blank",
            "javascript:1",
            "file:///etc/passwd",
            "ipc://localhost/start",
        ] {
            assert!(!goes(elsewhere, None), "{elsewhere}");
        }
        assert!(!goes("http://localhost:5174/", Some(&dev)));
    }
}
