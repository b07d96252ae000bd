//! `get_weather` against answers in the shape that Open-Meteo documents, never against the network.

use std::io;
use std::sync::Mutex;

use super::*;
use crate::fetch::FetchError;

/// A URL and the query that went with it.
type Asked = (String, Vec<(String, String)>);

/// Answers by URL from a script and keeps what was asked.
struct Scripted {
    places: fn() -> Result<Answer, FetchError>,
    forecast: fn() -> Result<Answer, FetchError>,
    asked: Mutex<Vec<Asked>>,
}

impl Scripted {
    fn new(
        places: fn() -> Result<Answer, FetchError>,
        forecast: fn() -> Result<Answer, FetchError>,
    ) -> Arc<Self> {
        Arc::new(Self { places, forecast, asked: Mutex::default() })
    }

    /// The value of `name` in request number `index`.
    fn asked(&self, index: usize, name: &str) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        asked[index].1.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone())
    }
}

impl Fetch for Scripted {
    fn get(&self, url: &str, query: &[(&str, String)]) -> Result<Answer, FetchError> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.asked.lock().unwrap().push((url.to_owned(), query));
        match url {
            PLACES_URL => (self.places)(),
            FORECAST_URL => (self.forecast)(),
            other => panic!("asked {other}"),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "has the shape of the script's other answers")]
fn ok(body: &str) -> Result<Answer, FetchError> {
    Ok(Answer { status: 200, body: body.as_bytes().to_vec() })
}

fn berlin() -> Result<Answer, FetchError> {
    ok(include_str!("../../tests/fixtures/places_berlin.json"))
}

fn mild_rain() -> Result<Answer, FetchError> {
    ok(include_str!("../../tests/fixtures/forecast_berlin.json"))
}

fn offline() -> Result<Answer, FetchError> {
    Err(FetchError::NameNotResolved)
}

#[tokio::test]
async fn tells_the_weather_in_words_and_numbers() {
    let fetch = Scripted::new(berlin, mild_rain);
    let answer = Weather::new(fetch.clone()).call(json!({"location": "Berlin, Germany"})).await.unwrap();
    assert_eq!(answer["place"], "Berlin, Germany");
    assert_eq!(answer["conditions"], "light rain");
    assert_eq!(answer["temperature"], 7.4);
    assert_eq!(answer["temperature_unit"], "°C");
    assert_eq!(answer["wind_speed_unit"], "km/h");
    assert_eq!(answer["humidity_percent"], 87.0);
    assert_eq!(answer["forecast"].as_array().unwrap().len(), 3);
    let tomorrow = json!({"date": "2026-11-21", "conditions": "overcast", "high": 9.1, "low": 4.0, "rain_chance_percent": 12.0});
    assert_eq!(answer["forecast"][1], tomorrow);
    // The last day has no rain chance in the fixture, as happens far ahead.
    assert_eq!(answer["forecast"][2]["rain_chance_percent"], Value::Null);

    assert_eq!(fetch.asked(0, "name").as_deref(), Some("Berlin"));
    assert_eq!(fetch.asked(1, "latitude").as_deref(), Some("52.52437"));
    assert_eq!(fetch.asked(1, "longitude").as_deref(), Some("13.41053"));
    assert_eq!(fetch.asked(1, "temperature_unit").as_deref(), Some("celsius"));
}

#[tokio::test]
async fn fahrenheit_brings_miles() {
    let fetch = Scripted::new(berlin, mild_rain);
    let args = json!({"location": "Berlin", "unit": "Fahrenheit"});
    let answer = Weather::new(fetch.clone()).call(args).await.unwrap();
    assert_eq!(answer["temperature_unit"], "°F");
    assert_eq!(fetch.asked(1, "temperature_unit").as_deref(), Some("fahrenheit"));
    assert_eq!(fetch.asked(1, "wind_speed_unit").as_deref(), Some("mph"));
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_asked() {
    let fetch = Scripted::new(offline, offline);
    let tool = Weather::new(fetch.clone());
    for args in [
        json!({}),
        json!({"location": " "}),
        json!({"location": 7}),
        json!({"location": "x", "unit": "kelvin"}),
    ] {
        let error = tool.call(args.clone()).await.unwrap_err();
        assert!(matches!(error, ToolError::BadArgument { .. }), "{args}: {error:?}");
    }
    assert!(fetch.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_place_is_said_by_name() {
    let fetch = Scripted::new(|| ok(r#"{"generationtime_ms":0.4}"#), mild_rain);
    let error = Weather::new(fetch).call(json!({"location": "Atlantis"})).await.unwrap_err();
    assert!(matches!(&error, ToolError::UnknownPlace { place } if place == "Atlantis"), "{error:?}");
}

#[tokio::test]
async fn being_offline_is_said_with_the_reason() {
    let error =
        Weather::new(Scripted::new(offline, offline)).call(json!({"location": "Rome"})).await.unwrap_err();
    assert!(error.to_string().contains("no internet connection"), "{error}");
    let refused = || Err(FetchError::Connection(io::Error::from(io::ErrorKind::ConnectionRefused)));
    let error =
        Weather::new(Scripted::new(berlin, refused)).call(json!({"location": "Rome"})).await.unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
    let late = || Err(FetchError::TimedOut);
    let error = Weather::new(Scripted::new(late, late)).call(json!({"location": "Rome"})).await.unwrap_err();
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[tokio::test]
async fn the_servers_own_reason_is_kept() {
    let refusal = || {
        let body = br#"{"error":true,"reason":"Daily API request limit exceeded."}"#.to_vec();
        Ok(Answer { status: 429, body })
    };
    let error =
        Weather::new(Scripted::new(berlin, refusal)).call(json!({"location": "Rome"})).await.unwrap_err();
    assert!(error.to_string().contains("Daily API request limit exceeded. (HTTP 429)"), "{error}");
    let portal = || Ok(Answer { status: 502, body: b"<html>".to_vec() });
    let error =
        Weather::new(Scripted::new(portal, portal)).call(json!({"location": "Rome"})).await.unwrap_err();
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_forecast_is_no_answer() {
    for nonsense in [|| ok("<html>Log in to the hotel network</html>"), || ok(r#"{"current":{}}"#)] {
        let error = Weather::new(Scripted::new(berlin, nonsense))
            .call(json!({"location": "Rome"}))
            .await
            .unwrap_err();
        assert!(matches!(error, ToolError::BadAnswer { .. }), "{error:?}");
    }
}

#[test]
fn every_documented_code_has_words() {
    let documented = [
        0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 71, 73, 75, 77, 80, 81, 82, 85, 86, 95,
        96, 99,
    ];
    assert!(documented.into_iter().all(|code| conditions(code) != "unknown"));
    assert_eq!(conditions(42), "unknown");
}
