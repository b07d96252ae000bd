//! The backend's part for keys, their check, the proxy and the models that an account has. What may block or wait for the
//! network runs elsewhere and answers by [`Outcome`]; the state is changed here alone, by the task.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use live_client::{ConnectError, KeyCheck as Known, ListedModel, check_key, list_models};
use net::ProxyUrl;
use tokio::sync::oneshot;

use super::Task;
use super::outcome::Outcome;
use crate::config::account_models::AccountModels;
use crate::config::secrets::{self, Found, ProxySecret, Secret};
use crate::config::{endpoint, proxy};
use crate::contract::{Account, ErrorCode, KeyCheck, KeySlot, KeyState, Settings, UiError, UiEvent, Verdict};
use crate::messages::{self, KeyringFault};

/// How long nothing is said of a keyring that Start waits for.
const PATIENCE: Duration = Duration::from_secs(2);

impl Task {
    /// Asks the keyring for all keys. The window shows which there are.
    pub(super) fn look_into_keyring(&self) {
        let found = || Outcome::Found(secrets::find());
        self.ask_keyring(found, || Outcome::Found(Found::silent()));
    }

    /// Asks again, when a person tries again what did not go the first time.
    pub(super) fn look_again(&mut self) {
        if self.talk.is_none() && self.is_unread && secrets::are_needed(&self.state.settings) {
            self.is_unread = false;
            self.secrets = None;
            self.look_into_keyring();
        }
    }

    /// Says after a while that Start waits for the keyring.
    pub(super) fn tell_of_waiting(&self) {
        self.answer_later(async {
            tokio::time::sleep(PATIENCE).await;
            Some(Outcome::StillWaiting)
        });
    }

    /// Asks in the background: the keyring may wait for a person, or never answer. After the limit `silent` is the answer;
    /// one that comes later counts nevertheless.
    fn ask_keyring(
        &self,
        question: impl FnOnce() -> Outcome + Send + 'static,
        silent: impl FnOnce() -> Outcome + Send + 'static,
    ) {
        let outcomes = self.outcomes.0.clone();
        let mut answer = secrets::ask(question);
        threads::task("account", async move {
            let in_time = secrets::within_limit(&mut answer).await;
            let late = in_time.is_none();
            _ = outcomes.send(in_time.unwrap_or_else(silent)).await;
            if late && let Ok(answer) = answer.await {
                _ = outcomes.send(answer).await;
            }
        });
    }

    pub(super) fn answer_later(&self, work: impl Future<Output = Option<Outcome>> + Send + 'static) {
        let outcomes = self.outcomes.0.clone();
        threads::task("account", async move {
            if let Some(outcome) = work.await {
                let _ = outcomes.send(outcome).await;
            }
        });
    }

    pub(super) fn take_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::StillWaiting => {
                if self.secrets.is_none() && self.start_next {
                    self.emit(UiEvent::Notice { notice: messages::keyring_slow() });
                }
            }
            Outcome::Found(found) => {
                let trouble = found.trouble();
                self.is_unread = trouble.is_some();
                let mut secrets = found.secrets;
                if let Some((whole, url)) = self.lifted.take() {
                    secrets.proxy = ProxySecret { state: KeyState::Session, url: Some(url.clone()) };
                    if self.store.is_kept() {
                        self.keep_proxy(whole, url);
                    }
                }
                self.secrets = Some(secrets);
                self.tell_secrets();
                self.emit(UiEvent::NoticeGone { code: ErrorCode::KeyringFailed });
                // Where no key is needed nobody misses one.
                let notice = trouble.filter(|_| secrets::are_needed(&self.state.settings));
                self.start_if_waiting();
                self.sample_if_waiting();
                if let Some(notice) = notice {
                    self.emit(UiEvent::Notice { notice });
                }
                self.propose_local_model();
                self.start_servers();
            }
            Outcome::Servers(read) => self.take_servers(*read),
            Outcome::ServersFile => self.load_servers(),
            Outcome::Imported(imported) => self.take_import(imported),
            Outcome::ServerTroubles(troubles) => {
                for notice in troubles {
                    self.emit(UiEvent::Notice { notice });
                }
            }
            Outcome::Key { slot, secret, trouble, check } => {
                let secrets = self.secrets.get_or_insert_default();
                let is_there = secret.key.is_some();
                secrets.put(slot, secret);
                self.forget_check(slot);
                self.tell_secrets();
                self.tell_keyring(trouble);
                if check && is_there && self.can_try(slot) {
                    self.check(slot);
                }
                self.start_if_waiting();
            }
            Outcome::Proxy(secret, trouble) => {
                self.secrets.get_or_insert_default().proxy = secret;
                self.tell_secrets();
                self.tell_keyring(trouble);
            }
            Outcome::Checked { slot, round, result } => {
                if round == self.check_round {
                    let verdict = verdict(&result);
                    self.tell_check(Some(KeyCheck { slot, verdict }));
                }
            }
            Outcome::Speaker(news) => self.take_speaker_news(news),
            Outcome::Microphone(news) => self.take_microphone_news(news),
            Outcome::VoiceSample(round, news) => self.take_sample_news(round, news),
            Outcome::SpeechAssets(news) => self.take_assets_news(news),
            Outcome::LocalModels(local_models) => self.tell_local_models(local_models),
            Outcome::ToolsFile(file) => self.take_tools_file(file),
            Outcome::Tool(request) => self.serve_tool(request),
            Outcome::Notice(notice, over) => {
                self.emit(UiEvent::NoticeGone { code: over });
                self.emit(UiEvent::Notice { notice });
            }
            Outcome::Saved(file, notice, over) => {
                if let Some(file) = file {
                    self.saved.send_replace(Some(file));
                }
                self.emit(UiEvent::NoticeGone { code: over });
                self.emit(UiEvent::Notice { notice });
            }
            Outcome::Models { result, done } => {
                let _ = done.send(self.take_models(result));
            }
        }
    }

    pub(super) fn set_key(&mut self, slot: KeySlot, typed: &str) -> Result<(), UiError> {
        let key = secrets::parse(typed)?;
        let server = secrets::server_of(slot, &self.state.settings);
        if server.is_none() && secrets::is_bound(slot) {
            return Err(messages::internal("a key for a server that is not named"));
        }
        let answer = move |(secret, trouble)| Outcome::Key { slot, secret, trouble, check: true };
        let (same_key, same_server) = (key.clone(), server.clone());
        self.ask_keyring(
            move || answer(secrets::keep(slot, key, server)),
            move || answer(secrets::keep_for_now(same_key, same_server)),
        );
        Ok(())
    }

    pub(super) fn forget_key(&self, slot: KeySlot) {
        let answer = move |(secret, trouble)| Outcome::Key { slot, secret, trouble, check: false };
        let silent = || (Secret::default(), Some(messages::keyring_failed(&KeyringFault::Silent)));
        self.ask_keyring(move || answer(secrets::forget(slot)), move || answer(silent()));
    }

    /// Whether there is a service to try it with: Google's is always there, another one when it is chosen.
    fn can_try(&self, slot: KeySlot) -> bool {
        let chosen = self.secrets.as_ref().and_then(|secrets| endpoint::slot(&self.state.settings, secrets));
        slot == KeySlot::Gemini || chosen == Some(slot)
    }

    /// Tries the key of this slot, or the system's credentials, without a conversation.
    pub(super) fn check(&mut self, slot: KeySlot) {
        self.check_round += 1;
        let round = self.check_round;
        let secrets = self.secrets.clone().unwrap_or_default();
        match endpoint::service(&self.state.settings, slot, &secrets) {
            Ok(dialer) => {
                self.tell_check(Some(KeyCheck { slot, verdict: Verdict::Checking }));
                self.answer_later(async move {
                    Some(Outcome::Checked { slot, round, result: check_key(&dialer).await })
                });
            }
            Err(error) => {
                let verdict = Verdict::Failed { error: Box::new(error) };
                self.tell_check(Some(KeyCheck { slot, verdict }));
            }
        }
    }

    /// Asks which models the account has.
    pub(super) fn refresh_models(&self, done: oneshot::Sender<Result<(), UiError>>) {
        let secrets = self.secrets.clone().unwrap_or_default();
        // With the practice partner too: the models are for a later conversation.
        let slot = endpoint::slot(&self.state.settings, &secrets).unwrap_or(KeySlot::Gemini);
        match endpoint::service(&self.state.settings, slot, &secrets) {
            Ok(dialer) => {
                self.answer_later(async move {
                    Some(Outcome::Models { result: list_models(&dialer).await, done })
                });
            }
            Err(error) => {
                let _ = done.send(Err(error));
            }
        }
    }

    fn take_models(&mut self, result: Result<Vec<ListedModel>, ConnectError>) -> Result<(), UiError> {
        let models = result.map_err(|error| messages::models_unknown(&error))?;
        if models.is_empty() {
            return Err(messages::no_list());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let served = AccountModels::new(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), models);
        let (place, kept) = (self.model_cache.clone(), served.clone());
        threads::blocking("account-models", move || place.save(&kept));
        self.served.send_replace(Some(served.into()));
        Ok(())
    }

    /// Takes a typed proxy apart: the address to the settings, its name and password to the keyring.
    pub(super) async fn set_proxy(&mut self, typed: &str) -> Result<(), UiError> {
        let typed = proxy::parse(typed)?;
        let kept = self.secrets.as_ref().and_then(|secrets| secrets.proxy.url.as_ref());
        let is_kept_for_it = || {
            let shown = typed.shown.parse().ok();
            kept.zip(shown).is_some_and(|(kept, shown)| proxy::is_same(kept, &shown))
        };
        match typed.secret {
            Some((whole, url)) => self.keep_proxy(whole, url),
            None if kept.is_none() || is_kept_for_it() => {}
            None => self.ask_keyring(
                || {
                    let (secret, trouble) = secrets::forget_proxy();
                    Outcome::Proxy(secret, trouble)
                },
                || {
                    Outcome::Proxy(
                        ProxySecret::default(),
                        Some(messages::keyring_failed(&KeyringFault::Silent)),
                    )
                },
            ),
        }
        let settings = Settings { proxy: Some(typed.shown), ..self.state.settings.clone() };
        self.change(settings).await;
        Ok(())
    }

    fn keep_proxy(&self, whole: String, url: ProxyUrl) {
        let for_now = ProxySecret { state: KeyState::Session, url: Some(url.clone()) };
        self.ask_keyring(
            move || {
                let (secret, trouble) = secrets::keep_proxy(&whole, url);
                Outcome::Proxy(secret, trouble)
            },
            || Outcome::Proxy(for_now, Some(messages::keyring_failed(&KeyringFault::Silent))),
        );
    }

    /// What was found out of a key holds no longer when the way to its service is another one.
    pub(super) fn forget_check(&mut self, slot: KeySlot) {
        if self.state.account.check.as_ref().is_some_and(|check| check.slot == slot) {
            self.check_round += 1;
            self.tell_check(None);
        }
    }

    fn tell_check(&mut self, check: Option<KeyCheck>) {
        let account = Account { check, ..self.state.account.clone() };
        self.emit(UiEvent::Account { account });
    }

    pub(super) fn tell_secrets(&mut self) {
        let Some(secrets) = &self.secrets else { return };
        let state = |slot| secrets.of(slot, &self.state.settings).state;
        let key = state(KeySlot::Gemini);
        let account = Account {
            vertex: state(KeySlot::Vertex),
            server: state(KeySlot::Server),
            think: state(KeySlot::Think),
            proxy: secrets.proxy.state,
            check: self.state.account.check.clone(),
        };
        self.emit(UiEvent::Key { key });
        self.emit(UiEvent::Account { account });
    }

    /// A key that was entered answers every notice about keys.
    fn tell_keyring(&mut self, trouble: Option<UiError>) {
        for code in [
            ErrorCode::KeyMissing,
            ErrorCode::KeyRefused,
            ErrorCode::KeyExpired,
            ErrorCode::KeyLeaked,
            ErrorCode::KeyringFailed,
        ] {
            self.emit(UiEvent::NoticeGone { code });
        }
        if let Some(notice) = trouble {
            self.emit(UiEvent::Notice { notice });
        }
    }

    pub(super) fn start_if_waiting(&mut self) {
        if self.talk.is_none() && std::mem::take(&mut self.start_next) {
            self.start();
        }
    }
}

fn verdict(result: &Result<Known, ConnectError>) -> Verdict {
    match result {
        Ok(Known::Accepted) => Verdict::Works,
        Ok(Known::Unknown) => Verdict::Unknown,
        Err(error) => Verdict::Failed { error: Box::new(messages::key_check(error)) },
    }
}
