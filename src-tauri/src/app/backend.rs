//! The one task behind the window: it owns the settings, the key, the running conversation and the state that the window
//! shows. Commands ask it through a bounded queue; it answers by events alone (ARCHITECTURE.md, invariants 1 and 10).

mod account;
mod background;
mod deaths;
mod deltas;
mod levels;
mod local_models;
mod mcp_servers;
mod microphone;
mod outcome;
mod reconnect;
mod request;
mod saving;
mod speaker;
mod speech_assets;
mod subscriber;
mod tool_request;
mod toolbox;
mod voice_sample;

use std::path::PathBuf;
use std::sync::Arc;

use conversation::{Conversation, Event, SoundStore, TurnSound, TurnSounds};
use live_proto::catalogue::Catalogue;
use net::ProxyUrl;
use practice::SpeechModels;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::config::account_models::{AccountModels, ModelCache};
use crate::config::secrets::{self, Secrets};
use crate::config::settings::Store;
use crate::config::startup::Startup;
use crate::config::voice_samples::VoiceSamples;
use crate::config::{endpoint, endpoint_name, own_tools, profile, proxy};
use crate::contract::{
    CameraState, ConversationInfo, Figures, Partner, Phase, Settings, Snapshot, ToolRule, UiEnvelope, UiEvent,
};
use crate::messages;
use background::Keeper;
use deltas::join_deltas;
use levels::ShownLevels;
use microphone::Listening;
use outcome::Outcome;
pub use request::{Request, Source};
use speaker::Checking;
use speech_assets::Fetching;
use subscriber::Subscriber;
use voice_sample::Sampling;

/// Requests that may wait; a person does not click faster than they are served.
const REQUESTS: usize = 64;
/// Events taken at once, so that deltas which came together go out together.
const BATCH: usize = 64;

/// Answers of the keyring and the service that may wait.
const OUTCOMES: usize = 8;

/// A handle to the task.
#[derive(Clone, Debug)]
pub struct Backend {
    requests: mpsc::Sender<Request>,
    preview: watch::Receiver<Option<Arc<Vec<u8>>>>,
    sounds: watch::Receiver<TurnSounds>,
    saved: watch::Receiver<Option<PathBuf>>,
    catalogue: Arc<Catalogue>,
    served: watch::Receiver<Option<Arc<AccountModels>>>,
    talk_key: watch::Receiver<Option<String>>,
    owner: threads::Owner,
}

impl Backend {
    /// Starts the task on the current runtime.
    pub fn spawn(startup: Startup) -> Self {
        let Startup {
            store,
            mut settings,
            catalogue,
            model_cache,
            voice_samples,
            mcp_path,
            mut troubles,
            ..
        } = startup;
        let notes = startup.notes_file.load().unwrap_or_else(|trouble| {
            troubles.push(trouble);
            Vec::new()
        });
        let kept = toolbox::Kept::new(startup.tools_path, startup.tools_file, startup.notes_file);
        let lifted = proxy::lift(&mut settings);
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let (preview_in, preview) = watch::channel(None);
        let (sounds_in, sounds) = watch::channel(TurnSounds::default());
        let (saved_in, saved) = watch::channel(None);
        let (served_in, served) = watch::channel(None);
        let (talk_key_in, talk_key) = watch::channel(None);
        let state = Snapshot { settings, notices: troubles, ..Snapshot::default() };
        let (owner, deaths) = threads::owner();
        let task = Task {
            inbox,
            deaths,
            outcomes: mpsc::channel(OUTCOMES),
            preview: preview_in,
            sounds: sounds_in,
            saved: saved_in,
            store,
            catalogue: Arc::clone(&catalogue),
            model_cache,
            voice_samples,
            served: served_in,
            talk_key: talk_key_in,
            secrets: None,
            is_unread: false,
            lifted,
            check_round: 0,
            keeper: None,
            models: crate::config::speech_models::of_user(&state.settings),
            fetching: None,
            checking: None,
            listening: None,
            sampling: None,
            sample_next: None,
            sample_round: 0,
            state,
            subscriptions: 0,
            subscriber: None,
            levels: ShownLevels::default(),
            seq: 0,
            start_next: false,
            tools: kept.with_notes(notes),
            talk: None,
            model_prefix: String::new(),
            asked: None,
            servers: mcp_servers::Kept::new(mcp_path),
        };
        tokio::spawn(owner.clone().scope(task.run_on()));
        Self { requests, preview, sounds, saved, catalogue, served, talk_key, owner }
    }

    /// Owns what is started for the window.
    pub(crate) fn owner(&self) -> &threads::Owner {
        &self.owner
    }

    /// Sends a request; waits while the queue is full. After the end of the task it does nothing.
    pub async fn ask(&self, request: Request) {
        let _ = self.requests.send(request).await;
    }

    /// A page begins to show the events; returns its number for [`next_events`](Self::next_events).
    pub async fn subscribe(&self) -> Option<u32> {
        let (answer, number) = oneshot::channel();
        self.ask(Request::Subscribe(answer)).await;
        number.await.ok()
    }

    /// The events since the last call, a snapshot first; waits for some. `None` when another page has taken its place, or at the end.
    pub async fn next_events(&self, subscription: u32) -> Option<Vec<UiEnvelope>> {
        let (asking, events) = oneshot::channel();
        self.ask(Request::NextEvents(subscription, asking)).await;
        events.await.ok()
    }

    /// Preview pictures, newest wins: an `f64` of milliseconds, then a JPEG.
    pub fn preview(&self) -> watch::Receiver<Option<Arc<Vec<u8>>>> {
        self.preview.clone()
    }

    /// The sound of this turn, while it is kept.
    pub fn sound_of(&self, turn: u32) -> Option<Arc<TurnSound>> {
        self.sounds.borrow().of(turn)
    }

    /// The file that was saved last in this run.
    pub fn saved(&self) -> Option<PathBuf> {
        self.saved.borrow().clone()
    }

    /// The keys that shall be heard from everywhere now, as the settings name them; none unless they are of use.
    pub(crate) fn talk_key(&self) -> watch::Receiver<Option<String>> {
        self.talk_key.clone()
    }

    /// The models and voices of this run.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// The models that the account was last seen to have.
    pub(crate) fn served(&self) -> Option<Arc<AccountModels>> {
        self.served.borrow().clone()
    }
}

struct Task {
    inbox: mpsc::Receiver<Request>,
    /// Of what was started for the window; a conversation has its own.
    deaths: threads::Deaths,
    /// Up to which envelope the page took them.
    /// What keyring and service answer in their own time; both ends are the task's.
    outcomes: (mpsc::Sender<Outcome>, mpsc::Receiver<Outcome>),
    preview: watch::Sender<Option<Arc<Vec<u8>>>>,
    /// Of the last turns; they stay until the next Start.
    sounds: SoundStore,
    saved: watch::Sender<Option<PathBuf>>,
    store: Store,
    catalogue: Arc<Catalogue>,
    model_cache: ModelCache,
    voice_samples: VoiceSamples,
    served: watch::Sender<Option<Arc<AccountModels>>>,
    talk_key: watch::Sender<Option<String>>,
    /// Absent until the keyring answered or its time is over; it may be asking the person to unlock it.
    secrets: Option<Secrets>,
    /// The keyring did not say what it holds, so Start asks it again.
    is_unread: bool,
    /// A proxy with its password, as it was found in the settings; for the keyring.
    lifted: Option<(String, ProxyUrl)>,
    /// Writes changed settings, one after the other.
    keeper: Option<Keeper>,
    /// Grows with each check, so that the answer to an older one is known as such.
    check_round: u64,
    /// What the practice partner speaks and hears with.
    models: SpeechModels,
    fetching: Option<Fetching>,
    checking: Option<Checking>,
    listening: Option<Listening>,
    sampling: Option<Sampling>,
    /// A sample of this voice waits until the keys are known.
    sample_next: Option<String>,
    /// Grows with each sample, so that the news of an older one is known as such.
    sample_round: u64,
    state: Snapshot,
    subscriptions: u32,
    subscriber: Option<Subscriber>,
    levels: ShownLevels,
    seq: u64,
    /// Start was pressed while the last conversation was still ending.
    start_next: bool,
    /// What is kept for functions.
    tools: toolbox::Kept,
    talk: Option<(Conversation, mpsc::Receiver<Event>)>,
    /// What stands before a model's id on the wire, with this partner.
    model_prefix: String,
    /// The settings that the conversation was asked to connect again with.
    asked: Option<Box<Settings>>,
    /// The MCP servers, which outlive a conversation.
    servers: mcp_servers::Kept,
}

impl Task {
    /// Asks the system what it keeps.
    fn begin(&mut self) {
        self.look_into_keyring();
        self.find_speech_assets();
        self.tell_toolbox();
        let (place, served) = (self.model_cache.clone(), self.served.clone());
        threads::blocking("account-models", move || {
            let known = place.load().map(Arc::new);
            served.send_if_modified(|now| {
                now.is_none() && known.is_some() && {
                    *now = known;
                    true
                }
            });
        });
    }

    async fn run(&mut self) {
        let mut events = Vec::with_capacity(BATCH);
        loop {
            threads::test_point("backend");
            self.tell_of_functions().await;
            let talk = self.talk.as_mut().map(|(_, events)| events);
            let timer = self.tools.due();
            let due = self.subscriber.as_ref().and_then(Subscriber::due);
            tokio::select! {
                request = self.inbox.recv() => match request {
                    Some(Request::Quit(done)) => {
                        self.hang_up().await;
                        self.end_servers().await;
                        self.keep_all().await;
                        let _ = done.send(());
                        return;
                    }
                    Some(request) => self.serve(request).await,
                    None => {
                        self.hang_up().await;
                        return self.end_servers().await;
                    }
                },
                Some(outcome) = self.outcomes.1.recv() => self.take_outcome(outcome),
                Some(death) = self.deaths.recv() => self.on_panic(&death),
                () = at(due) => self.deliver(),
                () = self.servers.changed() => self.tools.are_other(),
                () = at(timer) => self.end_timers(Instant::now()).await,
                count = receive(talk, &mut events) => {
                    if count == 0 {
                        self.talk = None;
                        if std::mem::take(&mut self.start_next) {
                            self.start();
                        }
                    }
                    for event in join_deltas(events.drain(..)) {
                        self.relay(event);
                    }
                }
            }
        }
    }

    async fn serve(&mut self, request: Request) {
        match request {
            Request::Subscribe(answer) => {
                // A new page shows no test; nobody would turn the microphone off.
                self.stop_microphone_test();
                self.subscriptions = self.subscriptions.wrapping_add(1);
                self.subscriber = Some(Subscriber::new(self.subscriptions, &self.state));
                self.levels = ShownLevels::default();
                let _ = answer.send(self.subscriptions);
            }
            Request::NextEvents(subscription, asking) => {
                let page = self.subscriber.as_mut().filter(|page| page.number() == subscription);
                if page.is_some_and(|page| page.ask(asking, &self.state, &mut self.seq, Instant::now())) {
                    self.levels = ShownLevels::default();
                }
            }
            Request::Start => {
                self.look_again();
                self.start();
            }
            Request::End => self.send(conversation::Command::End).await,
            Request::Mute(muted) => {
                // Shown at once: until a conversation is ready it says nothing of it.
                self.emit_in_talk(UiEvent::Muted { muted });
                self.send(conversation::Command::Mute(muted)).await;
            }
            Request::Hold(held) => {
                self.emit_in_talk(UiEvent::Held { held });
                self.send(conversation::Command::PushToTalk(held)).await;
            }
            Request::Notify(notice) => self.emit(UiEvent::Notice { notice: *notice }),
            Request::Text(text) => self.send(conversation::Command::Text(text)).await,
            Request::AskAgain => self.send(conversation::Command::AskAgain).await,
            Request::StartFresh => self.send(conversation::Command::StartFresh).await,
            Request::DecideCall(call, decision) => {
                self.send(conversation::Command::Decide(call, decision)).await;
            }
            Request::AnswerCall(call, text) => self.send(conversation::Command::Answer(call, text)).await,
            Request::StopCall(call) => self.send(conversation::Command::StopCall(call)).await,
            Request::Reconnect => self.reconnect().await,
            Request::PreviewTaken => self.send(conversation::Command::PreviewTaken).await,
            Request::Camera(on) => {
                let choice = on.then(|| profile::camera(&self.state.settings));
                self.send(conversation::Command::Camera(choice)).await;
            }
            Request::Change(settings) => self.change(*settings).await,
            Request::SetKey(slot, typed, answer) => {
                let _ = answer.send(self.set_key(slot, &typed));
            }
            Request::ForgetKey(slot) => self.forget_key(slot),
            Request::CheckKey(slot) => self.check(slot),
            Request::SetProxy(typed, answer) => {
                let _ = answer.send(self.set_proxy(&typed).await);
            }
            Request::RefreshModels(answer) => self.refresh_models(answer),
            Request::FindLocalModels => self.find_local_models(),
            Request::ReloadTools => self.reload_tools(),
            Request::OpenToolsFile => self.open_tools_file(),
            Request::SaveTool(old, tool, answer) => {
                self.change_tools_file(move |text| own_tools::put(text, old.as_deref(), &tool), answer);
            }
            Request::DeleteTool(name, answer) => {
                self.change_tools_file(move |text| own_tools::remove(text, &name), answer);
            }
            Request::ReloadServers => self.load_servers(),
            Request::OpenServersFile => self.open_servers_file(),
            Request::RestartServer(key) => self.restart_server(key),
            Request::ImportServers(from) => self.import_servers(from),
            Request::ChangeNote(id, text) => self.change_note(id, text.as_deref()),
            Request::FetchAssets => self.fetch_speech_assets(),
            Request::CancelAssets => self.cancel_speech_assets(),
            Request::TakeAsset(file) => self.take_speech_asset(file),
            Request::Volume(percent) => self.set_volume(Some(percent)).await,
            Request::CheckSpeaker => self.check_speaker(),
            Request::CancelSpeakerCheck => self.cancel_speaker_check(),
            Request::TestMicrophone => self.test_microphone(),
            Request::StopMicrophoneTest => self.stop_microphone_test(),
            Request::PlayVoiceSample(voice) => self.play_voice_sample(voice),
            Request::StopVoiceSample => self.stop_voice_sample(),
            Request::SaveSound(sound, file) => self.save_sound(sound, file),
            Request::SavePicture(png, file) => self.save_picture(png, file),
            Request::Quit(_) => {}
        }
    }

    fn start(&mut self) {
        if self.talk.is_some() {
            self.start_next = self.state.phase == Phase::Ended;
            return;
        }
        if self.checking.is_some() || self.listening.is_some() {
            // Their devices are wanted; Start goes on when they are released.
            self.cancel_speaker_check();
            self.stop_microphone_test();
            self.start_next = true;
            return;
        }
        self.stop_voice_sample();
        let are_needed = secrets::are_needed(&self.state.settings);
        let Some(secrets) = self.secrets.clone().or_else(|| (!are_needed).then(secrets::of_environment))
        else {
            // Whether there is a key decides which partner we connect to.
            self.start_next = true;
            self.tell_of_waiting();
            return;
        };
        for notice in std::mem::take(&mut self.state.notices) {
            self.emit(UiEvent::NoticeGone { code: notice.code });
        }
        let settings = &self.state.settings;
        let model = profile::model(settings, &self.catalogue);
        let line = match endpoint::choose_for_window(settings, &model, &secrets, &self.models) {
            Ok(line) => line,
            Err(notice) => return self.emit(UiEvent::Notice { notice }),
        };
        let (preview, sounds) = (self.preview.clone(), self.sounds.clone());
        let mut config = profile::conversation(settings, &self.catalogue, preview, sounds);
        config.is_local = line.partner == Partner::Practice;
        let info = ConversationInfo {
            started_at: None,
            ended_at: None,
            partner: line.partner,
            model,
            voice: config.setup.voice.clone().unwrap_or_default(),
            push_to_talk: config.setup.manual_activity,
            microphone: None,
            speaker: None,
        };
        line.model.strip_suffix(&info.model).unwrap_or_default().clone_into(&mut self.model_prefix);
        config.setup.model = line.model;
        if line.partner == Partner::Practice {
            // The settings show whether the model is there.
            self.find_local_models();
        }
        self.asked = None;
        self.emit(UiEvent::Applied { settings: Box::new(self.state.settings.clone()) });
        self.emit(UiEvent::Conversation { conversation: Some(info) });
        self.sounds.send_replace(TurnSounds::default());
        self.levels = ShownLevels::default();
        self.emit(UiEvent::Figures { figures: Figures::default() });
        self.emit(UiEvent::Connection { connection: None });
        self.emit(UiEvent::Muted { muted: false });
        self.emit(UiEvent::Held { held: false });
        let functions = self.functions_at_start(&secrets);
        self.talk = Some(Conversation::start(config, line.dialer, functions));
    }

    async fn change(&mut self, mut settings: Settings) {
        endpoint_name::normalize(&mut settings);
        let old = std::mem::replace(&mut self.state.settings, settings.clone());
        self.emit(UiEvent::Settings { settings: Box::new(settings.clone()) });
        let way = |settings: &Settings| {
            let Settings { endpoint, proxy, vertex_project, vertex_location, .. } = settings.clone();
            [endpoint, proxy, vertex_project, vertex_location]
        };
        if way(&old) != way(&settings)
            && let Some(slot) = self.state.account.check.as_ref().map(|check| check.slot)
        {
            self.forget_check(slot);
        }
        // A key is there or not, by the server that is named.
        if old.think_url != settings.think_url || old.endpoint != settings.endpoint {
            self.tell_secrets();
        }
        if old.recogniser != settings.recogniser {
            self.find_speech_assets();
        }
        // Devices change at once; what the setup carries applies at the next Start.
        if old.microphone != settings.microphone || old.speaker != settings.speaker {
            let (microphone, speaker) = profile::sound(&settings);
            self.send(conversation::Command::Sound { microphone, speaker }).await;
            self.forget_speaker_check();
            self.change_tested_microphone();
        }
        if old.volume != settings.volume {
            self.set_volume(settings.volume).await;
        }
        if old.tool_rules != settings.tool_rules {
            let rules = profile::permissions(&settings).rules;
            self.send(conversation::Command::Rules(rules)).await;
        }
        if old.tool_rules != settings.tool_rules || old.tool_switches != settings.tool_switches {
            self.follow_servers(&old);
            self.tools.are_other();
        }
        if old.camera != settings.camera && self.state.camera != CameraState::Off {
            let choice = profile::camera(&settings);
            self.send(conversation::Command::Camera(Some(choice))).await;
        }
        self.keep(settings);
    }

    async fn send(&mut self, command: conversation::Command) {
        if let Some((talk, _)) = &self.talk {
            talk.send(command).await;
        }
    }

    async fn hang_up(&mut self) {
        self.send(conversation::Command::End).await;
        if let Some((_, events)) = &mut self.talk {
            while events.recv().await.is_some() {}
        }
    }

    fn relay(&mut self, event: Event) {
        if let Event::Levels(levels) = event
            && !self.levels.admit(levels)
        {
            return;
        }
        if let Event::Permission { name, rule } = event {
            return self.keep_rule(name, rule);
        }
        self.note_reconnect(&event);
        for event in messages::ui_events(event, &self.state, &self.catalogue) {
            self.emit(event);
        }
    }

    /// Keeps what the person decided about a function for good. The conversation knows it already.
    fn keep_rule(&mut self, name: String, rule: ToolRule) {
        let mut settings = self.state.settings.clone();
        settings.tool_rules.get_or_insert_default().insert(name, rule);
        self.emit(UiEvent::Settings { settings: Box::new(settings.clone()) });
        self.keep(settings);
    }

    fn emit_in_talk(&mut self, event: UiEvent) {
        if self.talk.is_some() && self.state.phase != Phase::Ended {
            self.emit(event);
        }
    }

    fn emit(&mut self, event: UiEvent) {
        self.state.apply(&event);
        let wanted = self.state.talk_key();
        self.talk_key.send_if_modified(|now| {
            let is_other = now.as_deref() != wanted;
            if is_other {
                *now = wanted.map(str::to_owned);
            }
            is_other
        });
        let page = self.subscriber.as_mut();
        if page.is_some_and(|page| page.offer(event, &self.state, &mut self.seq, Instant::now())) {
            // Levels are no part of a snapshot.
            self.levels = ShownLevels::default();
        }
    }

    fn deliver(&mut self) {
        let page = self.subscriber.as_mut();
        if page.is_some_and(|page| page.deliver(&self.state, &mut self.seq, Instant::now())) {
            self.levels = ShownLevels::default();
        }
    }
}

/// Waits for ever when there is no conversation; 0 when it is over.
async fn receive(talk: Option<&mut mpsc::Receiver<Event>>, events: &mut Vec<Event>) -> usize {
    match talk {
        Some(receiver) => receiver.recv_many(events, BATCH).await,
        None => std::future::pending().await,
    }
}

/// At this moment; never without one.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Runs what may block off the task. `None` when it panicked, which the task hears of.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    threads::blocking("background", work).await
}
