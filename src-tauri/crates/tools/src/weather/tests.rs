//! `get_weather` against answers in the shape that Open-Meteo documents, never against the network.

use std::io;
use std::sync::Mutex;

use futures_util::future::BoxFuture;

use super::*;
use crate::fetch::FetchError;

/// A URL and the query that went with it.
type Asked = (String, Vec<(String, String)>);

/// Answers by URL from a script and keeps what was asked.
struct Scripted {
    places: fn() -> Result<Fetched, FetchError>,
    forecast: fn() -> Result<Fetched, FetchError>,
    asked: Mutex<Vec<Asked>>,
}

impl Scripted {
    fn new(
        places: fn() -> Result<Fetched, FetchError>,
        forecast: fn() -> Result<Fetched, FetchError>,
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
    fn get<'a>(
        &'a self,
        url: &'a str,
        query: &'a [(&'a str, String)],
    ) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.asked.lock().unwrap().push((url.to_owned(), query));
        let answer = match url {
            PLACES_URL => (self.places)(),
            FORECAST_URL => (self.forecast)(),
            other => panic!("asked {other}"),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "has the shape of the script's other answers")]
fn ok(body: &str) -> Result<Fetched, FetchError> {
    Ok(Fetched { status: 200, body: body.as_bytes().to_vec() })
}

fn berlin() -> Result<Fetched, FetchError> {
    ok(include_str!("../../tests/fixtures/places_berlin.json"))
}

fn mild_rain() -> Result<Fetched, FetchError> {
    ok(include_str!("../../tests/fixtures/forecast_berlin.json"))
}

fn offline() -> Result<Fetched, FetchError> {
    Err(FetchError::NameNotResolved)
}

#[tokio::test]
async fn tells_the_weather_in_words_and_numbers() {
    let fetch = Scripted::new(berlin, mild_rain);
    let answer = Weather::new(fetch.clone())
        .call(json!({"location": "Berlin, Germany"}), CallContext::unattended())
        .await
        .unwrap();
    assert_eq!(answer["place"], "Berlin, Germany");
    assert_eq!(answer["conditions"], "light rain");
    assert_eq!(answer["temperature"], 7.4);
    assert_eq!(answer["temperature_unit"], "°C");
    assert_eq!(answer["wind_speed_unit"], "km/h");
    assert_eq!(answer["humidity_percent"], 87.0);
    assert_eq!(answer["forecast"].as_array().unwrap().len(), 3);
    let tomorrow = json!({"date": "2026-11-21", "conditions": "overcast", "high": 9.1, "low": 4.0, "rain_chance_percent": 12.0, "max_wind_speed": null});
    assert_eq!(answer["forecast"][1], tomorrow);
    // The last day has no rain chance in the fixture, as happens far ahead.
    assert_eq!(answer["forecast"][2]["rain_chance_percent"], Value::Null);

    assert_eq!(fetch.asked(0, "name").as_deref(), Some("Berlin"));
    assert_eq!(fetch.asked(1, "latitude").as_deref(), Some("52.52437"));
    assert_eq!(fetch.asked(1, "longitude").as_deref(), Some("13.41053"));
    assert_eq!(fetch.asked(1, "temperature_unit").as_deref(), Some("celsius"));
    assert_eq!(fetch.asked(1, "forecast_days").as_deref(), Some("3"));
}

#[tokio::test]
async fn a_longer_forecast_is_asked_for_by_its_days() {
    for (days, asked) in [
        (json!(7), Some("7")),
        (json!(7.0), Some("7")),
        (json!("10"), Some("10")),
        (json!(0), Some("1")),
        (json!(99), Some("16")),
        (json!(null), Some("3")),
        (json!("a week"), None),
        (json!([7]), None),
    ] {
        let fetch = Scripted::new(berlin, mild_rain);
        let args = json!({"location": "Berlin", "days": days});
        let answer = Weather::new(fetch.clone()).call(args.clone(), CallContext::unattended()).await;
        match asked {
            Some(asked) => {
                assert!(answer.is_ok(), "{args}");
                assert_eq!(fetch.asked(1, "forecast_days").as_deref(), Some(asked), "{args}");
            }
            None => assert!(matches!(answer, Err(ToolError::BadArgument { .. })), "{args}"),
        }
    }
}

#[tokio::test]
async fn fahrenheit_brings_miles() {
    let fetch = Scripted::new(berlin, mild_rain);
    let args = json!({"location": "Berlin", "unit": "Fahrenheit"});
    let answer = Weather::new(fetch.clone()).call(args, CallContext::unattended()).await.unwrap();
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
        let error = tool.call(args.clone(), CallContext::unattended()).await.unwrap_err();
        assert!(matches!(error, ToolError::BadArgument { .. }), "{args}: {error:?}");
    }
    assert!(fetch.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_place_is_said_by_name() {
    let fetch = Scripted::new(|| ok(r#"{"generationtime_ms":0.4}"#), mild_rain);
    let error = Weather::new(fetch)
        .call(json!({"location": "Atlantis"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(matches!(&error, ToolError::UnknownPlace { place } if place == "Atlantis"), "{error:?}");
}

#[tokio::test]
async fn being_offline_is_said_with_the_reason() {
    let error = Weather::new(Scripted::new(offline, offline))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no internet connection"), "{error}");
    let refused = || Err(FetchError::Connection(io::Error::from(io::ErrorKind::ConnectionRefused)));
    let error = Weather::new(Scripted::new(berlin, refused))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
    let late = || Err(FetchError::TimedOut);
    let error = Weather::new(Scripted::new(late, late))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[tokio::test]
async fn the_servers_own_reason_is_kept() {
    let refusal = || {
        let body = br#"{"error":true,"reason":"Daily API request limit exceeded."}"#.to_vec();
        Ok(Fetched { status: 429, body })
    };
    let error = Weather::new(Scripted::new(berlin, refusal))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Daily API request limit exceeded. (HTTP 429)"), "{error}");
    let portal = || Ok(Fetched { status: 502, body: b"<html>".to_vec() });
    let error = Weather::new(Scripted::new(portal, portal))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_forecast_is_no_answer() {
    for nonsense in [|| ok("<html>Log in to the hotel network</html>"), || ok(r#"{"current":{}}"#)] {
        let error = Weather::new(Scripted::new(berlin, nonsense))
            .call(json!({"location": "Rome"}), CallContext::unattended())
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

#[tokio::test]
async fn a_hostile_answer_is_read_field_by_field() {
    let places = || {
        let entries = [
            r#"{"name":"No place","latitude":1e9,"longitude":0}"#.to_owned(),
            r#"{"name":["x"],"latitude":1,"longitude":1}"#.to_owned(),
            format!(
                r#"{{"name":"{}","latitude":1,"longitude":1,"country":7}}"#,
                "Rome\\u001b[2J".repeat(9_000)
            ),
        ];
        ok(&format!(r#"{{"results":[{}]}}"#, entries.join(",")))
    };
    let forecast = || {
        let days = r#""2026-11-20","#.repeat(5_000);
        ok(&format!(
            r#"{{"current":{{"temperature_2m":7,"time":{{}},"weather_code":"rain","wind_speed_10m":"fast"}},
                "daily":{{"time":[{days}4],"weather_code":7,"temperature_2m_max":["x",9],"temperature_2m_min":{{}}}}}}"#
        ))
    };
    let answer = Weather::new(Scripted::new(places, forecast))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap();
    let place = answer["place"].as_str().unwrap();
    assert!(place.starts_with("Rome[2JRome") && place.len() == 120, "{place}");
    assert_eq!((&answer["temperature"], &answer["wind_speed"]), (&json!(7.0), &Value::Null));
    assert_eq!((&answer["conditions"], &answer["local_time"]), (&json!("unknown"), &Value::Null));
    assert_eq!(answer["forecast"].as_array().unwrap().len(), 3);
    assert_eq!((&answer["forecast"][0]["high"], &answer["forecast"][1]["high"]), (&Value::Null, &json!(9.0)));
    assert!(answer.to_string().len() < 2_000);
}

#[tokio::test]
async fn an_answer_of_another_shape_is_no_answer() {
    let shapes: [fn() -> Result<Fetched, FetchError>; 6] = [
        || ok("[]"),
        || ok("null"),
        || ok("7"),
        || ok("{}"),
        || ok(r#"{"current":[]}"#),
        || ok(r#"{"current":{"temperature_2m":"7"}}"#),
    ];
    for shape in shapes {
        let error = Weather::new(Scripted::new(berlin, shape))
            .call(json!({"location": "Rome"}), CallContext::unattended())
            .await
            .unwrap_err();
        assert!(matches!(error, ToolError::BadAnswer { .. }), "{error:?}");
    }
    let deep = || Ok(Fetched { status: 200, body: b"[".repeat(200_000) });
    let error = Weather::new(Scripted::new(deep, deep))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(matches!(error, ToolError::BadAnswer { .. }), "{error:?}");
    let long =
        || Ok(Fetched { status: 500, body: format!(r#"{{"reason":"{}"}}"#, "no\\n".repeat(9_000)).into() });
    let error = Weather::new(Scripted::new(berlin, long))
        .call(json!({"location": "Rome"}), CallContext::unattended())
        .await
        .unwrap_err();
    assert!(error.to_string().len() < 300 && !error.to_string().contains('\n'), "{error}");
}
