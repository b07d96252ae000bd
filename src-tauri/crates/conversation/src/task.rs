//! The session task, the one owner of a conversation's state. It waits for the next event, updates the state and reports
//! what changed. Runs on the tokio runtime and never blocks; devices open and close on blocking threads.

mod answers;
mod asking;
mod end;
mod line;
mod reconfigure;
mod sound;
mod sources;
#[cfg(test)]
mod tests;
mod voice;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use live_client::{Dialer, Driver};
use live_proto::catalogue::Catalogue;
use live_proto::{Activity, Generation};
use threads::{Death, Deaths};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};
use tools::Registry;

use crate::calls::{Calls, Changes};
use crate::camera::{CameraEvent, CameraPort};
use crate::clock::Clock;
use crate::event::{CameraState, Event, Figures, Phase};
use crate::exchange::Exchange;
use crate::levels::{Meter, Reading};
use crate::off_track::Watch;
use crate::phase::PhaseInputs;
use crate::reconnect_status::ReconnectStatus;
use crate::reply::Reply;
use crate::reply_recorder::ReplyRecorder;
use crate::sound::{Sound, SoundEvent, SoundPort, Wanted};
use crate::startup::{self, Early, Opened, StartupOutcome};
use crate::transcript::Transcript;
use crate::trouble::{FAULTS, Trouble, TroubleKind, of_close, of_death};
use crate::turn_sounds::SoundStore;
use crate::uplink::{TurnMode, Uplink};
use crate::voice_recorder::VoiceRecorder;
use crate::you::You;
use crate::{Command, Config};
use reconfigure::{Before, ModelRules};
use sources::{some_queries, web_sources};

/// How long the report of a failed connection is held back, in case a panic caused it.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How often meters and the playing state are read.
const TICK: Duration = Duration::from_millis(50);
/// The level above which microphone audio counts as your voice when the delay of a reply is measured.
const VOICED_DB: f32 = -45.0;
/// Texts and pictures that wait for a slow connection.
const HELD: usize = 256;
/// What may happen next.
enum LoopEvent {
    Command(Option<Command>),
    Session(Option<live_proto::Event>),
    Audio(SoundEvent),
    Camera(CameraEvent),
    Calls(Changes),
    /// The connection can take what was held.
    Writable,
    Tick,
    /// A thread or task of ours panicked.
    Panicked(Death),
}

#[expect(clippy::struct_excessive_bools, reason = "facts that are each true or false apart from the others")]
struct Task {
    inbox: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    driver: Driver,
    /// Texts and pictures that the connection has not taken yet, in order.
    held: VecDeque<live_proto::Command>,
    /// Much is waiting for the connection.
    is_crowded: bool,
    you: You,
    camera: CameraPort,
    calls: Calls,
    /// What follows from the setup in use.
    rules: ModelRules,
    /// What followed from the one before, until the service took the one in use.
    rules_before: Option<Before>,
    /// The last connection began a session that knew nothing.
    is_fresh: bool,
    catalogue: Arc<Catalogue>,
    transcript: Transcript,
    reply: Reply,
    exchange: Exchange,
    /// The service's name for the reason the last turn ended.
    reason: Option<String>,
    recorder: ReplyRecorder,
    voice_recorder: VoiceRecorder,
    /// The audio of the last turns.
    sounds: SoundStore,
    meter: Meter,
    phase_inputs: PhaseInputs,
    shown: Phase,
    figures: Figures,
    /// The last reply that was interrupted.
    cut_off: Option<Generation>,
    reconnect_status: ReconnectStatus,
    /// The session's setup is complete.
    is_set_up: bool,
    answered: bool,
    /// It is shown that there was no answer.
    reported_no_answer: bool,
    /// The session misses an answer, which is not shown yet.
    misses_answer: bool,
    /// A fresh session was asked for.
    starts_fresh: bool,
    watch: Watch,
    /// A part of ours stopped working: the conversation ends.
    is_broken: bool,
    ending: bool,
    deaths: Deaths,
    clock: Clock,
    tick: Interval,
}

/// Like [`run`]. After a panic the devices are released and the conversation still ends with a notice.
pub(crate) async fn run_guarded(
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: Arc<Registry>,
    inbox: (mpsc::Receiver<Command>, Deaths),
    events: mpsc::Sender<Event>,
) {
    let clock = Clock::start();
    let running = threads::catch_async("session", run(config, dialer, tools, inbox, events.clone()));
    if let Err(death) = Box::pin(running).await {
        end::send(&events, vec![Event::Trouble(of_death(death.to_string()))]).await;
        end::ended(&events, clock.now(), false).await;
    }
}

/// Holds a conversation from Start to End; the last event is [`Event::Ended`].
pub(crate) async fn run(
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: Arc<Registry>,
    inbox: (mpsc::Receiver<Command>, Deaths),
    events: mpsc::Sender<Event>,
) {
    let wanted = Wanted {
        microphone: config.microphone.clone(),
        speaker: config.speaker.clone(),
        save: config.save.clone(),
    };
    let sound = SoundPort::open(wanted, config.volume);
    Box::pin(run_with(sound, config, dialer, tools, inbox, events)).await;
}

/// The same with these devices.
async fn run_with(
    sound: SoundPort,
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: Arc<Registry>,
    (mut inbox, mut deaths): (mpsc::Receiver<Command>, Deaths),
    events: mpsc::Sender<Event>,
) {
    let clock = Clock::start();
    let _ = events.send(Event::Phase(PhaseInputs::default().phase())).await;
    let camera = CameraPort::new(config.preview.clone());
    let sounds = config.sounds.clone();
    let recorder = ReplyRecorder::new(sounds.clone());
    let turns = TurnMode::of(&config.setup, config.save_silence, &config.catalogue);
    let mut you = You::new(sound, Uplink::new(turns));
    let permissions = config.permissions.clone();
    let (is_local, catalogue) = (config.is_local, Arc::clone(&config.catalogue));
    let rules = ModelRules::of(&config.setup, &tools, &catalogue);
    let opening = Box::pin(startup::connect(config, dialer, &tools, &mut you, &mut inbox, &events));
    let way = tokio::select! {
        way = opening => way,
        Some(death) = deaths.recv() => StartupOutcome::Failed(of_death(death.to_string())),
    };
    let Opened { driver, early } = match way {
        StartupOutcome::Open(opened) => *opened,
        StartupOutcome::Failed(trouble) => {
            // A partner in this process that panicked closes its connection first, and says of what a moment later.
            let death = tokio::time::timeout(LAST_WORDS, deaths.recv()).await.ok().flatten();
            let trouble = death.map_or(trouble, |death| of_death(death.to_string()));
            let _ = events.send(Event::Trouble(trouble)).await;
            let (missing, closed) = you.sound.close_with_missing().await;
            end::send(&events, missing).await;
            end::send(&events, closed).await;
            return end::ended(&events, clock.now(), false).await;
        }
        StartupOutcome::Ended => {
            end::send(&events, you.sound.close().await).await;
            return end::ended(&events, clock.now(), false).await;
        }
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let phase_inputs = PhaseInputs { muted: you.is_muted(), ..PhaseInputs::default() };
    let mut calls = Calls::new(tools, permissions);
    calls.set_sees(rules.sees);
    let mut task = Task {
        inbox,
        events,
        driver,
        held: VecDeque::new(),
        is_crowded: false,
        you,
        camera,
        calls,
        rules,
        rules_before: None,
        is_fresh: false,
        catalogue,
        transcript: Transcript::default(),
        reply: Reply::default(),
        exchange: Exchange::default(),
        reason: None,
        recorder,
        voice_recorder: VoiceRecorder::default(),
        sounds,
        meter: Meter::default(),
        phase_inputs,
        shown: phase_inputs.phase(),
        figures: Figures::default(),
        cut_off: None,
        reconnect_status: ReconnectStatus::default(),
        is_set_up: false,
        answered: false,
        reported_no_answer: false,
        misses_answer: false,
        starts_fresh: false,
        watch: Watch::new(is_local),
        is_broken: false,
        ending: false,
        deaths,
        clock,
        tick,
    };
    for early in early {
        match early {
            Early::UplinkCommand(said) => task.send_uplink(vec![said]).await,
            Early::Command(command) => task.on_command(command).await,
        }
    }
    while let Some(happened) = task.next().await {
        task.take(happened).await;
        if task.is_broken {
            break;
        }
    }
    task.finish().await;
}

impl Task {
    /// Waits for the next event; `None` when the conversation is over. Commands come before audio, so that nothing said
    /// after Mute is sent.
    async fn next(&mut self) -> Option<LoopEvent> {
        threads::test_point("session");
        // Pictures wait in their slot while the socket is behind; the gate opens while the driver is polled.
        let mut for_pictures = self.driver.media_gate();
        let (mut for_held, is_crowded) = (for_pictures.clone(), self.is_crowded);
        let clock = self.clock;
        let others = async {
            tokio::select! {
                event = self.driver.next_event() => LoopEvent::Session(event),
                changes = self.calls.next(|| clock.now()) => LoopEvent::Calls(changes),
                heard = self.you.sound.next() => LoopEvent::Audio(heard),
                seen = self.camera.next(&mut for_pictures) => LoopEvent::Camera(seen),
                () = for_held.open(), if is_crowded => LoopEvent::Writable,
                _ = self.tick.tick() => LoopEvent::Tick,
            }
        };
        let happened = tokio::select! {
            biased;
            command = self.inbox.recv() => LoopEvent::Command(command),
            Some(death) = self.deaths.recv() => LoopEvent::Panicked(death),
            happened = others => happened,
        };
        match happened {
            LoopEvent::Command(None | Some(Command::End)) | LoopEvent::Session(None) => None,
            happened => Some(happened),
        }
    }

    async fn take(&mut self, happened: LoopEvent) {
        match happened {
            LoopEvent::Command(Some(command)) => self.on_command(command).await,
            LoopEvent::Session(Some(event)) => self.on_session_event(event).await,
            LoopEvent::Audio(heard) => self.on_audio(heard).await,
            LoopEvent::Panicked(death) => self.on_panic(&death).await,
            LoopEvent::Camera(seen) => self.on_camera(seen).await,
            LoopEvent::Calls(changes) => self.on_calls(changes).await,
            LoopEvent::Writable => self.send_held().await,
            LoopEvent::Tick => {
                let loss = self.tick();
                self.emit_all(loss.map(Event::Trouble)).await;
                if self.you.sound.sound().is_some_and(Sound::ends_now) {
                    self.emit(Event::MicrophoneOver).await;
                }
                self.send_devices().await;
                self.send_device_list().await;
                let said = self.you.tick();
                self.send_uplink(said).await;
                self.send_savings().await;
                let expired = self.calls.expire(self.clock.now());
                self.on_calls(expired).await;
                self.send_reconnect_status().await;
                self.send_verdict().await;
                self.tell_no_answer_yet().await;
            }
            LoopEvent::Command(None) | LoopEvent::Session(None) => {}
        }
        self.settle_phase().await;
    }

    async fn on_command(&mut self, command: Command) {
        match command {
            Command::Text(text) => self.on_text(text).await,
            Command::Tell(text) => self.tell(text).await,
            Command::AskAgain => self.ask_again().await,
            Command::StartFresh => self.start_fresh().await,
            Command::Reconfigure { setup, save_silence } => self.reconfigure(*setup, save_silence).await,
            Command::Functions(functions) => self.calls.set_registry(functions),
            Command::Picture(jpeg) => self.send_in_turn(live_proto::Command::Video(jpeg)).await,
            Command::Mute(muted) => {
                let done = self.you.mute(muted);
                self.phase_inputs.muted = self.you.is_muted();
                self.done(done).await;
            }
            Command::PushToTalk(down) => {
                let done = self.you.key(down);
                self.done(done).await;
            }
            Command::Camera(choice) => {
                let is_off = choice.is_none();
                let state = self.camera.switch(choice);
                self.emit(Event::Camera(state)).await;
                if is_off {
                    self.send(live_proto::Command::CameraOff).await;
                }
            }
            Command::Sound { microphone, speaker } => self.change_sound(microphone, speaker).await,
            Command::Volume(volume) => self.you.sound.set_volume(volume),
            Command::PreviewTaken => self.camera.preview_taken(),
            Command::Decide(number, decision) => {
                let changes = self.calls.decide(number, decision, self.clock.now());
                self.on_calls(changes).await;
            }
            Command::Answer(number, text) => {
                let changes = self.calls.answer(number, text);
                self.on_calls(changes).await;
            }
            Command::StopCall(number) => {
                let changes = self.calls.stop(number, self.clock.now());
                self.on_calls(changes).await;
            }
            Command::Rules(rules) => {
                let changes = self.calls.set_rules(rules, self.clock.now());
                self.on_calls(changes).await;
            }
            Command::End => {}
        }
    }

    async fn on_session_event(&mut self, event: live_proto::Event) {
        use live_proto::Event as E;
        let now = self.clock.now();
        match event {
            E::Ready { .. } => {
                self.is_set_up = true;
                self.begin_when_ready().await;
            }
            E::Audio { generation, pcm, rate } => self.play(&pcm, rate, generation.0).await,
            E::InputTranscript { text, finished, language } => {
                self.on_input_transcript(&text, finished, language.as_deref()).await;
            }
            // Late words of a reply that was cut off were not heard, and they are no new turn.
            E::OutputTranscript { generation, .. } if Some(generation) <= self.cut_off => {}
            E::OutputTranscript { generation, text, .. } | E::Text { generation, text } => {
                self.on_output_text(generation.0, &text).await;
            }
            E::GenerationComplete { generation } => self.on_generation_complete(generation.0).await,
            E::TurnComplete { generation, reason, more_follows } => {
                let row = self.calls.code_over();
                self.emit_all(row.map(Event::Tool)).await;
                self.on_turn_complete(generation, reason, more_follows).await;
            }
            E::Interrupted { generation } => {
                // One that interrupts nothing takes no words away.
                if self.exchange.is_under_way() {
                    self.cut_off = Some(generation);
                }
                self.on_interrupted().await;
            }
            E::WaitingForInput => {
                self.exchange.stays_silent();
                self.answer_is_not_missed().await;
            }
            E::NoAnswerYet => self.on_no_answer_yet(),
            // Nobody would wait for the answer, and the row would never end.
            E::ToolCall { .. } if self.ending => {}
            E::ToolCall { id, name, args } => self.on_tool_call(id, name, args).await,
            E::ToolCallsCancelled { ids } => {
                let rows = self.calls.cancel(&ids, now);
                self.exchange.cancelled(self.calls.busy(), now);
                self.emit_all(rows.into_iter().map(Event::Tool)).await;
            }
            E::Grounding { sources, queries, .. } => {
                let events = self.transcript.sources(web_sources(sources), some_queries(queries));
                self.emit_all(events).await;
            }
            E::GoAway { time_left } => {
                let left = u64::try_from(time_left.as_millis()).unwrap_or(u64::MAX);
                self.figures.closes_at = Some(now.wall.saturating_add(left));
                self.emit(Event::Figures(self.figures)).await;
            }
            E::Reconnecting { cause, attempt, retry_in } => self.on_lost(&cause, attempt, retry_in).await,
            E::Reconfigured => self.on_reconfigured().await,
            E::ReconfigurationRefused(cause) => self.on_reconfiguration_refused(&cause).await,
            E::Resumed { fresh, again, kept, lost } => self.on_resumed(fresh, again, kept, lost).await,
            E::VoiceActivity { activity, .. } => {
                if activity == Activity::Start {
                    self.transcript.voiced();
                    self.exchange.voiced();
                } else {
                    self.reply.asked(now.steady);
                    self.transcript.asked();
                }
            }
            E::Closed(cause) => {
                if let Some(trouble) = of_close(&cause, self.ending) {
                    self.emit(Event::Trouble(trouble)).await;
                }
            }
            E::InputAbandoned { sent } => {
                self.exchange.abandoned();
                let detail =
                    format!("It was sent {sent} times, and every connection broke before the answer.");
                self.emit(Event::Trouble(Trouble::new(TroubleKind::InputAbandoned, detail))).await;
            }
            E::Unplayable { mime } => {
                let detail = format!("The sound came as {mime:?}.");
                self.emit(Event::Trouble(Trouble::new(TroubleKind::Reply, detail))).await;
            }
            E::Malformed { what, count } => {
                tracing::debug!(what, count, "the server sent values of a wrong type");
            }
            E::Unknown { what } => tracing::debug!(what, "the server sent something new"),
            E::BadFrame { first_bytes } => tracing::warn!(first_bytes, "the server sent what is no message"),
            E::Code { code, .. } => {
                let rows = self.calls.code(&code, now);
                self.emit_all(rows.into_iter().map(Event::Tool)).await;
            }
            E::CodeResult { outcome, output, .. } => {
                let row = self.calls.code_result(outcome.as_deref(), &output, now);
                self.emit_all(row.map(Event::Tool)).await;
            }
            // The window shows nothing of these yet; each has its place in a later version of it.
            E::InterimInputTranscript { .. }
            | E::Thought { .. }
            | E::PagesRead { .. }
            | E::ResumptionHandle { .. }
            | E::Usage(_) => {}
        }
    }

    async fn on_generation_complete(&mut self, generation: u32) {
        self.end_of_reply(generation);
        // A turn that only calls is whole, too, but its answer is still to come.
        if self.exchange.is_whole(self.calls.busy()) {
            self.emit(Event::ReplyComplete).await;
        }
    }

    async fn on_interrupted(&mut self) {
        let heard = self.you.sound.flush();
        let now = self.clock.now();
        self.exchange.broken_off(true);
        self.watch.broken_off();
        let events =
            self.transcript.interrupted(heard, self.reply.received_ms(), !self.reply.is_complete(), now);
        self.reply.clear();
        self.phase_inputs.playing = false;
        self.close_turns(events).await;
    }

    async fn on_camera(&mut self, event: CameraEvent) {
        match event {
            CameraEvent::Picture(jpeg) => {
                self.send(live_proto::Command::Video(jpeg)).await;
                if let Some(state) = self.camera.count_sent() {
                    self.emit(Event::Camera(state)).await;
                }
            }
            CameraEvent::State(state) => {
                let cleared = FAULTS.map(|device| Event::TroubleGone(TroubleKind::Camera(device)));
                self.emit_all(cleared).await;
                self.emit(Event::Camera(state)).await;
            }
            CameraEvent::Trouble(trouble) => {
                // The dead camera is closed so that choosing one opens it afresh; the voice goes on.
                self.camera.switch(None);
                self.emit(Event::Camera(CameraState::Off)).await;
                self.emit(Event::Trouble(trouble)).await;
                self.send(live_proto::Command::CameraOff).await;
            }
        }
    }

    /// Reads the engine; returns a trouble if it newly dropped microphone audio.
    fn tick(&mut self) -> Option<Trouble> {
        self.phase_inputs.playing = self.you.sound.is_playing();
        let levels = self.you.sound.levels()?;
        let you = Reading { rms_db: levels.microphone.rms, peak_db: levels.microphone.peak };
        let gemini = Reading { rms_db: levels.speaker.rms, peak_db: levels.speaker.peak };
        if you.rms_db > VOICED_DB && !self.phase_inputs.playing {
            self.reply.voiced(self.clock.now().steady);
            self.exchange.voiced();
            self.transcript.voiced();
        }
        let levels = self.meter.update(you, gemini);
        // Levels alone may be lost: the next ones come in 50 ms.
        let _ = self.events.try_send(Event::Levels(levels));
        self.you.sound.sound()?.first_drop()
    }

    async fn settle_phase(&mut self) {
        let awaiting = self.reply.awaited() || self.calls.busy() || self.exchange.owes();
        let next = PhaseInputs { awaiting, ..self.phase_inputs };
        let changed = next.phase() != self.shown;
        self.phase_inputs = next;
        if changed {
            self.shown = next.phase();
            self.emit(Event::Phase(next.phase())).await;
        }
    }

    /// Hands a command to the session, which keeps the order until the connection takes it. Never waits.
    async fn send(&mut self, command: live_proto::Command) {
        tokio::select! {
            biased;
            // Once polled it is taken.
            () = self.driver.send(command) => {}
            () = std::future::ready(()) => self.is_crowded = true,
        }
    }

    /// The same for commands that are not urgent: they are held while much is waiting, so that none is dropped.
    async fn send_in_turn(&mut self, command: live_proto::Command) {
        if self.held.len() < HELD {
            self.held.push_back(command);
        } else {
            tracing::warn!("a text or a picture found no room");
        }
        if !self.is_crowded {
            self.send_held().await;
        }
    }

    async fn send_held(&mut self) {
        self.is_crowded = false;
        while !self.is_crowded
            && let Some(command) = self.held.pop_front()
        {
            self.send(command).await;
        }
    }

    async fn emit(&mut self, event: Event) {
        let yours = self.voice_recorder.follow(&event, self.clock.now().wall);
        // If the receiver is gone, the conversation is about to end.
        let _ = self.events.send(event).await;
        if let Some(sound) = yours {
            self.keep(sound).await;
        }
    }

    async fn emit_all(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.emit(event).await;
        }
    }
}
