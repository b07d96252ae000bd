//! Names that people say and machines write otherwise: languages, currencies, companies, colours, and other words for choices.
//! Data and look-ups.

use crate::intents::text::{Words, bare, quantity_at};

const LANGUAGES: &[(&str, &str)] = &[
    ("english", "en"),
    ("german", "de"),
    ("french", "fr"),
    ("spanish", "es"),
    ("italian", "it"),
    ("portuguese", "pt"),
    ("dutch", "nl"),
    ("japanese", "ja"),
    ("chinese", "zh"),
    ("mandarin", "zh"),
    ("korean", "ko"),
    ("russian", "ru"),
    ("polish", "pl"),
    ("swedish", "sv"),
    ("norwegian", "no"),
    ("danish", "da"),
    ("finnish", "fi"),
    ("turkish", "tr"),
    ("greek", "el"),
    ("arabic", "ar"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("czech", "cs"),
    ("hungarian", "hu"),
    ("ukrainian", "uk"),
    ("romanian", "ro"),
    ("latin", "la"),
    ("thai", "th"),
    ("vietnamese", "vi"),
    ("indonesian", "id"),
];

const CURRENCIES: &[(&str, &str)] = &[
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("bucks", "USD"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("sterling", "GBP"),
    ("yen", "JPY"),
    ("franc", "CHF"),
    ("francs", "CHF"),
    ("yuan", "CNY"),
    ("rupee", "INR"),
    ("rupees", "INR"),
    ("krona", "SEK"),
    ("kronor", "SEK"),
    ("krone", "NOK"),
    ("kroner", "NOK"),
    ("zloty", "PLN"),
    ("peso", "MXN"),
    ("pesos", "MXN"),
    ("won", "KRW"),
    ("lira", "TRY"),
    ("real", "BRL"),
    ("rand", "ZAR"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("jpy", "JPY"),
    ("chf", "CHF"),
    ("cad", "CAD"),
    ("aud", "AUD"),
];

/// Companies and their signs at the exchange.
const COMPANIES: &[(&str, &str)] = &[
    ("apple", "AAPL"),
    ("microsoft", "MSFT"),
    ("google", "GOOGL"),
    ("alphabet", "GOOGL"),
    ("amazon", "AMZN"),
    ("tesla", "TSLA"),
    ("meta", "META"),
    ("facebook", "META"),
    ("nvidia", "NVDA"),
    ("netflix", "NFLX"),
    ("intel", "INTC"),
    ("amd", "AMD"),
    ("ibm", "IBM"),
    ("sony", "SONY"),
    ("disney", "DIS"),
    ("boeing", "BA"),
    ("spotify", "SPOT"),
    ("uber", "UBER"),
    ("siemens", "SIE"),
    ("sap", "SAP"),
    ("volkswagen", "VOW3"),
    ("toyota", "TM"),
    ("bmw", "BMW"),
    ("oracle", "ORCL"),
];

const COLOURS: &[&str] = &[
    "red",
    "green",
    "blue",
    "yellow",
    "orange",
    "purple",
    "violet",
    "pink",
    "white",
    "black",
    "turquoise",
    "cyan",
    "magenta",
    "brown",
    "gold",
    "grey",
    "gray",
    "lavender",
];

/// Other words for a choice.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("small", &["little", "tiny"]),
    ("large", &["big", "huge"]),
    ("medium", &["middle", "regular", "normal"]),
    ("fahrenheit", &["imperial"]),
    ("celsius", &["centigrade", "metric"]),
    ("todo", &["do", "task", "tasks"]),
    ("shopping", &["grocery", "groceries", "buy"]),
    ("heat", &["warmer", "heating"]),
    ("cool", &["cooler", "cooling"]),
    ("lounge", &["living"]),
    ("car", &["drive", "driving"]),
    ("walking", &["foot", "walk"]),
];

pub(super) fn synonyms(word: &str) -> &'static [&'static str] {
    SYNONYMS.iter().find(|(name, _)| *name == word).map_or(&[], |(_, others)| others)
}

/// The language that is named last: what comes before it is often the text.
pub(super) fn language_in(words: &Words, code: bool) -> Option<String> {
    let all: Vec<&str> = words.iter().collect();
    let (name, short) = all.iter().rev().find_map(|word| LANGUAGES.iter().find(|(name, _)| name == word))?;
    Some(if code { (*short).to_owned() } else { capital(name) })
}

/// From which currency and to which is converted. The one with an amount is converted: "how many yen are 50 dollars".
pub(super) fn currencies_in(pieces: &[String]) -> Option<(&'static str, &'static str)> {
    let code = |word: &String| CURRENCIES.iter().find(|(name, _)| name == word).map(|(_, code)| *code);
    let all: Vec<(usize, &'static str)> =
        pieces.iter().enumerate().filter_map(|(at, word)| Some((at, code(word)?))).take(4).collect();
    let (&first, &last) = (all.first()?, all.last()?);
    let has_amount = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| pieces.get(before..at));
        before.is_some_and(|before| {
            quantity_at(before).is_some() || matches!(before, [one] if one == "a" || one == "one")
        })
    };
    let from = all.iter().find(|(at, _)| has_amount(*at)).unwrap_or(&first);
    let to = if from.1 == last.1 { first } else { last };
    Some((from.1, to.1))
}

/// The kind of food that is named.
pub(super) fn cuisine_in(words: &Words) -> Option<&'static str> {
    CUISINES.iter().copied().find(|cuisine| words.has(&cuisine.to_lowercase()))
}

const CUISINES: &[&str] = &[
    "Thai",
    "Italian",
    "Chinese",
    "Indian",
    "Mexican",
    "Japanese",
    "Greek",
    "French",
    "Spanish",
    "Turkish",
    "Korean",
    "Vietnamese",
    "Lebanese",
    "American",
    "German",
    "Moroccan",
    "Ethiopian",
    "vegan",
    "vegetarian",
    "sushi",
    "pizza",
    "burger",
    "seafood",
    "tapas",
    "ramen",
    "steak",
];

/// The room that is named.
pub(super) fn room_in(words: &Words) -> Option<&'static str> {
    ROOMS.iter().copied().find(|room| words.says(&[room]))
}

const ROOMS: &[&str] = &[
    "living room",
    "dining room",
    "guest room",
    "laundry room",
    "kitchen",
    "bedroom",
    "bathroom",
    "hallway",
    "hall",
    "office",
    "study",
    "garage",
    "garden",
    "balcony",
    "nursery",
    "basement",
    "cellar",
    "attic",
    "porch",
    "corridor",
];

/// The company that is named: its sign where one is wanted and known, else its name.
pub(super) fn company_in(text: &str, sign: bool) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    let owner = |word: &str| word.trim_end_matches("'s").trim_end_matches("’s").to_lowercase();
    let known = words.iter().find_map(|word| COMPANIES.iter().find(|(name, _)| *name == owner(word)));
    if let Some((name, code)) = known {
        return Some(if sign { (*code).to_owned() } else { capital(name) });
    }
    // One that is written like a sign, else like a name.
    let code = words
        .iter()
        .find(|word| (2..=5).contains(&word.len()) && word.chars().all(|c| c.is_ascii_uppercase()));
    let large = || words.iter().skip(1).find(|word| word.starts_with(char::is_uppercase) && word.len() > 1);
    code.or_else(large).map(|word| word.trim_end_matches("'s").trim_end_matches("’s").to_owned())
}

pub(super) fn colour_in(words: &Words) -> Option<&'static str> {
    COLOURS.iter().copied().find(|colour| words.has(colour))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
