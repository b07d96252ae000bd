//! Devices that come and go while a conversation runs. The time of each recovery is printed, not judged.

use super::rig::{Card, PATIENCE, on_a_card, until};
use super::{block_on, reply};
use audio::{AudioEvent, Engine, EngineConfig, EventReceiver, Loss, MicReceiver, Microphone, SpeakerChoice};
use std::time::{Duration, Instant};

/// How often each is tried.
const TIMES: usize = 5;

/// A conversation: a reply that sounds and a microphone that is read.
struct Talk {
    engine: Engine,
    chunks: MicReceiver,
    receiver: EventReceiver,
}

impl Talk {
    fn start(config: EngineConfig) -> Self {
        let (engine, chunks, receiver) = Engine::start(config).expect("start");
        engine.play(&reply(500.0, 120_000), 24_000, 1).expect("room");
        Self { engine, chunks, receiver }
    }

    fn names(&self) -> (Option<String>, Option<String>) {
        (self.engine.current_microphone(), self.engine.current_speaker())
    }

    /// Waits until both devices have these names and samples move in both directions; returns how long that took.
    fn recovered(&mut self, begun: Instant, microphone: &str, speaker: &str) -> Duration {
        until(&format!("{microphone} and {speaker}"), || {
            while self.chunks.try_recv().is_some() {}
            self.names() == (Some(microphone.into()), Some(speaker.into()))
        });
        while self.chunks.try_recv().is_some() {}
        block_on(self.chunks.recv()).expect("a chunk");
        let heard = self.engine.heard().ms;
        until("the reply goes on", || self.engine.heard().ms > heard);
        begun.elapsed()
    }

    fn events(&mut self) -> Vec<AudioEvent> {
        std::iter::from_fn(|| self.receiver.try_recv()).collect()
    }
}

fn sorted_ms(took: &[Duration]) -> Vec<u128> {
    let mut ms: Vec<u128> = took.iter().map(Duration::as_millis).collect();
    ms.sort_unstable();
    ms
}

fn from_to(from: &str, to: &str) -> (String, String) {
    (from.into(), to.into())
}

#[test]
fn a_changed_default_is_followed_and_reported_once() {
    on_a_card("devices::a_changed_default_is_followed_and_reported_once", |card| {
        let mut talk = Talk::start(EngineConfig::default());
        let (mut took, mut events) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            for (source, sink, names) in [
                ("spare_mic", "spare_speaker", ("SpareMic", "SpareSpeaker")),
                ("app_mic", "app_speaker", ("AppMic", "AppSpeaker")),
            ] {
                card.choose_default("set-default-source", source);
                card.choose_default("set-default-sink", sink);
                took.push(talk.recovered(Instant::now(), names.0, names.1));
                events.push(talk.events());
            }
        }
        println!("another default: recovered after {:?} ms", sorted_ms(&took));
        for (n, events) in events.into_iter().enumerate() {
            let (from, to) = if n % 2 == 0 { ("App", "Spare") } else { ("Spare", "App") };
            let named = |what: &str| from_to(&format!("{from}{what}"), &format!("{to}{what}"));
            let ((mic_from, mic_to), (out_from, out_to)) = (named("Mic"), named("Speaker"));
            assert_eq!(events.len(), 2, "{events:?}");
            assert!(
                events.contains(&AudioEvent::MicrophoneChanged { from: mic_from, to: mic_to }),
                "{events:?}"
            );
            assert!(
                events.contains(&AudioEvent::SpeakerChanged { from: out_from, to: out_to }),
                "{events:?}"
            );
        }
        println!("{:?}", talk.engine.counters());
    });
}

#[test]
fn an_unplugged_choice_is_replaced_until_it_returns() {
    on_a_card("devices::an_unplugged_choice_is_replaced_until_it_returns", |card| {
        let mut talk = Talk::start(EngineConfig {
            microphone: Microphone::Named("pulseaudio:app_mic".into()),
            speaker: SpeakerChoice::Named("AppSpeaker".into()),
            ..EngineConfig::default()
        });
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let begun = Instant::now();
            card.cable("unplug", "mic");
            card.cable("unplug", "speaker");
            gone.push(talk.recovered(begun, "SpareMic", "SpareSpeaker"));
            let events = talk.events();
            assert_eq!(events.len(), 2, "{events:?}");
            let begun = Instant::now();
            card.cable("plug", "mic");
            card.cable("plug", "speaker");
            back.push(talk.recovered(begun, "AppMic", "AppSpeaker"));
            let events = talk.events();
            assert_eq!(events.len(), 2, "{events:?}");
            assert!(events.contains(&AudioEvent::MicrophoneBack { name: "AppMic".into() }), "{events:?}");
            assert!(events.contains(&AudioEvent::SpeakerBack { name: "AppSpeaker".into() }), "{events:?}");
        }
        println!("unplugged (with the script's own time): recovered after {:?} ms", sorted_ms(&gone));
        println!("plugged in (with the script's own time): recovered after {:?} ms", sorted_ms(&back));
        assert_eq!(talk.engine.counters().reopened, 4 * TIMES as u64);
    });
}

#[test]
fn after_a_server_restart_playback_and_recording_go_on() {
    let name = "devices::after_a_server_restart_playback_and_recording_go_on";
    on_a_card(name, |card| {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("replies.wav");
        let mut talk = Talk::start(EngineConfig { save: Some(path.clone()), ..EngineConfig::default() });
        let mut took = Vec::new();
        for _ in 0..2 {
            card.crash();
            until("both are given up", || talk.names() == (None, None));
            wait_for_two(&mut talk, |event| {
                matches!(
                    event,
                    AudioEvent::MicrophoneLost { loss: Loss::Gone | Loss::Stalled, .. }
                        | AudioEvent::SpeakerLost { loss: Loss::Gone | Loss::Stalled, .. }
                )
            });
            card.restart();
            took.push(talk.recovered(Instant::now(), "AppMic", "AppSpeaker"));
            // The script starts the server with the spare devices only, so these may come first.
            let events = talk.events();
            let back = |t: &&AudioEvent| {
                matches!(t, AudioEvent::MicrophoneBack { .. } | AudioEvent::SpeakerBack { .. })
            };
            assert_eq!(events.iter().filter(back).count(), 2, "{events:?}");
        }
        println!("the server was away: recovered after {:?} ms", sorted_ms(&took));
        drop(talk);
        let saved = hound::WavReader::open(&path).expect("a complete file").duration();
        assert_eq!(saved, 120 * 24_000);
    });
}

fn wait_for_two(talk: &mut Talk, fits: impl Fn(&AudioEvent) -> bool) {
    for _ in 0..2 {
        let event = block_on(talk.receiver.recv()).expect("an event");
        assert!(fits(&event), "{event:?}");
    }
}

#[test]
fn devices_can_be_switched_in_a_running_engine() {
    on_a_card("devices::devices_can_be_switched_in_a_running_engine", |_: &Card| {
        let mut talk = Talk::start(EngineConfig::default());
        let begun = Instant::now();
        talk.engine.choose_microphone(Microphone::Named("spare_mic".into()));
        talk.engine.choose_speaker(SpeakerChoice::Named("spare_speaker".into()));
        println!("chosen: {:?}", talk.recovered(begun, "SpareMic", "SpareSpeaker"));
        talk.engine.choose_microphone(Microphone::None);
        talk.engine.choose_speaker(SpeakerChoice::None);
        until("nothing", || talk.names() == (None, None));
        let heard = talk.engine.heard().ms;
        until("the reply goes on by the clock", || talk.engine.heard().ms > heard + 200);
        talk.engine.choose_microphone(Microphone::Default);
        talk.engine.choose_speaker(SpeakerChoice::Default);
        talk.recovered(Instant::now(), "AppMic", "AppSpeaker");
        assert_eq!(talk.events(), [], "a choice is not reported");
        assert!(begun.elapsed() < PATIENCE);
    });
}
