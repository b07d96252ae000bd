//! What the rehearsal partner answers to written words: a handful of intents, plainly not a language model.
//!
//! Pure: the clock is read by the caller, the memory is handed in. The first intent that fits wins; what nothing fits is
//! answered by saying what the partner is.

mod arithmetic;
mod functions;
mod memory;
mod result;
mod words;

use jiff::civil::DateTime;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};

pub(crate) use memory::{Memory, Role};
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
pub(crate) struct Situation<'a> {
    /// Whether spoken words are understood.
    pub(crate) hears: bool,
    /// Whether a real voice speaks.
    pub(crate) speaks: bool,
    /// The functions that the client declared.
    pub(crate) functions: &'a [FunctionDeclaration],
    /// The local time.
    pub(crate) now: DateTime,
    /// Pictures received in this session.
    pub(crate) pictures: u64,
    /// The size of the newest, in pixels, if it could be read.
    pub(crate) picture_size: Option<(u32, u32)>,
}

/// What the partner does about a question.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// Says this.
    Say(String),
    /// Calls a declared function.
    Call {
        /// The function's name as declared.
        name: String,
        /// Arguments that fit its schema.
        args: Map<String, Value>,
    },
}

/// Finds the answer to `text` and lets `memory` learn from it.
pub(crate) fn answer(text: &str, situation: &Situation<'_>, memory: &mut Memory) -> Answer {
    let words = Words::of(text);
    if let Some(call) = functions::call_for(text, &words, situation.functions) {
        return match call {
            functions::Match::Call { name, args } => Answer::Call { name, args },
            functions::Match::NeedsPlace => {
                Answer::Say("For which place? Ask me again, with in and the name of a place.".to_owned())
            }
        };
    }
    Answer::Say(said(text, &words, situation, memory))
}

fn said(text: &str, words: &Words, situation: &Situation<'_>, memory: &mut Memory) -> String {
    if let Some(result) = arithmetic::result_of(text) {
        return result;
    }
    if words.has("joke") || words.has_all(&["something", "funny"]) {
        let joke = JOKES[memory.jokes % JOKES.len()];
        memory.jokes += 1;
        return joke.to_owned();
    }
    if let Some(reply) = name_intent(text, words, memory) {
        return reply;
    }
    if let Some(reply) = clock_intent(words, situation.now) {
        return reply;
    }
    if words.has_all(&["what", "can", "do"]) || words.only(&["help"]) {
        let ear = if situation.hears {
            "I understand English speech."
        } else {
            "I have no recogniser: to speech I play back your own words."
        };
        return format!(
            "I can tell jokes, the time and the date, do sums, remember your name, say what I received from \
             your camera, and call the functions this app declared. {ear} I am the rehearsal partner, not Gemini."
        );
    }
    if words.has_any(&["voice", "voices"]) && words.has_any(&["your", "what", "which", "how", "you", "is"]) {
        let voice = if situation.speaks {
            "All thirty voices are one of mine, made higher or lower, with a longer or shorter throat. They are not the service's."
        } else {
            "My voice is only a sketch, drawn with five filters. The real one has not been fetched."
        };
        return voice.to_owned();
    }
    let looks = words.has_any(&["see", "seeing", "look", "camera", "picture", "image", "photo"]);
    if looks && words.has_any(&["you", "what", "this", "picture", "image", "photo", "look"]) {
        return seen(situation);
    }
    if words.has("gemini") || words.has_all(&["who", "are", "you"]) || words.has_all(&["what", "are", "you"])
    {
        return "No, I am not Gemini. I am the rehearsal partner, a small program inside this app."
            .to_owned();
    }
    small_talk(words, memory).unwrap_or_else(|| plain(words.count()))
}

fn name_intent(text: &str, words: &Words, memory: &mut Memory) -> Option<String> {
    if words.has_all(&["what", "is", "my", "name"]) || words.has_all(&["who", "am", "i"]) {
        return Some(match memory.name() {
            Some(name) => format!("Your name is {name}."),
            None => "You have not told me your name yet.".to_owned(),
        });
    }
    let name = memory::name_in(text)?;
    Some(format!("Nice to meet you, {name}. I will remember your name in this conversation."))
}

fn clock_intent(words: &Words, now: DateTime) -> Option<String> {
    let asked = words.has_any(&["what", "tell", "which", "current"]);
    if words.has("time") && (asked || words.count() <= 2) {
        return Some(format!("It is {}:{:02}.", now.hour(), now.minute()));
    }
    if words.has_any(&["date", "day"]) && (asked || words.count() <= 2) {
        return Some(format!("Today is {}.", now.strftime("%A, %-d %B %Y")));
    }
    None
}

fn seen(situation: &Situation<'_>) -> String {
    let count = match situation.pictures {
        0 => return "I have received no picture yet. Switch the camera on, and ask me again.".to_owned(),
        1 => "1 picture".to_owned(),
        count => format!("{count} pictures"),
    };
    match situation.picture_size {
        Some((width, height)) => format!(
            "I received {count}. The newest is {width} × {height} pixels. What it shows I cannot tell: I am \
             the rehearsal partner, not Gemini."
        ),
        None => format!("I received {count}, but the newest is in no form that I can measure."),
    }
}

fn small_talk(words: &Words, memory: &Memory) -> Option<String> {
    let short = words.count() <= 7;
    if short && words.has_any(&["hello", "hi", "hey", "greetings", "morning", "evening", "afternoon"]) {
        let name = memory.name().map(|name| format!(", {name}")).unwrap_or_default();
        return Some(format!("Hello{name}! I am the rehearsal partner, not Gemini. Ask me what I can do."));
    }
    if words.has_all(&["how", "are", "you"]) {
        return Some("All my filters are stable, thank you.".to_owned());
    }
    if short && words.has_any(&["thanks", "thank"]) {
        return Some("You are welcome.".to_owned());
    }
    if short && words.has_any(&["bye", "goodbye"]) {
        return Some("Goodbye! It was good to rehearse with you.".to_owned());
    }
    None
}

fn plain(count: usize) -> String {
    let got = match count {
        0 => "no words".to_owned(),
        1 => "1 word".to_owned(),
        count => format!("{count} words"),
    };
    format!("I am the rehearsal partner, not Gemini, and I have no answer to that. I got {got} from you.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_with(text: &str, functions: &[FunctionDeclaration], memory: &mut Memory) -> Answer {
        let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0);
        let situation = Situation {
            hears: true,
            speaks: true,
            functions,
            now,
            pictures: 3,
            picture_size: Some((640, 480)),
        };
        answer(text, &situation, memory)
    }

    fn ask(text: &str) -> String {
        match ask_with(text, &[], &mut Memory::default()) {
            Answer::Say(said) => said,
            Answer::Call { name, .. } => panic!("{name} was not declared"),
        }
    }

    #[test]
    fn each_intent_answers_its_questions() {
        assert!(ask("Hello there!").starts_with("Hello!"));
        assert_eq!(ask("What time is it?"), "It is 14:05.");
        assert_eq!(ask("what's the date today"), "Today is Sunday, 22 November 2026.");
        assert_eq!(ask("What is 12 times 7?"), "12 × 7 = 84.");
        assert!(ask("What can you do?").contains("jokes"));
        assert!(ask("What do you see?").contains("640 × 480"));
        assert!(ask("What is your voice?").contains("thirty"));
        assert!(ask("Are you Gemini?").contains("not Gemini"));
        assert!(ask("What's the weather in Tokyo?").contains("5 words"));
        assert!(ask("").contains("no words"));
    }

    #[test]
    fn jokes_rotate() {
        let mut memory = Memory::default();
        let told: Vec<Answer> =
            (0..=JOKES.len()).map(|_| ask_with("Tell me a joke", &[], &mut memory)).collect();
        assert_ne!(told[0], told[1]);
        assert_eq!(told[0], told[JOKES.len()]);
    }

    #[test]
    fn a_name_is_remembered() {
        let mut memory = Memory::default();
        assert!(
            matches!(ask_with("What is my name?", &[], &mut memory), Answer::Say(said) if said.contains("not told"))
        );
        memory.add(Role::User, "Hi, my name is Ada Lovelace.");
        assert_eq!(
            ask_with("What's my name?", &[], &mut memory),
            Answer::Say("Your name is Ada Lovelace.".into())
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
        let Answer::Call { name, args } = called else { panic!("no call") };
        assert_eq!(
            (name.as_str(), Value::from(args)),
            ("get_weather", serde_json::json!({"location": "New York"}))
        );
        let asked_back =
            ask_with("How is the weather?", std::slice::from_ref(&weather), &mut Memory::default());
        assert!(matches!(asked_back, Answer::Say(said) if said.contains("place")));
        assert!(matches!(ask_with("Tell me a joke", &[weather], &mut Memory::default()), Answer::Say(_)));
    }
}
