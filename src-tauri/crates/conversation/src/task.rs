//! The session task: the one owner of a conversation's state. It waits for whatever happens next, takes it into the state,
//! and says what came of it. Runs on the tokio runtime and never blocks; devices open and close on blocking threads.

mod voice;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use live_client::{Dialer, Driver};
use live_proto::{Activity, Generation};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};
use tools::Registry;

use crate::calls::{Answer, Calls};
use crate::camera::{CameraPort, Seen};
use crate::event::{CameraState, Event, Figures, Phase, Reconnect, Source, ToolCall};
use crate::levels::{Meter, Reading};
use crate::open::{self, Opened};
use crate::phase::Situation;
use crate::reply::Reply;
use crate::sound::{self, Sound};
use crate::spoken::Collector;
use crate::transcript::Transcript;
use crate::trouble::{DeviceTrouble, Trouble, TroubleKind, of_close, of_resumed, of_sound, words_of};
use crate::uplink::{Turns, Uplink};
use crate::way_back::WayBack;
use crate::{Command, Config};

/// Meters and the playing state are read this often: 20 Hz, as the window wants them.
const TICK: Duration = Duration::from_millis(50);
/// Louder than this is taken for your voice when the time of a reply is measured.
const VOICED_DB: f32 = -45.0;
/// How long the last words and the close may take after End.
const DRAIN: Duration = Duration::from_secs(2);

/// What may happen next.
enum Happened {
    Command(Option<Command>),
    Session(Option<live_proto::Event>),
    Voice(Option<audio::MicChunk>),
    Device(Option<audio::Trouble>),
    Seen(Seen),
    Tool(ToolCall, Answer),
    Tick,
}

struct Task {
    inbox: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    driver: Driver,
    sound: Option<Sound>,
    uplink: Uplink,
    camera: CameraPort,
    calls: Calls,
    transcript: Transcript,
    reply: Reply,
    collector: Collector,
    volume: f32,
    meter: Meter,
    situation: Situation,
    shown: Phase,
    figures: Figures,
    /// The last reply that was interrupted.
    cut_off: Option<Generation>,
    way_back: WayBack,
    answered: bool,
    ending: bool,
    tick: Interval,
}

/// Holds a conversation from Start to End; the last event is [`Event::Ended`].
pub(crate) async fn run(
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: Arc<Registry>,
    mut inbox: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
) {
    let _ = events.send(Event::Phase(Situation::default().phase())).await;
    let camera = CameraPort::new(config.preview.clone());
    let uplink = Uplink::new(Turns::of(&config));
    let (collector, volume) = (Collector::new(config.replies.clone()), config.volume);
    let Some(Opened { driver, sound, early, held }) =
        Box::pin(open::open(config, dialer, &tools, &mut inbox, &events)).await
    else {
        return ended(&events, false).await;
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut task = Task {
        inbox,
        events,
        driver,
        sound,
        uplink,
        camera,
        calls: Calls::new(tools),
        transcript: Transcript::default(),
        reply: Reply::default(),
        collector,
        volume,
        meter: Meter::default(),
        situation: Situation::default(),
        shown: Situation::default().phase(),
        figures: Figures::default(),
        cut_off: None,
        way_back: WayBack::default(),
        answered: false,
        ending: false,
        tick,
    };
    task.take_the_floor();
    for chunk in early {
        task.hear(chunk).await;
    }
    for command in held {
        task.command(command).await;
    }
    while let Some(happened) = task.next().await {
        task.take(happened).await;
    }
    task.finish().await;
}

impl Task {
    /// What happens next; `None` when the conversation is over.
    async fn next(&mut self) -> Option<Happened> {
        // Pictures wait in their slot while the socket is behind; the gate opens while the driver is polled.
        let mut for_pictures = self.driver.media_gate();
        let (voice, troubles) = match &mut self.sound {
            Some(sound) => (Some(&mut sound.voice), Some(&mut sound.troubles)),
            None => (None, None),
        };
        let happened = tokio::select! {
            command = self.inbox.recv() => Happened::Command(command),
            event = self.driver.next_event() => Happened::Session(event),
            (row, answer) = self.calls.next(now_ms) => Happened::Tool(row, answer),
            trouble = async { match troubles { Some(troubles) => troubles.recv().await, None => std::future::pending().await } } =>
                Happened::Device(trouble),
            chunk = async {
                match voice { Some(voice) => voice.recv().await, None => std::future::pending().await }
            } => Happened::Voice(chunk),
            seen = self.camera.next(&mut for_pictures) => Happened::Seen(seen),
            _ = self.tick.tick() => Happened::Tick,
        };
        match happened {
            Happened::Command(None | Some(Command::End)) | Happened::Session(None) => None,
            happened => Some(happened),
        }
    }

    async fn take(&mut self, happened: Happened) {
        match happened {
            Happened::Command(Some(command)) => self.command(command).await,
            Happened::Session(Some(event)) => self.session(event).await,
            // Chunks that waited in the queue when you muted: after the end of the stream they would open it again.
            Happened::Voice(Some(_)) if self.situation.muted => {}
            // Kept in order by the session while the line is slow or gone.
            Happened::Voice(Some(chunk)) => self.hear(chunk).await,
            Happened::Device(Some(trouble)) => self.emit_all(of_sound(&trouble)).await,
            Happened::Seen(seen) => self.seen(seen).await,
            Happened::Tool(row, answer) => {
                self.emit(Event::Tool(row)).await;
                self.answer(answer).await;
            }
            Happened::Tick => {
                let loss = self.tick();
                self.emit_all(loss.map(Event::Trouble)).await;
                self.tell_devices().await;
                self.tell_device_list().await;
                let said = self.uplink.tick();
                self.say(said).await;
                self.tell_savings().await;
                self.tell_way_back(now_ms()).await;
            }
            // The engine's ends are closed only with the engine itself.
            Happened::Command(None)
            | Happened::Session(None)
            | Happened::Voice(None)
            | Happened::Device(None) => {}
        }
        self.settle_phase().await;
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Text(text) => {
                let events = self.transcript.typed(&text, now_ms());
                self.emit_all(events).await;
                self.reply.asked(now_ms());
                self.driver.send(live_proto::Command::Text(text)).await;
            }
            Command::Picture(jpeg) => self.driver.send(live_proto::Command::Video(jpeg)).await,
            Command::Mute(muted) => self.mute(muted).await,
            Command::Key(down) => self.key(down).await,
            Command::Camera(choice) => {
                let state = self.camera.switch(choice).await;
                self.emit(Event::Camera(state)).await;
            }
            Command::Sound { microphone, speaker } => self.change_sound(microphone, speaker).await,
            Command::Volume(volume) => self.set_volume(volume),
            Command::PreviewTaken => self.camera.preview_taken(),
            Command::End => {}
        }
    }

    async fn session(&mut self, event: live_proto::Event) {
        use live_proto::Event as E;
        match event {
            E::Ready { .. } => {
                self.situation.ready = true;
                self.started().await;
            }
            E::Audio { generation, pcm, rate } => self.play(&pcm, rate, generation.0).await,
            E::InputTranscript { text, finished } => {
                let events = self.transcript.heard_you(&text, finished, now_ms());
                self.emit_all(events).await;
                if finished {
                    self.reply.asked(now_ms());
                }
            }
            // Late words of a reply that was cut off were not heard, and they are no new turn.
            E::OutputTranscript { generation, .. } if Some(generation) <= self.cut_off => {}
            E::OutputTranscript { text, .. } | E::Text { text, .. } => {
                let events = self.transcript.reply(&text, now_ms());
                self.emit_all(events).await;
            }
            E::GenerationComplete { generation } => {
                self.end_of_reply(generation.0);
                self.emit(Event::ReplyComplete).await;
            }
            E::TurnComplete { generation, more_follows, .. } => {
                self.end_of_reply(generation.0);
                let events = self.transcript.complete();
                self.close_turns(events).await;
                // The end of a reply that was cut off answers nothing: what cut it off is still to be answered.
                if !more_follows && Some(generation) > self.cut_off {
                    self.reply.no_longer_awaited();
                    self.answered = true;
                    self.emit(Event::ExchangeComplete).await;
                }
            }
            E::Interrupted { generation } => {
                self.cut_off = Some(generation);
                self.interrupted().await;
            }
            // Nobody would wait for the answer, and the row would never end.
            E::ToolCall { .. } if self.ending => {}
            E::ToolCall { id, name, args } => {
                let (row, refused) = self.calls.begin(id, name, args, now_ms());
                self.emit(Event::Tool(row)).await;
                if let Some(answer) = refused {
                    self.answer(answer).await;
                }
            }
            E::ToolCallsCancelled { ids } => {
                let rows = self.calls.cancel(&ids, now_ms());
                self.emit_all(rows.into_iter().map(Event::Tool)).await;
            }
            E::Grounding { sources, queries, .. } => {
                let events = self.transcript.sources(web_sources(sources), queries);
                self.emit_all(events).await;
            }
            E::GoAway { time_left } => {
                self.figures.closes_at = Some(now_ms() + time_left.as_millis() as u64);
                self.emit(Event::Figures(self.figures)).await;
            }
            E::Reconnecting { cause, attempt, retry_in } => {
                let retry_at = (!retry_in.is_zero()).then(|| now_ms() + retry_in.as_millis() as u64);
                let reason = words_of(&cause);
                self.way_back.lost(Reconnect { attempt, retry_at, kept_ms: 0, reason });
                self.situation.reconnecting = true;
                self.tell_way_back(now_ms()).await;
            }
            E::Resumed { fresh, again, kept, lost } => self.resumed(fresh, again, kept, lost).await,
            E::VoiceActivity { activity: Activity::End, .. } => self.reply.asked(now_ms()),
            E::Closed(cause) => {
                if let Some(trouble) = of_close(&cause, self.ending) {
                    self.emit(Event::Trouble(trouble)).await;
                }
            }
            E::GivenUp { sent } => {
                let detail =
                    format!("It was sent {sent} times, and every connection broke before the answer.");
                self.emit(Event::Trouble(Trouble::new(TroubleKind::GivenUp, detail))).await;
            }
            E::Unplayable { mime } => {
                let detail = format!("The sound came as {mime:?}.");
                self.emit(Event::Trouble(Trouble::new(TroubleKind::Reply, detail))).await;
            }
            E::Misread { what, count } => {
                tracing::debug!(what, count, "the server sent values of a wrong type");
            }
            E::Unknown { what } => tracing::debug!(what, "the server sent something new"),
            E::BadFrame { first_bytes } => tracing::warn!(first_bytes, "the server sent what is no message"),
            // The window shows nothing of these yet; each has its place in a later version of it.
            E::InterimInputTranscript { .. }
            | E::Thought { .. }
            | E::Code { .. }
            | E::CodeResult { .. }
            | E::WaitingForInput
            | E::PagesRead { .. }
            | E::ResumptionHandle { .. }
            | E::Usage(_)
            | E::VoiceActivity { .. } => {}
        }
    }

    async fn play(&mut self, pcm: &[u8], rate: u32, generation: u32) {
        if let Some(waited) = self.reply.sound(pcm.len(), rate, now_ms()) {
            self.figures.reply_ms = Some(waited);
            self.emit(Event::Figures(self.figures)).await;
        }
        self.collector.take(pcm, rate, generation);
        let Some(sound) = &self.sound else { return };
        self.situation.playing = true;
        if let Err(full) = sound.engine.play(pcm, rate, generation) {
            self.emit(Event::Trouble(Trouble::new(TroubleKind::Reply, full.to_string()))).await;
        }
    }

    fn end_of_reply(&mut self, generation: u32) {
        self.reply.complete();
        if let Some(sound) = &self.sound {
            sound.engine.end_of_reply(generation);
        }
    }

    async fn interrupted(&mut self) {
        let heard = self.sound.as_ref().map_or(0, |sound| sound.engine.flush().ms);
        let events = self.transcript.interrupted(heard, self.reply.received_ms());
        self.reply.clear();
        self.situation.playing = false;
        self.close_turns(events).await;
    }

    /// Turns are final; a reply among them can be saved from now on.
    async fn close_turns(&mut self, ends: Vec<Event>) {
        let reply = self.transcript.last_reply();
        let closes = |event: &Event| matches!(event, Event::TurnEnded { id, .. } if Some(*id) == reply);
        let turn = reply.filter(|_| ends.iter().any(closes));
        self.emit_all(ends).await;
        let spoken = self.collector.over(turn, now_ms());
        self.emit_all(spoken.map(Event::Spoken)).await;
    }

    /// Connected again. With `again` the exchange under way comes once more, so what came of it is taken back.
    async fn resumed(&mut self, fresh: bool, again: bool, kept: Duration, lost: Duration) {
        self.situation.reconnecting = false;
        self.way_back = WayBack::default();
        self.emit(Event::Connection(None)).await;
        self.figures.closes_at = None;
        self.emit(Event::Figures(self.figures)).await;
        if again {
            if let Some(sound) = &self.sound {
                sound.engine.flush();
            }
            self.reply.clear();
            self.collector.forget();
            self.situation.playing = false;
            let events = self.transcript.again();
            self.emit_all(events).await;
        }
        self.emit_all(of_resumed(fresh, kept, lost).into_iter().map(Event::Trouble)).await;
    }

    async fn tell_way_back(&mut self, now: u64) {
        let kept = self.driver.waiting_audio();
        if let Some(reconnect) = self.way_back.news(kept, now) {
            self.emit(Event::Connection(Some(reconnect))).await;
        }
    }

    async fn answer(&mut self, answer: Answer) {
        let Answer { id, name, response } = answer;
        self.driver.send(live_proto::Command::ToolResult { id, name, response }).await;
    }

    async fn seen(&mut self, seen: Seen) {
        match seen {
            Seen::Picture(jpeg) => {
                self.driver.send(live_proto::Command::Video(jpeg)).await;
                if let Some(state) = self.camera.count_sent() {
                    self.emit(Event::Camera(state)).await;
                }
            }
            Seen::State(state) => {
                let over = DeviceTrouble::ALL.map(|device| Event::TroubleGone(TroubleKind::Camera(device)));
                self.emit_all(over).await;
                self.emit(Event::Camera(state)).await;
            }
            Seen::Trouble(trouble) => {
                // The dead camera is closed so that choosing one opens it afresh; the voice goes on.
                self.camera.switch(None).await;
                self.emit(Event::Camera(CameraState::Off)).await;
                self.emit(Event::Trouble(trouble)).await;
            }
        }
    }

    /// Reads the engine; what it lost of your voice, when that is new.
    fn tick(&mut self) -> Option<Trouble> {
        let Some(sound) = &mut self.sound else {
            self.situation.playing = false;
            return None;
        };
        let loss = sound.first_drop();
        let levels = sound.engine.levels();
        let you = Reading { rms_db: levels.microphone.rms, peak_db: levels.microphone.peak };
        let gemini = Reading { rms_db: levels.speaker.rms, peak_db: levels.speaker.peak };
        self.situation.playing = sound.engine.is_playing();
        if you.rms_db > VOICED_DB && !self.situation.playing {
            self.reply.voiced(now_ms());
        }
        let levels = self.meter.update(you, gemini);
        // Levels alone may be lost: the next ones come in 50 ms.
        let _ = self.events.try_send(Event::Levels(levels));
        loss
    }

    async fn settle_phase(&mut self) {
        let next = Situation { awaiting: self.reply.awaited() || self.calls.busy(), ..self.situation };
        let changed = next.phase() != self.shown;
        self.situation = next;
        if changed {
            self.shown = next.phase();
            self.emit(Event::Phase(next.phase())).await;
        }
    }

    async fn started(&mut self) {
        let (microphone, speaker) = self.sound.as_mut().map_or((None, None), Sound::names);
        self.emit(Event::Started { at: now_ms(), microphone, speaker }).await;
    }

    /// Releases the devices, says goodbye to the server and takes its last words.
    async fn finish(mut self) {
        self.ending = true;
        self.driver.send(live_proto::Command::End).await;
        sound::close(self.sound.take()).await;
        if self.camera.is_open() {
            self.camera.switch(None).await;
            self.emit(Event::Camera(CameraState::Off)).await;
        }
        let rows = self.calls.cancel_all(now_ms());
        self.emit_all(rows.into_iter().map(Event::Tool)).await;
        let drained = tokio::time::timeout(DRAIN, async {
            while let Some(event) = self.driver.next_event().await {
                self.session(event).await;
            }
        });
        if drained.await.is_err() {
            tracing::debug!("the server did not close in time");
        }
        let events = self.transcript.complete();
        self.close_turns(events).await;
        ended(&self.events, self.answered).await;
    }

    async fn emit(&mut self, event: Event) {
        // Nobody listens any more: the conversation is about to end by its dropped handle.
        let _ = self.events.send(event).await;
    }

    async fn emit_all(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.emit(event).await;
        }
    }
}

async fn ended(events: &mpsc::Sender<Event>, answered: bool) {
    let over = Situation { ended: true, ..Situation::default() };
    let _ = events.send(Event::Phase(over.phase())).await;
    let _ = events.send(Event::Ended { at: now_ms(), answered }).await;
}

/// Pages as links that a person may follow; anything but the web is left out.
fn web_sources(pages: Vec<(String, String)>) -> Vec<Source> {
    let web = |uri: &str| uri.starts_with("https://") || uri.starts_with("http://");
    pages.into_iter().filter(|(_, uri)| web(uri)).map(|(title, uri)| Source { title, uri }).collect()
}

/// Wall-clock milliseconds since 1970, for the transcript's times.
fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
