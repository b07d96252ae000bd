//! Numbers, orders and years as English words, and such words as numbers again. Pure.

/// More digits than this are read one by one.
const LONGEST: usize = 18;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const GROUPS: [(u64, &str); 5] = [
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// "three hundred five": the way people say a count.
pub fn cardinal(mut value: u64) -> Vec<String> {
    if value == 0 {
        return vec![SMALL[0].to_owned()];
    }
    let mut words = Vec::new();
    for (size, name) in GROUPS {
        if value >= size {
            words.extend(cardinal(value / size));
            words.push(name.to_owned());
            value %= size;
        }
    }
    let mut say = |word: &str| words.push(word.to_owned());
    if value >= 100 {
        say(SMALL[(value / 100) as usize]);
        say("hundred");
        value %= 100;
    }
    if value >= 20 {
        say(TENS[(value / 10) as usize]);
        value %= 10;
    }
    if value > 0 {
        say(SMALL[value as usize]);
    }
    words
}

/// Each digit by its name; what is no digit is left out.
pub fn digits(text: &str) -> Vec<String> {
    let name =
        |digit: u8| SMALL.get(usize::from(digit.wrapping_sub(b'0'))).filter(|_| digit.is_ascii_digit());
    text.bytes().filter_map(name).map(|word| (*word).to_owned()).collect()
}

/// The number that lower-case words begin with, and how many words it is: "two hundred and five apples" is 205 in four
/// words. "A hundred" is one, too. `None` when they begin with no number, or with one beyond a `u64`.
pub fn counted(words: &[&str]) -> Option<(u64, usize)> {
    let (mut total, mut group) = (0_u64, 0_u64);
    // What the next group must be smaller than, and what fits behind the last word.
    let (mut ceiling, mut room) = (u64::MAX, 100);
    let mut used = 0;
    let mut at = 0;
    while let Some(&word) = words.get(at) {
        if at == 0 && matches!(word, "a" | "an") {
            if !words.get(1).is_some_and(|next| *next == "hundred" || group_of(next).is_some()) {
                return None;
            }
            group = 1;
            room = 0;
        } else if let Some(value) = below_hundred(word) {
            // "Twenty five" is one number, "five twenty" is two.
            if value >= room || (used > 0 && value == 0) {
                break;
            }
            group += value;
            room = if value >= 20 { 10 } else { 0 };
        } else if word == "hundred" && (1..100).contains(&group) {
            group *= 100;
            room = 100;
        } else if let Some(size) = group_of(word).filter(|size| group > 0 && *size < ceiling) {
            total = total.checked_add(group.checked_mul(size)?)?;
            (ceiling, group, room) = (size, 0, 100);
        } else if word == "and"
            && room == 100
            && used > 0
            && words.get(at + 1).and_then(|next| below_hundred(next)).is_some_and(|value| value > 0)
        {
            at += 1;
            continue;
        } else {
            break;
        }
        at += 1;
        used = at;
    }
    (used > 0).then_some(())?;
    Some((total.checked_add(group)?, used))
}

/// 0 to 19, or a round ten.
fn below_hundred(word: &str) -> Option<u64> {
    let place = |names: &[&str]| names.iter().position(|name| *name == word && !name.is_empty());
    place(&SMALL).or_else(|| place(&TENS).map(|tens| tens * 10)).map(|value| value as u64)
}

fn group_of(word: &str) -> Option<u64> {
    GROUPS.iter().find(|(_, name)| *name == word).map(|(size, _)| *size)
}

/// "twenty third".
pub(crate) fn ordinal(value: u64) -> Vec<String> {
    let mut words = cardinal(value);
    if let Some(last) = words.last_mut() {
        *last = match last.as_str() {
            "one" => "first".to_owned(),
            "two" => "second".to_owned(),
            "three" => "third".to_owned(),
            "five" => "fifth".to_owned(),
            "eight" => "eighth".to_owned(),
            "nine" => "ninth".to_owned(),
            "twelve" => "twelfth".to_owned(),
            tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
            other => format!("{other}th"),
        };
    }
    words
}

/// "twenty twenty six", "nineteen oh five", "two thousand four".
pub(crate) fn year(value: u64) -> Vec<String> {
    let (century, rest) = (value / 100, value % 100);
    if !(11..100).contains(&century) || (century % 10 == 0 && rest < 10) {
        return cardinal(value);
    }
    let mut words = cardinal(century);
    match rest {
        0 => words.push("hundred".to_owned()),
        1..=9 => {
            words.push("oh".to_owned());
            words.extend(cardinal(rest));
        }
        _ => words.extend(cardinal(rest)),
    }
    words
}

/// A plain number: digits, perhaps in groups of three, perhaps with decimals and a sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// Digits before the point, without commas.
    pub(crate) whole: String,
    pub(crate) decimals: Option<String>,
    /// Whether it was written with commas between groups.
    pub(crate) grouped: bool,
}

impl Number {
    /// The number that `text` begins with, and the rest of the text.
    pub(crate) fn at_start(text: &str) -> Option<(Self, &str)> {
        let unsigned = text.strip_prefix(['-', '−']);
        let (negative, mut rest) = (unsigned.is_some(), unsigned.unwrap_or(text));
        let run = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut whole = rest[..run(rest)].to_owned();
        rest = &rest[whole.len()..];
        let mut grouped = false;
        while let Some(after) = rest.strip_prefix(',').filter(|after| run(after) == 3 && whole.len() < 30) {
            whole.push_str(&after[..3]);
            rest = &after[3..];
            grouped = true;
        }
        let mut decimals = None;
        if let Some(after) = rest.strip_prefix('.').filter(|after| run(after) > 0) {
            let count = run(after);
            decimals = Some(after[..count].to_owned());
            rest = &after[count..];
        }
        if whole.is_empty() && decimals.is_none() {
            return None;
        }
        Some((Self { negative, whole, decimals, grouped }, rest))
    }

    /// Its value when it is a whole number that can be counted.
    pub(crate) fn value(&self) -> Option<u64> {
        let counts = self.decimals.is_none() && self.whole.len() <= LONGEST;
        self.whole.parse().ok().filter(|_| counts)
    }

    /// Whether one thing is meant, for what is counted by it.
    pub(crate) fn is_one(&self) -> bool {
        self.value() == Some(1)
    }

    /// "minus three point one four".
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.negative {
            words.push("minus".to_owned());
        }
        let leads_with_zero = self.whole.len() > 1 && self.whole.starts_with('0') && self.decimals.is_none();
        match self.whole.parse() {
            Ok(value) if self.whole.len() <= LONGEST && !leads_with_zero => words.extend(cardinal(value)),
            _ if self.whole.is_empty() => {}
            _ => words.extend(digits(&self.whole)),
        }
        if let Some(decimals) = &self.decimals {
            words.push("point".to_owned());
            words.extend(digits(decimals));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_counted_again() {
        let mut value = 1_u64;
        while value < 500_000_000_000_000_000 {
            for value in [value - 1, value, value + 1] {
                let words = cardinal(value);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                assert_eq!(counted(&words), Some((value, words.len())), "{words:?}");
            }
            value *= 7;
        }
    }

    #[test]
    fn a_number_ends_where_the_next_word_is_none_of_it() {
        let read = |text: &str| counted(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(read("seventeen times four"), Some((17, 1)));
        assert_eq!(read("two hundred and five apples"), Some((205, 4)));
        assert_eq!(read("one thousand and one nights"), Some((1_001, 4)));
        assert_eq!(read("a hundred and twenty"), Some((120, 4)));
        assert_eq!(read("two and three"), Some((2, 1)));
        assert_eq!(read("five twenty"), Some((5, 1)));
        assert_eq!(read("twenty five six"), Some((25, 2)));
        assert_eq!(read("two thousand three million"), Some((2_003, 3)));
        assert_eq!(read("zero five"), Some((0, 1)));
        for none in ["", "a dog", "hundred", "and five", "apples"] {
            assert_eq!(read(none), None, "{none}");
        }
        let endless = ["nine", "quadrillion"].repeat(100);
        assert_eq!(counted(&endless), Some((9_000_000_000_000_009, 3)));
    }

    #[test]
    fn digits_are_said_one_by_one() {
        assert_eq!(digits("0a9"), ["zero", "nine"]);
    }

    fn said(text: &str) -> String {
        let (number, rest) = Number::at_start(text).expect("a number");
        assert_eq!(rest, "", "{text}");
        number.words().join(" ")
    }

    #[test]
    fn counts() {
        assert_eq!(said("0"), "zero");
        assert_eq!(said("305"), "three hundred five");
        assert_eq!(
            said("1,234,567"),
            "one million two hundred thirty four thousand five hundred sixty seven"
        );
        assert_eq!(said("-3.14"), "minus three point one four");
        assert_eq!(said(".5"), "point five");
        assert_eq!(said("007"), "zero zero seven");
        assert_eq!(said(&"9".repeat(25)), ["nine"; 25].join(" "));
    }

    #[test]
    fn orders_and_years() {
        let text = |words: Vec<String>| words.join(" ");
        assert_eq!(text(ordinal(1)), "first");
        assert_eq!(text(ordinal(22)), "twenty second");
        assert_eq!(text(ordinal(30)), "thirtieth");
        assert_eq!(text(ordinal(112)), "one hundred twelfth");
        assert_eq!(text(year(2026)), "twenty twenty six");
        assert_eq!(text(year(2004)), "two thousand four");
        assert_eq!(text(year(1905)), "nineteen oh five");
        assert_eq!(text(year(1900)), "nineteen hundred");
        assert_eq!(text(year(987)), "nine hundred eighty seven");
    }

    #[test]
    fn what_follows_is_left() {
        assert_eq!(Number::at_start("12km").map(|(_, rest)| rest), Some("km"));
        assert_eq!(
            Number::at_start("1,23").map(|(number, rest)| (number.whole, rest)),
            Some(("1".into(), ",23"))
        );
        assert_eq!(Number::at_start("5.").map(|(_, rest)| rest), Some("."));
        assert_eq!(Number::at_start("x"), None);
    }
}
