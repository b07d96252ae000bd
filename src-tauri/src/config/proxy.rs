//! The proxy of the settings: its address without a password there, the password with the secrets. Pure.

use net::{BadProxy, Connector, ProxyChoice, ProxyUrl};

use crate::config::secrets::{ProxySecret, Secrets};
use crate::contract::{Settings, UiError};
use crate::messages;

/// Names no proxy at all, also where the environment has one.
const NONE: &str = "none";

/// An address as it was typed, taken apart.
#[derive(Debug)]
pub(crate) struct Typed {
    /// Without name and password; for the settings.
    pub shown: String,
    /// With them, when there are any; for the keyring.
    pub secret: Option<(String, ProxyUrl)>,
}

/// Takes an address apart.
///
/// # Errors
/// When it can't be a proxy's.
pub(crate) fn parse(typed: &str) -> Result<Typed, UiError> {
    let typed = typed.trim();
    let url: ProxyUrl = typed.parse().map_err(|error| messages::proxy_refused(&error))?;
    let (scheme, rest) = typed.split_once("://").unwrap_or(("http", typed));
    let Some((_, host)) = rest.rsplit_once('@') else {
        return Ok(Typed { shown: typed.to_owned(), secret: None });
    };
    Ok(Typed { shown: format!("{scheme}://{host}"), secret: Some((typed.to_owned(), url)) })
}

/// Takes a password out of settings that a person wrote by hand, before anyone sees them; the whole address is returned.
pub(crate) fn lift(settings: &mut Settings) -> Option<(String, ProxyUrl)> {
    let typed = parse(settings.proxy.as_deref().filter(|text| *text != NONE)?).ok()?;
    let secret = typed.secret?;
    settings.proxy = Some(typed.shown);
    Some(secret)
}

/// What to do by the settings. What is kept counts as long as it is for the same proxy.
///
/// # Errors
/// When the settings name something that can't be a proxy.
pub(crate) fn choose(settings: &Settings, kept: &ProxySecret) -> Result<ProxyChoice, UiError> {
    choice(settings, kept).map_err(|bad| messages::proxy_refused(&bad))
}

fn choice(settings: &Settings, kept: &ProxySecret) -> Result<ProxyChoice, BadProxy> {
    match settings.proxy.as_deref().map(str::trim) {
        None | Some("") => Ok(ProxyChoice::System),
        Some(NONE) => Ok(ProxyChoice::None),
        Some(text) => {
            let url: ProxyUrl = text.parse()?;
            let with_password = kept.url.as_ref().filter(|kept| is_same(kept, &url));
            Ok(ProxyChoice::Url(with_password.cloned().unwrap_or(url)))
        }
    }
}

/// What asks servers for the functions that a model may call. A proxy that can't be one is said when it is needed.
pub(crate) fn for_tools(settings: &Settings, secrets: &Secrets) -> Connector {
    Connector::new(choice(settings, &secrets.proxy).unwrap_or_else(ProxyChoice::Invalid))
}

/// Returns what downloads the speech models; another program (pip) may do part of it.
///
/// # Errors
/// As for [`choose`].
pub(crate) fn for_assets(settings: &Settings, secrets: Option<&Secrets>) -> Result<Connector, UiError> {
    let kept = secrets.map(|secrets| secrets.proxy.clone()).unwrap_or_default();
    choose(settings, &kept).map(Connector::new)
}

/// Whether both are the same proxy, whatever the name and the password. They print without them.
pub(crate) fn is_same(one: &ProxyUrl, other: &ProxyUrl) -> bool {
    one.to_string() == other.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::KeyState;

    fn settings(proxy: Option<&str>) -> Settings {
        Settings { proxy: proxy.map(str::to_owned), ..Settings::default() }
    }

    fn kept(url: &str) -> ProxySecret {
        ProxySecret { state: KeyState::Keyring, url: Some(url.parse().unwrap()) }
    }

    #[test]
    fn the_password_goes_elsewhere_than_the_address() {
        let typed = parse(" socks5://me:pass@proxy.example:1080 ").unwrap();
        assert_eq!(typed.shown, "socks5://proxy.example:1080");
        assert_eq!(typed.secret.unwrap().0, "socks5://me:pass@proxy.example:1080");
        let bare = parse("proxy.example:3128").unwrap();
        assert_eq!((bare.shown.as_str(), bare.secret.is_none()), ("proxy.example:3128", true));
        assert_eq!(parse("me:p@ss@proxy:1").map(|typed| typed.shown).ok().as_deref(), Some("http://proxy:1"));
        assert!(parse("ftp://proxy").is_err());
    }

    #[test]
    fn a_password_in_the_settings_is_taken_out_of_them() {
        let mut written = settings(Some("http://me:pass@proxy:1"));
        assert_eq!(lift(&mut written).unwrap().0, "http://me:pass@proxy:1");
        assert_eq!(written.proxy.as_deref(), Some("http://proxy:1"));
        for proxy in [None, Some("none"), Some("http://proxy:1"), Some("not a proxy")] {
            let mut as_it_is = settings(proxy);
            assert!(lift(&mut as_it_is).is_none());
            assert_eq!(as_it_is, settings(proxy));
        }
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        let error = parse("gopher://me:pass@proxy").unwrap_err();
        assert!(!format!("{error:?}").contains("pass@"), "{error:?}");
    }

    #[test]
    fn a_password_is_for_its_own_proxy_alone() {
        let with = "http://me:pass@proxy:1".parse().unwrap();
        let chosen = choose(&settings(Some("http://proxy:1")), &kept("http://me:pass@proxy:1")).unwrap();
        assert_eq!(chosen, ProxyChoice::Url(with));
        let other = choose(&settings(Some("http://other:1")), &kept("http://me:pass@proxy:1")).unwrap();
        assert_eq!(other, ProxyChoice::Url("http://other:1".parse().unwrap()));
    }

    #[test]
    fn unset_is_the_environments_and_none_is_none() {
        let nothing = ProxySecret::default();
        assert_eq!(choose(&settings(None), &nothing).unwrap(), ProxyChoice::System);
        assert_eq!(choose(&settings(Some("none")), &nothing).unwrap(), ProxyChoice::None);
        assert!(choose(&settings(Some("not a proxy")), &nothing).is_err());
    }

    #[test]
    fn what_is_fetched_goes_by_the_proxy_with_its_password() {
        let secrets = Secrets { proxy: kept("socks5://me:pass@proxy:1"), ..Secrets::default() };
        let chosen = settings(Some("socks5://proxy:1"));
        for connector in [for_tools(&chosen, &secrets), for_assets(&chosen, Some(&secrets)).unwrap()] {
            let to = |host, port| connector.proxies().to(host, port).unwrap().map(|proxy| proxy.expose());
            assert_eq!(to("models.example", 443).as_deref(), Some("socks5h://me:pass@proxy:1"));
            assert_eq!(to("127.0.0.1", 11434), None, "this computer is reached directly");
        }
        let none = for_tools(&settings(Some("none")), &secrets);
        assert_eq!(none.proxies().to("models.example", 443).unwrap(), None);
        let invalid = for_tools(&settings(Some("not a proxy")), &secrets);
        assert!(invalid.proxies().to("models.example", 443).is_err(), "said when it is needed");
        assert!(for_assets(&settings(Some("not a proxy")), None).is_err());
    }
}
