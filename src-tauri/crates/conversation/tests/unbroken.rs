//! Three minutes of conversation over a network that breaks twenty times: every microphone sample reaches the partner,
//! and every word is in the transcript once.
//!
//! The clock is tokio's, paused, so the three minutes pass quickly and independently of the machine. The microphone
//! sends numbered samples; the server records the position of each in the session's state.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that reports what it counted"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use live_client::network::{Fingerprint, Network};
use live_client::{BoxFuture, ConnectError, Dialer, Driver, Request, Stream};
use live_proto::catalogue::Catalogue;
use live_proto::{Command, Event, Limits, SetupOptions, build_setup};
use live_server::{LiveServer, ReceivedAudio, ServerConfig};
use practice::{PracticeAgent, PracticeConfig, Script};
use testkit::{Dice, Relay};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

const MINUTES: Duration = Duration::from_mins(3);
const CUTS: usize = 20;
/// Numbers in 20 ms: each fills two samples of 16 bits.
const CHUNK: u32 = 160;
/// The longest time between two faults, in ms.
const HOLDS_MS: u64 = 12_000;
/// The time between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(1_300);

/// Connects to a practice partner in memory, by the path of either API.
struct Partner(LiveServer, Request);

impl Dialer for Partner {
    fn request(&self) -> Request {
        self.1.clone()
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

/// What the partner's sessions received from the microphone.
#[derive(Default)]
struct Ledger {
    /// The numbers in the session's state, in order. A resumed session continues at its handle.
    state: BTreeMap<u64, Vec<u32>>,
    /// How many times each number was received over all connections.
    received: Vec<u32>,
}

impl Ledger {
    fn note(&mut self, heard: &ReceivedAudio<'_>) {
        let state = self.state.entry(heard.session).or_default();
        state.truncate(usize::try_from(heard.at / 2).unwrap());
        for pair in heard.samples.chunks_exact(2) {
            let (low, high) = (pair[0].cast_unsigned(), pair[1].cast_unsigned());
            let number = u32::from(low) | u32::from(high) << 16;
            state.push(number);
            let at = usize::try_from(number).unwrap();
            if self.received.len() <= at {
                self.received.resize(at + 1, 0);
            }
            self.received[at] += 1;
        }
    }
}

/// A conversation's transcript, built by the same rules as in the window.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    open: String,
}

impl Words {
    fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::OutputTranscript { text, .. } => self.open.push_str(text),
            Event::Resumed { again: true, .. } => self.open.clear(),
            Event::TurnComplete { more_follows: false, .. } if !self.open.is_empty() => {
                self.done.push(std::mem::take(&mut self.open));
                return true;
            }
            _ => {}
        }
        false
    }
}

/// The result of a conversation.
struct Outcome {
    answers: Vec<String>,
    said: u32,
    ledger: Ledger,
    faults: Vec<String>,
    reconnects: u64,
    dropped: u64,
    dials: u32,
}

fn question(n: usize) -> String {
    format!("What is {} plus {}?", 3 * n + 7, 11 * n + 5)
}

/// What the service does that decides which answers may be lost.
#[derive(Clone, Copy)]
struct Service {
    /// Whether its handles tell which messages they cover.
    transparent: bool,
    /// Whether it hands out a handle in the middle of each answer, too.
    mid_turn: bool,
}

/// Returns a script that answers each question, in two parts with a handle between them.
fn with_handles_in_mid_turn(questions: usize) -> Script {
    let turn = |n: usize| {
        let asked = question(n);
        format!(
            "[[turn]]\ntimes = \"always\"\nwhen = {{ text = \"{asked}\" }}\n\
             do = [{{ say = \"The first part of answer {n}.\" }}, {{ handle = true }}, \
             {{ say = \"And this is its second part.\" }}]\n"
        )
    };
    Script::read(&(0..questions).map(turn).collect::<String>()).unwrap()
}

/// Talks for at least `MINUTES` and until `questions` are answered, while `cuts` faults occur.
#[expect(clippy::too_many_lines, reason = "one conversation, told from its beginning to its end")]
async fn talk(seed: u64, service: Service, questions: usize, cuts: usize) -> Outcome {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let noted = Arc::clone(&ledger);
    let config = ServerConfig {
        audio_observer: Some(Arc::new(move |heard| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).note(heard);
        })),
        ..ServerConfig::default()
    };
    let script = service.mid_turn.then(|| Arc::new(with_handles_in_mid_turn(questions)));
    let practice = PracticeConfig { script, ..PracticeConfig::default() };
    let partner = LiveServer::new(config, PracticeAgent::factory(practice));
    let request = if service.transparent {
        Request::custom(
            "ws://localhost/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
        )
        .unwrap()
    } else {
        Request::in_memory()
    };
    let (relay, dialer) = Relay::before(Arc::new(Partner(partner, request)), seed);
    relay.delay(Duration::from_millis(40), Duration::from_millis(30));

    let catalogue = Catalogue::embedded();
    // No turn detection: the samples are numbers, and the questions are typed.
    let options =
        SetupOptions { manual_activity: true, transparent: service.transparent, ..SetupOptions::default() };
    let setup = build_setup(&options, &catalogue);
    let rules = catalogue.rules(&options.model);
    let driver = Driver::connect(Arc::new(dialer), setup, rules, Limits::default()).await.unwrap();
    // Ignore the machine's real network.
    let mut driver = driver.watching(Network::from_fn(Fingerprint::default));

    let mut dice = Dice(seed);
    // A fault occurs on an open connection; some are noticed at once, some after seconds.
    let mut cut_at = Some(Instant::now() + Duration::from_millis(dice.roll(0..HOLDS_MS)));
    let mut reset_at: Option<Instant> = None;
    let mut faults = Vec::new();
    let mut words = Words::default();
    let (mut said, mut asked) = (0_u32, 0);
    let mut ask_at = Some(Instant::now() + PAUSE);
    let begun = Instant::now();
    let mut microphone = interval(Duration::from_millis(20));
    microphone.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut resumed = 0;
    // At the end the connection is stable, so that the last input arrives.
    let mut calm_since = begun;
    while begun.elapsed() < MINUTES
        || words.done.len() < questions
        || resumed < cuts
        || calm_since.elapsed() < Duration::from_secs(1)
    {
        assert!(begun.elapsed() < 3 * MINUTES, "only {} answers and {resumed} connections", words.done.len());
        tokio::select! {
            biased;
            _ = microphone.tick() => {
                let pcm: Vec<u8> = (said..said + CHUNK).flat_map(u32::to_le_bytes).collect();
                driver.send_audio(&pcm);
                said += CHUNK;
            }
            () = sleep(ask_at.map_or(MINUTES, |at| at.saturating_duration_since(Instant::now()))), if ask_at.is_some() => {
                ask_at = None;
                driver.send(Command::Text(question(asked))).await;
                asked += 1;
            }
            () = sleep(cut_at.map_or(MINUTES, |at| at.saturating_duration_since(Instant::now()))),
                if cut_at.is_some() && faults.len() < cuts =>
            {
                cut_at = None;
                faults.push(break_line(&relay, &mut dice));
                // A frame can be truncated only while one arrives.
                reset_at = Some(Instant::now() + Duration::from_secs(20));
            }
            () = sleep(reset_at.map_or(MINUTES, |at| at.saturating_duration_since(Instant::now()))), if reset_at.is_some() => {
                reset_at = None;
                relay.reset();
            }
            event = driver.next_event() => {
                let event = event.unwrap_or_else(|| panic!("the session ended"));
                assert!(!matches!(event, Event::Closed(_)), "{event:?}");
                if matches!(event, Event::Reconnecting { .. }) {
                    reset_at = None;
                }
                if matches!(event, Event::Resumed { .. }) {
                    resumed += 1;
                    calm_since = Instant::now();
                    cut_at = Some(Instant::now() + Duration::from_millis(dice.roll(0..HOLDS_MS)));
                }
                if words.take(&event) && asked < questions {
                    ask_at = Some(Instant::now() + PAUSE);
                }
            }
        }
    }
    driver.send(Command::End).await;
    while driver.next_event().await.is_some() {}
    let counters = driver.counters();
    let ledger = std::mem::take(&mut *ledger.lock().unwrap_or_else(PoisonError::into_inner));
    Outcome {
        answers: words.done,
        said,
        ledger,
        faults,
        reconnects: counters.reconnects,
        dropped: counters.held_audio_dropped,
        dials: relay.dials(),
    }
}

fn break_line(relay: &Relay, dice: &mut Dice) -> String {
    let refusals = dice.roll(0..3);
    for _ in 0..refusals {
        relay.refuse_next(503);
    }
    let fault = match dice.roll(0..12) {
        0 => {
            relay.stall();
            "stall"
        }
        1 => {
            relay.half_open();
            "half-open"
        }
        2..=6 => {
            relay.truncate_after(usize::try_from(dice.roll(1..3_000)).unwrap());
            "truncated frame"
        }
        _ => {
            relay.reset();
            "reset"
        }
    };
    if refusals == 0 { fault.to_owned() } else { format!("{fault} and {refusals} × 503") }
}

/// Counts samples that were never received, and samples that are twice in the state of the last session.
fn count(outcome: &Outcome) -> (usize, usize, usize) {
    let received = &outcome.ledger.received;
    let said = usize::try_from(outcome.said).unwrap();
    let lost = (0..said).filter(|at| received.get(*at).is_none_or(|times| *times == 0)).count();
    let state = outcome.ledger.state.values().last().unwrap();
    let mut times = vec![0_u32; said];
    for number in state {
        times[usize::try_from(*number).unwrap()] += 1;
    }
    let doubled = times.iter().filter(|times| **times > 1).count();
    let as_text = times.iter().filter(|times| **times == 0).count();
    (2 * lost, 2 * doubled, 2 * as_text)
}

async fn report(seed: u64, service: Service) {
    let questions = 18;
    let outcome = talk(seed, service, questions, CUTS).await;
    let whole = talk(seed, service, questions, 0).await;
    let (lost, doubled, as_text) = count(&outcome);
    let characters: usize = outcome.answers.iter().map(|answer| answer.chars().count()).sum();
    let expected: usize = whole.answers.iter().map(|answer| answer.chars().count()).sum();
    println!(
        "seed {seed}, {}{}: {} faults ({}), {} connections, {} dials",
        if service.transparent { "with message indices" } else { "without message indices" },
        if service.mid_turn { " and handles in mid-turn" } else { "" },
        outcome.faults.len(),
        outcome.faults.join(", "),
        outcome.reconnects + 1,
        outcome.dials,
    );
    println!(
        "  {} samples said: {lost} lost, {doubled} doubled in the session's state, {as_text} known to it as the text of \
         answered exchanges or still on their way at the end; {} answers, {characters} of {expected} characters",
        2 * outcome.said,
        outcome.answers.len(),
    );
    assert_eq!(outcome.answers, whole.answers, "each answer once, whole and in order");
    assert_eq!((lost, outcome.dropped), (0, 0));
    if service.transparent {
        assert_eq!(doubled, 0);
    }
    assert_eq!(outcome.reconnects, CUTS as u64, "each fault was met");
}

#[tokio::test(start_paused = true)]
async fn with_message_numbers_nothing_is_lost_or_doubled() {
    for seed in 1..=2 {
        report(seed, Service { transparent: true, mid_turn: false }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_where_it_does_not() {
    for seed in 3..=4 {
        report(seed, Service { transparent: false, mid_turn: false }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_in_mid_turn_loses_no_answer() {
    for (seed, transparent) in [(5, true), (6, true), (7, false)] {
        report(seed, Service { transparent, mid_turn: true }).await;
    }
}
