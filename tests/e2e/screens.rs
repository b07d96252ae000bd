//! Takes screenshots of the window in each state, light, dark and narrow, into `target/screens`, for people to review.
//! Asserts that each state is reachable and nothing exceeds the window's edge.

use serde_json::json;

use crate::app::App;
use crate::rig::{Rig, speech};

#[tokio::test(flavor = "multi_thread")]
async fn the_window_in_each_state() {
    for theme in ["light", "dark"] {
        let rig = Rig::start().await;
        let app = App::open(&rig, json!({ "endpoint": "practice", "theme": theme }), &[]).await;
        let question =
            speech(app.home.path(), "question", "How far is it to the harbour, and is there a bus?");
        app.until_phase("ready").await;
        shots(&app, "ready", theme).await;
        app.click("start").await;
        app.until_phase("listening").await;
        shots(&app, "listening", theme).await;
        rig.play(&question);
        app.until_phase("speaking").await;
        app.until("words of the reply", "document.querySelector('.turn.gemini .said')?.innerText.length > 5")
            .await;
        let level =
            "Number(document.querySelector('[data-testid=\"meter-speaker\"]').getAttribute('aria-valuenow'))";
        app.until("the reply is loud", &format!("{level} > 0.5")).await;
        shots(&app, "speaking", theme).await;
        app.click("start").await;
        app.until_phase("ended").await;
        app.close().await;
        drop(rig);
        trouble(theme).await;
    }
}

async fn trouble(theme: &str) {
    let rig = Rig::start().await;
    let profile = json!({ "endpoint": "ws://127.0.0.1:9", "microphone": "Yeti Nano", "theme": theme });
    let app = App::open(&rig, profile, &[]).await;
    app.until_phase("ready").await;
    app.click("start").await;
    app.until_phase("ended").await;
    app.until(
        "both troubles are said",
        "Number(document.querySelector('[data-testid=\"notices\"]')?.dataset.count) >= 2",
    )
    .await;
    shots(&app, "trouble", theme).await;
    app.close().await;
}

async fn shots(app: &App, state: &str, theme: &str) {
    // The visualizer moves while someone speaks; everything else comes to rest.
    let at_rest = "a => a.playState === 'finished' || a.effect.target.closest('.visualizer')";
    app.until("what fades has faded", &format!("document.getAnimations().every({at_rest})")).await;
    let phase = if state == "trouble" { "ended" } else { state };
    app.until_phase(phase).await;
    app.picture(&format!("{state}-{theme}")).await;
    assert!(
        app.number("document.documentElement.scrollHeight - window.innerHeight").await <= 0.0,
        "{state} is higher than the window"
    );
    assert!(
        app.number("document.documentElement.scrollWidth - window.innerWidth").await <= 0.0,
        "{state} spills over"
    );
    app.window.set_window_size(420, 720).await.unwrap();
    app.until("the window is narrow", "window.innerWidth <= 440").await;
    app.until_phase(phase).await;
    app.picture(&format!("{state}-420-{theme}")).await;
    assert!(
        app.number("document.documentElement.scrollWidth - window.innerWidth").await <= 0.0,
        "{state} spills over at 420 px"
    );
    app.window.set_window_size(1080, 720).await.unwrap();
    app.until("the window is wide again", "window.innerWidth >= 1000").await;
}
