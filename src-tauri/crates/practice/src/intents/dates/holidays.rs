//! The days that many people count towards. Pure.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::intents::text::Words;

/// What is said for a day with a fixed date, its name, month and day.
const FIXED: &[(&str, &str, i8, i8)] = &[
    ("christmas eve", "Christmas Eve", 12, 24),
    ("christmas day", "Christmas", 12, 25),
    ("boxing day", "Boxing Day", 12, 26),
    ("christmas", "Christmas", 12, 25),
    ("xmas", "Christmas", 12, 25),
    ("new year's eve", "New Year's Eve", 12, 31),
    ("new years eve", "New Year's Eve", 12, 31),
    ("new year is eve", "New Year's Eve", 12, 31),
    ("new year", "New Year", 1, 1),
    ("new years", "New Year", 1, 1),
    ("halloween", "Halloween", 10, 31),
    ("valentine's day", "Valentine's Day", 2, 14),
    ("valentine is day", "Valentine's Day", 2, 14),
    ("valentines day", "Valentine's Day", 2, 14),
    ("saint patrick's day", "Saint Patrick's Day", 3, 17),
    ("st patrick is day", "Saint Patrick's Day", 3, 17),
    ("fourth of july", "the Fourth of July", 7, 4),
    ("independence day", "Independence Day", 7, 4),
    ("april fool is day", "April Fools' Day", 4, 1),
    ("april fools", "April Fools' Day", 4, 1),
    ("labour day", "Labour Day", 5, 1),
    ("saint nicholas", "Saint Nicholas' Day", 12, 6),
];

/// The next such day that the text names; of next year when it says so.
pub(in crate::intents) fn holiday_in(words: &Words, today: Date) -> Option<(Date, &'static str)> {
    let year =
        words.iter().find_map(|word| word.parse::<i16>().ok().filter(|year| (1_900..2_200).contains(year)));
    let year = year.or_else(|| words.says(&["next year"]).then(|| today.year() + 1));
    let of = |in_year: &dyn Fn(i16) -> Option<Date>| match year {
        Some(year) => in_year(year),
        None => in_year(today.year()).filter(|date| *date >= today).or_else(|| in_year(today.year() + 1)),
    };
    if let Some((_, name, month, day)) = FIXED.iter().find(|(said, ..)| words.says(&[said])) {
        return Some((of(&|year| Date::new(year, *month, *day).ok())?, name));
    }
    if words.says(&["good friday"]) {
        return Some((of(&|year| easter(year)?.checked_sub(2.days()).ok())?, "Good Friday"));
    }
    if words.says(&["easter monday"]) {
        return Some((of(&|year| easter(year)?.checked_add(1.day()).ok())?, "Easter Monday"));
    }
    if words.has("easter") {
        return Some((of(&easter)?, "Easter"));
    }
    if words.has("thanksgiving") {
        let fourth = |year| Date::new(year, 11, 1).ok()?.nth_weekday_of_month(4, Weekday::Thursday).ok();
        return Some((of(&fourth)?, "Thanksgiving"));
    }
    None
}

/// Easter Sunday by the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * week) / 451;
    let day = moon + week - 7 * late + 114;
    Date::new(year, i8::try_from(day / 31).ok()?, i8::try_from(day % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_are_the_next_ones() {
        let today = jiff::civil::date(2026, 11, 22);
        for (text, date) in [
            ("How long until Christmas?", "2026-12-25"),
            ("New Year's Eve", "2026-12-31"),
            ("until New Year", "2027-01-01"),
            ("when is easter", "2027-03-28"),
            ("Easter 2024", "2024-03-31"),
            ("Good Friday", "2027-03-26"),
            ("when is Halloween", "2027-10-31"),
            ("thanksgiving", "2026-11-26"),
            ("Valentine's Day next year", "2027-02-14"),
        ] {
            let found = holiday_in(&Words::of(text), today).map(|(date, _)| date.to_string());
            assert_eq!(found.as_deref(), Some(date), "{text}");
        }
    }
}
