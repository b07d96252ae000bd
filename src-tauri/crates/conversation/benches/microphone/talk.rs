//! One question: a conversation of its own, from the microphone to what is heard of the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::{Microphone, SpeakerChoice};
use conversation::{Command, Config, Conversation, Event, Phase, Speaker};
use live_client::{BoxFuture, ConnectError, Dialer, Request, Stream};
use live_proto::SetupOptions;
use live_proto::catalogue::Catalogue;
use live_server::{LiveServer, ServerConfig};
use practice::{PracticeAgent, PracticeConfig, SpeechModels};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::arrival::Arrival;
use crate::questions::{Expected, Question};
use crate::sound::{Room, STEP};
use crate::speech_source::SpeechSource;
use crate::{functions, words};

/// The silence that ends a turn, in ms.
pub(crate) const SILENCE: u32 = 500;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Silence before the question, in steps: the detector must know the room.
const BEFORE: usize = 25;

/// What came of a question.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) heard: String,
    pub(crate) answer: String,
    pub(crate) right: bool,
    /// From the arrival of the last sound of the question to the first that is played of the answer; a call has none.
    pub(crate) until_heard: Option<Duration>,
    /// Words, and how many of them were heard wrongly.
    pub(crate) words: usize,
    pub(crate) wrong: usize,
    speaking_at: Option<Instant>,
    /// The turn of the question.
    mine: Option<u32>,
}

struct Partner(LiveServer);

impl Dialer for Partner {
    fn request(&self) -> Request {
        Request::in_memory()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let partner = self.0.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move { partner.serve_stream(theirs).await });
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}

pub(crate) async fn ask(
    models: &SpeechModels,
    source: &mut SpeechSource,
    question: &Question,
    pcm: &[i16],
    noise: f32,
) -> Seen {
    let arrival = Arrival::default();
    let practice = PracticeConfig {
        models: models.clone(),
        clock: Arc::new(|| jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0)),
        ..PracticeConfig::default()
    };
    let server = ServerConfig { audio_observer: Some(arrival.observer()), ..ServerConfig::default() };
    let partner = LiveServer::new(server, PracticeAgent::factory(practice));
    let (conversation, mut events) =
        Conversation::start(config(), Arc::new(Partner(partner)), Arc::new(functions::registry()));
    let mut seen = Seen::default();
    let done = async {
        listening(&mut events).await;
        conversation.send(Command::Picture(picture())).await;
        if let Some(before) = question.before {
            conversation.send(Command::Text(before.to_owned())).await;
            while !matches!(next(&mut events).await, Event::Phase(Phase::Speaking)) {}
            listening(&mut events).await;
        }
        let mut room = Room::around(pcm, Some(noise));
        let silence = vec![0; BEFORE * STEP];
        let mut steps = silence.chunks(STEP).chain(pcm.chunks(STEP));
        let mut clock = interval(Duration::from_millis(20));
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                _ = clock.tick() => source.say(&room.hear(steps.next().unwrap_or(&[0; STEP]))),
                event = next(&mut events) => if seen.take(question, event) { break },
            }
        }
    };
    if timeout(ANSWER_WITHIN, done).await.is_err() {
        seen.answer.push_str("[nothing more came]");
    }
    conversation.send(Command::End).await;
    while events.recv().await.is_some() {}
    seen.until_heard =
        seen.speaking_at.zip(arrival.end_of(pcm)).map(|(first, end)| first.saturating_duration_since(end));
    (seen.words, seen.wrong) = words::compared(question.text, &seen.heard);
    if let Expected::Said(answers) = question.expected {
        seen.right = answers.iter().any(|answer| seen.answer.contains(answer));
    }
    seen
}

fn config() -> Config {
    Config {
        is_local: false,
        setup: SetupOptions { silence_ms: Some(SILENCE), ..SetupOptions::default() },
        catalogue: Catalogue::embedded(),
        microphone: Microphone::Default,
        speaker: SpeakerChoice::Default,
        volume: 1.0,
        save: None,
        save_silence: false,
        camera: None,
        preview: watch::Sender::new(None),
        replies: watch::Sender::new(None),
    }
}

async fn next(events: &mut mpsc::Receiver<Event>) -> Event {
    events.recv().await.expect("the conversation goes on")
}

async fn listening(events: &mut mpsc::Receiver<Event>) {
    while !matches!(next(events).await, Event::Phase(Phase::Listening)) {}
}

impl Seen {
    /// Takes note of what happened; whether it was the last that matters.
    fn take(&mut self, question: &Question, event: Event) -> bool {
        match event {
            Event::TurnStarted(turn) => {
                if turn.speaker == Speaker::You {
                    self.mine = Some(turn.id);
                }
                self.hear(turn.id, &turn.text);
            }
            Event::TurnText { id, delta } => self.hear(id, &delta),
            Event::Phase(Phase::Speaking) if self.speaking_at.is_none() => {
                self.speaking_at = Some(Instant::now());
            }
            Event::Trouble(trouble) => println!("  {trouble:?}"),
            Event::Tool(call) => {
                self.answer = format!("[{} {}]", call.name, call.args);
                self.right = matches!(question.expected, Expected::Called(name, with)
                    if call.name == name && call.args.contains(with));
                return true;
            }
            Event::ReplyComplete => return true,
            _ => {}
        }
        false
    }

    fn hear(&mut self, turn: u32, words: &str) {
        let text = if self.mine == Some(turn) { &mut self.heard } else { &mut self.answer };
        text.push_str(words);
    }
}

/// A picture of nothing much.
fn picture() -> Vec<u8> {
    let grey = image::RgbImage::from_pixel(320, 240, image::Rgb([120; 3]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut jpeg, image::ImageFormat::Jpeg).expect("encoded");
    jpeg.into_inner()
}
