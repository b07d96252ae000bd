//! The way into a conversation: microphone, speaker and connection open side by side, and a person may end it meanwhile.
//!
//! What the microphone hears before the session is ready waits here, then in the session: it is sent at once when the setup
//! is taken, and to nobody when it is not. A connection mostly takes longer than a microphone. Where it does not, the setup
//! waits for the first sound, so that a session never begins with a hole.

use std::sync::Arc;
use std::time::Duration;

use audio::MicChunk;
use live_client::{ConnectError, Dialer, Driver};
use live_proto::wire::FunctionDeclaration;
use live_proto::{Limits, SetupOptions, build_setup};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};
use tools::Registry;

use crate::event::Event;
use crate::sound::{self, Sound};
use crate::trouble::{Trouble, of_connect};
use crate::{Command, Config};

/// How long a person who ends it again waits for devices and goodbye.
const GIVE_UP: Duration = Duration::from_secs(2);
/// Commands kept while connecting.
const HELD_COMMANDS: usize = 32;
/// Chunks of your voice kept while connecting: 30 s, as long as the session itself would hold them.
const EARLY_CHUNKS: usize = 1500;

/// A socket that is open so soon leads to a partner nearby, who takes the setup as fast: it may wait for the microphone.
const NEARBY: Duration = Duration::from_millis(20);
/// For so long at most. A microphone is open within 50 ms, but a Bluetooth headset takes its time.
const HEAD_START: Duration = Duration::from_millis(150);

/// What is open.
pub(crate) struct Opened {
    /// The session's socket; its setup is on the way.
    pub(crate) driver: Driver,
    /// The devices; absent when the sound system does not answer at all.
    pub(crate) sound: Option<Sound>,
    /// What you said meanwhile, 20 ms each: the first words count too.
    pub(crate) early: Vec<MicChunk>,
    /// What was asked for meanwhile.
    pub(crate) held: Vec<Command>,
}

/// Opens everything. `None` when the person ended it or there is no connection, which was said then.
pub(crate) async fn open(
    config: Config,
    dialer: Arc<dyn Dialer>,
    tools: &Registry,
    inbox: &mut mpsc::Receiver<Command>,
    events: &mpsc::Sender<Event>,
) -> Option<Opened> {
    let catalogue = config.catalogue;
    let setup = build_setup(&with_tools(config.setup, tools), &catalogue);
    let rules = catalogue.rules(&setup.model);
    let mut opening =
        std::pin::pin!(sound::open(config.microphone, config.speaker, (config.volume, config.save)));
    let heard = Notify::new();
    let begun = Instant::now();
    let mut connecting =
        Box::pin(Driver::connect_after(dialer, setup.clone(), rules, Limits::default(), async {
            if begun.elapsed() < NEARBY {
                let _ = timeout(HEAD_START, heard.notified()).await;
            }
        }));
    let mut held: Vec<_> = config.camera.map(|choice| Command::Camera(Some(choice))).into_iter().collect();
    let mut early = Vec::new();
    let (mut opened, mut connected) = (None, None);
    let ((sound, troubles), driver) = loop {
        if opened.is_some() && connected.is_some() {
            break opened.zip(connected)?;
        }
        tokio::select! {
            sound = &mut opening, if opened.is_none() => {
                if !sound.0.as_ref().is_some_and(Sound::hears) {
                    heard.notify_one();
                }
                opened = Some(sound);
            }
            driver = &mut connecting, if connected.is_none() => connected = Some(driver),
            Some(chunk) = next_chunk(opened.as_mut()) => {
                heard.notify_one();
                if early.len() < EARLY_CHUNKS {
                    early.push(chunk);
                }
            }
            command = inbox.recv() => match command {
                None | Some(Command::End) => {
                    let release = async {
                        let (sound, _) = match opened {
                            Some(opened) => opened,
                            None => opening.as_mut().await,
                        };
                        sound::close(sound).await;
                    };
                    let _ = timeout(GIVE_UP, async { tokio::join!(release, say_goodbye(connected)) }).await;
                    return None;
                }
                Some(command) if held.len() < HELD_COMMANDS => held.push(command),
                Some(_) => {}
            },
        }
    };
    for trouble in troubles {
        let _ = events.send(Event::Trouble(trouble)).await;
    }
    match driver {
        Ok(driver) => Some(Opened { driver, sound, early, held }),
        Err(error) => {
            sound::close(sound).await;
            let _ = events.send(Event::Trouble(of_connect(&error))).await;
            None
        }
    }
}

/// Closes a session that was opened for nothing as it should be closed.
async fn say_goodbye(connected: Option<Result<Driver, ConnectError>>) {
    if let Some(Ok(mut driver)) = connected {
        driver.send(live_proto::Command::End).await;
        while driver.next_event().await.is_some() {}
    }
}

/// The next chunk of your voice once the microphone is open; for ever before.
async fn next_chunk(opened: Option<&mut (Option<Sound>, Vec<Trouble>)>) -> Option<MicChunk> {
    match opened {
        Some((Some(sound), _)) => sound.voice.recv().await,
        _ => std::future::pending().await,
    }
}

fn with_tools(mut setup: SetupOptions, tools: &Registry) -> SetupOptions {
    setup.functions.extend(tools.declarations().into_iter().map(|function| FunctionDeclaration {
        name: function.name,
        description: Some(function.description),
        parameters: Some(function.parameters),
        ..FunctionDeclaration::default()
    }));
    setup
}
