//! What a model writes for a page, said plainly: markup, emoji, links and code are taken out while the text comes. Pure and
//! bounded; however the text is cut, the same is said.
//!
//! It goes word by word, since a word is what decides: a line's first word is a heading's sign or a number of a list, a link and
//! a tag may go on over several.

mod latex;
mod lines;
mod words;

use lines::{Begins, begins, is_rule, ordinal};
use words::{Rest, cleaned, is_closing};

/// Said in the place of code.
const CODE: &str = "I leave out the code, which is better read than heard.";
/// The longest word, in bytes: a longer one is cut.
const WORD: usize = 512;
/// So many words of a tag or a link's address are left out; then it was none.
const LEFT_OUT: usize = 24;

/// A text on its way from a page to a voice.
#[derive(Debug, Default)]
pub(super) struct Speakable {
    /// The word that is coming.
    word: String,
    /// The last letter that was said.
    last: Option<char>,
    line: Line,
    /// Within lines of code.
    in_code: bool,
    /// The text ends where a line does, or behind a mark that ends a sentence.
    is_at_end: bool,
}

/// What is known of the line so far.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each true or false apart from the others")]
struct Line {
    /// A word was said, or begun.
    is_begun: bool,
    /// It was a list's entry.
    is_entry: bool,
    /// It is a row of a table.
    is_row: bool,
    /// The number of a list's entry, said before its first word.
    number: Option<String>,
    /// A cell of a table is over.
    cell_ended: bool,
    /// Words of something are left out, up to this sign.
    left_out: Option<(char, usize)>,
}

impl Speakable {
    /// Takes text as it comes; returns what is to be said of it, in whole words.
    pub(super) fn push(&mut self, text: &str) -> String {
        let mut out = String::new();
        for letter in text.chars() {
            match letter {
                '\n' => {
                    self.end_word(&mut out);
                    self.end_line(&mut out);
                }
                letter if letter.is_whitespace() => self.end_word(&mut out),
                // Nothing that is said, and a terminal may obey it.
                letter if letter.is_control() => {}
                letter => {
                    if self.word.len() > WORD {
                        self.end_word(&mut out);
                    }
                    self.word.push(letter);
                }
            }
        }
        out
    }

    /// What is left when nothing more comes.
    pub(super) fn finish(&mut self) -> String {
        let mut out = String::new();
        self.end_word(&mut out);
        out
    }

    /// Whether what was said so far ends a sentence for certain.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// How the word begins that is coming, for whoever has to know whether a sentence is over.
    pub(super) fn coming(&self) -> Option<char> {
        let is_said = !self.in_code && self.line.left_out.is_none() && self.line.is_begun;
        self.word.chars().find(|letter| letter.is_alphanumeric()).filter(|_| is_said)
    }

    fn end_word(&mut self, out: &mut String) {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() {
            return;
        }
        if self.in_code {
            // The end of code stands at the beginning of a line.
            if !std::mem::replace(&mut self.line.is_begun, true) && word.starts_with("```") {
                self.in_code = false;
            }
            return;
        }
        if let Some(rest) = self.leave_out(&word) {
            if !rest.is_empty() {
                self.say_word(&rest, out);
            }
            return;
        }
        if self.line.is_begun {
            self.in_line(&word, out);
        } else {
            self.begin_line(&word, out);
        }
    }

    /// Leaves a word out that belongs to an address or a tag; returns what follows it. `None`: it does not belong to any.
    fn leave_out(&mut self, word: &str) -> Option<String> {
        let (sign, count) = self.line.left_out?;
        match word.split_once(sign) {
            Some((_, rest)) => {
                self.line.left_out = None;
                Some(rest.to_owned())
            }
            None if count < LEFT_OUT => {
                self.line.left_out = Some((sign, count + 1));
                Some(String::new())
            }
            None => {
                self.line.left_out = None;
                None
            }
        }
    }

    /// A word before anything of the line was said.
    fn begin_line(&mut self, word: &str, out: &mut String) {
        match begins(word, self.line.is_entry) {
            Begins::Code(is_over) => {
                self.line.is_begun = true;
                self.in_code = !is_over;
                CODE.split(' ').for_each(|word| self.say(word, out));
                self.stop(out);
            }
            Begins::Entry => self.line.is_entry = true,
            Begins::Number(number) => {
                self.line.is_entry = true;
                self.line.number = Some(number);
            }
            Begins::Sign => {}
            Begins::Row => {
                self.line.is_row = true;
                self.line.is_begun = true;
                self.in_line(word, out);
            }
            Begins::Words(word) => {
                self.line.is_begun = true;
                if let Some(number) = self.line.number.take() {
                    self.say(&ordinal(&number), out);
                }
                self.in_line(word, out);
            }
        }
    }

    fn in_line(&mut self, word: &str, out: &mut String) {
        if !self.line.is_row {
            return self.say_word(word, out);
        }
        if is_rule(word) {
            return;
        }
        for (n, cell) in word.split('|').enumerate() {
            self.line.cell_ended |= n > 0;
            if !cell.is_empty() {
                if std::mem::take(&mut self.line.cell_ended) && self.last.is_some_and(char::is_alphanumeric) {
                    self.attach(",", out);
                }
                self.say_word(cell, out);
            }
        }
    }

    fn say_word(&mut self, word: &str, out: &mut String) {
        let (said, rest) = cleaned(word);
        self.line.left_out = match rest {
            Rest::Nothing => None,
            Rest::UpTo(sign) => Some((sign, 0)),
        };
        for word in said.split_whitespace() {
            self.say(word, out);
        }
    }

    /// Says a word that has nothing in it but what is said.
    fn say(&mut self, word: &str, out: &mut String) {
        if word.chars().all(is_closing) {
            // A stop whose word was left out belongs to the word before it.
            if self.last.is_some_and(|last| !is_closing(last)) {
                self.attach(word, out);
            }
            return;
        }
        if self.last.is_some() {
            out.push(' ');
        }
        self.attach(word, out);
    }

    fn attach(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        self.last = text.chars().next_back().or(self.last);
        self.is_at_end = matches!(self.last, Some('!' | '?' | '…'));
    }

    /// A line's end is a pause, and ends a heading or an entry of a list.
    fn end_line(&mut self, out: &mut String) {
        if let Some(number) = self.line.number.take() {
            // Nothing followed it: it was no list.
            self.say(&number, out);
        }
        if self.line.is_begun && !self.in_code {
            self.stop(out);
        }
        self.line = Line::default();
    }

    /// Ends the sentence, unless a mark has.
    fn stop(&mut self, out: &mut String) {
        if self
            .last
            .is_some_and(|last| last.is_alphanumeric() || matches!(last, ')' | '"' | '”' | '\'' | '’' | '%'))
        {
            self.attach(".", out);
        }
        self.is_at_end = self.last.is_some_and(|last| matches!(last, '.' | '!' | '?' | '…' | ':'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> String {
        let mut speakable = Speakable::default();
        speakable.push(text) + &speakable.finish()
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        for text in [
            "Hello there! It is 3.5 km to Dr. Brown's, e.g. by bus. Shall we?",
            "It costs $5, or 4 €. That is -3 °C (26 °F): 50% off!",
            "1 < 2, and C# is not C++. It's 10:30 a.m.; \"yes\" – or no…",
            "Grüß dich, Łukasz. Naïve? Ça va!",
        ] {
            assert_eq!(said(text), text);
        }
    }

    #[test]
    fn markup_is_said_plainly() {
        for (written, plain) in [
            ("**Rooks** are *black* __birds__. ~~No~~ `yes`.", "Rooks are black birds. No yes."),
            ("# Weather\nIt rains.", "Weather. It rains."),
            ("### The answer: **yes**", "The answer: yes"),
            (
                "You need:\n\n- **Milk**\n* eggs\n+ [ ] bread\n• [x] salt\n",
                "You need: Milk. eggs. bread. salt.",
            ),
            (
                "1. Boil water\n2. Add **pasta**\n10) Eat\n",
                "First, Boil water. Second, Add pasta. Tenth, Eat.",
            ),
            ("> A quote\n> of two lines.\n---\nEnd", "A quote. of two lines. End"),
            ("See [the docs](https://example.com/a?b=c) or ![a cat](cat.png).", "See the docs or a cat."),
            ("See [the docs](https://example.com \"A title\"), please.", "See the docs, please."),
            (
                "At https://www.example.com/very/long?x=1, or <https://example.org>.",
                "At example.com, or example.org.",
            ),
            ("Rooks [1] are birds [2, 3].【4†source】", "Rooks are birds."),
            ("Great 🎉! Well done 👍🏽. :tada:", "Great! Well done."),
            (
                "So:\n```python\nprint('<b>')\n```\nThat is it.",
                "So: I leave out the code, which is better read than heard. That is it.",
            ),
            ("| Day | Weather |\n|:---|---:|\n| Monday | rain |\n", "Day, Weather. Monday, rain."),
            ("One<br>two <b>three</b> <a href=\"x y\">four</a>.", "One two three four."),
            ("\\(17 \\times 23 = 391\\)", "17 times 23 equals 391"),
            ("$$\\frac{1}{2} + \\sqrt{9}$$", "1 over 2 plus the square root of 9"),
            ("The answer is \\boxed{42}.", "The answer is 42."),
            ("x^2 and 2 * 3 = 6 & more -> less", "x squared and 2 times 3 equals 6 and more to less"),
            ("Call get_current_time now.", "Call get current time now."),
            ("Tom &amp; Jerry&nbsp;here.", "Tom and Jerry here."),
            ("First line\nsecond line (yes)\n\nthird", "First line. second line (yes). third"),
            ("Steps:\n\n2020.\nWas a year.", "Steps: 2020. Was a year."),
        ] {
            assert_eq!(said(written), plain, "{written}");
        }
    }

    #[test]
    fn a_sentence_is_over_when_that_is_certain() {
        let mut speakable = Speakable::default();
        for (more, is_at_end, coming) in [
            ("Is it?", false, Some('i')),
            (" ", true, None),
            ("It is 5", false, Some('5')),
            ("\n", true, None),
            ("Dr. ", false, None),
            ("**B", false, Some('B')),
        ] {
            speakable.push(more);
            assert_eq!((speakable.is_at_end(), speakable.coming()), (is_at_end, coming), "{more}");
        }
    }

    #[test]
    fn nothing_is_endless() {
        let mut speakable = Speakable::default();
        for piece in ["x", "<a ", "[a](b ", "```\nx "] {
            let text = speakable.push(&piece.repeat(100_000));
            assert!(speakable.word.len() <= WORD + 4, "{piece}");
            assert!(text.len() < 1_000_000);
        }
        // A tag that never ends hides no more than a few words.
        let long = said(&("<a ".to_owned() + &"word ".repeat(100)));
        assert!(long.len() > 300, "{long}");
    }

    proptest! {
        /// However a text is cut, the same is said, and no sign of a page is in it.
        #[test]
        fn any_split_says_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "# ", "- ", "1. ", "**", "*", "`", "```", "\n", "[", "](", ")", "https://a.b/c", "<b>", "</", ">", "| ", "|", "---", "🎉", "word", "Grüß. ", " ", "\\(", "$", "&amp;", "_", "2",
            ]), 0..20),
            cut in 1..7_usize,
        ) {
            let text = parts.concat();
            let whole = said(&text);
            let letters: Vec<char> = text.chars().collect();
            let mut speakable = Speakable::default();
            let mut pieces = String::new();
            for piece in letters.chunks(cut) {
                pieces.push_str(&speakable.push(&piece.iter().collect::<String>()));
            }
            pieces.push_str(&speakable.finish());
            prop_assert_eq!(&pieces, &whole);
            for sign in ["**", "`", "🎉", "](", "https:", "<b>", "|", "&amp;"] {
                prop_assert!(!whole.contains(sign), "{} in {:?} of {:?}", sign, whole, text);
            }
        }
    }
}
