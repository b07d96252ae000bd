//! Where a redirect may lead. Pure.

use crate::origin::HttpUrl;

/// The address that `location` means in an answer from `from`: another path of the same server, or an https address
/// without a user name. `None` for everything else.
pub(super) fn target(from: &HttpUrl, location: &str) -> Option<HttpUrl> {
    if location.starts_with('/') && !location.starts_with("//") {
        return HttpUrl::at(from.origin().clone(), location.split('#').next()?).ok();
    }
    let to: HttpUrl = location.parse().ok()?;
    (to.origin().is_encrypted || to.origin() == from.origin()).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_https_and_nowhere_else() {
        let from: HttpUrl = "https://hub.example/a/b".parse().unwrap();
        let to = |location| target(&from, location).map(|url| format!("{}{}", url.origin(), url.target()));
        assert_eq!(to("https://files.example/x?y").as_deref(), Some("https://files.example/x?y"));
        assert_eq!(to("/c/d").as_deref(), Some("https://hub.example/c/d"));
        for location in [
            "",
            "http://files.example/x",
            "HTTP://hub.example/x",
            "http://127.0.0.1/x",
            "//files.example/x",
            "ftp://files.example/x",
            "file:///etc/passwd",
            "https:///etc/passwd",
            "https://me:secret@files.example/x",
            "x",
            "https://files.example/\r\nx",
        ] {
            assert_eq!(to(location), None, "{location}");
        }
        let here: HttpUrl = "http://127.0.0.1:8080/a".parse().unwrap();
        assert!(target(&here, "http://127.0.0.1:8080/b").is_some());
        assert_eq!(target(&here, "http://127.0.0.1:8081/b"), None, "another program on this computer");
    }
}
