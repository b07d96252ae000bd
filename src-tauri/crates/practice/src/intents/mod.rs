//! What the practice partner answers to written words: a handful of intents, plainly not a language model.
//!
//! Pure: the clock is read by the caller, the memory is handed in. The first intent that fits wins; what nothing fits is
//! answered by saying what the partner is.

mod arguments;
mod arithmetic;
mod clock;
mod functions;
mod memory;
mod picture;
mod quantity;
mod result;
mod timer;
mod words;

use jiff::civil::DateTime;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};
use tokio::time::Instant;

pub(crate) use memory::{Memory, Role};
pub(crate) use picture::{PictureFacts, sentence_of_picture};
pub(crate) use result::sentence_of;

use words::Words;

/// Told in rotation.
const JOKES: [&str; 6] = [
    "Why did the microphone break up with the speaker? It felt it was only ever being repeated.",
    "I wanted to tell you a joke about latency. You will laugh in a moment.",
    "My voice was drawn with five filters. The sixth was on holiday, and nobody heard a thing.",
    "A packet walks into a bar. Nobody acknowledges it, so it walks in again.",
    "Why do sockets make bad friends? They close as soon as you stop talking.",
    "I asked the camera for its opinion. It said it could see my point, but only once a second.",
];

/// What is known when a question is answered.
pub(crate) struct IntentContext<'a> {
    /// Whether spoken words are understood.
    pub(crate) hears: bool,
    /// Whether a real voice speaks.
    pub(crate) speaks: bool,
    /// The functions that the client declared.
    pub(crate) functions: &'a [FunctionDeclaration],
    /// The local time.
    pub(crate) now: DateTime,
    /// The same moment, for timers.
    pub(crate) instant: Instant,
}

/// What the partner does about a question.
#[derive(Debug, PartialEq)]
pub(crate) enum IntentAnswer {
    /// Says this.
    Say(String),
    /// Looks at the newest pictures, and says what their pixels tell.
    Look,
    /// Calls a declared function.
    Call {
        /// The function's name as declared.
        name: String,
        /// Arguments that fit its schema.
        args: Map<String, Value>,
    },
}

/// Finds the answer to `text` and lets `memory` learn from it.
pub(crate) fn answer(text: &str, situation: &IntentContext<'_>, memory: &mut Memory) -> IntentAnswer {
    let words = Words::of(text);
    if let Some(call) = functions::call_for(text, &words, situation.functions) {
        return match call {
            functions::Match::Call { name, args } => IntentAnswer::Call { name, args },
            functions::Match::NeedsPlace => IntentAnswer::Say(
                "For which place? Ask me again, with in and the name of a place.".to_owned(),
            ),
        };
    }
    said(text, &words, situation, memory).map_or(IntentAnswer::Look, IntentAnswer::Say)
}

/// What is said when `text` is about timers; sets, reads or cancels them.
pub(crate) fn timer(text: &str, memory: &mut Memory, now: Instant) -> Option<String> {
    memory.timers.answer(text, &Words::of(text), now)
}

/// What is said; `None` when the pictures have to be looked at first.
fn said(text: &str, words: &Words, situation: &IntentContext<'_>, memory: &mut Memory) -> Option<String> {
    let known = memory
        .timers
        .answer(text, words, situation.instant)
        .or_else(|| arithmetic::result_of(text))
        .or_else(|| joke(words, memory))
        .or_else(|| name_intent(text, words, memory))
        .or_else(|| clock::answer(words, situation.now))
        .or_else(|| about_itself(words, situation));
    if known.is_none() && asks_to_look(words) {
        return None;
    }
    let known = known.or_else(|| who(words)).or_else(|| small_talk(words, memory));
    Some(known.unwrap_or_else(|| plain(words.count())))
}

fn joke(words: &Words, memory: &mut Memory) -> Option<String> {
    let asked = words.has_any(&["joke", "jokes", "funny"])
        || words.says(&["make me laugh", "another one", "one more"]) && memory.jokes > 0;
    asked.then(|| {
        let joke = JOKES[memory.jokes % JOKES.len()];
        memory.jokes += 1;
        joke.to_owned()
    })
}

fn name_intent(text: &str, words: &Words, memory: &mut Memory) -> Option<String> {
    let name = memory::name_in(text);
    let asks = words.has_all(&["my", "name"])
        && words.has_any(&["what", "remember", "know", "say", "tell", "forgot", "forget", "recall"])
        || words.says(&["who am i", "who i am"]);
    if asks && name.is_none() {
        return Some(match memory.name() {
            Some(name) => format!("Your name is {name}."),
            None => "You have not told me your name yet.".to_owned(),
        });
    }
    name.map(|name| format!("Nice to meet you, {name}. I will remember your name in this conversation."))
}

fn about_itself(words: &Words, situation: &IntentContext<'_>) -> Option<String> {
    let asks_abilities = words.has("what")
        && words.says(&["you do", "can you do", "you can do", "i ask", "i say"])
        && !words.says(&["you doing", "do you do"])
        || words.says(&["able to do", "can you help", "you help me", "your abilities", "your features"])
        || words.only(&["help"])
        || words.only(&["help", "me"]);
    if asks_abilities {
        let hearing = if situation.hears {
            "I understand English speech."
        } else {
            "I have no recogniser: to speech I play back your own words."
        };
        return Some(format!(
            "I can tell jokes, the time and the date, set timers, do sums, remember your name, say what the pixels \
             of your camera's pictures add up to, and call the functions this app declared. {hearing} I am the \
             practice partner, not Gemini."
        ));
    }
    if words.has_any(&["voice", "voices"]) && words.has_any(&["your", "what", "which", "how", "you", "is"]) {
        let voice = if situation.speaks {
            "All thirty voices are one of mine, made higher or lower, with a longer or shorter throat. They are not the service's."
        } else {
            "My voice is only a sketch, drawn with five filters. The real one has not been fetched."
        };
        return Some(voice.to_owned());
    }
    None
}

fn asks_to_look(words: &Words) -> bool {
    let looks = words.has_any(&[
        "see", "seeing", "look", "looking", "camera", "picture", "pictures", "image", "photo", "watching",
        "holding",
    ]);
    let asks = words.has_any(&["you", "what", "this", "picture", "image", "photo", "look", "describe", "am"]);
    // "See you" is a goodbye.
    looks && asks && !words.says(&["see you later", "see you soon", "see you tomorrow", "look forward"])
        || words.says(&[
            "how bright",
            "which colour",
            "which color",
            "what colour",
            "what color",
            "what colours",
            "what colors",
        ])
}

fn who(words: &Words) -> Option<String> {
    let asked = words.has("gemini")
        || words.says(&[
            "who are you",
            "what are you",
            "who is this",
            "your name",
            "are you a",
            "are you real",
        ]);
    asked.then(|| {
        "No, I am not Gemini. I am the practice partner, a small program inside this app.".to_owned()
    })
}

fn small_talk(words: &Words, memory: &Memory) -> Option<String> {
    let short = words.count() <= 7;
    if short
        && words.has_any(&["hello", "hi", "hey", "greetings", "morning", "evening", "afternoon", "howdy"])
    {
        let name = memory.name().map(|name| format!(", {name}")).unwrap_or_default();
        return Some(format!("Hello{name}! I am the practice partner, not Gemini. Ask me what I can do."));
    }
    if words.says(&["how are you", "how is it going", "how do you do", "how you doing", "are you okay"]) {
        return Some("All my filters are stable, thank you.".to_owned());
    }
    if short && words.has_any(&["thanks", "thank"]) {
        return Some("You are welcome.".to_owned());
    }
    if short && (words.has_any(&["bye", "goodbye"]) || words.says(&["see you", "good night"])) {
        return Some("Goodbye! It was good to practice with you.".to_owned());
    }
    None
}

fn plain(count: usize) -> String {
    let got = match count {
        0 => "no words".to_owned(),
        1 => "1 word".to_owned(),
        count => format!("{count} words"),
    };
    format!("I am the practice partner, not Gemini, and I have no answer to that. I got {got} from you.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_with(text: &str, functions: &[FunctionDeclaration], memory: &mut Memory) -> IntentAnswer {
        let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0);
        let situation = IntentContext { hears: true, speaks: true, functions, now, instant: Instant::now() };
        answer(text, &situation, memory)
    }

    fn ask(text: &str) -> String {
        match ask_with(text, &[], &mut Memory::default()) {
            IntentAnswer::Say(said) => said,
            IntentAnswer::Look => "looks".to_owned(),
            IntentAnswer::Call { name, .. } => panic!("{name} was not declared"),
        }
    }

    #[test]
    fn each_intent_answers_its_questions() {
        assert!(ask("Hello there!").starts_with("Hello!"));
        assert_eq!(ask("What time is it?"), "It is 14:05.");
        assert_eq!(ask("what's the date today"), "Today is Sunday, 22 November 2026.");
        assert_eq!(ask("What is 12 times 7?"), "12 × 7 = 84.");
        assert!(ask("What can you do?").contains("jokes"));
        assert_eq!(ask("What do you see?"), "looks");
        assert_eq!(ask("Set a timer for two minutes"), "Your timer is set for 2 minutes.");
        assert!(ask("What is your voice?").contains("thirty"));
        assert!(ask("Are you Gemini?").contains("not Gemini"));
        assert!(ask("What's the weather in Tokyo?").contains("5 words"));
        assert!(ask("").contains("no words"));
    }

    /// What a recogniser makes of speech: no marks, number words or digits, other words for the same.
    #[test]
    fn what_is_heard_badly_is_answered_all_the_same() {
        for (answer, texts) in [
            (
                "It is 14:05.",
                &["whats the time", "tell me the time", "do you have the time", "What time is it"][..],
            ),
            ("Today is Sunday", &["what day is it", "what's todays date", "tell me the date"]),
            (
                "17 × 4 = 68.",
                &[
                    "what is seventeen times four",
                    "whats 17 times 4",
                    "What is 17 x 4?",
                    "how much is seventeen times for",
                ],
            ),
            (
                "I can tell jokes",
                &[
                    "what can you do",
                    "What can you do for me?",
                    "what are you able to do",
                    "how can you help me",
                    "tell me what you can do",
                    "what can i ask",
                ],
            ),
            (
                "looks",
                &[
                    "what do you see",
                    "what can you see now",
                    "describe the picture",
                    "what am i holding",
                    "Can you see me?",
                    "tell me what the camera sees",
                ],
            ),
            (
                "timer is set for 2 minutes",
                &[
                    "set a timer for two minutes",
                    "Set a 2-minute timer.",
                    "start a timer for 2 minutes",
                    "a two minute timer please",
                ],
            ),
            (
                "microphone",
                &[
                    "tell me a joke",
                    "do you know any jokes",
                    "say something funny",
                    "I'd like to hear a joke",
                ],
            ),
            (
                "You have not told me",
                &["what's my name", "do you remember my name", "Do you know who I am?", "say my name"],
            ),
            (
                "Nice to meet you, Anna",
                &[
                    "my name is Anna",
                    "my name is anna",
                    "Remember that my name is Anna.",
                    "call me Anna please",
                    "I'm Anna.",
                ],
            ),
            ("Hello!", &["hello", "Hi there.", "good morning", "hey"]),
            ("filters are stable", &["how are you", "How are you today?", "hows it going"]),
            (
                "not Gemini. I am the practice partner, a small",
                &["who are you", "are you gemini", "what's your name"],
            ),
            ("welcome", &["thank you", "Thanks a lot!"]),
            ("Goodbye", &["bye", "See you later.", "good night"]),
        ] {
            for text in texts {
                assert!(ask(text).contains(answer), "{text:?} is answered by {:?}", ask(text));
            }
        }
    }

    #[test]
    fn jokes_rotate() {
        let mut memory = Memory::default();
        let jokes: Vec<IntentAnswer> =
            (0..=JOKES.len()).map(|_| ask_with("Tell me a joke", &[], &mut memory)).collect();
        assert_ne!(jokes[0], jokes[1]);
        assert_eq!(jokes[0], jokes[JOKES.len()]);
    }

    #[test]
    fn a_name_is_remembered() {
        let mut memory = Memory::default();
        assert!(
            matches!(ask_with("What is my name?", &[], &mut memory), IntentAnswer::Say(said) if said.contains("not told"))
        );
        memory.add(Role::User, "Hi, my name is Ada Lovelace.");
        assert_eq!(
            ask_with("What's my name?", &[], &mut memory),
            IntentAnswer::Say("Your name is Ada Lovelace.".into())
        );
    }

    #[test]
    fn a_declared_function_is_called_and_no_other() {
        let weather = FunctionDeclaration {
            name: "get_weather".into(),
            parameters: Some(serde_json::json!({
                "type": "OBJECT", "properties": {"location": {"type": "STRING"}}, "required": ["location"]
            })),
            ..FunctionDeclaration::default()
        };
        let called = ask_with(
            "What's the weather in New York today?",
            std::slice::from_ref(&weather),
            &mut Memory::default(),
        );
        let IntentAnswer::Call { name, args } = called else { panic!("no call") };
        assert_eq!(
            (name.as_str(), Value::from(args)),
            ("get_weather", serde_json::json!({"location": "New York"}))
        );
        let asked_back =
            ask_with("How is the weather?", std::slice::from_ref(&weather), &mut Memory::default());
        assert!(matches!(asked_back, IntentAnswer::Say(said) if said.contains("place")));
        assert!(matches!(
            ask_with("Tell me a joke", &[weather], &mut Memory::default()),
            IntentAnswer::Say(_)
        ));
    }
}
