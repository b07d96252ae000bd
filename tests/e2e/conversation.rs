//! A first conversation: choose a voice, click Start, speak, hear and read the answer, interrupt it, click End.

use std::path::{Path, PathBuf};

use fantoccini::Locator;
use serde_json::json;

use crate::app::App;
use crate::content;
use crate::rig::{Rig, speech};

/// The first question. Long enough to have a unique energy contour.
const QUESTION: &str =
    "Good morning. I would like to know whether the harbour is open today, and when the last boat leaves.";
/// What is said during the reply.
const OBJECTION: &str = "Stop, please. I have another question now.";

#[tokio::test(flavor = "multi_thread")]
async fn speak_hear_read_interrupt_and_end() {
    let rig = Rig::start().await;
    let app = App::open(&rig, json!({ "endpoint": "practice" }), &[]).await;
    let question = speech(app.home.path(), "question", QUESTION);
    let objection = speech(app.home.path(), "objection", OBJECTION);

    app.until_phase("ready").await;
    assert_eq!(rig.streams(), "", "nothing is captured before Start");
    app.click("voice").await;
    app.click_on("[data-voice='Kore'] .voice-name button").await;
    app.click("start").await;
    app.until_phase("listening").await;
    assert_eq!(rig.streams().split_whitespace().filter(|word| ["record", "play"].contains(word)).count(), 2);

    let loudest = "Number(document.querySelector('[data-testid=\"meter-microphone\"]').ariaValueNow)";
    app.window.execute(&format!("window.loudest = 0; setInterval(() => {{ window.loudest = Math.max(window.loudest, {loudest}) }}, 20)"), Vec::new()).await.unwrap();
    // A busy machine leaves gaps in the recording: one of three replies must be complete.
    let mut whole = false;
    for attempt in 1..=3 {
        let recorded = app.home.path().join(format!("reply-{attempt}.wav"));
        let recording = rig.record(&recorded);
        rig.play(&question);
        assert!(app.number("window.loudest").await > 0.3, "the microphone's level moved while one spoke");
        app.until_phase("speaking").await;
        app.until(
            "the answer is read",
            "document.querySelector('.turn.gemini .said')?.innerText.length > 10",
        )
        .await;
        app.until_phase("listening").await;
        drop(recording);
        let [likeness, other] = [&question, &objection].map(|said| content::likeness(said, &recorded));
        println!("likeness of the reply to what was said: {likeness:.2}, to another sentence: {other:.2}");
        whole = likeness > 0.6 && likeness > other + 0.1;
        if whole {
            break;
        }
    }
    assert!(whole, "the speaker played the words that were said, in another voice, and not just any words");

    // A second utterance during the reply.
    rig.play(&question);
    app.until_phase("speaking").await;
    let over = rig.play_meanwhile(&objection);
    app.until("the reply is marked as interrupted", "document.querySelector('.turn.gemini.cut') !== null")
        .await;
    over.wait();

    app.click("start").await;
    app.until_phase("ended").await;
    assert_eq!(rig.streams(), "", "devices are released");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn type_and_have_a_tool_called() {
    let rig = Rig::start().await;
    let app = App::open(&rig, json!({ "endpoint": "practice" }), &[]).await;
    app.until_phase("ready").await;
    app.click("start").await;
    app.until_phase("listening").await;
    let field = app.part("composer").await;
    field.send_keys("What is the weather in Tokyo?\u{e007}").await.unwrap();
    app.until("the call is in the log", "document.querySelector('.tool .name')?.innerText === 'get_weather'")
        .await;
    // There is no network here: the partner reports the error.
    app.until(
        "the call has ended",
        "['done', 'failed'].includes(document.querySelector('.tool')?.dataset.state)",
    )
    .await;
    app.until("it is answered", "document.querySelector('.turn.gemini .said')?.innerText.length > 10").await;
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}

/// Looks like a key but is not one.
const KEY: &str = "AIzaPracticePracticePracticePracticePr0";

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_key_is_kept_in_the_keyring_and_nowhere_else() {
    let rig = Rig::start().await;
    let app = App::open(&rig, json!({}), &[]).await;
    app.until_phase("ready").await;
    app.click_on("#open-settings").await;
    app.click_on(".settings nav [href='#group-key']").await;
    let state = "document.querySelector('[data-testid=\"key-state\"]')?.innerText";
    let missing = app.window.execute(&format!("return {state}"), Vec::new()).await.unwrap();
    app.window
        .find(Locator::Css("#settings-key"))
        .await
        .unwrap()
        .send_keys(&format!("{KEY}\u{e007}"))
        .await
        .unwrap();
    app.until("the window says that there is a key", &format!("{state} !== {missing}")).await;
    let said = app.window.execute(&format!("return {state}"), Vec::new()).await.unwrap();
    assert!(said.as_str().unwrap().contains("keyring"), "{said}");
    app.picture("settings-key-light").await;
    app.until("no page holds it", &format!("!document.documentElement.outerHTML.includes('{KEY}')")).await;
    for file in files_below(app.home.path()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let holds = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!holds, "{} holds the key", file.display());
    }
    app.close().await;
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
