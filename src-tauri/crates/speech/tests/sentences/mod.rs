//! What is said and how it is compared; shared by the test and the measurement.
#![allow(dead_code, reason = "each program uses its part")]

/// Twenty things that the practice partner and the people who talk with it might say.
pub(crate) const SENTENCES: [&str; 20] = [
    "Why did the microphone break up with the speaker?",
    "It felt it was only ever being repeated.",
    "A packet walks into a bar.",
    "Nobody acknowledges it, so it walks in again.",
    "I am the practice partner, and I have no answer to that.",
    "You have not told me your name yet.",
    "What time is it, and what day is today?",
    "Can you tell me a joke about the weather?",
    "Please remember that my name is Anna.",
    "The camera could see my point, but only once a second.",
    "Ask me again when the picture is a little brighter.",
    "How much is seven times eight, divided by two?",
    "Yesterday I read a long book about the history of music.",
    "We live near the river, and we record live music there.",
    "She wanted to know whether the train had already left.",
    "Set a timer for ten minutes, please.",
    "The quick brown fox jumps over the lazy dog.",
    "My voice was drawn with five filters, and the sixth was on holiday.",
    "They said that the meeting would start at nine in the morning.",
    "Thank you very much, that was really helpful.",
];

/// 24 kHz to 16 kHz: two samples for three, behind a short low-pass filter, with silence around.
pub(crate) fn for_the_ear(pcm: &[i16]) -> Vec<i16> {
    let at =
        |n: isize| usize::try_from(n).ok().and_then(|n| pcm.get(n)).map_or(0.0, |&sample| f64::from(sample));
    let sample = |n: usize| {
        let centre = n as f64 * 1.5;
        let first = centre.floor() as isize - 11;
        let (mut sum, mut weights) = (0.0, 0.0);
        for tap in first..first + 24 {
            let distance = tap as f64 - centre;
            let x = std::f64::consts::PI * distance / 1.5;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let weight = sinc * (0.5 + 0.5 * (std::f64::consts::PI * distance / 12.5).cos());
            sum += at(tap) * weight;
            weights += weight;
        }
        (sum / weights).clamp(-32_768.0, 32_767.0) as i16
    };
    let quiet = vec![0; 3_200];
    [quiet.clone(), (0..pcm.len() * 2 / 3).map(sample).collect(), quiet].concat()
}

fn bare(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace(['-', '–'], " ");
    let word = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let number = |word: String| match word.as_str() {
        "two" => "2".to_owned(),
        "seven" => "7".to_owned(),
        "eight" => "8".to_owned(),
        "nine" => "9".to_owned(),
        "ten" => "10".to_owned(),
        "five" => "5".to_owned(),
        "6th" => "sixth".to_owned(),
        _ => word,
    };
    plain.split_whitespace().map(word).filter(|word| !word.is_empty()).map(number).collect()
}

/// Words that were left out, added or replaced (Levenshtein), and how many there should be.
pub(crate) fn errors_in(heard: &str, said: &str) -> (usize, usize) {
    let (heard, said) = (bare(heard), bare(said));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (n, word) in said.iter().enumerate() {
        let mut before = row[0];
        row[0] = n + 1;
        for (m, other) in heard.iter().enumerate() {
            let replaced = before + usize::from(word != other);
            before = row[m + 1];
            row[m + 1] = replaced.min(before + 1).min(row[m] + 1);
        }
    }
    (row[heard.len()], said.len())
}
