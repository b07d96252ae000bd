//! Units, currencies, signs and abbreviations, and how they are said. Pure tables.

/// A unit as written, for one, for several.
const UNITS: &[(&str, &str, &str)] = &[
    ("km", "kilometer", "kilometers"),
    ("m", "meter", "meters"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("kg", "kilogram", "kilograms"),
    ("g", "gram", "grams"),
    ("mg", "milligram", "milligrams"),
    ("lb", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("ft", "foot", "feet"),
    ("mi", "mile", "miles"),
    ("l", "liter", "liters"),
    ("ml", "milliliter", "milliliters"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("ms", "millisecond", "milliseconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("KB", "kilobyte", "kilobytes"),
    ("kB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("kW", "kilowatt", "kilowatts"),
    ("W", "watt", "watts"),
    ("V", "volt", "volts"),
    ("dB", "decibel", "decibels"),
    ("px", "pixel", "pixels"),
    ("hPa", "hectopascal", "hectopascals"),
    ("km/h", "kilometer per hour", "kilometers per hour"),
    ("m/s", "meter per second", "meters per second"),
    ("mph", "mile per hour", "miles per hour"),
    ("fps", "frame per second", "frames per second"),
    ("%", "percent", "percent"),
    ("°", "degree", "degrees"),
    ("°C", "degree Celsius", "degrees Celsius"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
];

/// A currency's sign, its unit for one and for several, and its hundredth.
const CURRENCIES: &[(char, &str, &str, &str, &str)] = &[
    ('$', "dollar", "dollars", "cent", "cents"),
    ('€', "euro", "euros", "cent", "cents"),
    ('£', "pound", "pounds", "penny", "pence"),
    ('¥', "yen", "yen", "", ""),
    ('₹', "rupee", "rupees", "", ""),
];

/// Signs that are words wherever they stand.
const SIGNS: &[(char, &str)] = &[
    ('%', "percent"),
    ('+', "plus"),
    ('=', "equals"),
    ('&', "and"),
    ('°', "degrees"),
    ('×', "times"),
    ('÷', "divided by"),
    ('±', "plus or minus"),
    ('<', "less than"),
    ('>', "greater than"),
    ('≈', "about"),
    ('→', "to"),
    ('½', "one half"),
    ('¼', "one quarter"),
    ('¾', "three quarters"),
    ('²', "squared"),
    ('³', "cubed"),
    ('@', "at"),
    ('§', "section"),
    ('©', "copyright"),
];

/// Abbreviations with their full stop left out.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("Mr", "mister"),
    ("Mrs", "missus"),
    ("Ms", "miz"),
    ("Dr", "doctor"),
    ("Prof", "professor"),
    ("Mt", "mount"),
    ("Jr", "junior"),
    ("Sr", "senior"),
    ("Gen", "general"),
    ("Sen", "senator"),
    ("Gov", "governor"),
    ("Capt", "captain"),
    ("Lt", "lieutenant"),
    ("Sgt", "sergeant"),
    ("Ave", "avenue"),
    ("Blvd", "boulevard"),
    ("Inc", "incorporated"),
    ("Ltd", "limited"),
    ("Corp", "corporation"),
    ("Dept", "department"),
    ("approx", "approximately"),
    ("vs", "versus"),
    ("etc", "et cetera"),
    ("e.g", "for example"),
    ("i.e", "that is"),
    ("vol", "volume"),
    ("fig", "figure"),
    ("min", "minimum"),
    ("max", "maximum"),
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

/// How many of a unit are said; `None` for no unit.
pub(super) fn unit(written: &str, one: bool) -> Option<&'static str> {
    let found = UNITS.iter().find(|(name, ..)| *name == written)?;
    Some(if one { found.1 } else { found.2 })
}

/// The names of a currency and of its hundredth, each for one and for several.
pub(super) fn currency(sign: char) -> Option<[&'static str; 4]> {
    let found = CURRENCIES.iter().find(|(own, ..)| *own == sign)?;
    Some([found.1, found.2, found.3, found.4])
}

pub(super) fn sign(sign: char) -> Option<&'static str> {
    SIGNS.iter().find(|(own, _)| *own == sign).map(|(_, word)| *word)
}

/// What a word with a full stop behind it stands for, `stem` being without.
pub(super) fn abbreviation(stem: &str) -> Option<&'static str> {
    ABBREVIATIONS.iter().find(|(own, _)| *own == stem).map(|(_, word)| *word)
}

/// Abbreviations that are written without a full stop as well.
pub(super) fn always_abbreviated(word: &str) -> Option<&'static str> {
    ["Mr", "Mrs", "Ms", "Dr", "vs"].contains(&word).then(|| abbreviation(word)).flatten()
}

/// Whether a word behind an amount of money belongs to the amount.
pub(super) fn is_scale(word: &str) -> bool {
    ["hundred", "thousand", "million", "billion", "trillion"].contains(&word)
}
