//! Jokes, told in rotation.

use crate::intents::memory::Memory;
use crate::intents::text::Words;

pub(in crate::intents) const JOKES: [&str; 8] = [
    "Why did the microphone break up with the speaker? It felt it was only ever being repeated.",
    "I wanted to tell you a joke about latency. You will laugh in a moment.",
    "My voice was drawn with five filters. The sixth was on holiday, and nobody heard a thing.",
    "A packet walks into a bar. Nobody acknowledges it, so it walks in again.",
    "Why do sockets make bad friends? They close as soon as you stop talking.",
    "I asked the camera for its opinion. It said it could see my point, but only once a second.",
    "Why was the clock sent out of class? It tocked too much.",
    "I told my timer a secret. It promised to keep it for ten minutes.",
];

pub(in crate::intents) fn joke(words: &Words, memory: &mut Memory) -> Option<String> {
    let told = memory.jokes > 0 && words.count() <= 5;
    let asked = words.has_any(&["joke", "jokes"]) && !words.has_any(&["was", "not", "that's"])
        || words.says(&[
            "something funny",
            "make me laugh",
            "cheer me up",
            "say something nice",
            "entertain me",
        ])
        || words.says(&["another one", "one more", "another joke", "once more", "a different one"]) && told;
    asked.then(|| {
        let joke = JOKES[memory.jokes % JOKES.len()];
        memory.jokes += 1;
        joke.to_owned()
    })
}
