//! A function that asks: spoken into the microphone, allowed by a click, and its result told in a sentence. A small server in
//! the test stands in for the weather service.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde_json::json;

use crate::app::{App, PATIENCE};
use crate::rig::{Rig, speech};

const QUESTION: &str = "What's the weather in Tokyo?";

const PLACES: &str = r#"{"results":[{"id":1850147,"name":"Tokyo","latitude":35.6895,"longitude":139.69171,
    "feature_code":"PPLC","country_code":"JP","timezone":"Asia/Tokyo","population":8336599,"country":"Japan"}]}"#;
const FORECAST: &str = r#"{"timezone":"Asia/Tokyo",
    "current":{"time":"2026-11-30T21:15","temperature_2m":13.0,"apparent_temperature":12.0,
        "relative_humidity_2m":40,"wind_speed_10m":9.0,"weather_code":0},
    "daily":{"time":["2026-11-30","2026-12-01","2026-12-02"],"weather_code":[0,3,61],
        "temperature_2m_max":[16.0,14.0,11.0],"temperature_2m_min":[8.0,7.0,6.0],
        "precipitation_probability_max":[0,20,80]}}"#;

/// Starts the server; returns its address and what it is asked.
fn weather_service() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = sync_channel(16);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), &sender);
        }
    });
    (address, asked)
}

fn serve(mut stream: TcpStream, asked: &SyncSender<String>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut line = first.clone();
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    let body = if first.starts_with("GET /v1/search?") { PLACES } else { FORECAST };
    asked.send(first).ok()?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_by_voice_allowed_by_a_click_and_told_in_a_sentence() {
    let assets = assets::Store::of_user()
        .whole_folder(&assets::Catalogue::embedded())
        .unwrap_or_else(|error| panic!("{error}"));
    let rig = Rig::start().await;
    let (address, asked) = weather_service();
    let env = [("VIVAVOCE_ASSETS", &*assets), ("VIVAVOCE_WEATHER", Path::new(&address))];
    let profile = json!({ "endpoint": "practice", "toolRules": { "get_weather": "ask" } });
    let app = App::open(&rig, profile, &env).await;
    let question = speech(app.home.path(), "question", QUESTION);
    app.until_phase("ready").await;
    app.click("start").await;
    let reply = "[...document.querySelectorAll('.turn.gemini .said')].at(-1)?.innerText ?? ''";
    app.until("it greets", &format!("({reply}) !== ''")).await;
    app.until_phase("listening").await;

    // The row and the badge, and nothing has been asked of the service.
    rig.play(&question);
    app.until("it asks", "document.querySelector('.ask h3')?.innerText.includes('get_weather')").await;
    let place = "document.querySelector('.facts')?.innerText ?? ''";
    app.until("with its arguments", &format!("/tokyo/i.test({place})")).await;
    app.until("the tab says so", "document.querySelector('#tab-tools .count')?.innerText === '1 waiting'")
        .await;
    app.picture("tool-asks-light").await;
    assert!(asked.try_recv().is_err(), "it was called before it was allowed");

    // The banner leads to it; the click on Allow once is the permission.
    app.click("review-call").await;
    let focused = "document.activeElement === document.querySelector('[data-testid=\"ask\"]')";
    app.until("the row has the focus", focused).await;
    app.click_on("[data-decision='once']").await;
    let search = asked.recv_timeout(PATIENCE).unwrap();
    assert!(search.contains("Tokyo"), "{search}");
    app.until("it is done", "document.querySelector('.tool')?.dataset.state === 'done'").await;
    app.until("nothing waits", "document.querySelector('.ask') === null").await;

    // Told in a sentence, and the transcript has both turns.
    app.click_on("#tab-transcript").await;
    app.until("the result is told", &format!("/13 degrees/.test({reply}) && /Tokyo/.test({reply})")).await;
    let you = "[...document.querySelectorAll('.turn.you .said')].at(-1)?.innerText ?? ''";
    app.until("what was said", &format!("/weather/i.test({you}) && /tokyo/i.test({you})")).await;
    app.until_phase("listening").await;
    app.picture("tool-told-light").await;
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_never_allowed_reaches_nobody() {
    let rig = Rig::start().await;
    let (address, asked) = weather_service();
    let profile = json!({ "endpoint": "practice", "toolRules": { "get_weather": "ask" } });
    let app = App::open(&rig, profile, &[("VIVAVOCE_WEATHER", Path::new(&address))]).await;
    app.until_phase("ready").await;
    app.click("start").await;
    app.until_phase("listening").await;
    let field = app.part("composer").await;
    field.send_keys("What is the weather in Tokyo?\u{e007}").await.unwrap();
    app.part("ask").await;
    // Words are no permission, also typed ones.
    field.send_keys("Yes, I allow it.\u{e007}").await.unwrap();
    app.until("it was said", "document.querySelectorAll('.turn.you').length === 2").await;
    app.part("ask").await;
    app.click_on("[data-decision='never']").await;
    app.until("it is refused", "document.querySelector('.tool')?.dataset.state === 'refused'").await;
    assert!(asked.try_recv().is_err(), "the service was asked");

    // The settings keep it.
    app.click_on("#open-settings").await;
    app.click_on(".settings nav [href='#group-tools']").await;
    let rule = "document.querySelector('[data-tool=\"get_weather\"] select')?.value";
    app.until("the permission is kept", &format!("{rule} === 'never'")).await;
    app.picture("settings-tools-light").await;
    app.click_on(".settings > header .icon-button").await;
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}
