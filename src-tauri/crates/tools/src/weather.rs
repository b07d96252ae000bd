//! `get_weather`: the weather now and on the next days, up to sixteen, from Open-Meteo (no key, CC BY 4.0).
//!
//! Two requests one after the other, place then forecast.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::ToolError;
use crate::fetch::{Fetch, Fetched};
use crate::json_fields::{number, plain, text};
use crate::place::{Place, Wanted};
use crate::tool::{CallContext, CallFuture, Consent, Declaration, Terms, Tool, text_argument};

const PLACES_URL: &str = "https://geocoding-api.open-meteo.com/v1/search";
const FORECAST_URL: &str = "https://api.open-meteo.com/v1/forecast";
/// The paths of both on a server that the person names instead.
const PLACES_PATH: &str = "v1/search";
const FORECAST_PATH: &str = "v1/forecast";
const DIRECTORY: &str = "the place directory of open-meteo.com";
const FORECASTER: &str = "the weather service open-meteo.com";
const MAX_LOCATION_CHARS: usize = 120;
/// Enough of one name that a region can choose among them ("Springfield, Illinois").
const PLACES_ASKED: usize = 20;
/// Today, tomorrow and the day after: what people ask about by voice, unless they name a day.
const DAYS_USUAL: usize = 3;
/// As far as Open-Meteo's forecast goes.
const DAYS_MOST: usize = 16;

/// The tool `get_weather`.
pub struct Weather {
    fetch: Arc<dyn Fetch>,
    servers: Servers,
}

/// Who is asked.
struct Servers {
    places: String,
    forecast: String,
}

impl Weather {
    /// The tool on this transport.
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, servers: Servers { places: PLACES_URL.into(), forecast: FORECAST_URL.into() } }
    }

    /// The tool on an Open-Meteo server of the person's own, at this address.
    pub fn at(fetch: Arc<dyn Fetch>, server: &str) -> Self {
        let below = |path: &str| format!("{}/{path}", server.trim_end_matches('/'));
        Self { fetch, servers: Servers { places: below(PLACES_PATH), forecast: below(FORECAST_PATH) } }
    }
}

impl Tool for Weather {
    fn declaration(&self) -> Declaration {
        let about_location = "City or other place, with its region or country when the name alone is ambiguous, \
                              such as \"Berlin\" or \"Portland, Maine\".";
        Declaration {
            name: "get_weather".into(),
            description: "Tells the weather at a place: now, today and the next days, up to 16 in all."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "location": {"type": "string", "description": about_location},
                    "unit": {
                        "type": "string",
                        "enum": ["celsius", "fahrenheit"],
                        "description": "Unit of the temperatures; celsius when left out.",
                    },
                    "days": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": DAYS_MOST,
                        "description": "How many days the forecast covers, today included; 3 when left out.",
                    },
                },
                "required": ["location"],
            }),
        }
    }

    fn terms(&self) -> Terms {
        Terms { consent: Consent::NotNeeded, is_lenient: true, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        let fetch = Arc::clone(&self.fetch);
        Box::pin(async move {
            let location = text_argument(&args, "location", MAX_LOCATION_CHARS)?;
            let location =
                location.ok_or_else(|| ToolError::BadArgument { reason: "`location` is missing".into() })?;
            let unit = Unit::parse(text_argument(&args, "unit", MAX_LOCATION_CHARS)?.as_deref())?;
            report(&*fetch, &self.servers, location, unit, days(&args)?).await
        })
    }
}

/// How many days are wanted; a number that is out of range is brought into it, since the nearest answer is better than none.
fn days(args: &Value) -> Result<usize, ToolError> {
    let number = match args.get("days") {
        None | Some(Value::Null) => return Ok(DAYS_USUAL),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_f64(),
    };
    let number = number.filter(|number| number.is_finite());
    let number = number.ok_or_else(|| ToolError::BadArgument { reason: "`days` must be a number".into() })?;
    Ok(number.round().clamp(1.0, DAYS_MOST as f64) as usize)
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

/// Finds the place, then asks for its forecast.
async fn report(
    fetch: &dyn Fetch,
    servers: &Servers,
    location: String,
    unit: Unit,
    days: usize,
) -> Result<Value, ToolError> {
    let wanted = Wanted::parse(&location);
    let query = [
        ("name", wanted.name.clone()),
        ("count", PLACES_ASKED.to_string()),
        ("language", "en".into()),
        ("format", "json".into()),
    ];
    let answer = ask(fetch, DIRECTORY, &servers.places, &query).await?;
    let found = answer.get("results").and_then(Value::as_array);
    let places = found.into_iter().flatten().take(PLACES_ASKED).filter_map(Place::read).collect();
    let place = wanted.choose(places).ok_or(ToolError::UnknownPlace { place: location })?;

    let (temperature_unit, wind_unit, ..) = unit.words();
    let current = "temperature_2m,apparent_temperature,relative_humidity_2m,wind_speed_10m,weather_code";
    let daily =
        "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max,wind_speed_10m_max";
    let query = [
        ("latitude", place.latitude.to_string()),
        ("longitude", place.longitude.to_string()),
        ("current", current.into()),
        ("daily", daily.into()),
        ("temperature_unit", temperature_unit.into()),
        ("wind_speed_unit", wind_unit.into()),
        ("timezone", "auto".into()),
        ("forecast_days", days.to_string()),
    ];
    let forecast = ask(fetch, FORECASTER, &servers.forecast, &query).await?;
    describe(&place, &forecast, unit, days).ok_or_else(|| ToolError::BadAnswer {
        server: FORECASTER.into(),
        reason: "it names no temperature".into(),
    })
}

/// One answer: a JSON object, whatever is in it.
async fn ask(
    fetch: &dyn Fetch,
    server: &'static str,
    url: &str,
    query: &[(&str, String)],
) -> Result<Value, ToolError> {
    let Fetched { status, body } = fetch
        .get(url, query)
        .await
        .map_err(|source| ToolError::Unreachable { server: server.into(), source })?;
    let answer: Result<Value, _> = serde_json::from_slice(&body);
    if status != 200 {
        // Open-Meteo says why in the body; a proxy in between does not.
        let reason = match answer.ok().and_then(|answer| text(&answer, "reason")) {
            Some(reason) => format!("{reason} (HTTP {status})"),
            None => format!("HTTP {status}"),
        };
        return Err(ToolError::BadAnswer { server: server.into(), reason });
    }
    match answer {
        Ok(answer @ Value::Object(_)) => Ok(answer),
        Ok(_) => {
            Err(ToolError::BadAnswer { server: server.into(), reason: "its answer could not be read".into() })
        }
        Err(error) => {
            tracing::debug!(%error, server, "unreadable answer");
            Err(ToolError::BadAnswer { server: server.into(), reason: "its answer could not be read".into() })
        }
    }
}

/// What the forecast says, field by field; `None` when it does not say how warm it is.
fn describe(place: &Place, forecast: &Value, unit: Unit, days: usize) -> Option<Value> {
    let (.., degrees, speed) = unit.words();
    let none = Value::Null;
    let current = forecast.get("current").unwrap_or(&none);
    let daily = forecast.get("daily").unwrap_or(&none);
    let temperature = number(current, "temperature_2m")?;
    // One list per quantity, one entry per day; a quantity that no model covers is `null`.
    let of_day = |key: &str, day: usize| daily.get(key)?.get(day)?.as_f64();
    let days: Vec<Value> = (0..days)
        .map_while(|day| {
            let date = daily.get("time")?.get(day)?.as_str().and_then(plain);
            Some(json!({
                "date": date,
                "conditions": daily.get("weather_code").and_then(|codes| code(codes.get(day)?)).map(conditions),
                "high": of_day("temperature_2m_max", day),
                "low": of_day("temperature_2m_min", day),
                "rain_chance_percent": of_day("precipitation_probability_max", day),
                "max_wind_speed": of_day("wind_speed_10m_max", day),
            }))
        })
        .collect();
    Some(json!({
        "place": place.full_name(),
        "local_time": text(current, "time"),
        "conditions": current.get("weather_code").and_then(code).map_or("unknown", conditions),
        "temperature": temperature,
        "feels_like": number(current, "apparent_temperature"),
        "temperature_unit": degrees,
        "humidity_percent": number(current, "relative_humidity_2m"),
        "wind_speed": number(current, "wind_speed_10m"),
        "wind_speed_unit": speed,
        "forecast": days,
        "source": "Open-Meteo.com",
    }))
}

fn code(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|code| u16::try_from(code).ok())
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
