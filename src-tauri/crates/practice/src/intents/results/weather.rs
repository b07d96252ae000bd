//! The answer of `get_weather`, by its fields and by what was asked: the weather, an umbrella, a jacket, the wind; now, on one of
//! the next days, or over several of them. Pure.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::intents::dates::{DaysAhead, days_ahead, near_date_said};
use crate::intents::text::Words;

use super::CallNote;

/// From this chance on rain is likely, in percent.
const LIKELY: f64 = 50.0;
/// Days of a forecast that are looked at.
const MOST_DAYS: usize = 32;

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
    let now = || scene.now(temperature, conditions);
    let forecast = Forecast::of(fields);
    let Some(asked) = days_ahead(&note.asked, forecast.today.at(12, 0, 0, 0)) else { return Some(now()) };
    if asked.last < forecast.today {
        return Some(format!("I only know the weather from now on. {}", now()));
    }
    if asked.last == forecast.today {
        return Some(now());
    }
    let Some(last) = forecast.days.last().map(|day| day.date).filter(|last| *last > forecast.today) else {
        return Some(format!("I only know the weather right now. {}", now()));
    };
    if asked.first > last {
        let last = forecast.said(last);
        return Some(format!(
            "That's further ahead than I can see: the forecast for {} ends {last}.",
            scene.place
        ));
    }
    let days: Vec<&Day> =
        forecast.days.iter().filter(|day| (asked.first..=asked.last).contains(&day.date)).collect();
    let said = match days.as_slice() {
        [] => now(),
        [day] => scene.later(day, &forecast.when(&asked, day)),
        days => scene.over(days, &asked.when),
    };
    let ends = if asked.last > last && asked.first < asked.last {
        format!(" The forecast ends {}.", forecast.said(last))
    } else {
        String::new()
    };
    Some(said + &ends)
}

/// What is known of the next days, today first.
struct Forecast<'a> {
    today: Date,
    /// Whether the result says which days these are.
    is_dated: bool,
    days: Vec<Day<'a>>,
}

struct Day<'a> {
    date: Date,
    high: f64,
    low: Option<f64>,
    conditions: &'a str,
    rain_chance: Option<f64>,
    wind: Option<f64>,
}

impl Day<'_> {
    /// Whether rain is likely; the chance is also that of snow.
    fn is_wet(&self) -> bool {
        let is_likely = self.rain_chance.is_some_and(|chance| chance >= LIKELY);
        is_wet(self.conditions) || is_likely && !self.conditions.contains("snow")
    }
}

impl<'a> Forecast<'a> {
    fn of(fields: &'a Map<String, Value>) -> Self {
        let all = fields.get("forecast").and_then(Value::as_array).into_iter().flatten().take(MOST_DAYS);
        let date_of = |value: &Value| value.get("date")?.as_str()?.get(..10)?.parse::<Date>().ok();
        let all: Vec<(Option<Date>, &Value)> = all.map(|value| (date_of(value), value)).collect();
        let told = fields.get("local_time").and_then(Value::as_str);
        let told = told.and_then(|time| time.get(..10)?.parse::<Date>().ok());
        let today = told.or_else(|| all.first()?.0);
        // Without a date only "tomorrow" and the like can be meant, and any day will do.
        let start = today.unwrap_or(Date::constant(2026, 11, 25));
        let mut next = Some(start);
        let days = all.into_iter().filter_map(|(date, value)| {
            let date = date.or(next)?;
            next = date.tomorrow().ok();
            let number = |key: &str| value.get(key).and_then(Value::as_f64);
            Some(Day {
                date,
                high: number("high")?,
                low: number("low"),
                conditions: value.get("conditions").and_then(Value::as_str).unwrap_or("unknown"),
                rain_chance: number("rain_chance_percent"),
                wind: number("max_wind_speed"),
            })
        });
        Self { today: start, is_dated: today.is_some(), days: days.collect() }
    }

    /// The name of a day behind "ends".
    fn said(&self, date: Date) -> String {
        match (date - self.today).get_days() {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            2 => "the day after tomorrow".to_owned(),
            days if !self.is_dated => format!("in {days} days"),
            _ => format!("on {}", near_date_said(date, self.today)),
        }
    }

    /// When a single day is that was asked for, or is left of those.
    fn when(&self, asked: &DaysAhead, day: &Day) -> String {
        if asked.first == asked.last { asked.when.clone() } else { self.said(day.date) }
    }
}

fn aspect_of(words: &Words) -> Aspect {
    let has = |all: &[&str]| words.has_any(all);
    if has(&[
        "umbrella", "brolly", "pouring", "rainfall", "wellies", "rain", "raining", "rainy", "wet",
        "raincoat", "drizzle", "dry", "rains", "shower", "showers",
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
        Some(self.wind_of(speed))
    }

    /// A wind in the result's unit, in words.
    fn wind_of(&self, speed: f64) -> &'static str {
        let unit = self.fields.get("wind_speed_unit").and_then(Value::as_str).unwrap_or("km/h");
        let speed = if unit == "mph" { speed * 1.609 } else { speed };
        match speed {
            speed if speed < 6.0 => "hardly any wind",
            speed if speed < 20.0 => "a light wind",
            speed if speed < 39.0 => "a fresh wind",
            speed if speed < 62.0 => "a strong wind",
            _ => "a storm",
        }
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
                let wet = rains || chance.is_some_and(|chance| chance >= LIKELY);
                format!("{} {short}", clothes(warm, wet))
            }
        }
    }

    /// The span of a day's temperatures: "between 3 and 8 degrees".
    fn between(low: Option<f64>, high: f64) -> String {
        match low {
            Some(low) if low.round() < high.round() => format!(
                "between {} and {}",
                Self::degrees(low).trim_end_matches(" degrees").trim_end_matches(" degree"),
                Self::degrees(high)
            ),
            _ => Self::degrees(high),
        }
    }

    /// Of one of the next days.
    fn later(&self, day: &Day, when: &str) -> String {
        let conditions = day.conditions;
        let scene =
            if conditions == "unknown" { String::new() } else { format!(" and {}", adjective(conditions)) };
        let whole =
            format!("In {} it will be {}{scene} {when}.", self.place, Self::between(day.low, day.high));
        let warm = self.celsius(day.high);
        match (self.aspect, day.rain_chance) {
            (Aspect::Rain, _) if conditions.contains("snow") => format!("Snow rather than rain. {whole}"),
            (Aspect::Rain, Some(chance)) if chance >= LIKELY || is_wet(conditions) => format!(
                "Rain is likely in {} {when}, with a chance of {} percent.",
                self.place,
                chance.round()
            ),
            (Aspect::Rain, Some(chance)) => {
                format!(
                    "Probably not: the chance of rain in {} {when} is {} percent.",
                    self.place,
                    chance.round()
                )
            }
            (Aspect::Rain, None) if is_wet(conditions) => format!("Rain is likely. {whole}"),
            (Aspect::Warmth, _) => format!("{} {whole}", if warm >= 18.0 { "Yes." } else { "Not really." }),
            (Aspect::Cold, _) => format!("{} {whole}", if warm <= 10.0 { "Yes." } else { "No." }),
            (Aspect::Snow, _) => {
                format!("{} {whole}", if conditions.contains("snow") { "Yes." } else { "No snow." })
            }
            (Aspect::Sun, _) => format!("{} {whole}", sunny(conditions)),
            (Aspect::Clothes, _) => {
                format!("{} {whole}", clothes(warm, day.is_wet()))
            }
            (Aspect::Wind, _) => match day.wind.map(|speed| self.wind_of(speed)) {
                Some(wind) => format!("There will be {wind} in {} {when}.", self.place),
                None => whole,
            },
            _ => whole,
        }
    }

    /// Of several days in a row.
    fn over(&self, days: &[&Day], when: &str) -> String {
        let place = &self.place;
        let weekday = |day: &Day| day.date.strftime("%A").to_string();
        let low = days.iter().filter_map(|day| day.low).fold(f64::INFINITY, f64::min);
        let high = days.iter().map(|day| day.high).fold(f64::NEG_INFINITY, f64::max);
        let between = Self::between(Some(low).filter(|low| low.is_finite()), high);
        let named = |is: &dyn Fn(&Day) -> bool| {
            let all: Vec<String> = days.iter().filter(|day| is(day)).map(|day| weekday(day)).collect();
            // All of a week need not be counted up.
            if all.len() > 4 || all.len() == days.len() && all.len() > 2 {
                Some("most days".to_owned())
            } else {
                Some(listed(&all)).filter(|all| !all.is_empty())
            }
        };
        let on = |days: String| format!("on {days}");
        let rain = named(&|day| day.is_wet()).map(on);
        let snow = named(&|day| day.conditions.contains("snow")).map(on);
        let whole = if let [one, other] = days {
            let each = |day: &Day| {
                let scene = match day.conditions {
                    "unknown" => String::new(),
                    conditions => format!(" and {}", adjective(conditions)),
                };
                format!("{}{scene} on {}", Self::between(day.low, day.high), weekday(day))
            };
            format!("In {place} it will be {}, and {}.", each(one), each(other))
        } else {
            let mostly = most_common(days).map(|most| format!(", mostly {}", adjective(most)));
            let mostly = mostly.unwrap_or_default();
            let wet = match &rain {
                Some(rain) => format!(", with rain likely {rain}"),
                None => String::new(),
            };
            format!("In {place} it will be {between} {when}{mostly}{wet}.")
        };
        let warm = self.celsius(high);
        match self.aspect {
            Aspect::Rain => match rain {
                Some(rain) => format!("Rain is likely in {place} {rain}."),
                None if snow.is_some() => {
                    format!("No rain, but snow is likely {}.", snow.unwrap_or_default())
                }
                None => format!("Probably not: no rain is expected in {place} {when}."),
            },
            Aspect::Snow => match snow {
                Some(snow) => format!("Snow is likely in {place} {snow}."),
                None => format!("No snow is expected in {place} {when}. {whole}"),
            },
            Aspect::Sun => match named(&|day| sunny(day.conditions) == "Yes.").map(on) {
                Some(sun) => format!("It should be sunny in {place} {sun}. {whole}"),
                None => format!("Not really. {whole}"),
            },
            Aspect::Warmth => format!("{} {whole}", if warm >= 18.0 { "Yes." } else { "Not really." }),
            Aspect::Cold => format!("{} {whole}", if warm <= 10.0 { "Yes." } else { "No." }),
            Aspect::Clothes => format!("{} {whole}", clothes(warm, rain.is_some())),
            Aspect::Wind => match days.iter().filter_map(|day| day.wind).reduce(f64::max) {
                Some(speed) => format!("At most there will be {} in {place} {when}.", self.wind_of(speed)),
                None => whole,
            },
            Aspect::Whole | Aspect::Humidity => whole,
        }
    }
}

/// "Monday, Tuesday and Friday".
fn listed(all: &[String]) -> String {
    match all {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => all.concat(),
    }
}

/// What most days have in common.
fn most_common<'a>(days: &[&Day<'a>]) -> Option<&'a str> {
    let count = |conditions: &str| days.iter().filter(|day| day.conditions == conditions).count();
    let most = days.iter().rev().map(|day| day.conditions).max_by_key(|conditions| count(conditions))?;
    (most != "unknown" && count(most) * 2 > days.len()).then_some(most)
}

fn sunny(conditions: &str) -> &'static str {
    match conditions {
        "clear sky" | "mainly clear" => "Yes.",
        "partly cloudy" => "A little.",
        _ => "Not really.",
    }
}

/// What to wear, by how warm it is in degrees Celsius.
fn clothes(warm: f64, wet: bool) -> String {
    let clothes = match warm {
        warm if warm < 3.0 => "A warm coat is a good idea.",
        warm if warm < 15.0 => "A jacket is a good idea.",
        warm if warm < 22.0 => "Something light is enough.",
        _ => "Summer clothes will do.",
    };
    if wet { format!("{clothes} Take an umbrella, too.") } else { clothes.to_owned() }
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
