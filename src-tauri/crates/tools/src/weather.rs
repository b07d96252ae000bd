//! `get_weather`: the weather now and on the next days, from Open-Meteo (no key, CC BY 4.0).
//!
//! Two requests one after the other, place then forecast, on a blocking thread.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::fetch::{Answer, Fetch};
use crate::place::{Place, Wanted};
use crate::registry::{CallFuture, Declaration, Tool, text_argument};

const PLACES_URL: &str = "https://geocoding-api.open-meteo.com/v1/search";
const FORECAST_URL: &str = "https://api.open-meteo.com/v1/forecast";
const DIRECTORY: &str = "the place directory of open-meteo.com";
const FORECASTER: &str = "the weather service open-meteo.com";
const MAX_LOCATION_CHARS: usize = 120;
/// Enough of one name that a region can choose among them ("Springfield, Illinois").
const PLACES_ASKED: u32 = 20;
/// Today, tomorrow and the day after: what people ask about by voice.
const DAYS_ASKED: u32 = 3;

/// The tool `get_weather`.
pub struct Weather {
    fetch: Arc<dyn Fetch>,
}

impl Weather {
    /// The tool on this transport.
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch }
    }
}

impl Tool for Weather {
    fn declaration(&self) -> Declaration {
        let about_location = "City or other place, with its region or country when the name alone is ambiguous, \
                              such as \"Berlin\" or \"Portland, Maine\".";
        Declaration {
            name: "get_weather".into(),
            description: "Tells the weather at a place: now, today and the next two days.".into(),
            parameters: json!({
                "type": "OBJECT",
                "properties": {
                    "location": {"type": "STRING", "description": about_location},
                    "unit": {
                        "type": "STRING",
                        "enum": ["celsius", "fahrenheit"],
                        "description": "Unit of the temperatures; celsius when left out.",
                    },
                },
                "required": ["location"],
            }),
        }
    }

    fn call(&self, args: Value) -> CallFuture<'_> {
        let fetch = Arc::clone(&self.fetch);
        Box::pin(async move {
            let location = text_argument(&args, "location", MAX_LOCATION_CHARS)?;
            let location =
                location.ok_or_else(|| ToolError::BadArgument { reason: "`location` is missing".into() })?;
            let unit = Unit::parse(text_argument(&args, "unit", MAX_LOCATION_CHARS)?.as_deref())?;
            let work = tokio::task::spawn_blocking(move || report(&*fetch, location, unit));
            work.await.unwrap_or(Err(ToolError::Stopped))
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Celsius,
    Fahrenheit,
}

impl Unit {
    fn parse(text: Option<&str>) -> Result<Self, ToolError> {
        match text.map(str::to_lowercase).as_deref() {
            None | Some("celsius" | "c" | "°c" | "metric") => Ok(Self::Celsius),
            Some("fahrenheit" | "f" | "°f" | "imperial") => Ok(Self::Fahrenheit),
            Some(_) => {
                Err(ToolError::BadArgument { reason: "`unit` must be \"celsius\" or \"fahrenheit\"".into() })
            }
        }
    }

    /// Open-Meteo's words for the temperature and for the wind speed that goes with it, and how they are written.
    fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Celsius => ("celsius", "kmh", "°C", "km/h"),
            Self::Fahrenheit => ("fahrenheit", "mph", "°F", "mph"),
        }
    }
}

#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Deserialize)]
struct Forecast {
    current: Current,
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    time: String,
    temperature_2m: f64,
    apparent_temperature: Option<f64>,
    relative_humidity_2m: Option<f64>,
    wind_speed_10m: Option<f64>,
    weather_code: u16,
}

/// One list per quantity, one entry per day; a quantity that no model covers is `null`.
#[derive(Deserialize)]
struct Daily {
    time: Vec<String>,
    weather_code: Vec<Option<u16>>,
    temperature_2m_max: Vec<Option<f64>>,
    temperature_2m_min: Vec<Option<f64>>,
    precipitation_probability_max: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Refusal {
    reason: String,
}

/// Blocking: finds the place, then asks for its forecast.
fn report(fetch: &dyn Fetch, location: String, unit: Unit) -> Result<Value, ToolError> {
    let wanted = Wanted::parse(&location);
    let query = [
        ("name", wanted.name.clone()),
        ("count", PLACES_ASKED.to_string()),
        ("language", "en".into()),
        ("format", "json".into()),
    ];
    let places: Places = ask(fetch, DIRECTORY, PLACES_URL, &query)?;
    let place = wanted.choose(places.results).ok_or(ToolError::UnknownPlace { place: location })?;

    let (temperature_unit, wind_unit, ..) = unit.words();
    let current = "temperature_2m,apparent_temperature,relative_humidity_2m,wind_speed_10m,weather_code";
    let daily = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max";
    let query = [
        ("latitude", place.latitude.to_string()),
        ("longitude", place.longitude.to_string()),
        ("current", current.into()),
        ("daily", daily.into()),
        ("temperature_unit", temperature_unit.into()),
        ("wind_speed_unit", wind_unit.into()),
        ("timezone", "auto".into()),
        ("forecast_days", DAYS_ASKED.to_string()),
    ];
    let forecast: Forecast = ask(fetch, FORECASTER, FORECAST_URL, &query)?;
    Ok(describe(&place, &forecast, unit))
}

fn ask<T: DeserializeOwned>(
    fetch: &dyn Fetch,
    server: &'static str,
    url: &str,
    query: &[(&str, String)],
) -> Result<T, ToolError> {
    let Answer { status, body } =
        fetch.get(url, query).map_err(|source| ToolError::Unreachable { server, source })?;
    if status != 200 {
        // Open-Meteo says why in the body; a proxy in between does not.
        let reason = match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) => format!("{} (HTTP {status})", refusal.reason),
            Err(_) => format!("HTTP {status}"),
        };
        return Err(ToolError::BadAnswer { server, reason });
    }
    serde_json::from_slice(&body).map_err(|error| {
        tracing::debug!(%error, server, "unreadable answer");
        ToolError::BadAnswer { server, reason: "its answer could not be read".into() }
    })
}

fn describe(place: &Place, forecast: &Forecast, unit: Unit) -> Value {
    let (.., degrees, speed) = unit.words();
    let Forecast { current, daily } = forecast;
    let days: Vec<Value> = (0..daily.time.len())
        .map(|day| {
            json!({
                "date": daily.time[day],
                "conditions": at(&daily.weather_code, day).map(conditions),
                "high": at(&daily.temperature_2m_max, day),
                "low": at(&daily.temperature_2m_min, day),
                "rain_chance_percent": at(&daily.precipitation_probability_max, day),
            })
        })
        .collect();
    json!({
        "place": place.full_name(),
        "local_time": current.time,
        "conditions": conditions(current.weather_code),
        "temperature": current.temperature_2m,
        "feels_like": current.apparent_temperature,
        "temperature_unit": degrees,
        "humidity_percent": current.relative_humidity_2m,
        "wind_speed": current.wind_speed_10m,
        "wind_speed_unit": speed,
        "forecast": days,
        "source": "Open-Meteo.com",
    })
}

fn at<T: Copy>(list: &[Option<T>], day: usize) -> Option<T> {
    list.get(day).copied().flatten()
}

/// The WMO code 4677 in the subset that Open-Meteo documents, in words.
fn conditions(code: u16) -> &'static str {
    match code {
        0 => "clear sky",
        1 => "mainly clear",
        2 => "partly cloudy",
        3 => "overcast",
        45 => "fog",
        48 => "fog with rime",
        51 => "light drizzle",
        53 => "drizzle",
        55 => "heavy drizzle",
        56 | 57 => "freezing drizzle",
        61 => "light rain",
        63 => "rain",
        65 => "heavy rain",
        66 | 67 => "freezing rain",
        71 => "light snow",
        73 => "snow",
        75 => "heavy snow",
        77 => "snow grains",
        80 => "light rain showers",
        81 => "rain showers",
        82 => "violent rain showers",
        85 => "light snow showers",
        86 => "heavy snow showers",
        95 => "thunderstorm",
        96 | 99 => "thunderstorm with hail",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
