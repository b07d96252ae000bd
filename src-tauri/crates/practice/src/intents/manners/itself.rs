//! What the partner says about itself: who it is, what it can do, its voice, its camera. Pure.

use crate::intents::functions::offers;
use crate::intents::text::{Words, listed, pick};

use super::Own;

/// The first sentence of a conversation that nobody has begun.
pub(in crate::intents) fn greeting(own: &Own<'_>) -> String {
    let name = own
        .name
        .map_or_else(|| "your practice partner".to_owned(), |name| format!("{name}, your practice partner"));
    let tries = offers(own.functions)
        .into_iter()
        .find(|offer| offer.contains("weather"))
        .map_or("a joke, the time or a timer", |_| "the weather, a joke or a timer");
    format!("Hello, I'm {name}, a small program on this computer: ask me for {tries}.")
}

/// What it can do, and what its voice is.
pub(in crate::intents) fn about_itself(words: &Words, own: &Own<'_>) -> Option<String> {
    let abilities = words.has("what")
        && words.says(&[
            "you do",
            "can you do",
            "you can do",
            "i ask",
            "i say",
            "you know",
            "you able",
            "you good at",
            "you help",
        ])
        && !words.says(&[
            "you doing",
            "do you do",
            "you do when",
            "did you do",
            "you know about",
            "what time",
            "did i ask",
            "did i say",
            "should i say",
            "do you know",
            "would you do",
        ])
        || words.says(&[
            "able to do",
            "can you help",
            "you help me",
            "your abilities",
            "your features",
            "your skills",
            "how do you work",
            "how does this work",
            "what is possible",
            "help me",
            "some help",
            "what else can you",
            "your functions",
            "your commands",
            "your capabilities",
            "need help",
            "how do i use you",
        ]) && !words.has_any(&["with"])
            && words.count() <= 10
        || words.only(&["help"]);
    if abilities {
        return Some(can_do(own));
    }
    if words.has_any(&["voice", "voices"])
        && words.has_any(&["your", "what", "which", "how", "you", "is", "change"])
    {
        let voice = if own.speaks {
            "All thirty voices are one voice of mine, made higher or lower, with a longer or shorter throat. They are not the service's."
        } else {
            "My voice is only a sketch, drawn with five filters. The real one has not been downloaded."
        };
        return Some(voice.to_owned());
    }
    None
}

fn can_do(own: &Own<'_>) -> String {
    let hearing = if own.hears {
        "I understand spoken English."
    } else {
        "I can't understand speech here, so please type."
    };
    let further: Vec<String> =
        offers(own.functions).iter().take(5).map(|offer| (*offer).to_owned()).collect();
    let further = if further.is_empty() {
        String::new()
    } else {
        format!(" In this app I can also {}.", listed(&further))
    };
    format!(
        "I can tell jokes, the time and the date, set timers and reminders, do sums, convert units, remember your name, and say \
         how bright and colourful your camera's picture is.{further} {hearing} I'm the practice partner, a small program, and not Gemini."
    )
}

pub(in crate::intents) fn asks_to_look(words: &Words) -> bool {
    let looks = words.has_any(&[
        "see", "seeing", "look", "looking", "camera", "picture", "pictures", "image", "photo", "watching",
        "holding", "sees",
    ]);
    let asks = words
        .has_any(&["you", "what", "this", "picture", "image", "photo", "look", "describe", "am", "camera"]);
    let other = words.says(&[
        "see you later",
        "see you soon",
        "see you tomorrow",
        "look forward",
        "look up",
        "look like tomorrow",
        "i see",
        "see a doctor",
        "looking for",
        "looks like",
        "look good",
        "long time no see",
        "weather look",
        "day look",
        "look after",
        "let me see",
        "did you see",
        "have you seen",
        "take a picture",
        "take a photo",
        "see what you",
    ]);
    looks && asks && !other
        || words.says(&[
            "how bright",
            "which colour",
            "which color",
            "what colour is this",
            "what color is this",
            "what colours",
            "what colors",
            "am i wearing",
            "in front of the camera",
            "fingers am i",
            "in my hand",
            "what is this",
            "who is this",
            "what colour am",
            "what color am",
            "read this",
        ])
}

/// Questions about the partner itself: the phrases, and what is said.
const FACTS: &[(&[&str], &[&str])] = &[
    (
        &[
            "are you a human",
            "are you human",
            "are you a person",
            "are you real",
            "are you alive",
            "are you a real",
            "real person",
            "are you conscious",
            "are you sentient",
            "are you a man",
            "are you a woman",
            "are you a girl",
            "are you a boy",
        ],
        &["No, I'm a small program on this computer.", "I'm not a person, only a small program."],
    ),
    (
        &[
            "are you an ai",
            "are you ai",
            "are you a robot",
            "are you a bot",
            "are you a computer",
            "artificial intelligence",
            "are you a machine",
            "language model",
            "are you intelligent",
            "large language",
            "chatgpt",
            "are you chat",
            "are you alexa",
            "are you siri",
            "are you a chatbot",
            "neural network",
        ],
        &[
            "I'm a small program with prepared answers, not a language model.",
            "A very small one: I'm a program with prepared answers.",
        ],
    ),
    (
        &[
            "how old are you",
            "your age",
            "when were you born",
            "your birthday",
            "when were you made",
            "when is your birthday",
        ],
        &[
            "I'm a program, so I have no age to speak of.",
            "Programs don't count their birthdays, so I can't say how old I am.",
        ],
    ),
    (
        &[
            "where do you live",
            "where are you",
            "where are you from",
            "where do you come from",
            "where is your home",
            "where were you born",
        ],
        &["I live on your computer, inside Vivavoce.", "Right here, on this computer."],
    ),
    (
        &[
            "who made you",
            "who created you",
            "who built you",
            "who programmed you",
            "who wrote you",
            "who is your creator",
            "who developed you",
            "who invented you",
            "who is your maker",
            "who owns you",
            "your developer",
            "your creator",
        ],
        &[
            "I'm a part of Vivavoce, made by the people who write it.",
            "The people who write Vivavoce made me.",
        ],
    ),
    (
        &[
            "do you have feelings",
            "do you feel",
            "have emotions",
            "can you feel",
            "are you happy",
            "are you sad",
            "do you have a soul",
            "do you love",
            "are you lonely",
            "are you bored",
            "are you angry",
            "are you tired",
            "do you get tired",
            "are you scared",
            "do you cry",
            "do you ever get",
            "do you ever feel",
            "do you get lonely",
            "do you get bored",
            "do you get sad",
        ],
        &[
            "I'm a program and have no feelings, but I like to be of use.",
            "I don't feel anything: I'm only a program.",
        ],
    ),
    (
        &[
            "do you sleep",
            "do you eat",
            "do you dream",
            "are you hungry",
            "do you drink",
            "do you breathe",
            "do you have a body",
            "do you have friends",
            "do you have a family",
            "do you have children",
            "are you married",
            "do you have a girlfriend",
            "do you have a boyfriend",
            "do you have parents",
            "do you have a job",
            "do you have hobbies",
            "your hobbies",
            "do you have pets",
            "do you have kids",
        ],
        &["No, I'm only a program.", "Programs don't, and I'm only a program."],
    ),
    (
        &["your favourite", "your favorite", "do you like", "do you prefer", "do you enjoy", "do you hate"],
        &["I'm a program and have no favourites.", "I have no taste of my own, so I have no favourites."],
    ),
    (
        &[
            "is this private",
            "do you record",
            "are you recording",
            "is this safe",
            "do you save",
            "who can hear",
            "do you store",
            "do you spy",
            "are you listening to me all",
            "my data",
            "is this recorded",
            "send my voice",
            "is anyone listening",
            "do you share",
            "are you connected to the internet",
            "do you need the internet",
            "are you online",
            "are you offline",
            "work offline",
        ],
        &[
            "I run on this computer, and what you tell me stays on it.",
            "What you say to me stays on this computer. Only a function of the app, such as the weather, asks elsewhere.",
        ],
    ),
    (
        &["are you free", "do you cost", "how much do you cost", "does this cost", "do i have to pay"],
        &["I'm free: I run on this computer.", "Talking to me costs nothing."],
    ),
    (
        &["do you know gemini", "what is gemini", "who is gemini", "where is gemini"],
        &["Gemini is Google's model. I'm not Gemini; I'm the practice partner, and need no key."],
    ),
    (
        &["what languages", "which languages", "what language", "speak english", "understand english"],
        &["I only understand and speak English."],
    ),
    (
        &["what is vivavoce", "what is this app", "about this app"],
        &["Vivavoce is this app: it lets you talk with Gemini, or with me, the practice partner."],
    ),
    (
        &["do you remember me", "do you know me", "do you know who i am"],
        &["I only remember this conversation."],
    ),
    (
        &[
            "can you learn",
            "do you learn",
            "can you think",
            "are you smart",
            "can you sing",
            "can you dance",
            "sing a song",
            "sing me",
            "sing for me",
            "can you swim",
            "can you drive",
            "can you cook",
            "can you fly",
            "can you read my mind",
        ],
        &["I'm afraid I can't. I only have prepared answers.", "No, that's beyond a small program like me."],
    ),
];

pub(in crate::intents) fn who(words: &Words, own: &Own<'_>, turn: usize) -> Option<String> {
    if let Some((_, said)) = FACTS.iter().find(|(phrases, _)| words.says(phrases)) {
        return Some(pick(said, turn).to_owned());
    }
    let gemini = words.has("gemini");
    let asked = gemini
        || words.says(&[
            "who are you",
            "what are you",
            "your name",
            "have a name",
            "are you a",
            "introduce yourself",
            "tell me about yourself",
            "about yourself",
            "who am i talking to",
            "who am i speaking",
            "what should i call you",
            "what do i call you",
            "who is there",
            "and you are",
            "what is this thing",
            "who you are",
            "what you are",
        ]) && !words.says(&["what are you doing", "what are you up"]);
    asked.then(|| match (own.name, gemini) {
        (Some(name), false) => format!("I'm {name}, the practice partner: a small program inside this app."),
        (_, true) => {
            "No, I am not Gemini. I'm the practice partner, a small program inside this app.".to_owned()
        }
        (None, false) => {
            "I'm the practice partner, a small program inside this app, and not Gemini.".to_owned()
        }
    })
}
