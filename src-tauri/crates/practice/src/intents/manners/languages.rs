//! Other languages than English: known by their letters and their most common words, and answered in one sentence. Pure.

use crate::intents::text::{Words, pick};

const SAID: &[&str] = &[
    "I'm sorry, I only understand English.",
    "I only understand English, I'm afraid. Could you say it in English?",
    "Sorry, I understand only English.",
];
/// Whole greetings and words that English has not.
const SURE: &[&str] = &[
    "hola",
    "bonjour",
    "bonsoir",
    "ciao",
    "hallo",
    "guten",
    "buenos",
    "buenas",
    "danke",
    "gracias",
    "merci",
    "bitte",
    "grazie",
    "obrigado",
    "salut",
    "servus",
    "moin",
    "tschüss",
    "auf",
    "wie",
    "wetter",
    "spät",
    "ist",
    "nicht",
    "ich",
    "können",
    "quelle",
    "heure",
    "est-il",
    "qué",
    "cómo",
    "está",
    "estás",
    "quel",
    "où",
    "pourquoi",
    "perché",
    "oggi",
    "sono",
    "wo",
    "warum",
    "möchte",
    "kannst",
    "mir",
    "sagen",
    "mein",
    "meine",
    "heute",
    "morgen",
    "deutsch",
    "français",
    "español",
    "goedemorgen",
    "hoe",
    "gaat",
    "tak",
    "hej",
    "hei",
    "privet",
    "namaste",
    "konnichiwa",
    "olá",
    "bom",
    "dia",
    "tudo",
    "bem",
    "czy",
    "jest",
    "jak",
    "dzień",
    "dobry",
    "merhaba",
    "nasılsın",
    "teşekkürler",
    "comment",
    "vous",
    "stai",
    "bene",
    "va",
    "ça",
    "sprechen",
    "sie",
    "bin",
    "heiße",
    "gibt",
    "neues",
    "wann",
    "wer",
    "bist",
    "dir",
    "geht",
    "geht's",
    "quiero",
    "quanto",
    "sei",
    "parlez",
    "parla",
    "habla",
    "hablas",
    "usted",
    "je",
    "suis",
    "le",
    "les",
    "est",
    "el",
    "los",
    "soy",
    "eres",
    "para",
    "você",
    "obrigada",
    "zeit",
    "viel",
    "bitteschön",
    "il",
    "gli",
    "une",
    "allez",
    "s'il",
    "plaît",
    "por",
    "favor",
    "tengo",
    "quiero",
    "puedes",
    "puoi",
    "dirmi",
    "che",
    "und",
    "das",
    "der",
    "die",
    "uhr",
];
/// Of those, what an English sentence may have, too.
const SHARED: &[&str] = &[
    "auf", "comment", "die", "bom", "das", "tak", "por", "favor", "che", "dia", "hei", "der", "wo", "mir",
    "hallo", "ciao", "hola", "bonjour", "morgen", "namaste", "merci", "gracias", "danke", "salut",
];
const ENGLISH: &[&str] = &[
    "the",
    "is",
    "what",
    "you",
    "i",
    "a",
    "to",
    "how",
    "in",
    "of",
    "and",
    "my",
    "it",
    "me",
    "do",
    "can",
    "does",
    "say",
    "mean",
    "translate",
    "for",
    "please",
    "play",
    "are",
];

/// What is said to a text in another language.
pub(in crate::intents) fn foreign_answer(text: &str, words: &Words, turn: usize) -> Option<String> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).take(400).count();
    let other = text.chars().filter(|c| c.is_alphabetic() && *c > '\u{24f}').take(400).count();
    let asks_for = words.has_any(&["speak", "talk", "understand", "know", "answer"])
        && words.has_any(&[
            "german",
            "french",
            "spanish",
            "italian",
            "japanese",
            "chinese",
            "russian",
            "dutch",
            "portuguese",
            "languages",
            "language",
            "polish",
            "turkish",
            "arabic",
            "hindi",
            "korean",
            "swedish",
            "danish",
            "norwegian",
        ]);
    let lower = text.to_lowercase();
    let spelled: Vec<&str> = lower
        .split(|c: char| !c.is_alphabetic() && c != '\'' && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let foreign = spelled.iter().filter(|word| SURE.contains(word)).count();
    let shared = spelled.iter().filter(|word| SHARED.contains(word)).count();
    let english = words.iter().filter(|word| ENGLISH.contains(word)).count();
    let short = spelled.len() <= 2 && !spelled.is_empty() && spelled.iter().all(|word| SURE.contains(word));
    let marked = text.contains(['¿', '¡', 'ß']);
    let is_other = other * 2 > letters && letters > 0
        || marked
        || short && english == 0
        || foreign >= 2 && foreign > english && (foreign > shared || shared >= 2)
        || foreign >= 1 && english == 0 && foreign > shared;
    (is_other || asks_for && !words.has("english")).then(|| pick(SAID, turn).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_known_and_english_is_left_alone() {
        for text in [
            "¿Qué hora es?",
            "Wie spät ist es?",
            "今何時ですか",
            "Как дела?",
            "Hola",
            "Können Sie mir helfen?",
            "Do you speak German?",
            "Guten Morgen!",
        ] {
            assert!(foreign_answer(text, &Words::of(text), 0).is_some(), "{text}");
        }
        for text in [
            "Hello",
            "What's the weather in São Paulo?",
            "The die is cast",
            "No comment",
            "play Für Elise",
            "café",
            "",
            "What does danke mean?",
        ] {
            assert_eq!(foreign_answer(text, &Words::of(text), 0), None, "{text}");
        }
    }
}
