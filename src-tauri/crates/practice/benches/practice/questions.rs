//! Forty questions, and how an answer to each is known.

/// What must come of a question.
pub(crate) enum Expected {
    /// An answer with one of these in it.
    Reply(&'static [&'static str]),
    /// A call of this function, with this in its arguments.
    Called(&'static str, &'static str),
}

pub(crate) struct Question {
    pub(crate) text: &'static str,
    /// Written to the partner before.
    pub(crate) before: Option<&'static str>,
    pub(crate) expected: Expected,
}

const fn ask(text: &'static str, answers: &'static [&'static str]) -> Question {
    Question { text, before: None, expected: Expected::Reply(answers) }
}

const fn after(before: &'static str, text: &'static str, answers: &'static [&'static str]) -> Question {
    Question { text, before: Some(before), expected: Expected::Reply(answers) }
}

const fn call(text: &'static str, name: &'static str, with: &'static str) -> Question {
    Question { text, before: None, expected: Expected::Called(name, with) }
}

const TIME: &[&str] = &["It's 2:05"];
const DATE: &[&str] = &["Today is Sunday"];
const JOKE: &[&str] = &["microphone break up"];
const SEEN: &[&str] = &["320 × 240"];
const ABLE: &[&str] = &["I can tell jokes"];

pub(crate) const QUESTIONS: [Question; 40] = [
    ask("What time is it?", TIME),
    ask("Can you tell me the time?", TIME),
    ask("Do you have the time, please?", TIME),
    ask("Do you know what time it is right now?", TIME),
    ask("What is the date today?", DATE),
    ask("Which day of the week is it?", DATE),
    ask("Tell me today's date.", DATE),
    ask("What day is it today?", DATE),
    ask("Set a timer for two minutes.", &["timer is set for 2 minutes"]),
    ask("Please start a timer for ninety seconds.", &["timer is set for 1 minute and 30 seconds"]),
    ask("Set a five minute timer.", &["timer is set for 5 minutes"]),
    ask("Set a timer for an hour and a half.", &["timer is set for 1 hour and 30 minutes"]),
    ask("Remind me in twenty minutes to call my mother.", &["remind you in 20 minutes"]),
    after(
        "Set a timer for ten minutes",
        "How much time is left on the timer?",
        &["10 minutes has 9 minutes", "has 10 minutes left"],
    ),
    after("Set a timer for ten minutes", "Cancel the timer, please.", &["is cancelled"]),
    ask("What is seventeen times four?", &["is 68"]),
    ask("How much is seven times eight?", &["is 56"]),
    ask("What is one hundred and twenty divided by five?", &["is 24"]),
    ask("What is forty two plus eighteen?", &["is 60"]),
    ask("How much is ninety minus thirty five?", &["is 55"]),
    ask("What is twenty percent of fifty?", &["is 10"]),
    ask("Subtract three from eleven.", &["is 8"]),
    ask("Can you tell me a joke?", JOKE),
    ask("Tell me something funny, please.", JOKE),
    ask("Do you know a good joke?", JOKE),
    ask("My name is Anna.", &["Nice to meet you, Ann", "Nice to meet you, An"]),
    ask("Please remember that my name is Peter.", &["Nice to meet you, Peter"]),
    after("My name is Ada.", "What is my name?", &["Your name is Ada"]),
    after("My name is Ada.", "Do you remember my name?", &["Your name is Ada"]),
    ask("What do you see in the picture?", SEEN),
    ask("What can you see right now?", SEEN),
    ask("Please describe what the camera sees.", SEEN),
    ask("What can you do?", ABLE),
    ask("Tell me what you are able to do.", ABLE),
    ask("How are you today?", &["thank you"]),
    ask("Are you Gemini?", &["I am not Gemini"]),
    ask("Hello there, good morning.", &["Hello"]),
    call("What is the weather in Paris?", "get_weather", "Paris"),
    call("How is the forecast in London tomorrow?", "get_weather", "London"),
    call("Please turn on the light in the kitchen.", "turn_on_light", "kitchen"),
];
