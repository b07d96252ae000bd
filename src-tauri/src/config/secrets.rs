//! Secrets: keys and the proxy's password. In the system's keyring, else in the environment, else for this run. They never
//! leave the backend (ARCHITECTURE.md, invariant 5). The keyring may ask the person to unlock it, or never answer, so every
//! call here that touches it blocks and is made through [`ask`].

mod ask;
mod keyring;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use live_client::{ApiKey, BadKey, Endpoint};
use net::ProxyUrl;
use tauri::Url;

use crate::config::endpoint_name;
use crate::contract::{KeySlot, KeyState, Settings, Text, UiError};
use crate::messages::{self, KeyringFault};
pub(crate) use ask::{ask, within_limit};
use keyring::Keyring;

const PROXY_ACCOUNT: &str = "proxy";
/// Before the names of values that files of MCP servers refer to.
const SERVERS_ACCOUNT: &str = "mcp/";
/// How an error names the place.
const IN_KEYRING: &str = "The keyring’s entry";
/// Written and removed again, to see whether the keyring works.
const PROBE_ACCOUNT: &str = "doctor";
const PROBE: &str = "written by vivavoce doctor";
/// Variables that hold keys.
const VARIABLES: [&str; 4] = ["GEMINI_API_KEY", "GOOGLE_API_KEY", "VIVAVOCE_THINK_KEY", SERVE_VARIABLE];
const SERVE_VARIABLE: &str = "VIVAVOCE_SERVE_KEY";
/// Names the language model's server that the key in `VIVAVOCE_THINK_KEY` is for.
const THINK_SERVER_VARIABLE: &str = "VIVAVOCE_THINK_URL";

/// What the environment held of them when the program began.
static TAKEN: OnceLock<Vec<(&str, String)>> = OnceLock::new();

/// Takes the keys out of the environment, so that no program that is started from here has them. The first thing that `main`
/// does.
pub(crate) fn take_environment() {
    TAKEN.get_or_init(|| environment::take(&VARIABLES));
}

/// What the environment held under this name.
fn variable(name: &str) -> Option<String> {
    let (_, value) = TAKEN.get()?.iter().find(|(taken, _)| *taken == name)?;
    Some(value.clone())
}

/// The key that clients of `vivavoce serve` must show, when the environment names one.
pub(crate) fn serve_key() -> Option<String> {
    variable(SERVE_VARIABLE)
}

/// All secrets. `Debug` redacts each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// The Gemini API's key or token.
    pub gemini: Secret,
    /// Vertex AI's key.
    pub vertex: Secret,
    /// The key of a custom server.
    pub server: Secret,
    /// The key of the language model that the practice partner thinks with.
    pub think: Secret,
    /// The proxy's address with its name and password.
    pub proxy: ProxySecret,
    /// What stands where a key should, and is none.
    pub unusable: Vec<Unusable>,
    /// The language model's server that the command line names: beside it the environment's key is meant for that server.
    pub think_named: Option<Server>,
}

/// A text where a key should be, which can't be one: said, and not passed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    /// Whose key it should be.
    pub slot: KeySlot,
    /// Where it stands: a variable, or the keyring.
    pub place: &'static str,
    /// Why it is none.
    pub reason: BadKey,
}

/// A key and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secret {
    /// Where.
    pub state: KeyState,
    /// The key itself; `Debug` redacts it.
    pub key: Option<ApiKey>,
    /// The only server that it goes to, as [`Server`] names it. None: its slot has one service, or it comes from the
    /// environment, which named no server.
    pub server: Option<Server>,
}

/// A server that a key was entered for: scheme, host and port of its address, nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server(String);

impl Server {
    /// The server of an address; none when it is no address.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let origin = Url::parse(address.trim()).ok()?.origin();
        origin.is_tuple().then(|| Self(origin.ascii_serialization()))
    }
}

/// A proxy's whole address and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxySecret {
    /// Where.
    pub state: KeyState,
    /// With name and password; `Debug` leaves them out.
    pub url: Option<ProxyUrl>,
}

impl Secrets {
    /// The key of this slot for the server that these settings name: a key goes to the server alone that it was entered for.
    pub(crate) fn of(&self, slot: KeySlot, settings: &Settings) -> Secret {
        let secret = match slot {
            KeySlot::Gemini => &self.gemini,
            KeySlot::Vertex => &self.vertex,
            KeySlot::Server => &self.server,
            KeySlot::Think => &self.think,
        };
        let kept = [secret.clone(), key_of_environment(slot)];
        kept.into_iter().find(|secret| self.fits(secret, slot, settings)).unwrap_or_default()
    }

    /// Whether this key is meant for the server that the settings name. A file may name any: who put the key into the
    /// environment says beside it where it goes.
    fn fits(&self, secret: &Secret, slot: KeySlot, settings: &Settings) -> bool {
        if !is_bound(slot) {
            return true;
        }
        let named = self.think_named.as_ref().filter(|_| secret.state == KeyState::Environment);
        let wanted = server_of(slot, settings);
        wanted.is_some() && (secret.server == wanted || named == wanted.as_ref())
    }

    /// Why a key that is there is not sent to the language model of these settings; none when it is, or there is none.
    pub(crate) fn think_withheld(&self, settings: &Settings) -> Option<String> {
        let url = settings.think_url.as_deref().map(str::trim).filter(|url| !url.is_empty())?;
        let is_set = [&self.think, &key_of_environment(KeySlot::Think)]
            .into_iter()
            .any(|secret| secret.state == KeyState::Environment && secret.key.is_some());
        (is_set && self.of(KeySlot::Think, settings).key.is_none()).then(|| {
            Text::new("llm-key-withheld").with("url", url).with("variable", THINK_SERVER_VARIABLE).words()
        })
    }

    /// The same with the language model that the command line names.
    pub(crate) fn with_think_named(self, url: Option<&str>) -> Self {
        Self { think_named: url.and_then(Server::of), ..self }
    }

    /// What stands where this slot's key should be, when it is none.
    pub(crate) fn unusable(&self, slot: KeySlot) -> Option<Unusable> {
        self.unusable.iter().find(|unusable| unusable.slot == slot).copied()
    }

    /// Takes what the keyring holds for this slot. What can't be a key is not passed by, unless the environment has one.
    fn take_kept(&mut self, slot: KeySlot, kept: &str) {
        let has_other = match slot {
            KeySlot::Gemini => self.gemini.key.is_some(),
            KeySlot::Think => self.think.key.is_some(),
            KeySlot::Vertex | KeySlot::Server => false,
        };
        match read(slot, kept) {
            Some(secret) => self.put(slot, secret),
            // Nobody knows whose it would be.
            None if has_other || (is_bound(slot) && !kept.contains(' ')) => {}
            None => {
                let unusable = Unusable { slot, place: IN_KEYRING, reason: BadKey::Characters };
                self.unusable.push(unusable);
            }
        }
    }

    /// Takes another key for this slot.
    pub(crate) fn put(&mut self, slot: KeySlot, secret: Secret) {
        if secret.key.is_some() {
            self.unusable.retain(|unusable| unusable.slot != slot);
        }
        *match slot {
            KeySlot::Gemini => &mut self.gemini,
            KeySlot::Vertex => &mut self.vertex,
            KeySlot::Server => &mut self.server,
            KeySlot::Think => &mut self.think,
        } = secret;
    }
}

/// What a look into the keyring gave.
#[derive(Debug)]
pub(crate) struct Found {
    /// What the keyring holds, or the environment.
    pub secrets: Secrets,
    /// Why it holds nothing.
    pub fault: Option<KeyringFault>,
}

impl Found {
    /// Without an answer of the keyring.
    pub(crate) fn silent() -> Self {
        Self { secrets: of_environment(), fault: Some(KeyringFault::Silent) }
    }

    /// What to tell of it. Where there is no keyring nothing was kept in one.
    pub(crate) fn trouble(&self) -> Option<UiError> {
        self.fault
            .as_ref()
            .filter(|fault| !matches!(fault, KeyringFault::NoService(_)))
            .map(messages::keyring_unread)
    }
}

/// Looks for everything. Blocks.
pub(crate) fn find() -> Found {
    look(&[KeySlot::Gemini, KeySlot::Vertex, KeySlot::Server, KeySlot::Think], true)
}

/// Whether Start by these settings needs to know what the keyring holds.
pub(crate) fn are_needed(settings: &Settings) -> bool {
    let (slots, proxy) = needed(settings);
    !slots.is_empty() || proxy
}

/// Looks for what these settings need; asks no keyring where they need nothing. Waits as long as [`within_limit`].
pub(crate) async fn find_for(settings: &Settings) -> Found {
    let (slots, proxy) = needed(settings);
    if slots.is_empty() && !proxy {
        return Found { secrets: of_environment(), fault: None };
    }
    let mut found = ask(move || look(&slots, proxy));
    within_limit(&mut found).await.unwrap_or_else(Found::silent)
}

/// The keys that these settings need, and whether they need a proxy's password.
fn needed(settings: &Settings) -> (Vec<KeySlot>, bool) {
    let is_set = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let mut slots: Vec<_> = endpoint_name::key_wanted(settings).into_iter().collect();
    if is_set(&settings.think_url) {
        slots.push(KeySlot::Think);
    }
    let is_far = !slots.is_empty() || endpoint_name::slot(settings, false).is_some();
    let has_proxy = settings.proxy.as_deref().is_some_and(|proxy| !matches!(proxy.trim(), "" | "none"));
    (slots, is_far && has_proxy)
}

fn look(slots: &[KeySlot], proxy: bool) -> Found {
    let (mut secrets, mut fault) = (of_environment(), None);
    match Keyring::open() {
        Ok(keyring) => {
            // What failed once asks the person no second time.
            let mut read = |account| {
                if fault.is_some() {
                    return None;
                }
                keyring.read(account).unwrap_or_else(|error| {
                    fault = Some(error);
                    None
                })
            };
            for slot in slots {
                if let Some(text) = read(account(*slot)) {
                    secrets.take_kept(*slot, &text);
                }
            }
            let url = proxy.then(|| read(PROXY_ACCOUNT)).flatten().and_then(|text| text.parse().ok());
            if url.is_some() {
                secrets.proxy = ProxySecret { state: KeyState::Keyring, url };
            }
        }
        Err(error) => fault = Some(error),
    }
    Found { secrets, fault }
}

/// What there is without the keyring.
pub(crate) fn of_environment() -> Secrets {
    let slots = [KeySlot::Gemini, KeySlot::Think];
    let [gemini, think] = slots.map(key_of_environment);
    let unusable = slots.into_iter().filter_map(unusable_in_environment).collect();
    Secrets { gemini, think, unusable, ..Secrets::default() }
}

/// Checks whether the keyring stores a value. Only writing shows it: a locked keyring reads as empty. Blocks.
pub(crate) fn probe() -> Result<(), KeyringFault> {
    let keyring = Keyring::open()?;
    keyring.write(PROBE_ACCOUNT, PROBE)?;
    let kept = keyring.read(PROBE_ACCOUNT)?;
    keyring.remove(PROBE_ACCOUNT)?;
    if kept.as_deref() == Some(PROBE) {
        return Ok(());
    }
    Err(KeyringFault::Refused("it gave back something else than it was given".into()))
}

/// Whether a key of this slot goes to a server that the settings name.
pub(crate) fn is_bound(slot: KeySlot) -> bool {
    matches!(slot, KeySlot::Server | KeySlot::Think)
}

/// The server that a key of this slot would go to; none where the slot has one service, or nothing is named.
pub(crate) fn server_of(slot: KeySlot, settings: &Settings) -> Option<Server> {
    let address = match slot {
        KeySlot::Gemini | KeySlot::Vertex => None,
        KeySlot::Server => settings.endpoint.as_deref(),
        KeySlot::Think => settings.think_url.as_deref(),
    };
    address.and_then(Server::of)
}

/// What the keyring holds: the server and the key, or the key alone where the slot has one service.
fn read(slot: KeySlot, kept: &str) -> Option<Secret> {
    let (server, key) = match kept.split_once(' ') {
        Some((server, key)) if is_bound(slot) => (Some(Server(server.to_owned())), key),
        _ if is_bound(slot) => return None,
        _ => (None, kept),
    };
    Some(Secret { state: KeyState::Keyring, key: Some(ApiKey::new(key).ok()?), server })
}

/// The other way.
fn written(key: &ApiKey, server: Option<&Server>) -> String {
    match server {
        Some(Server(server)) => format!("{server} {}", key.expose()),
        None => key.expose().to_owned(),
    }
}

fn key_of_environment(slot: KeySlot) -> Secret {
    // A value that can't be a key is reported when a conversation starts, by [`unusable_in_environment`].
    let key = first_in_environment(slot, variable).and_then(|(_, key)| key.ok());
    let state = if key.is_some() { KeyState::Environment } else { KeyState::Missing };
    let server = match slot {
        KeySlot::Think => std::env::var(THINK_SERVER_VARIABLE).ok().as_deref().and_then(Server::of),
        _ => None,
    };
    Secret { state, key, server }
}

fn unusable_in_environment(slot: KeySlot) -> Option<Unusable> {
    let (place, key) = first_in_environment(slot, variable)?;
    key.err().map(|reason| Unusable { slot, place, reason })
}

/// The first variable for this slot that is set to something, and its key. `get` gives a variable's value.
fn first_in_environment(
    slot: KeySlot,
    get: impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, Result<ApiKey, BadKey>)> {
    let names: &[&str] = match slot {
        KeySlot::Gemini => &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        KeySlot::Think => &["VIVAVOCE_THINK_KEY"],
        KeySlot::Vertex | KeySlot::Server => &[],
    };
    let set = names.iter().filter_map(|name| Some((*name, ApiKey::new(&get(name)?))));
    set.into_iter().find(|(_, key)| !matches!(key, Err(BadKey::Empty)))
}

/// A typed key, when it can be one.
pub(crate) fn parse(typed: &str) -> Result<ApiKey, UiError> {
    ApiKey::new(typed).map_err(|error| messages::not_a_key(&error))
}

/// Stores a key, for this server only if one is given. If the keyring can't be used, returns that as an error and keeps
/// the key for this run, as it does with every token.
pub(crate) fn keep(slot: KeySlot, key: ApiKey, server: Option<Server>) -> (Secret, Option<UiError>) {
    if slot == KeySlot::Gemini && matches!(Endpoint::for_key(key.clone()), Endpoint::Ephemeral { .. }) {
        return (Secret { state: KeyState::Token, key: Some(key), server }, None);
    }
    let (state, trouble) = write(account(slot), &written(&key, server.as_ref()));
    (Secret { state, key: Some(key), server }, trouble)
}

/// A key that the keyring did not answer for: it holds for this run.
pub(crate) fn keep_for_now(key: ApiKey, server: Option<Server>) -> (Secret, Option<UiError>) {
    (
        Secret { state: KeyState::Session, key: Some(key), server },
        Some(messages::keyring_failed(&KeyringFault::Silent)),
    )
}

/// Removes a key from the keyring; one in the environment stays and is found again. Blocks.
pub(crate) fn forget(slot: KeySlot) -> (Secret, Option<UiError>) {
    (key_of_environment(slot), remove(account(slot)))
}

/// The values that a file of MCP servers refers to by these names, as far as the keyring holds them. Blocks.
pub(crate) fn of_servers(names: &[String]) -> BTreeMap<String, String> {
    let Ok(keyring) = Keyring::open() else { return BTreeMap::new() };
    let mut kept = BTreeMap::new();
    for name in names {
        match keyring.read(&format!("{SERVERS_ACCOUNT}{name}")) {
            Ok(Some(value)) => _ = kept.insert(name.clone(), value),
            Ok(None) => {}
            // What failed once asks the person no second time.
            Err(error) => {
                tracing::warn!(?error, "the keyring does not say what it holds for MCP servers");
                break;
            }
        }
    }
    kept
}

/// Keeps such a value.
///
/// # Errors
/// When the keyring can't. Blocks.
pub(crate) fn keep_for_server(name: &str, value: &str) -> Result<(), UiError> {
    Keyring::open()
        .and_then(|keyring| keyring.write(&format!("{SERVERS_ACCOUNT}{name}"), value))
        .map_err(|fault| messages::keyring_failed(&fault))
}

/// Keeps a proxy's whole address, name and password among it. Blocks.
pub(crate) fn keep_proxy(text: &str, url: ProxyUrl) -> (ProxySecret, Option<UiError>) {
    let (state, trouble) = write(PROXY_ACCOUNT, text);
    (ProxySecret { state, url: Some(url) }, trouble)
}

/// Removes it. Blocks.
pub(crate) fn forget_proxy() -> (ProxySecret, Option<UiError>) {
    (ProxySecret::default(), remove(PROXY_ACCOUNT))
}

fn write(account: &str, secret: &str) -> (KeyState, Option<UiError>) {
    match Keyring::open().and_then(|keyring| keyring.write(account, secret)) {
        Ok(()) => (KeyState::Keyring, None),
        Err(fault) => (KeyState::Session, Some(messages::keyring_failed(&fault))),
    }
}

fn remove(account: &str) -> Option<UiError> {
    match Keyring::open().and_then(|keyring| keyring.remove(account)) {
        // Where there is no keyring nothing is kept.
        Ok(()) | Err(KeyringFault::NoService(_)) => None,
        Err(fault) => Some(messages::keyring_failed(&fault)),
    }
}

fn account(slot: KeySlot) -> &'static str {
    match slot {
        KeySlot::Gemini => "gemini-api-key",
        KeySlot::Vertex => "vertex-express-key",
        KeySlot::Server => "own-server-key",
        KeySlot::Think => "language-model-key",
    }
}

#[cfg(test)]
mod tests;
