//! From the icon's click to the first answered question, as somebody goes who opens the window for the first time. Counts the
//! clicks, and prints how long each part took. Only clicks are asserted: times are the machine's.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use fantoccini::Locator;
use serde_json::json;

use crate::app::App;
use crate::processes;
use crate::rig::{Rig, speech};

const QUESTION: &str = "Good morning. What time is it in Tokyo now?";
/// Looks like a key but is not one.
const KEY: &str = "AIzaPracticePracticePracticePracticePr0";
/// The most clicks without a key, and with one.
const MOST_CLICKS: (u32, u32) = (3, 5);
/// A reply to something that was said aloud.
const ANSWERED: &str = "(() => {
    const turns = [...document.querySelectorAll('.turn')];
    const asked = turns.findIndex((turn) => turn.matches('.you'));
    const reply = turns.slice(asked + 1).find((turn) => turn.matches('.gemini'));
    return asked >= 0 && reply?.querySelector('.said')?.innerText.length > 10;
})()";

/// A person who clicks, and a clock that runs since the click on the icon.
struct Journey {
    app: App,
    name: &'static str,
    started_at: f64,
    clicks: u32,
}

impl Journey {
    async fn begin(name: &'static str, rig: &Rig, profile: serde_json::Value, env: &[(&str, &Path)]) -> Self {
        let app = App::open_first(rig, &profile, env).await;
        let process = processes::app_of(app.home.path()).expect("the app runs");
        let journey = Self { app, name, started_at: processes::started_at(process), clicks: 0 };
        journey.app.part("intro").await;
        let painted = "performance.timeOrigin / 1000
            + performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000";
        let painted = journey.app.number(painted).await - journey.started_at;
        println!("{name}: {painted:.2} s from the process's start to the first paint");
        journey
    }

    async fn click(&mut self, id: &str) {
        self.app.click(id).await;
        self.clicks += 1;
        self.say(id);
    }

    fn say(&self, what: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        println!("{}: {:>5.1} s, {} clicks: {what}", self.name, now - self.started_at, self.clicks);
    }

    /// Waits until the conversation listens, asks aloud, and waits for the answer.
    async fn ask(&self, rig: &Rig, question: &Path) {
        self.app.until_phase("listening").await;
        self.say("listening");
        rig.play(question);
        self.say("asked");
        self.app.until("the question is answered", ANSWERED).await;
        self.say("answered");
    }
}

fn assets() -> std::path::PathBuf {
    assets::Store::of_user()
        .whole_folder(&assets::Catalogue::embedded())
        .unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_an_answer_takes_three_clicks_at_most() {
    let assets = assets();
    let rig = Rig::start().await;
    let mut journey =
        Journey::begin("without a key", &rig, json!({}), &[("VIVAVOCE_ASSETS", &*assets)]).await;
    let question = speech(journey.app.home.path(), "question", QUESTION);
    journey.click("intro-later").await;
    journey.click("start").await;
    // It greets first, and listens when it is done.
    journey.app.until_phase("speaking").await;
    journey.ask(&rig, &question).await;
    assert!(journey.clicks <= MOST_CLICKS.0, "{} clicks", journey.clicks);
    journey.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_an_answer_takes_five_clicks_at_most() {
    let assets = assets();
    let rig = Rig::start().await;
    let (server, address) = Server::start(&assets);
    // Our own server stands in for the service, which is not asked from a test.
    let profile = json!({ "endpoint": address });
    let mut journey = Journey::begin("with a key", &rig, profile, &[]).await;
    let question = speech(journey.app.home.path(), "question", QUESTION);
    journey.click("intro-next").await;
    journey.app.click_on("#intro-key").await;
    journey.clicks += 1;
    let field = journey.app.window.find(Locator::Css("#intro-key")).await.unwrap();
    field.send_keys(&format!("{KEY}\u{e007}")).await.unwrap();
    let kept = "document.querySelector('#intro-key') === null
        || document.querySelector('#intro-key').value === ''";
    journey.app.until("the key is taken", kept).await;
    journey.say("key pasted");
    journey.click("intro-later").await;
    journey.click("start").await;
    journey.ask(&rig, &question).await;
    assert!(journey.clicks <= MOST_CLICKS.1, "{} clicks", journey.clicks);
    journey.app.close().await;
    drop(server);
}

/// `vivavoce serve`; ended on drop.
struct Server(Child);

impl Server {
    fn start(assets: &Path) -> (Self, String) {
        let home = tempfile::tempdir().unwrap().keep();
        let log = home.join("server.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivavoce"));
        command.args(["serve", "--port", "0"]).env("VIVAVOCE_ASSETS", assets).env("HOME", &home);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut server = Self(command.spawn().unwrap());
        let out = BufReader::new(server.0.stdout.take().unwrap());
        let ready = |line: String| line.strip_prefix("ready ").map(str::to_owned);
        let address = out.lines().map_while(Result::ok).find_map(ready);
        (server, address.expect("the server says its address"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
