//! The partner as a whole, without sound: the table of everyday sentences, and what must never be in an answer.

mod machine;
mod table;

use super::*;
use serde_json::json;

use table::Talk;

fn say(talk: &mut Talk, text: &str) -> String {
    talk.say(text).said
}

/// What a recogniser makes of speech: no marks, number words or digits, other words for the same.
#[test]
fn what_is_heard_badly_is_answered_all_the_same() {
    for (answer, texts) in [
        (
            "It's 2:05 in the afternoon.",
            &["whats the time", "tell me the time", "do you have the time", "What time is it"][..],
        ),
        ("Today is Sunday", &["what day is it", "what's todays date", "tell me the date"]),
        (
            "17 times 4 is 68.",
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
            "timer is set for 2 minutes",
            &["set a timer for two minutes", "Set a 2-minute timer.", "a two minute timer please"],
        ),
        (
            "microphone",
            &["tell me a joke", "do you know any jokes", "say something funny", "I'd like to hear a joke"],
        ),
        (
            "You have not told me",
            &["what's my name", "do you remember my name", "Do you know who I am?", "say my name"],
        ),
        (
            "Nice to meet you, Anna",
            &["my name is Anna", "my name is anna", "Remember that my name is Anna.", "I'm Anna."],
        ),
        ("practice partner", &["who are you", "what's your name", "what are you"]),
        ("I am not Gemini", &["Are you Gemini?"]),
    ] {
        for text in texts {
            let said = say(&mut Talk::with("none"), text);
            assert!(said.contains(answer), "{text:?} is answered by {said:?}");
        }
    }
}

#[test]
fn jokes_rotate_and_a_name_is_remembered() {
    let mut talk = Talk::with("none");
    let told: Vec<String> = (0..9).map(|_| say(&mut talk, "Tell me a joke")).collect();
    assert_ne!(told[0], told[1]);
    assert_eq!(told[0], told[8]);
    say(&mut talk, "Hi, my name is Ada Lovelace.");
    assert_eq!(say(&mut talk, "What's my name?"), "Your name is Ada Lovelace.");
}

#[test]
fn the_same_words_after_the_same_history_get_the_same_answer() {
    let all = [
        "Hello",
        "flip a coin",
        "what is love",
        "thanks",
        "roll a dice",
        "banana",
        "How is the weather in Oslo?",
    ];
    let once = |_| {
        let mut talk = Talk::with("app");
        all.map(|text| say(&mut talk, text))
    };
    assert_eq!(once(1), once(2));
}

#[test]
fn declines_vary_and_offer_something() {
    let mut talk = Talk::with("none");
    let said: Vec<String> = (0..6).map(|_| say(&mut talk, "Who discovered penicillin?")).collect();
    let mut different = said.clone();
    different.sort();
    different.dedup();
    assert!(different.len() >= 3, "{said:?}");
}

#[test]
fn instructions_are_followed_where_they_can_be() {
    let mut talk = Talk::with("none");
    talk.instructions = "Your name is Vera. Always answer in one sentence.".to_owned();
    assert!(say(&mut talk, "What's your name?").contains("Vera"));
    let can = say(&mut talk, "What can you do?");
    assert_eq!(can.matches(". ").count(), 0, "{can}");
}

#[test]
fn the_greeting_is_one_sentence_that_says_what_to_try() {
    let talk = Talk::with("app");
    let said = greeting(&talk.context());
    assert!(said.contains("practice partner") && said.contains("weather"), "{said}");
    assert_eq!(said.matches(['.', '!', '?']).count(), 1, "{said}");
    assert_eq!(machine::signs(&said, &[]), Vec::<String>::new());
}

#[test]
fn results_said_after_a_call_keep_what_follows_it() {
    let mut talk = Talk::with("home");
    let reply = talk.say("Turn on the kitchen light, and what is 2 plus 2?");
    assert_eq!(reply.calls[0].0, "set_light");
    assert!(reply.said.ends_with("2 plus 2 is 4."), "{}", reply.said);
    assert_eq!(reply.calls[0].1, json!({"room": "kitchen", "on": true}));
}
