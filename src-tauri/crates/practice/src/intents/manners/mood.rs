//! What is said to somebody's mood and news. Pure.

use crate::intents::text::{Sentence, Words, pick};

/// What somebody feels, by their own words, and what is said to it.
const MOODS: &[(&[&str], &[&str])] = &[
    (&["is my birthday", "birthday today"], &["Happy birthday! I hope it's a good one."]),
    (
        &["died", "passed away", "has died", "funeral", "is dying"],
        &["I'm so sorry for your loss.", "I'm very sorry. That must be hard."],
    ),
    (
        &[
            "sad",
            "unhappy",
            "depressed",
            "lonely",
            "heartbroken",
            "miserable",
            "crying",
            "awful",
            "terrible day",
            "bad day",
            "feel bad",
            "feeling down",
            "feel down",
            "horrible",
            "hopeless",
            "miss him",
            "miss her",
            "dumped me",
            "broke up",
            "feel terrible",
            "feeling blue",
            "disappointed",
            "lost my job",
            "upset",
            "hard day",
            "rough day",
            "not doing well",
            "not feeling well",
            "not so good",
            "not good",
            "failed",
            "left me",
            "nobody likes",
            "no friends",
            "hate myself",
            "broke my",
            "accident",
            "robbed",
            "stolen",
            "got fired",
            "was fired",
            "lost my",
        ],
        &[
            "I'm sorry to hear that. I'm only a small program, but I'm here. Would a joke help?",
            "I'm sorry that it's hard right now. Talking to a friend may help more than I can.",
            "That sounds hard, and I'm sorry. Take your time.",
        ],
    ),
    (
        &[
            "sick",
            "ill",
            "have a cold",
            "headache",
            "fever",
            "hurts",
            "in pain",
            "under the weather",
            "stomach ache",
            "a cough",
            "toothache",
            "the flu",
        ],
        &["I'm sorry to hear that. I hope you feel better soon.", "I'm sorry to hear that. Get well soon!"],
    ),
    (
        &["angry", "furious", "annoyed", "mad at", "frustrated", "fed up", "hate my", "irritated"],
        &[
            "I understand, that would annoy me, too, if I could be annoyed. I'm sorry.",
            "I'm sorry. A deep breath may help.",
        ],
    ),
    (
        &[
            "stressed",
            "overwhelmed",
            "nervous",
            "anxious",
            "worried",
            "afraid",
            "scared",
            "panic",
            "burned out",
            "too much to do",
        ],
        &[
            "Take a deep breath. One thing after the other, and I'm sorry it's so much.",
            "I'm sorry, that's no nice feeling. A slow breath in and out may help.",
        ],
    ),
    (
        &["tired", "exhausted", "sleepy", "worn out", "can't sleep", "need sleep", "no energy"],
        &[
            "Then you've earned some rest. I can set a timer for a short break.",
            "A little rest may help. Shall I wake you? Say: set a timer for 20 minutes.",
        ],
    ),
    (
        &["bored", "boring", "nothing to do"],
        &[
            "Then let me help: ask me for a joke, or to flip a coin.",
            "I know a joke or two. Just ask for one.",
        ],
    ),
    (
        &["hungry", "starving"],
        &[
            "Then it's time to eat something. I can't cook, but I can set a timer for you.",
            "Something good to eat would help. I'm no cook, I'm afraid.",
        ],
    ),
    (&["thirsty"], &["A glass of water would help."]),
    (
        &[
            "passed my",
            "got the job",
            "got married",
            "getting married",
            "had a baby",
            "got engaged",
            "promoted",
            "got promoted",
            "i won",
            "we won",
            "graduated",
            "my birthday",
            "new job",
            "good news",
            "great news",
            "i did it",
            "i made it",
        ],
        &["Congratulations! That's great.", "Well done, congratulations! That's great news."],
    ),
    (
        &[
            "happy",
            "feel great",
            "feeling great",
            "feel good",
            "feeling good",
            "excited",
            "wonderful day",
            "great day",
            "good day",
            "good mood",
            "in love",
            "doing well",
            "doing fine",
            "am fine",
            "am good",
            "am great",
            "am well",
            "delighted",
            "great time",
            "fantastic",
            "made my day",
            "doing great",
            "doing good",
            "am okay",
            "am ok",
            "lovely day",
        ],
        &["I'm glad to hear that.", "That's lovely to hear.", "Great! That makes a good conversation."],
    ),
    (&["freezing", "so cold", "am cold"], &["A warm drink may help.", "Time for a blanket, then."]),
    (&["am hot", "so hot", "sweating"], &["A cool drink may help."]),
    (&["homesick", "miss you", "miss my", "miss home"], &["I'm sorry. Missing somebody is hard."]),
];

/// What is said to somebody's mood or news.
pub(in crate::intents) fn comfort(sentence: &Sentence, turn: usize) -> Option<String> {
    let words = &sentence.whole;
    let own = words.has_any(&["i", "my", "we", "our", "i've", "i'm", "me"])
        || words.count() <= 3 && !words.has_any(&["you", "it", "he", "she", "they"]);
    let asks =
        sentence.text.contains('?') || words.starts(&["what", "how", "why", "are", "is", "do", "who", "can"]);
    if !own
        || asks
        || words.count() > 20
        || words.starts(&["happy", "merry", "good"]) && words.count() <= 4
        || words.says(&["i like", "would be happy", "happy to", "make you happy"])
    {
        return None;
    }
    let denied = words.says(&[
        "not happy",
        "not feeling good",
        "not feeling great",
        "am not good",
        "not fine",
        "not excited",
    ]);
    let (_, said) = if denied { &MOODS[1] } else { MOODS.iter().find(|(signs, _)| words.says(signs))? };
    Some(pick(said, turn).to_owned())
}

/// What is said when somebody may be in danger: it is no help, and says who is.
pub(in crate::intents) fn emergency(words: &Words) -> Option<String> {
    let alone = [
        "want to die",
        "kill myself",
        "end my life",
        "suicide",
        "suicidal",
        "hurt myself",
        "don't want to live",
        "not want to live",
        "harm myself",
    ];
    let danger = [
        "call an ambulance",
        "call the police",
        "call the fire",
        "heart attack",
        "can't breathe",
        "there is a fire",
        "house is on fire",
        "having a stroke",
        "call 911",
        "call 112",
        "been shot",
        "bleeding badly",
        "is unconscious",
    ];
    if words.says(&alone) {
        return Some("I'm very sorry that you feel this way. I'm only a small program and can't help, but someone can: please call your local emergency number, or someone you trust, right now.".to_owned());
    }
    words.says(&danger).then(|| "I can't call anybody for you. Please call your local emergency number right now, or ask someone near you to.".to_owned())
}
