//! Times of day and dates in digits. Pure.

use super::numbers::{cardinal, ordinal, year};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The month that a word names, whole or by its usual beginning, capitalised.
pub(super) fn month(word: &str) -> Option<&'static str> {
    let word = word.trim_end_matches('.');
    let named = |month: &&&str| {
        word == **month
            || (word.len() == 3 && month.starts_with(word))
            || (word == "Sept" && **month == "September")
    };
    MONTHS.iter().find(named).copied()
}

/// `14:05`, `9:00`, `7:30:15`: the words, without what may follow (am, pm).
pub(super) fn time(text: &str, followed_by_half: bool) -> Option<Vec<String>> {
    let parts: Vec<&str> = text.split(':').collect();
    let two = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, rest) = parts.split_first()?;
    if !(1..=2).contains(&hours.len()) || !(1..=2).contains(&rest.len()) || !rest.iter().all(two) {
        return None;
    }
    let number = |part: &str| part.parse::<u64>().ok();
    let (hour, minute) = (number(hours)?, number(rest[0])?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let mut words = cardinal(hour);
    match minute {
        0 if followed_by_half || rest.len() == 2 => {}
        0 => words.push("o'clock".to_owned()),
        1..=9 => {
            words.push("oh".to_owned());
            words.extend(cardinal(minute));
        }
        _ => words.extend(cardinal(minute)),
    }
    if let Some(seconds) = rest.get(1) {
        let seconds = number(seconds)?;
        words.push("and".to_owned());
        words.extend(cardinal(seconds));
        words.push(if seconds == 1 { "second" } else { "seconds" }.to_owned());
    }
    Some(words)
}

/// `2026-11-22` and `11/22/2026` (month first, as in the language of the voice; day first where it can't be otherwise).
pub(super) fn date(text: &str) -> Option<Vec<String>> {
    let split = |by: char| text.split(by).map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (y, m, d) = match (split('-').as_deref(), split('/').as_deref()) {
        (Some(&[y, m, d]), _) if text.len() == 10 => (y, m, d),
        (_, Some(&[first, second, y])) if y > 31 || text.len() >= 8 => {
            if first > 12 {
                (y, second, first)
            } else {
                (y, first, second)
            }
        }
        _ => return None,
    };
    let month = MONTHS.get(usize::try_from(m).ok()?.checked_sub(1)?)?;
    if !(1..=31).contains(&d) {
        return None;
    }
    let mut words = vec![(*month).to_owned()];
    words.extend(ordinal(d));
    words.extend(year(if y < 100 { 2000 + y } else { y }));
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: Option<Vec<String>>) -> String {
        words.unwrap_or_default().join(" ")
    }

    #[test]
    fn the_time_of_day() {
        assert_eq!(text(time("14:05", false)), "fourteen oh five");
        assert_eq!(text(time("9:00", false)), "nine o'clock");
        assert_eq!(text(time("9:00", true)), "nine");
        assert_eq!(text(time("7:30:15", false)), "seven thirty and fifteen seconds");
        assert!(
            [time("25:00", false), time("1:2", false), time("1:2:3:4", false), time("a:bc", false)]
                .iter()
                .all(Option::is_none)
        );
    }

    #[test]
    fn dates_in_digits() {
        assert_eq!(text(date("2026-11-22")), "November twenty second twenty twenty six");
        assert_eq!(text(date("11/22/2026")), "November twenty second twenty twenty six");
        assert_eq!(text(date("22/11/2026")), "November twenty second twenty twenty six");
        assert!(date("2026-13-01").is_none() && date("1/2").is_none() && date("3-4-5").is_none());
        assert_eq!((month("Nov."), month("november"), month("Marx")), (Some("November"), None, None));
    }
}
