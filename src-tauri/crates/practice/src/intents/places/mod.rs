//! Places in a text, and the time zones that they are in. Pure; the zones' rules are those of the time zone database.

mod zones;

use jiff::tz::TimeZone;

use super::text::{Words, bare, sound_of};

use zones::{AMBIGUOUS, ZONES};

/// The longest place, in words.
const LONGEST: usize = 4;
/// The longest place, in characters.
const LONGEST_CHARS: usize = 80;
/// Names with fewer consonants have too many neighbours.
const LEAST_SOUNDS: usize = 4;
/// What may follow "in the" without being a place.
const NO_PLACES: &[&str] = &[
    "morning",
    "afternoon",
    "evening",
    "night",
    "moment",
    "next",
    "week",
    "future",
    "meantime",
    "weekend",
    "day",
    "house",
    "room",
    "kitchen",
    "end",
    "minute",
    "hour",
    "sun",
    "rain",
    "park",
    "garden",
    "background",
];
/// What may follow "in" without being a place.
const NEVER: &[&str] = &[
    "fahrenheit",
    "celsius",
    "degrees",
    "kelvin",
    "general",
    "here",
    "there",
    "total",
    "it",
    "me",
    "my",
    "your",
    "our",
    "this",
    "that",
    "an",
    "half",
    "case",
    "short",
    "english",
    "french",
    "german",
    "spanish",
    "italian",
    "words",
    "winter",
    "summer",
    "spring",
    "autumn",
    "bed",
    "front",
    "hours",
    "minutes",
    "days",
    "weeks",
    "months",
    "years",
    "euros",
    "dollars",
    "pounds",
    "yen",
    "percent",
    "miles",
    "kilometres",
    "kilometers",
    "metres",
    "meters",
    "mind",
    "sale",
    "me",
    "you",
    "us",
    "them",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
    "tonight",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "now",
    "once",
    "all",
    "least",
    "home",
    "work",
    "school",
    "noon",
    "midnight",
    "christmas",
    "sure",
    "which",
    "what",
    "lunch",
    "dinner",
    "breakfast",
    "later",
];
/// What may follow a place without being part of it.
const AFTER: &[&str] = &[
    "today",
    "tomorrow",
    "now",
    "right",
    "please",
    "this",
    "tonight",
    "at",
    "for",
    "and",
    "on",
    "like",
    "in",
    "currently",
    "to",
    "if",
    "when",
    "so",
    "because",
    "or",
    "but",
    "with",
    "later",
    "soon",
    "again",
    "outside",
    "then",
    "is",
    "will",
    "yet",
    "already",
    "these",
    "next",
    "over",
    "during",
    "before",
    "after",
    "by",
    "from",
    "compared",
    "versus",
    "than",
    "i",
    "you",
    "just",
    "still",
    "enough",
    "going",
    "too",
    "either",
    "as",
    "well",
    "thanks",
    "thank",
    "while",
    "until",
    "currency",
    "time",
    "there",
    "you're",
    "have",
];

/// Where a place's time is known: the zone's name, and the place as it is said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ZonedPlace {
    pub(super) zone: String,
    pub(super) name: String,
}

/// The zone of a place, by the table or by the name that the time zone database has for a city.
pub(super) fn zone_of(place: &str) -> Option<ZonedPlace> {
    let wanted = normal(place);
    // "Paris, France" is Paris, "Portland, Maine" what is known of Maine.
    let parts: Vec<&str> = wanted.split(", ").collect();
    let name = titled(place.split(',').next().unwrap_or(place));
    let whole = parts.join(" ");
    let tries = [
        whole.as_str(),
        parts.first().copied().unwrap_or_default(),
        parts.last().copied().unwrap_or_default(),
    ];
    for wanted in tries.into_iter().filter(|wanted| !wanted.is_empty()) {
        let wanted = wanted.strip_prefix("the ").unwrap_or(wanted);
        let found = ZONES.iter().find(|(_, names)| names.split(',').any(|name| name == wanted));
        if let Some((zone, _)) = found {
            return Some(ZonedPlace { zone: (*zone).to_owned(), name });
        }
        if let Some(zone) = in_database(wanted) {
            return Some(ZonedPlace { zone, name });
        }
    }
    None
}

/// The same, or of the place that was probably said: a recogniser of speech mistakes the vowels of names.
pub(super) fn zone_heard(place: &str) -> Option<ZonedPlace> {
    zone_of(place).or_else(|| {
        let heard = sound_of(&normal(place));
        let mut alike = ZONES.iter().flat_map(|(zone, names)| names.split(',').map(move |name| (zone, name)));
        let (zone, name) = alike.find(|(_, name)| is_alike(&heard, &sound_of(name)))?;
        // Where two sound so, nobody knows which.
        let is_only = alike.all(|(other, name)| other == zone || !is_alike(&heard, &sound_of(name)));
        is_only.then(|| ZonedPlace { zone: (*zone).to_owned(), name: titled(name) })
    })
}

/// Whether so many consonants are the same in the same order that one name was meant by the other: all of them, or all but
/// one of a long name, and never the first.
fn is_alike(heard: &[char], meant: &[char]) -> bool {
    let (short, long) = if heard.len() <= meant.len() { (heard, meant) } else { (meant, heard) };
    let is_first = heard.first() == meant.first();
    let missing = |at: usize| short[..at] == long[..at] && short[at..] == long[at + 1..];
    is_first
        && match long.len() - short.len() {
            0 => short == long && long.len() >= LEAST_SOUNDS,
            1 => long.len() > LEAST_SOUNDS && (0..long.len()).any(missing),
            _ => false,
        }
}

/// A city after which the database names a zone.
fn in_database(city: &str) -> Option<String> {
    let plain =
        !city.is_empty() && city.len() <= 32 && city.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    let city = titled(city).replace(' ', "_");
    ["Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian"]
        .iter()
        .map(|region| format!("{region}/{city}"))
        .find(|zone| plain && TimeZone::get(zone).is_ok())
}

/// A place that the text names without a word before it: the longest that is in the table.
pub(super) fn known_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    let mut best: Option<(usize, String)> = None;
    for from in 0..words.len() {
        for count in 1..=LONGEST.min(words.len() - from) {
            let written = words[from..from + count].join(" ");
            let written = without_tail(&written);
            let small = !written.starts_with(char::is_uppercase);
            let is_known =
                |name: &str| ZONES.iter().any(|(_, names)| names.split(',').any(|own| own == name));
            let wanted = normal(&written);
            let odd = small && (wanted.len() < 4 || AMBIGUOUS.contains(&wanted.as_str()));
            if !odd && is_known(&wanted) && best.as_ref().is_none_or(|(length, _)| count > *length) {
                best = Some((count, written));
            }
        }
    }
    best.map(|(_, place)| place)
}

/// The place after the last "in", "for" or the like: capitals and punctuation as the user wrote them. Without such a word,
/// one that is known, else what is written large in the middle of the text.
pub(super) fn place_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let leads = ["in", "near", "around", "for", "at", "over", "on", "to", "from"];
    let led = leads.iter().find_map(|lead| {
        let at = words.iter().enumerate().rposition(|(at, word)| {
            bare(word).eq_ignore_ascii_case(lead) && led_place(&words[at + 1..], lead).is_some()
        })?;
        led_place(&words[at + 1..], lead)
    });
    led.or_else(|| known_in(text)).or_else(|| written_large(&words))
}

/// The place with which these words begin.
fn led_place(words: &[&str], lead: &str) -> Option<String> {
    let lower = |at: usize| words.get(at).map(|word| bare(word).to_lowercase()).unwrap_or_default();
    let (first, second) = (lower(0), lower(1));
    let article = matches!(first.as_str(), "the" | "a");
    let is_none = first.is_empty()
        || NEVER.contains(&first.as_str())
        || first.starts_with(|c: char| c.is_ascii_digit())
        || article
            && (NO_PLACES.contains(&second.as_str())
                || !is_large(words.get(1)) && zone_of(&second).is_none())
        || speech::numbers::counted(&[first.as_str()]).is_some()
        || AFTER.contains(&first.as_str());
    // Much stands behind "for", "on" and "to" that is no place.
    let sure =
        matches!(lead, "in" | "near" | "around") || is_large(words.first()) || zone_of(&first).is_some();
    if is_none || !sure {
        return None;
    }
    let mut place: Vec<&str> = Vec::new();
    for word in words.iter().take(6) {
        let bare = word.trim_end_matches(['?', '!', '.', ';', ':']);
        if AFTER.contains(&bare.trim_end_matches(',').to_lowercase().as_str()) {
            break;
        }
        place.push(bare);
        if bare.len() != word.len() && !bare.ends_with("St") {
            break;
        }
    }
    let place = without_tail(&place.join(" "));
    (!place.is_empty()).then_some(place)
}

fn is_large(word: Option<&&str>) -> bool {
    word.is_some_and(|word| word.starts_with(char::is_uppercase))
}

fn written_large(words: &[&str]) -> Option<String> {
    let large = |word: &&&str| {
        word.starts_with(char::is_uppercase)
            && !matches!(bare(word), "I" | "I'm" | "I’m" | "I'd" | "OK" | "Celsius" | "Fahrenheit" | "I'll")
            && !NEVER.contains(&bare(word).to_lowercase().as_str())
    };
    let place: Vec<&str> =
        words.iter().skip(1).skip_while(|word| !large(word)).take_while(large).take(4).copied().collect();
    let place = without_tail(&place.join(" "));
    (!place.is_empty()).then_some(place)
}

/// A place as an answer to the question for one: "Bergen", "in Stockholm please".
pub(super) fn place_alone(text: &str) -> Option<String> {
    if let Some(place) = place_in(text) {
        return Some(place);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let odd = Words::of(text)
        .has_any(&["i", "you", "what", "who", "how", "why", "is", "do", "not", "no", "yes", "it"]);
    let first = words.first().map(|word| bare(word).to_lowercase()).unwrap_or_default();
    if odd || words.is_empty() || words.len() > LONGEST || NEVER.contains(&first.as_str()) {
        return None;
    }
    let kept: Vec<&str> = words
        .iter()
        .copied()
        .take_while(|word| !AFTER.contains(&bare(word).to_lowercase().as_str()))
        .collect();
    let place = titled(&without_tail(&kept.join(" ")));
    (!place.is_empty()).then_some(place)
}

/// Whether this place is the one where the user is.
pub(super) fn is_here(words: &Words) -> bool {
    words.has("here")
        || words.says(&["at home", "my place", "where i am", "my city", "my town", "outside here"])
}

fn without_tail(place: &str) -> String {
    let place = place.trim_matches([',', ' ', '"', '“', '”', '?', '!', '.', ';', ':', '(', ')']);
    let place = place.strip_suffix("'s").or_else(|| place.strip_suffix("’s")).unwrap_or(place);
    place.chars().take(LONGEST_CHARS).collect()
}

/// Lower case without accents, marks and doubled spaces.
fn normal(place: &str) -> String {
    let mut text = String::new();
    for letter in place.to_lowercase().chars().take(LONGEST_CHARS) {
        text.push(match letter {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            '-' | '_' => ' ',
            '.' | '\'' | '’' | '?' | '!' => continue,
            letter => letter,
        });
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A place with its capitals; as it was written where it has one.
pub(super) fn titled(place: &str) -> String {
    if place.contains(char::is_uppercase) {
        return place.trim().to_owned();
    }
    let small = ["of", "and", "de", "del", "la", "the"];
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(char::to_uppercase);
        if small.contains(&word) {
            word.to_owned()
        } else {
            first.into_iter().flatten().chain(letters).collect()
        }
    };
    place.split_whitespace().map(word).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_as_written() {
        for (text, place) in [
            ("What's the weather in São Paulo, Brazil?", Some("São Paulo, Brazil")),
            ("weather in Paris right now", Some("Paris")),
            ("what is the weather like in new york today", Some("new york")),
            ("weather for Oslo.", Some("Oslo")),
            ("what's the weather in Rome in the morning", Some("Rome")),
            ("Is the Tokyo weather nice?", Some("Tokyo")),
            ("Tell me the temperature in Chicago in Fahrenheit", Some("Chicago")),
            ("forecast for the weekend in Vienna please", Some("Vienna")),
            ("weather berlin", Some("berlin")),
            ("is it nice in the Netherlands", Some("the Netherlands")),
            ("weather in", None),
            ("How is the weather?", None),
            ("will it rain in two hours", None),
            ("is it cold in the morning", None),
        ] {
            assert_eq!(place_in(text).as_deref(), place, "{text}");
        }
    }

    #[test]
    fn places_have_zones_whatever_their_size() {
        for (place, zone) in [
            ("Tokyo", "Asia/Tokyo"),
            ("new york", "America/New_York"),
            ("São Paulo, Brazil", "America/Sao_Paulo"),
            ("the United States", "America/New_York"),
            ("India", "Asia/Kolkata"),
            ("San Francisco", "America/Los_Angeles"),
            ("Portland, Oregon", "America/Los_Angeles"),
            ("Zagreb", "Europe/Zagreb"),
            ("Ulaanbaatar", "Asia/Ulaanbaatar"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone_of(place).map(|found| found.zone).as_deref(), Some(zone), "{place}");
        }
        for nowhere in ["Narnia", "", "../../etc/passwd", "Europe"] {
            assert_eq!(zone_of(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_name_that_was_misheard_is_the_place_that_sounds_so() {
        for (heard, name) in [
            ("Buenot's airs", Some("Buenos Aires")),
            ("Bewenow's airs", Some("Buenos Aires")),
            ("Stockhome", Some("Stockholm")),
            ("Frankford", Some("Frankfurt")),
            ("Offline him", None),
            ("Narnia", None),
            ("Rohm", None),
            ("", None),
        ] {
            assert_eq!(zone_heard(heard).map(|place| place.name).as_deref(), name, "{heard}");
        }
    }

    #[test]
    fn every_zone_of_the_table_exists() {
        for (zone, names) in ZONES {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
            assert!(names.split(',').all(|name| normal(name) == name && !name.is_empty()), "{names}");
        }
    }

    #[test]
    fn a_short_answer_may_be_a_place() {
        for (text, place) in [
            ("In Bergen.", Some("Bergen")),
            ("Dublin", Some("Dublin")),
            ("sandwip please", Some("Sandwip")),
            ("what do you mean", None),
            ("no", None),
        ] {
            assert_eq!(place_alone(text).as_deref(), place, "{text}");
        }
    }
}
