//! Where keys come from, and where they never go.

use super::*;

#[test]
fn a_token_is_never_written_to_the_keyring() {
    let token = ApiKey::new("auth_tokens/abc").unwrap();
    let (kept, trouble) = keep(KeySlot::Gemini, token, None);
    assert_eq!((kept.state, trouble), (KeyState::Token, None));
}

#[test]
fn partners_that_need_no_key_never_ask_the_keyring() {
    let settings = |endpoint: &str| Settings { endpoint: Some(endpoint.into()), ..Settings::default() };
    let think = |url: &str| Settings { think_url: Some(url.into()), ..settings("practice") };
    let proxied = |endpoint: &str| Settings { proxy: Some("http://p:1".into()), ..settings(endpoint) };
    for needless in [settings("practice"), settings("vertex"), think("  "), proxied("practice")] {
        assert!(!are_needed(&needless), "{needless:?}");
    }
    for needy in [
        Settings::default(),
        settings(" "),
        settings("gemini"),
        settings("vertex-express"),
        settings("ws://127.0.0.1:1"),
        think("http://127.0.0.1:1/v1"),
        proxied("vertex"),
    ] {
        assert!(are_needed(&needy), "{needy:?}");
    }
}

#[test]
fn nothing_of_a_secret_is_printed() {
    let key = Secret { state: KeyState::Session, key: ApiKey::new("Secret").ok(), server: None };
    let url = "http://me:Secret@proxy:1".parse().ok();
    let proxy = ProxySecret { state: KeyState::Session, url };
    let all = Secrets {
        gemini: key.clone(),
        vertex: key.clone(),
        think: key.clone(),
        server: key,
        proxy,
        unusable: Vec::new(),
        think_named: None,
    };
    assert!(!format!("{all:?}").contains("Secret@") && !format!("{all:?}").contains("\"Secret\""));
}
#[test]
fn a_key_goes_to_the_server_alone_that_it_was_entered_for() {
    for (slot, here, same, others) in [
        (
            KeySlot::Server,
            "wss://live.example/a",
            "wss://live.example:443/b?c",
            ["wss://live.example:444/a", "ws://live.example/a", "gemini"],
        ),
        (
            KeySlot::Think,
            "https://models.example/v1",
            "https://MODELS.example",
            ["https://models.example.net/v1", "http://models.example/v1", ""],
        ),
    ] {
        let settings = |address: &str| match slot {
            KeySlot::Think => Settings { think_url: Some(address.into()), ..Settings::default() },
            _ => Settings { endpoint: Some(address.into()), ..Settings::default() },
        };
        let key = ApiKey::new("its-key").unwrap();
        let text = written(&key, server_of(slot, &settings(here)).as_ref());
        let mut secrets = Secrets::default();
        secrets.put(slot, read(slot, &text).unwrap());
        for address in [here, same] {
            assert_eq!(secrets.of(slot, &settings(address)).key, Some(key.clone()), "{address}");
        }
        for address in others {
            assert_eq!(secrets.of(slot, &settings(address)).key, None, "{address}");
        }
        assert!(read(slot, "its-key").is_none(), "nobody knows whose this is");
    }
}

#[test]
fn a_variable_that_holds_no_key_is_seen_and_not_passed_by() {
    let of = |value: &str, other: Option<&str>| {
        first_in_environment(KeySlot::Gemini, |name| match name {
            "GEMINI_API_KEY" => Some(value.to_owned()),
            _ => other.map(str::to_owned),
        })
    };
    let key = ApiKey::new("AIzaSy-1").unwrap();
    for value in ["AIzaSy-1", "\"AIzaSy-1\"", " 'AIzaSy-1'\r\n", "AIza\u{200b}Sy-1", "\u{feff}AIzaSy-1\u{a0}"]
    {
        assert_eq!(of(value, None), Some(("GEMINI_API_KEY", Ok(key.clone()))), "{value:?}");
    }
    for value in
        ["\"AIza… # mine\"", "AIzaSy-1 # mine", "two words", "AIza\u{a0}Sy-1", "a\r\nb", "ключ", "\u{fffd}"]
    {
        let found = of(value, Some("AIzaSy-1"));
        assert_eq!(found, Some(("GEMINI_API_KEY", Err(BadKey::Characters))), "{value:?}");
    }
    for value in ["", " \t", "\"\"", "\u{200b}"] {
        assert_eq!(of(value, None), None, "{value:?}");
        assert_eq!(of(value, Some("AIzaSy-1")), Some(("GOOGLE_API_KEY", Ok(key.clone()))), "{value:?}");
    }
}

#[test]
fn a_keyring_that_holds_no_key_is_seen_and_not_passed_by() {
    for (slot, kept, is_unusable) in [
        (KeySlot::Gemini, "two words", true),
        (KeySlot::Gemini, "\"AIzaSy-1\"\u{200b}", false),
        (KeySlot::Vertex, "ключ", true),
        (KeySlot::Server, "wss://live.example два", true),
        (KeySlot::Server, "nobody-knows-whose", false),
    ] {
        let mut secrets = Secrets::default();
        secrets.take_kept(slot, kept);
        assert_eq!(secrets.unusable(slot).is_some(), is_unusable, "{kept}");
    }
}

#[test]
fn an_environments_key_goes_to_the_server_named_beside_it() {
    let to = |url: &str| Settings { think_url: Some(url.into()), ..Settings::default() };
    let key = |server: Option<&str>| Secret {
        state: KeyState::Environment,
        key: ApiKey::new("k").ok(),
        server: server.and_then(Server::of),
    };
    let sent = |secrets: &Secrets, url: &str| secrets.of(KeySlot::Think, &to(url)).key.is_some();
    let ours = "https://ours.example/v1";
    let named_nowhere = Secrets { think: key(None), ..Secrets::default() };
    let by_variable = Secrets { think: key(Some(ours)), ..Secrets::default() };
    let by_option = named_nowhere.clone().with_think_named(Some("https://OURS.example:443"));
    for secrets in [&by_variable, &by_option] {
        assert!(sent(secrets, ours) && secrets.think_withheld(&to(ours)).is_none());
    }
    for theirs in
        ["https://theirs.example/v1", "http://ours.example/v1", "https://ours.example:8443", "x", ""]
    {
        for secrets in [&named_nowhere, &by_variable, &by_option] {
            assert!(!sent(secrets, theirs), "{theirs}");
            assert_eq!(secrets.think_withheld(&to(theirs)).is_some(), !theirs.is_empty(), "{theirs}");
        }
    }
    assert!(!sent(&named_nowhere, ours));
    assert_eq!(Secrets::default().think_withheld(&to(ours)), None, "there is no key");
    // A key that was entered for another server is not freed by the command line.
    let entered = Secret { state: KeyState::Keyring, ..key(Some("https://other.example")) };
    let entered = Secrets { think: entered, ..Secrets::default() }.with_think_named(Some(ours));
    assert!(!sent(&entered, ours));
}
