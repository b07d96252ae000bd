//! Whole numbers as English words, and such words as numbers again. Pure.

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
}
