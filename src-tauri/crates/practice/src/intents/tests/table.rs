//! The table `tests/partner/sentences.txt` of this crate: everyday sentences and what must come of them.

use std::collections::BTreeMap;

use live_proto::wire::FunctionDeclaration;
use serde_json::Value;
use tokio::time::Instant;

use super::super::*;
use super::machine;

#[path = "../../../tests/partner/cases.rs"]
mod cases;

use cases::{Seen, cases, fault, functions_of, result};

/// So many of a hundred must be answered as expected.
const LEAST_RATE: usize = 95;

/// A conversation without sound, with functions that answer at once.
pub(super) struct Talk {
    functions: Vec<FunctionDeclaration>,
    pub(super) instructions: String,
    memory: Memory,
    start: Instant,
}

impl Talk {
    /// With the functions of one of the table's sets.
    pub(super) fn with(set: &str) -> Self {
        let own = functions_of(set);
        let functions = own
            .iter()
            .map(|function| serde_json::from_value(function.clone()).expect("a declaration"))
            .collect();
        Self { functions, instructions: String::new(), memory: Memory::default(), start: Instant::now() }
    }

    pub(super) fn context(&self) -> IntentContext<'_> {
        IntentContext {
            hears: true,
            speaks: true,
            instructions: &self.instructions,
            functions: &self.functions,
            now: jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0),
            zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            instant: self.start,
        }
    }

    pub(super) fn say(&mut self, text: &str) -> Seen {
        self.memory.add(Role::User, text);
        let mut memory = self.memory.clone();
        let answer = answer(text, &self.context(), &mut memory);
        self.memory = memory;
        let mut reply = Seen::default();
        match answer {
            IntentAnswer::Say(said) => reply.said = said,
            IntentAnswer::Look { before } => (reply.looked, reply.said) = (true, before),
            IntentAnswer::Call { before, calls } => {
                let mut said = vec![before];
                for WantedCall { name, args, note } in calls {
                    let args = Value::Object(args);
                    said.push(sentence_of(&name, &result(&name, &args), &note));
                    reply.calls.push((name, args));
                }
                said.retain(|said| !said.is_empty());
                said.dedup();
                reply.said = joined(&said);
            }
        }
        self.memory.add(Role::Model, &reply.said);
        reply
    }
}

#[test]
fn everyday_sentences_are_answered_as_expected() {
    let all = cases();
    let mut rates: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut right, mut machine_like) = (0, Vec::new());
    for case in &all {
        let mut talk = Talk::with(&case.functions);
        for before in &case.before {
            let reply = talk.say(before);
            machine_like.extend(machine::signs(&reply.said, &talk.functions));
        }
        let reply = talk.say(&case.text);
        machine_like.extend(machine::signs(&reply.said, &talk.functions));
        let rate = rates.entry(case.kind.clone()).or_default();
        rate.1 += 1;
        match fault(&reply, &case.expected) {
            None => {
                right += 1;
                rate.0 += 1;
            }
            Some(fault) => {
                let calls: Vec<String> =
                    reply.calls.iter().map(|(name, args)| format!("{name}{args}")).collect();
                println!(
                    "✗ {}: {:?} => {}: lacks {fault:?}; said {:?} {}",
                    case.kind,
                    case.text,
                    case.expected,
                    reply.said,
                    calls.join(" ")
                );
            }
        }
    }
    println!("{right} of {} as expected; by kind: {rates:?}", all.len());
    assert!(all.len() >= 300, "{} sentences", all.len());
    assert_eq!(machine_like, Vec::<String>::new(), "answers of a machine");
    assert!(right * 100 >= all.len() * LEAST_RATE, "{right} of {}", all.len());
}
