//! Who decides whether a function runs: what the person settled before, and whether anybody is there to be asked. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tools::{Consent, Function};
use ts_rs::TS;

/// What the person settled before the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// By the name of a function, or by [`Permissions::group`] for all functions of a server.
    pub rules: BTreeMap<String, ToolRule>,
    /// What becomes of a call that needs leave when no rule says so.
    pub otherwise: Otherwise,
}

/// A decision about a function that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolRule {
    /// It runs without a question.
    Always,
    /// It asks, though it only tells what anybody may know.
    Ask,
    /// It never runs.
    Never,
}

/// What becomes of a call that needs leave and has no rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// The person is asked.
    #[default]
    Ask,
    /// Nobody is there: it is refused, and the model is told what would allow it. `{}` stands for the function's name.
    Refuse(String),
    /// It runs.
    Allow,
}

/// What the person answers to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CallDecision {
    /// This call runs.
    Once,
    /// The function runs until the conversation ends.
    Conversation,
    /// The function runs from now on, in other conversations too.
    Always,
    /// This call does not run.
    Refuse,
    /// The function never runs.
    Never,
}

/// What to do with a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Run,
    Ask,
    Refuse,
    /// It needs leave, and nobody can be asked; with what the model is told would allow it.
    NobodyThere(String),
}

impl Permissions {
    /// The key of a rule for all functions of a server: they are called `server__function`.
    pub fn group(server: &str) -> String {
        format!("{server}__*")
    }

    /// Whether somebody can be asked.
    pub(crate) fn is_attended(&self) -> bool {
        self.otherwise == Otherwise::Ask
    }

    /// Decides. `granted` are the functions that may run until this conversation ends.
    pub(crate) fn decide(&self, function: &Function, granted: &BTreeSet<String>) -> Verdict {
        let name = function.name();
        let of_group = || name.split_once("__").and_then(|(server, _)| self.rules.get(&Self::group(server)));
        let rule = self.rules.get(name).or_else(of_group);
        let consent = function.terms().consent;
        let is_granted = rule == Some(&ToolRule::Always) || granted.contains(name);
        match (rule, consent, &self.otherwise) {
            (Some(ToolRule::Never), ..) => Verdict::Refuse,
            (.., Otherwise::Allow) => Verdict::Run,
            (rule, Consent::NotNeeded, _) if rule != Some(&ToolRule::Ask) => Verdict::Run,
            // Leave for a longer time is not given, and not taken either while somebody can be asked.
            (_, Consent::AskEachTime, Otherwise::Ask) => Verdict::Ask,
            _ if is_granted => Verdict::Run,
            (.., Otherwise::Ask) => Verdict::Ask,
            (.., Otherwise::Refuse(hint)) => Verdict::NobodyThere(hint.replace("{}", name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tools::{CallContext, CallFuture, Declaration, Terms, Tool};

    use super::*;

    struct Named(&'static str, Consent);

    impl Tool for Named {
        fn declaration(&self) -> Declaration {
            Declaration { name: self.0.into(), description: String::new(), parameters: json!({}) }
        }

        fn terms(&self) -> Terms {
            Terms { consent: self.1, ..Terms::default() }
        }

        fn call(&self, _: Value, _: CallContext) -> CallFuture<'_> {
            Box::pin(async { Ok(Value::Null) })
        }
    }

    fn function(name: &'static str, consent: Consent) -> Function {
        Function::new(Box::new(Named(name, consent))).unwrap()
    }

    fn permissions(rules: &[(&str, ToolRule)], otherwise: Otherwise) -> Permissions {
        let rules = rules.iter().map(|(name, rule)| ((*name).to_owned(), *rule)).collect();
        Permissions { rules, otherwise }
    }

    #[test]
    fn each_call_is_decided_by_rule_consent_and_who_is_there() {
        let refuse = || Otherwise::Refuse("--allow {}".into());
        let (ask, run) = (|| Verdict::Ask, || Verdict::Run);
        let no = || Verdict::NobodyThere("--allow files__read".into());
        let (always, never) = ([("files__read", ToolRule::Always)], [("files__read", ToolRule::Never)]);
        let (group, none) = ([("files__*", ToolRule::Always)], []);
        let asks = [("files__read", ToolRule::Ask)];
        for (rules, otherwise, consent, verdict) in [
            (&none[..], Otherwise::Ask, Consent::Ask, ask()),
            (&none, refuse(), Consent::Ask, no()),
            (&none, Otherwise::Allow, Consent::Ask, run()),
            (&none, refuse(), Consent::NotNeeded, run()),
            (&always, Otherwise::Ask, Consent::Ask, run()),
            (&always, Otherwise::Ask, Consent::AskEachTime, ask()),
            (&always, refuse(), Consent::AskEachTime, run()),
            (&none, refuse(), Consent::AskEachTime, no()),
            (&never, Otherwise::Allow, Consent::NotNeeded, Verdict::Refuse),
            (&group, refuse(), Consent::Ask, run()),
            (&asks, Otherwise::Ask, Consent::NotNeeded, ask()),
            (&asks, refuse(), Consent::NotNeeded, no()),
            (&asks, Otherwise::Allow, Consent::NotNeeded, run()),
        ] {
            let function = function("files__read", consent);
            let verdict_now = permissions(rules, otherwise.clone()).decide(&function, &BTreeSet::new());
            assert_eq!(verdict_now, verdict, "{rules:?} {otherwise:?} {consent:?}");
        }
    }

    #[test]
    fn a_rule_for_a_server_is_no_rule_for_a_function_of_its_name() {
        let permissions = permissions(&[("files__*", ToolRule::Always)], Otherwise::Ask);
        assert_eq!(permissions.decide(&function("files", Consent::Ask), &BTreeSet::new()), Verdict::Ask);
    }

    #[test]
    fn what_is_granted_for_the_conversation_runs_unless_it_asks_each_time() {
        let granted = BTreeSet::from(["f".to_owned()]);
        let decide = |consent| permissions(&[], Otherwise::Ask).decide(&function("f", consent), &granted);
        assert_eq!((decide(Consent::Ask), decide(Consent::AskEachTime)), (Verdict::Run, Verdict::Ask));
    }
}
