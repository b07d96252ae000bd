//! Conversions between units: "how many miles is 10 kilometres", "20 degrees Celsius in Fahrenheit". Pure.

use crate::intents::text::{number_said, pieces_of, quantity_at};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Dimension {
    Length,
    Mass,
    Time,
    Volume,
    Speed,
    Warmth,
}

/// A unit: how many of the dimension's base it is, and how one and several of it are said; then other words for it.
struct Unit {
    dimension: Dimension,
    size: f64,
    one: &'static str,
    many: &'static str,
    others: &'static [&'static str],
}

const fn unit(
    dimension: Dimension,
    size: f64,
    one: &'static str,
    many: &'static str,
    others: &'static [&'static str],
) -> Unit {
    Unit { dimension, size, one, many, others }
}

const UNITS: &[Unit] = &[
    unit(Dimension::Length, 0.001, "millimetre", "millimetres", &["millimeter", "millimeters", "mm"]),
    unit(Dimension::Length, 0.01, "centimetre", "centimetres", &["centimeter", "centimeters", "cm"]),
    unit(Dimension::Length, 1.0, "metre", "metres", &["meter", "meters"]),
    unit(Dimension::Length, 1_000.0, "kilometre", "kilometres", &["kilometer", "kilometers", "km", "kms"]),
    unit(Dimension::Length, 0.025_4, "inch", "inches", &[]),
    unit(Dimension::Length, 0.304_8, "foot", "feet", &["ft"]),
    unit(Dimension::Length, 0.914_4, "yard", "yards", &[]),
    unit(Dimension::Length, 1_609.344, "mile", "miles", &[]),
    unit(Dimension::Mass, 0.001, "gram", "grams", &["grammes"]),
    unit(Dimension::Mass, 1.0, "kilogram", "kilograms", &["kilo", "kilos", "kg", "kgs"]),
    unit(Dimension::Mass, 1_000.0, "tonne", "tonnes", &["ton", "tons"]),
    unit(Dimension::Mass, 0.028_349_523, "ounce", "ounces", &["oz"]),
    unit(Dimension::Mass, 0.453_592_37, "pound", "pounds", &["lb", "lbs"]),
    unit(Dimension::Mass, 6.350_293_18, "stone", "stone", &[]),
    unit(Dimension::Time, 1.0, "second", "seconds", &["sec", "secs"]),
    unit(Dimension::Time, 60.0, "minute", "minutes", &["min", "mins"]),
    unit(Dimension::Time, 3_600.0, "hour", "hours", &[]),
    unit(Dimension::Time, 86_400.0, "day", "days", &[]),
    unit(Dimension::Time, 604_800.0, "week", "weeks", &[]),
    unit(Dimension::Time, 31_536_000.0, "year", "years", &[]),
    unit(Dimension::Volume, 0.001, "millilitre", "millilitres", &["milliliter", "milliliters", "ml"]),
    unit(Dimension::Volume, 1.0, "litre", "litres", &["liter", "liters"]),
    unit(Dimension::Volume, 3.785_411_784, "gallon", "gallons", &[]),
    unit(Dimension::Volume, 0.473_176_473, "pint", "pints", &[]),
    unit(Dimension::Volume, 0.236_588_236, "cup", "cups", &[]),
    unit(Dimension::Volume, 0.014_786_765, "tablespoon", "tablespoons", &[]),
    unit(Dimension::Volume, 0.004_928_922, "teaspoon", "teaspoons", &[]),
    unit(Dimension::Speed, 1.0, "kilometre an hour", "kilometres an hour", &["kmh", "kph"]),
    unit(Dimension::Speed, 1.609_344, "mile an hour", "miles an hour", &["mph"]),
    unit(Dimension::Speed, 1.852, "knot", "knots", &[]),
    unit(Dimension::Warmth, 1.0, "degree Celsius", "degrees Celsius", &["celsius", "centigrade"]),
    unit(Dimension::Warmth, 2.0, "degree Fahrenheit", "degrees Fahrenheit", &["fahrenheit"]),
];

/// A conversion and its result, as a sentence.
pub(in crate::intents) fn conversion_in(text: &str) -> Option<String> {
    let pieces = pieces_of(text);
    let asks = pieces.iter().any(|word| {
        matches!(
            word.as_str(),
            "many" | "much" | "convert" | "in" | "to" | "into" | "what" | "what's" | "equal" | "equals"
        )
    });
    let named: Vec<(usize, &Unit)> =
        pieces.iter().enumerate().filter_map(|(at, word)| Some((at, unit_of(word)?))).take(8).collect();
    if !asks || named.len() < 2 {
        return None;
    }
    let (source_at, value, source) =
        named.iter().find_map(|(at, unit)| Some((*at, quantity_before(&pieces, *at)?, *unit)))?;
    let mut others = named.iter().filter(|(at, unit)| {
        *at != source_at && unit.dimension == source.dimension && quantity_before(&pieces, *at).is_none()
    });
    let (_, target) = others.next()?;
    if std::ptr::eq(*target, source) {
        return None;
    }
    let result = match (source.dimension, source.size > 1.5) {
        (Dimension::Warmth, false) => value * 9.0 / 5.0 + 32.0,
        (Dimension::Warmth, true) => (value - 32.0) * 5.0 / 9.0,
        _ => value * source.size / target.size,
    };
    Some(format!("{} is {}.", said(value, source), said(result, target)))
}

fn unit_of(word: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.one == word || unit.many == word || unit.others.contains(&word))
}

/// The number that stands right before the unit at this place.
fn quantity_before(pieces: &[String], at: usize) -> Option<f64> {
    let degrees = usize::from(at > 0 && pieces[at - 1].starts_with("degree"));
    let end = at.checked_sub(degrees)?;
    let from = end.saturating_sub(10);
    let counted = (from..end)
        .find_map(|start| quantity_at(&pieces[start..end]).filter(|(_, used)| start + used == end));
    let one = end > 0 && matches!(pieces[end - 1].as_str(), "a" | "an");
    let sign = if counted.is_some_and(|(_, used)| end > used && pieces[end - used - 1] == "minus") {
        -1.0
    } else {
        1.0
    };
    counted.map(|(value, _)| value * sign).or_else(|| one.then_some(1.0))
}

fn said(value: f64, unit: &Unit) -> String {
    let small = value.abs() < 0.1 && value != 0.0;
    let number = if small { crate::intents::text::plain(value) } else { number_said(value) };
    format!("{number} {}", if (value - 1.0).abs() < 1e-9 { unit.one } else { unit.many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_converted() {
        for (text, said) in [
            ("How many miles is 10 kilometres?", Some("10 kilometres is 6.21 miles.")),
            ("Convert five pounds to kilograms.", Some("5 pounds is 2.27 kilograms.")),
            (
                "What's 20 degrees Celsius in Fahrenheit?",
                Some("20 degrees Celsius is 68 degrees Fahrenheit."),
            ),
            ("what is 100 fahrenheit in celsius", Some("100 degrees Fahrenheit is 37.78 degrees Celsius.")),
            ("how many minutes are in 3 hours", Some("3 hours is 180 minutes.")),
            ("How many centimetres are in an inch?", Some("1 inch is 2.54 centimetres.")),
            ("how many seconds in a day", Some("1 day is 86,400 seconds.")),
            ("minus 40 celsius in fahrenheit", Some("-40 degrees Celsius is -40 degrees Fahrenheit.")),
            ("set a timer for one minute and thirty seconds", None),
            ("how many days until Christmas", None),
            ("I walked ten miles in three hours", None),
        ] {
            assert_eq!(conversion_in(text).as_deref(), said, "{text}");
        }
    }
}
