//! Starts a conversation: devices and the connection open in parallel, and the user may end it meanwhile.
//!
//! Audio from before the session is ready waits here, then in the session. It is sent when the setup is confirmed, and
//! otherwise dropped. Commands from that time keep their place in it: Mute, push to talk, typed text. A connection
//! usually takes longer to open than a microphone. If not, the setup waits for the first audio, so that a session
//! never begins with a gap.

use std::sync::Arc;
use std::time::Duration;

use live_client::{Dialer, Driver};
use live_proto::wire::FunctionDeclaration;
use live_proto::{Limits, SetupOptions, build_setup};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};
use tools::{OpenApi, Registry};

use crate::event::Event;
use crate::sound::SoundEvent;
use crate::trouble::{Trouble, of_connect, of_death, of_slow_devices};
use crate::uplink::UplinkCommand;
use crate::you::{Done, You};
use crate::{Command, Config};

/// The most commands that are kept while connecting.
const HELD_COMMANDS: usize = 32;
/// The most chunks of audio that are kept while connecting: 30 s, as in the session.
const EARLY_CHUNKS: usize = 1500;

/// A connection that opens this fast leads to a nearby partner, which confirms the setup as fast. So the setup may
/// wait for the microphone.
const NEARBY: Duration = Duration::from_millis(20);
/// The longest such wait. A microphone opens within 50 ms, a Bluetooth headset takes longer.
const HEAD_START: Duration = Duration::from_millis(150);

/// How long a partner in this program may take to answer. A language model has four minutes.
const LOCAL_ANSWER: Duration = Duration::from_mins(5);

/// Input while connecting.
#[derive(Debug)]
pub(crate) enum Early {
    /// Of your voice.
    UplinkCommand(UplinkCommand),
    /// A command that waits for the session.
    Command(Command),
}

/// The opened connection.
pub(crate) struct Opened {
    /// The session's driver; the setup is in flight.
    pub(crate) driver: Driver,
    /// Input from the meantime, in order.
    pub(crate) early: Vec<Early>,
}

/// The result of starting.
pub(crate) enum StartupOutcome {
    /// With a connection.
    Open(Box<Opened>),
    /// The user ended it.
    Ended,
    /// The connection failed.
    Failed(Trouble),
}

/// Connects. The devices of `you` open in parallel and may take longer.
pub(crate) async fn connect(
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: &Registry,
    you: &mut You,
    inbox: &mut mpsc::Receiver<Command>,
    events: &mpsc::Sender<Event>,
) -> StartupOutcome {
    let catalogue = config.catalogue;
    let json_schema = catalogue.rules(&config.setup.model).functions.json_schema;
    let setup = build_setup(&with_tools(config.setup, tools, json_schema), &catalogue);
    let rules = catalogue.rules(&setup.model);
    let heard = Notify::new();
    let begun = Instant::now();
    let limits = if config.is_local { patient() } else { Limits::default() };
    let mut connecting = Box::pin(Driver::connect_after(dialer, setup, rules, limits, async {
        if begun.elapsed() < NEARBY {
            let _ = timeout(HEAD_START, heard.notified()).await;
        }
    }));
    let camera = config.camera.map(|choice| Command::Camera(Some(choice)));
    let mut waiting = Waiting::new(camera);
    loop {
        // Commands before audio: nothing that was said after Mute may slip through.
        tokio::select! {
            biased;
            command = inbox.recv() => match command {
                None | Some(Command::End) => return StartupOutcome::Ended,
                Some(command) => waiting.command(command, you, events).await,
            },
            heard_now = you.sound.next() => match heard_now {
                SoundEvent::Voice(chunk) => {
                    heard.notify_one();
                    waiting.said(you.on_audio(chunk));
                }
                SoundEvent::Opened(troubles) => {
                    if !you.sound.hears() {
                        heard.notify_one();
                    }
                    send(events, troubles.into_iter().map(Event::Trouble)).await;
                }
                SoundEvent::Engine(event) => send(events, crate::sound::of_sound(&event)).await,
                SoundEvent::Slow => send(events, [Event::Trouble(of_slow_devices())]).await,
                SoundEvent::Died => return StartupOutcome::Failed(of_death("the sound stopped working")),
            },
            driver = &mut connecting => return match driver {
                Ok(driver) => StartupOutcome::Open(Box::new(Opened { driver, early: waiting.early })),
                Err(error) => StartupOutcome::Failed(of_connect(&error)),
            },
        }
    }
}

/// The limits for a partner that says itself when it can't answer.
fn patient() -> Limits {
    Limits { no_answer_yet: LOCAL_ANSWER, unanswered: 2 * LOCAL_ANSWER, ..Limits::default() }
}

/// The input that waits for the connection, in order.
struct Waiting {
    early: Vec<Early>,
    chunks: usize,
    commands: usize,
}

impl Waiting {
    fn new(first: Option<Command>) -> Self {
        let early: Vec<_> = first.map(Early::Command).into_iter().collect();
        Self { commands: early.len(), early, chunks: 0 }
    }

    /// Keep the beginning, which the rest refers to.
    fn said(&mut self, said: Vec<UplinkCommand>) {
        for said in said {
            if matches!(said, UplinkCommand::Audio(_)) {
                if self.chunks == EARLY_CHUNKS {
                    continue;
                }
                self.chunks += 1;
            }
            self.early.push(Early::UplinkCommand(said));
        }
    }

    async fn command(&mut self, command: Command, you: &mut You, events: &mpsc::Sender<Event>) {
        let (said, shown): Done = match command {
            Command::Mute(muted) => you.mute(muted),
            Command::PushToTalk(down) => you.key(down),
            Command::Volume(volume) => {
                you.sound.set_volume(volume);
                return;
            }
            Command::Sound { microphone, speaker } => {
                let sides = you.sound.choose(microphone, speaker);
                return send(events, sides.into_iter().flat_map(crate::sound::cleared)).await;
            }
            command => {
                if self.commands < HELD_COMMANDS {
                    self.commands += 1;
                    self.early.push(Early::Command(command));
                }
                return;
            }
        };
        self.said(said);
        send(events, shown).await;
    }
}

async fn send(events: &mpsc::Sender<Event>, batch: impl IntoIterator<Item = Event>) {
    for event in batch {
        let _ = events.send(event).await;
    }
}

/// Declares the functions. What the oldest form can say whole goes in that, which every model takes; the rest as JSON
/// Schema, unless the model needs the other form.
pub(crate) fn with_tools(mut setup: SetupOptions, tools: &Registry, json_schema: bool) -> SetupOptions {
    setup.functions.extend(tools.functions().map(|function| {
        let OpenApi { parameters, is_lossy } = function.open_api();
        let whole = (is_lossy && json_schema).then(|| function.json_schema().clone());
        FunctionDeclaration {
            name: function.name().to_owned(),
            description: Some(function.description().to_owned()),
            parameters: parameters.filter(|_| whole.is_none()),
            parameters_json_schema: whole,
            ..FunctionDeclaration::default()
        }
    }));
    setup
}

#[cfg(test)]
mod tests {
    use audio::MicChunk;
    use live_proto::catalogue::Mute;

    use super::*;
    use crate::sound::{SoundPort, Wanted};
    use crate::uplink::{TurnMode, Uplink};

    fn you(turns: TurnMode) -> You {
        let wanted =
            Wanted { microphone: audio::Microphone::None, speaker: audio::SpeakerChoice::None, save: None };
        You::new(SoundPort::open_by(Arc::new(|_| (None, Vec::new())), wanted, 1.0), Uplink::new(turns))
    }

    fn chunk(n: u8) -> MicChunk {
        MicChunk { pcm: vec![n], sequence: n.into(), voice: true }
    }

    /// What is kept when this is heard (a number) or pressed; sound as its number.
    async fn kept(turns: TurnMode, steps: Vec<Result<u8, Command>>) -> Vec<String> {
        let (mut you, mut waiting) = (you(turns), Waiting::new(None));
        let (events, mut received) = mpsc::channel(64);
        for step in steps {
            match step {
                Ok(n) => waiting.said(you.on_audio(chunk(n))),
                Err(command) => waiting.command(command, &mut you, &events).await,
            }
        }
        received.close();
        let text = |early: Early| match early {
            Early::UplinkCommand(UplinkCommand::Audio(pcm)) => pcm[0].to_string(),
            Early::UplinkCommand(said) => format!("{said:?}"),
            Early::Command(command) => format!("{command:?}"),
        };
        waiting.early.into_iter().map(text).collect()
    }

    #[tokio::test]
    async fn nothing_said_after_mute_while_connecting_is_kept() {
        use Command::Mute as M;
        let turns = TurnMode::Heard { mute: Mute::AudioStreamEnd };
        let steps = vec![Ok(1), Ok(2), Err(M(true)), Ok(3), Err(M(false)), Ok(4), Err(M(true)), Ok(5)];
        assert_eq!(kept(turns, steps).await, ["1", "2", "Pause", "4", "Pause"]);
        let turns = TurnMode::Heard { mute: Mute::Silence };
        let steps = vec![Err(M(true)), Ok(1), Ok(2), Err(M(false)), Ok(3)];
        assert_eq!(kept(turns, steps).await, ["3"]);
        let steps = vec![Ok(1), Err(M(true)), Ok(2), Err(M(false)), Ok(3)];
        assert_eq!(kept(TurnMode::without_silence(None), steps).await, ["1", "Pause", "3"]);
    }

    #[tokio::test]
    async fn the_key_while_connecting_keeps_the_whole_turn() {
        let up: Vec<_> = (0..40).map(Ok).collect();
        let steps = up.into_iter().chain([Err(Command::PushToTalk(true))]).chain((40..120).map(Ok));
        let steps = steps.chain([Err(Command::PushToTalk(false))]).chain((120..130).map(Ok)).collect();
        let kept = kept(TurnMode::Held, steps).await;
        let whole: Vec<String> = (25..125).map(|n: u8| n.to_string()).collect();
        assert_eq!((kept[0].as_str(), kept.last().map(String::as_str)), ("Begin", Some("Done")));
        assert_eq!(kept[1..kept.len() - 1], whole, "300 ms before it was pressed, and 100 after");
    }

    #[tokio::test]
    async fn typed_text_keeps_its_place_among_speech() {
        let turns = TurnMode::Heard { mute: Mute::AudioStreamEnd };
        let steps = vec![Ok(1), Err(Command::Text("hi".into())), Ok(2)];
        assert_eq!(kept(turns, steps).await, ["1", "Text(\"hi\")", "2"]);
    }
}
