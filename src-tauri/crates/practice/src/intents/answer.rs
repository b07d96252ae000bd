//! From a text to what is done about it: its wishes one after the other, each by the first meaning that fits. Pure.
//!
//! Sums, timers and dates come first, then declared functions, then what the partner knows and is. What nothing fits is answered by
//! saying so.

use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::arguments::{self, Filled, Known};
use super::dates::days_ahead;
use super::functions::{Topic, function_for, topic_asked, topic_of};
use super::manners::{self, Instructions, Own};
use super::memory::{self, LastWish, Memory, Pending, Role};
use super::own::{asks_time, conversion_in, date_answer, small_answer, sum_in, time_answer, time_there};
use super::places::{is_here, known_in, place_in, titled, zone_of};
use super::results::CallNote;
use super::text::{Act, Sentence, Words, meant, sentences_of};
use super::{IntentAnswer, IntentContext, WantedCall};

/// What one wish comes to.
enum Outcome {
    Say(String),
    /// Manners, which give way to anything else in the same text.
    Manners(String),
    Look,
    Call(Vec<(WantedCall, CallNote)>),
}

/// Finds the answer to `text` and lets `memory` learn from it.
pub(crate) fn answer(text: &str, context: &IntentContext<'_>, memory: &mut Memory) -> IntentAnswer {
    let instructions = Instructions::of(context.instructions);
    let found = Finder { context, own: own_of(context, &instructions), instructions: &instructions, memory }
        .all(text);
    match found {
        IntentAnswer::Say(said) => IntentAnswer::Say(instructions.applied(&said)),
        other => other,
    }
}

/// What is said when `text` is about timers; sets, reads or cancels them.
pub(crate) fn timer(
    text: &str,
    memory: &mut Memory,
    now: Instant,
    clock: jiff::civil::DateTime,
) -> Option<String> {
    memory.timers.answer(text, &Words::of(text), now, clock)
}

/// The first sentence of a conversation that nobody has begun.
pub(crate) fn greeting(context: &IntentContext<'_>) -> String {
    manners::greeting(&own_of(context, &Instructions::of(context.instructions)))
}

fn own_of<'a>(context: &IntentContext<'a>, instructions: &'a Instructions) -> Own<'a> {
    Own {
        name: instructions.name.as_deref(),
        hears: context.hears,
        speaks: context.speaks,
        functions: context.functions,
    }
}

struct Finder<'a, 'c, 'm> {
    context: &'a IntentContext<'c>,
    own: Own<'a>,
    instructions: &'a Instructions,
    memory: &'m mut Memory,
}

impl Finder<'_, '_, '_> {
    fn all(&mut self, text: &str) -> IntentAnswer {
        let text = &*meant(text);
        let words = Words::of(text);
        let turn = self.memory.turn();
        let urgent = manners::emergency(&words).or_else(|| manners::foreign_answer(text, &words, turn));
        if let Some(said) = urgent {
            return IntentAnswer::Say(said);
        }
        let parts: Vec<Sentence> =
            sentences_of(text, joins_places).iter().map(|part| Sentence::of(part)).collect();
        if let Some(outcome) = self.pending_answered(text, &parts) {
            return assembled(vec![outcome]);
        }
        let alone = parts.len() == 1;
        let mut topic_before: Option<Sentence> = None;
        let mut outcomes: Vec<(Act, Option<Outcome>)> = Vec::new();
        for part in &parts {
            // "… in Oslo and Bergen": what was asked of one is asked of the other.
            let part = match &topic_before {
                Some(before) if part.words.count() <= 3 && part.act == Act::Fragment => {
                    with_place(before, part)
                }
                _ => part.clone(),
            };
            // What the sentence before it lacked.
            if let Some((_, Some(Outcome::Say(_)))) = outcomes.last()
                && let Some(pending) = self.memory.pending.clone()
            {
                if let Some(outcome @ Outcome::Call(_)) =
                    self.pending_answered(&part.text, std::slice::from_ref(&part))
                {
                    if let Some(last) = outcomes.last_mut() {
                        *last = (Act::Statement, None);
                    }
                    outcomes.push((Act::Statement, Some(outcome)));
                    continue;
                }
                self.memory.pending = Some(pending);
            }
            let outcome = self.one(&part, alone);
            topic_before = matches!(outcome, Some(Outcome::Call(_) | Outcome::Say(_))).then(|| part.clone());
            outcomes.push((part.act, outcome));
        }
        let is_strong = |outcome: &Option<Outcome>| {
            matches!(outcome, Some(Outcome::Say(_) | Outcome::Look | Outcome::Call(_)))
        };
        let strong = outcomes.iter().any(|(_, outcome)| is_strong(outcome));
        let mut kept: Vec<Outcome> = Vec::new();
        for ((act, outcome), part) in outcomes.into_iter().zip(&parts) {
            match outcome {
                Some(Outcome::Manners(_)) if strong => {}
                Some(outcome) => kept.push(outcome),
                None if strong && matches!(act, Act::Request | Act::Question) && !is_clause(part) => {
                    kept.push(Outcome::Say(manners::decline(part, &self.own, turn)));
                }
                None => {}
            }
        }
        if kept.is_empty() {
            let last = parts.iter().rev().find(|part| part.wants()).or(parts.last()).cloned();
            let last = last.unwrap_or_else(|| Sentence::of(""));
            return IntentAnswer::Say(manners::decline(&last, &self.own, turn));
        }
        assembled(kept)
    }

    /// What one wish comes to; `None` when nothing fits.
    fn one(&mut self, part: &Sentence, alone: bool) -> Option<Outcome> {
        let (text, words, turn) = (part.text.as_str(), &part.words, self.memory.turn());
        let travels = words.says(&[
            "going to",
            "flying to",
            "travelling to",
            "traveling to",
            "trip to",
            "visiting",
            "driving to",
        ]);
        if part.act == Act::Statement
            && travels
            && let Some(place) = place_in(text)
        {
            self.memory.place_is(&place);
        }
        if alone
            && let Some(said) = manners::control_answer(&part.whole, self.memory)
                .filter(|_| !(self.has_function_for(part) || self.memory.timers.run() && words.has("timer")))
        {
            return Some(Outcome::Manners(said));
        }
        let function = function_for(part, self.context.functions);
        let topic = function.and_then(topic_of);
        let keeps_time = matches!(topic, Some(Topic::Timer | Topic::Alarm | Topic::Reminder));
        if !keeps_time
            && let Some(said) = self.memory.timers.answer(text, words, self.context.instant, self.context.now)
        {
            return Some(Outcome::Say(said));
        }
        if words.says(&["time difference", "difference in time", "how many hours", "time zone", "timezone"])
            && let Some(said) = time_answer(part, self.context.now, &self.context.zone)
        {
            return Some(Outcome::Say(said));
        }
        if let Some(said) = conversion_in(text) {
            return Some(Outcome::Say(said));
        }
        let before = match &self.memory.last {
            Some(LastWish::Sum(value)) => Some(*value),
            _ => None,
        };
        if let Some(sum) = sum_in(text, before) {
            self.memory.last = sum.value.map(LastWish::Sum).or_else(|| self.memory.last.take());
            return Some(Outcome::Say(sum.said));
        }
        if (topic.is_none() && function.is_none() || topic == Some(Topic::Time))
            && let Some(said) = date_answer(part, self.context.now)
        {
            return Some(Outcome::Say(said));
        }
        if let Some(function) = function {
            return Some(self.call(part, function));
        }
        self.known(part, turn).or_else(|| self.follow_up(part))
    }

    /// What needs no function.
    fn known(&mut self, part: &Sentence, turn: usize) -> Option<Outcome> {
        let (text, words) = (part.text.as_str(), &part.words);
        if let Some(said) = time_answer(part, self.context.now, &self.context.zone) {
            self.memory.last = Some(LastWish::Time);
            return Some(Outcome::Say(said));
        }
        let offered =
            self.memory.said_by(Role::Model).next().is_some_and(|said| said.ends_with("Would a joke help?"));
        let agrees =
            words.has_any(&["yes", "yeah", "sure", "please", "okay", "ok", "yep"]) && words.count() <= 4;
        let asked = if offered && agrees { Words::of("joke") } else { words.clone() };
        let said = small_answer(text, words, self.context.now, turn)
            .or_else(|| manners::joke(&asked, self.memory))
            .or_else(|| self.name_told_or_asked(text, words))
            .or_else(|| manners::about_itself(&part.whole, &self.own));
        if let Some(said) = said {
            return Some(Outcome::Say(said));
        }
        if manners::asks_to_look(&part.whole) {
            return Some(Outcome::Look);
        }
        // "Translate good morning" greets nobody.
        let asks_for_words = words.says(&["how do you say", "how do i say", "how would you say", "word for"]);
        if asks_for_words || part.act == Act::Request && topic_asked(part).is_some() {
            return None;
        }
        let name = self.memory.name().or(self.instructions.user.as_deref());
        manners::comfort(part, turn)
            .or_else(|| manners::who(&part.whole, &self.own, turn))
            .or_else(|| manners::small_talk(part, name, turn))
            .or_else(|| home_told(words, self.memory))
            .map(Outcome::Manners)
    }

    fn has_function_for(&self, part: &Sentence) -> bool {
        function_for(part, self.context.functions).is_some()
    }

    fn name_told_or_asked(&self, text: &str, words: &Words) -> Option<String> {
        let told = memory::name_in(text);
        let asks = words.has_all(&["my", "name"])
            && words.has_any(&["what", "remember", "know", "say", "tell", "forgot", "forget", "recall"])
            || words.says(&["who am i", "who i am"])
                && !words.has_any(&["talking", "speaking"])
                && words.count() <= 6;
        if asks && told.is_none() {
            return Some(match self.memory.name().or(self.instructions.user.as_deref()) {
                Some(name) => format!("Your name is {name}."),
                None => "You have not told me your name yet.".to_owned(),
            });
        }
        told.map(|name| format!("Nice to meet you, {name}. I will remember your name in this conversation."))
    }

    fn known_facts(&self) -> Known<'_> {
        Known {
            now: self.context.now,
            home: self.memory.home(),
            there: None,
            zone: self.context.zone.iana_name(),
        }
    }

    /// Calls a function, or asks for what is missing.
    fn call(&mut self, part: &Sentence, function: &FunctionDeclaration) -> Outcome {
        // "How is it there?", or another question about the place that was just spoken of.
        let same = matches!(&self.memory.last, Some(LastWish::Call { function: last, .. }) if *last == function.name);
        let recent = self.memory.turn() <= self.memory.place_turn + 1;
        let there = self.memory.place.clone().filter(|_| same || recent || part.words.has("there"));
        let known = Known { there: there.as_deref(), ..self.known_facts() };
        let Filled { args, missing, unknown_place, further } = arguments::filled(part, function, known);
        if let Some(place) = unknown_place {
            return Outcome::Say(time_there(&place, self.context.now, &self.context.zone));
        }
        if let Some(missing) = missing {
            return self.ask(function, args, missing, &part.text);
        }
        let mut calls = vec![self.wanted(function, args, &part.text)];
        calls.extend(further.into_iter().map(|args| self.wanted(function, args, &part.text)));
        Outcome::Call(calls)
    }

    /// Asks for an argument; the next turn completes the call.
    fn ask(
        &mut self,
        function: &FunctionDeclaration,
        args: Map<String, Value>,
        missing: String,
        asked: &str,
    ) -> Outcome {
        let question = arguments::question_for(&missing, function);
        let pending = Pending { function: function.name.clone(), args, missing, asked: asked.to_owned() };
        self.memory.pending = Some(pending);
        Outcome::Say(question)
    }

    /// A call that has all it needs; what follows may go on with it.
    fn wanted(
        &mut self,
        function: &FunctionDeclaration,
        args: Map<String, Value>,
        asked: &str,
    ) -> (WantedCall, CallNote) {
        let place = ["location", "city", "place", "town"].iter().find_map(|key| args.get(*key)?.as_str());
        let place = place.map(|place| titled(place.split(',').next().unwrap_or(place)));
        let place = place.or_else(|| {
            let zone =
                args.values().filter_map(Value::as_str).find(|text| text.contains('/') || *text == "UTC")?;
            let named = asked.rsplit("; ").find_map(|asked| place_in(asked).or_else(|| known_in(asked)))?;
            zone_of(&named).filter(|found| found.zone == zone).map(|found| found.name)
        });
        if let Some(place) = &place {
            self.memory.place_is(place);
        }
        let function = function.name.clone();
        let note = CallNote { asked: asked.to_owned(), place, turn: self.memory.turn(), then: String::new() };
        self.memory.last =
            Some(LastWish::Call { function: function.clone(), args: args.clone(), asked: asked.to_owned() });
        (WantedCall { name: function, args, note: Value::Null }, note)
    }

    /// Completes the call that lacked an argument, if this is one.
    fn pending_answered(&mut self, text: &str, parts: &[Sentence]) -> Option<Outcome> {
        let mut pending = self.memory.pending.take()?;
        let part = parts.first()?;
        let dropped = [
            "never mind",
            "nevermind",
            "forget it",
            "cancel",
            "cancel that",
            "no",
            "nothing",
            "stop",
            "no thanks",
            "nobody",
        ];
        if dropped.iter().any(|phrase| part.words.only(&phrase.split(' ').collect::<Vec<_>>())) {
            return Some(Outcome::Manners("Okay, no problem.".to_owned()));
        }
        let function = self.context.functions.iter().find(|function| function.name == pending.function)?;
        let any_words = arguments::takes_any_words(&pending.missing, function);
        let whole = Sentence { text: text.trim().to_owned(), ..part.clone() };
        let sentence = if any_words { &whole } else { part };
        let short = part.words.count() <= 5;
        let other = part.act == Act::Question && !short || part.act == Act::Request && !any_words && !short;
        let elsewhere = other
            || asks_time(part)
            || sum_in(&part.text, None).is_some()
            || manners::joke(&part.words, &mut self.memory.clone()).is_some();
        if elsewhere || parts.len() > 1 && !any_words {
            return None;
        }
        let other_function =
            function_for(part, self.context.functions).is_some_and(|other| other.name != function.name);
        let value = arguments::answer_for(&pending.missing, sentence, function, self.known_facts())
            .filter(|_| any_words || !other_function)?;
        pending.args.insert(pending.missing.clone(), value);
        let said = arguments::said_in(part, function, self.known_facts());
        for (key, value) in said.into_iter().filter(|_| !any_words) {
            pending.args.entry(key).or_insert(value);
        }
        let asked = format!("{}; {}", pending.asked, part.text);
        match arguments::lacking(function, &pending.args) {
            Some(missing) => Some(self.ask(function, pending.args, missing, &asked)),
            None => Some(Outcome::Call(vec![self.wanted(function, pending.args, &asked)])),
        }
    }

    /// "And in Sydney?": the last wish with something else in it.
    fn follow_up(&mut self, part: &Sentence) -> Option<Outcome> {
        let words = &part.words;
        let day = words.has_any(&["tomorrow", "today", "tonight", "now"])
            || days_ahead(&part.text, self.context.now).is_some();
        let placed = words.starts(&["in", "for", "at", "near"]) || known_in(&part.text).is_some();
        let it = part.act == Act::Request && words.has_any(&["it", "them", "that"]) && words.count() <= 6;
        let goes_on =
            it || part.goes_on && words.count() <= 8 || words.count() <= 4 && part.wants() && (day || placed);
        if !goes_on || words.has_any(&["you", "why", "i"]) {
            return None;
        }
        match self.memory.last.clone()? {
            LastWish::Sum(_) => None,
            LastWish::Time => {
                let place =
                    place_in(&part.text).or_else(|| (part.words.count() <= 3).then(|| part.text.clone()))?;
                let said = if is_here(words) {
                    format!("It's {}.", super::dates::time_said(self.context.now.time()))
                } else {
                    time_there(&titled(&place), self.context.now, &self.context.zone)
                };
                Some(Outcome::Say(said))
            }
            LastWish::Call { function, mut args, asked } => {
                let function = self.context.functions.iter().find(|declared| declared.name == function)?;
                let said = arguments::said_in(part, function, self.known_facts());
                let topic = topic_of(function);
                let here = is_here(words) && topic == Some(Topic::Time);
                let of_day = day && topic == Some(Topic::Weather);
                if said.is_empty() && !here && !of_day {
                    return None;
                }
                if here {
                    args.clear();
                }
                args.extend(said);
                let anew = words.has_any(&["today", "now"]);
                let asked = if anew { part.text.clone() } else { format!("{asked}; {}", part.text) };
                Some(Outcome::Call(vec![self.wanted(function, args, &asked)]))
            }
        }
    }
}

/// "I live in Oslo."
fn home_told(words: &Words, memory: &Memory) -> Option<String> {
    let home = memory.home().filter(|_| {
        words.says(&["i live", "i am from", "i am in", "i am living", "my home", "i'm in", "i'm from"])
    })?;
    Some(format!("{home}, I'll remember that."))
}

/// "When it's noon here, …" asks nothing by itself.
fn is_clause(part: &Sentence) -> bool {
    part.whole.starts(&["when", "if", "since", "while", "because"])
}

/// Whether "and" joins two places of one question.
fn joins_places(left: &str, right: &str) -> bool {
    let words = Words::of(left);
    let asks = words.has_any(&["weather", "time", "forecast", "temperature", "rain", "warm", "cold"])
        && !words.has_any(&["between", "difference", "from"]);
    let right = right.trim_start_matches("in ").trim_end_matches(['?', '.', '!']);
    let short = right.split_whitespace().count() <= 3;
    asks && short && zone_of(right).is_some() && place_in(left).is_some_and(|place| zone_of(&place).is_some())
}

/// The question before, with this place in it.
fn with_place(before: &Sentence, part: &Sentence) -> Sentence {
    let place = place_in(&part.text).unwrap_or_else(|| part.text.clone());
    match place_in(&before.text) {
        Some(old) if zone_of(&place).is_some() => Sentence::of(&before.text.replacen(&old, &place, 1)),
        _ => part.clone(),
    }
}

/// What all wishes of a text come to: said, then called, and said behind that.
fn assembled(outcomes: Vec<Outcome>) -> IntentAnswer {
    let mut before: Vec<String> = Vec::new();
    let mut calls: Vec<(WantedCall, CallNote)> = Vec::new();
    let mut looks = false;
    for outcome in outcomes {
        match outcome {
            Outcome::Say(said) | Outcome::Manners(said) => match calls.last_mut() {
                Some((_, note)) => {
                    let then = format!("{} {said}", note.then);
                    then.trim().clone_into(&mut note.then);
                }
                None => before.push(said),
            },
            Outcome::Look => looks = true,
            Outcome::Call(more) => calls.extend(more),
        }
    }
    before.dedup();
    before.truncate(4);
    let before = before.join(" ");
    if !calls.is_empty() {
        let calls = calls
            .into_iter()
            .take(8)
            .map(|(call, note)| WantedCall { note: note.to_value(), ..call })
            .collect();
        return IntentAnswer::Call { before, calls };
    }
    if looks { IntentAnswer::Look { before } } else { IntentAnswer::Say(before) }
}
