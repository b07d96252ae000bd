//! The answer of `get_weather`, by its fields and by what was asked: the weather, an umbrella, a jacket, the wind; now or on one of
//! the next days. Pure.

use serde_json::{Map, Value};

use crate::intents::text::Words;

use super::CallNote;

/// What is asked of the weather.
#[derive(Clone, Copy, PartialEq)]
enum Aspect {
    Whole,
    Rain,
    Snow,
    Sun,
    Wind,
    Warmth,
    Cold,
    Clothes,
    Humidity,
}

/// "In Oslo it's 19 degrees and partly cloudy, with a light wind."
pub(super) fn sentence(fields: &Map<String, Value>, note: &CallNote) -> Option<String> {
    let number = |key: &str| fields.get(key).and_then(Value::as_f64);
    let temperature = number("temperature")?;
    let conditions = fields.get("conditions").and_then(Value::as_str)?;
    let words = Words::of(&note.asked);
    let fahrenheit =
        fields.get("temperature_unit").and_then(Value::as_str).is_some_and(|unit| unit.contains('F'));
    let place = note.place.clone().or_else(|| {
        let full = fields.get("place").or_else(|| fields.get("location")).and_then(Value::as_str)?;
        Some(full.split(',').next().unwrap_or(full).to_owned())
    });
    let place = place.unwrap_or_else(|| "that place".to_owned());
    let scene = Scene { fields, place, fahrenheit, aspect: aspect_of(&words) };
    let days = fields.get("forecast").and_then(Value::as_array);
    let day = day_asked(&words);
    if day > 0 && days.is_some_and(|days| day >= days.len()) {
        let last =
            if days.is_some_and(|days| days.len() == 3) { "the day after tomorrow" } else { "tomorrow" };
        return Some(format!("I only know the weather up to {last}. {}", scene.now(temperature, conditions)));
    }
    match days.and_then(|days| days.get(day)).filter(|_| day > 0) {
        Some(forecast) => scene.later(forecast, if day == 1 { "tomorrow" } else { "the day after tomorrow" }),
        None => Some(scene.now(temperature, conditions)),
    }
}

fn aspect_of(words: &Words) -> Aspect {
    let has = |all: &[&str]| words.has_any(all);
    if has(&[
        "umbrella", "rain", "raining", "rainy", "wet", "raincoat", "drizzle", "dry", "rains", "shower",
        "showers",
    ]) {
        Aspect::Rain
    } else if has(&["snow", "snowing", "snowy", "snows"]) {
        Aspect::Snow
    } else if has(&["jacket", "coat", "wear", "sweater", "scarf", "gloves", "shorts", "dress"]) {
        Aspect::Clothes
    } else if has(&["sun", "sunny", "sunshine", "sunscreen", "sunglasses", "cloudy"]) {
        Aspect::Sun
    } else if has(&["wind", "windy", "storm", "stormy"]) {
        Aspect::Wind
    } else if has(&["humid", "humidity"]) {
        Aspect::Humidity
    } else if has(&["warm", "hot"]) {
        Aspect::Warmth
    } else if has(&["cold", "cool", "chilly", "freezing", "frost", "icy"]) {
        Aspect::Cold
    } else {
        Aspect::Whole
    }
}

/// How many days ahead was asked for.
fn day_asked(words: &Words) -> usize {
    if words.says(&["day after tomorrow", "in two days"]) {
        2
    } else if words.has("tomorrow") {
        1
    } else if words.says(&["next week", "in a week"]) {
        7
    } else {
        0
    }
}

struct Scene<'a> {
    fields: &'a Map<String, Value>,
    place: String,
    fahrenheit: bool,
    aspect: Aspect,
}

impl Scene<'_> {
    fn celsius(&self, degrees: f64) -> f64 {
        if self.fahrenheit { (degrees - 32.0) / 1.8 } else { degrees }
    }

    fn degrees(degrees: f64) -> String {
        let whole = degrees.round();
        if whole < 0.0 {
            format!("minus {} degrees", -whole)
        } else if (whole - 1.0).abs() < 0.1 {
            "1 degree".to_owned()
        } else {
            format!("{} degrees", whole.abs())
        }
    }

    fn wind(&self) -> Option<&'static str> {
        let speed = self.fields.get("wind_speed").and_then(Value::as_f64)?;
        let unit = self.fields.get("wind_speed_unit").and_then(Value::as_str).unwrap_or("km/h");
        let speed = if unit == "mph" { speed * 1.609 } else { speed };
        Some(match speed {
            speed if speed < 6.0 => "hardly any wind",
            speed if speed < 20.0 => "a light wind",
            speed if speed < 39.0 => "a fresh wind",
            speed if speed < 62.0 => "a strong wind",
            _ => "a storm",
        })
    }

    fn rain_today(&self) -> Option<f64> {
        self.fields.get("forecast")?.get(0)?.get("rain_chance_percent")?.as_f64()
    }

    fn now(&self, temperature: f64, conditions: &str) -> String {
        let feels = self.fields.get("feels_like").and_then(Value::as_f64);
        let warm = self.celsius(feels.unwrap_or(temperature));
        let scene =
            if conditions == "unknown" { String::new() } else { format!(" and {}", adjective(conditions)) };
        let wind = self.wind().map(|wind| format!(", with {wind}")).unwrap_or_default();
        let whole = format!("In {} it's {}{scene}{wind}.", self.place, Self::degrees(temperature));
        let short = format!("In {} it's {}{scene}.", self.place, Self::degrees(temperature));
        let chance = self.rain_today();
        let rains = is_wet(conditions);
        match self.aspect {
            Aspect::Whole => whole,
            Aspect::Rain if rains => format!("Yes, take an umbrella. {short}"),
            Aspect::Rain => match chance {
                Some(chance) if chance >= 50.0 => format!(
                    "Better take an umbrella: the chance of rain in {} is {} percent today.",
                    self.place,
                    chance.round()
                ),
                Some(chance) => format!(
                    "No, you won't need an umbrella. In {} it's {}, and the chance of rain is {} percent today.",
                    self.place,
                    adjective(conditions),
                    chance.round()
                ),
                None => format!("It's not raining right now. {short}"),
            },
            Aspect::Snow => format!(
                "{} {short}",
                if conditions.contains("snow") { "Yes, it's snowing." } else { "No, it isn't snowing." }
            ),
            Aspect::Sun => format!(
                "{} {short}",
                if matches!(conditions, "clear sky" | "mainly clear") {
                    "Yes."
                } else if conditions == "partly cloudy" {
                    "A little."
                } else {
                    "Not right now."
                }
            ),
            Aspect::Wind => format!(
                "There's {} in {} right now.",
                self.wind().unwrap_or("no word of the wind"),
                self.place
            ),
            Aspect::Humidity => match self.fields.get("humidity_percent").and_then(Value::as_f64) {
                Some(humidity) => format!("The humidity in {} is {} percent.", self.place, humidity.round()),
                None => whole,
            },
            Aspect::Warmth => format!(
                "{} {short}",
                if warm >= 28.0 {
                    "Yes, it's hot."
                } else if warm >= 18.0 {
                    "Yes, it's warm."
                } else {
                    "Not really."
                }
            ),
            Aspect::Cold => format!(
                "{} {short}",
                if warm <= 3.0 {
                    "Yes, it's cold."
                } else if warm <= 12.0 {
                    "It's rather cool."
                } else {
                    "No."
                }
            ),
            Aspect::Clothes => {
                let clothes = match warm {
                    warm if warm < 3.0 => "A warm coat is a good idea.",
                    warm if warm < 15.0 => "A jacket is a good idea.",
                    warm if warm < 22.0 => "Something light is enough.",
                    _ => "Summer clothes will do.",
                };
                let wet = if rains || chance.is_some_and(|chance| chance >= 50.0) {
                    " Take an umbrella, too."
                } else {
                    ""
                };
                format!("{clothes}{wet} {short}")
            }
        }
    }

    /// Of one of the next days.
    fn later(&self, forecast: &Value, day: &str) -> Option<String> {
        let (high, low) = (forecast.get("high")?.as_f64()?, forecast.get("low").and_then(Value::as_f64));
        let conditions = forecast.get("conditions").and_then(Value::as_str).unwrap_or("unknown");
        let scene =
            if conditions == "unknown" { String::new() } else { format!(" and {}", adjective(conditions)) };
        let between = match low {
            Some(low) if low.round() < high.round() => format!(
                "between {} and {}",
                Self::degrees(low).trim_end_matches(" degrees").trim_end_matches(" degree"),
                Self::degrees(high)
            ),
            _ => Self::degrees(high),
        };
        let whole = format!("In {} it will be {between}{scene} {day}.", self.place);
        let chance = forecast.get("rain_chance_percent").and_then(Value::as_f64);
        let warm = self.celsius(high);
        Some(match (self.aspect, chance) {
            (Aspect::Rain, Some(chance)) if chance >= 50.0 || is_wet(conditions) => {
                format!(
                    "Rain is likely in {} {day}, with a chance of {} percent.",
                    self.place,
                    chance.round()
                )
            }
            (Aspect::Rain, Some(chance)) => format!(
                "Probably not: the chance of rain in {} {day} is {} percent.",
                self.place,
                chance.round()
            ),
            (Aspect::Warmth, _) => format!("{} {whole}", if warm >= 18.0 { "Yes." } else { "Not really." }),
            (Aspect::Cold, _) => format!("{} {whole}", if warm <= 10.0 { "Yes." } else { "No." }),
            (Aspect::Snow, _) => {
                format!("{} {whole}", if conditions.contains("snow") { "Yes." } else { "No snow." })
            }
            _ => whole,
        })
    }
}

fn is_wet(conditions: &str) -> bool {
    ["rain", "drizzle", "showers", "thunderstorm"].iter().any(|sign| conditions.contains(sign))
        && !conditions.contains("snow")
}

/// Conditions as they stand behind "it's … and".
fn adjective(conditions: &str) -> String {
    match conditions {
        "clear sky" => "clear".to_owned(),
        "fog" | "fog with rime" => "foggy".to_owned(),
        "snow" => "snowing".to_owned(),
        "rain" => "raining".to_owned(),
        "light rain" => "raining lightly".to_owned(),
        "heavy rain" => "raining hard".to_owned(),
        "light snow" => "snowing lightly".to_owned(),
        "heavy snow" => "snowing hard".to_owned(),
        "drizzle" | "light drizzle" => "drizzling".to_owned(),
        other if other.ends_with("showers") => format!("wet, with {other}"),
        other if other.starts_with("thunderstorm") => format!("stormy, with a {other}"),
        other if other.contains("rain") || other.contains("drizzle") || other.contains("snow") => {
            format!("wet, with {other}")
        }
        other => super::said::speakable(other).to_lowercase(),
    }
}
