//! Another setup while the conversation runs: model, voice, instructions. On the session task.

use std::collections::BTreeSet;

use live_proto::catalogue::{Catalogue, History};
use live_proto::wire::{Behavior, FunctionDeclaration};
use live_proto::{CloseCause, Configuration, SetupOptions, build_setup};
use tools::Registry;

use super::Task;
use crate::event::{Event, Told};
use crate::startup::with_tools;
use crate::trouble::words_of;
use crate::uplink::TurnMode;

/// What follows from a setup and its model's rules.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub(super) struct ModelRules {
    /// The functions whose results the model does not wait for.
    pub(super) unblocked: BTreeSet<String>,
    /// The model takes a wish when to speak of those results.
    pub(super) takes_scheduling: bool,
    /// A typed turn cuts a running reply.
    pub(super) typed_turn_cuts: bool,
    /// The model sees pictures.
    pub(super) sees: bool,
    /// The model takes turns of an earlier session.
    takes_history: bool,
}

/// What was in use before the service took another setup.
pub(super) struct Before {
    rules: ModelRules,
    turns: TurnMode,
}

impl ModelRules {
    pub(super) fn of(setup: &SetupOptions, tools: &Registry, catalogue: &Catalogue) -> Self {
        let rules = catalogue.rules(&setup.model);
        let setup = build_setup(&with_tools(setup.clone(), tools, rules.functions.json_schema), catalogue);
        let functions = setup.tools.iter().flat_map(|tool| &tool.function_declarations);
        let does_not_wait = |function: &&FunctionDeclaration| {
            function.behavior.as_ref().unwrap_or(&rules.functions.default) == &Behavior::NonBlocking
        };
        Self {
            unblocked: functions.filter(does_not_wait).map(|function| function.name.clone()).collect(),
            takes_scheduling: rules.functions.scheduling,
            typed_turn_cuts: rules.typed_turn_cuts(),
            sees: rules.pictures,
            takes_history: rules.history != History::None,
        }
    }
}

impl Task {
    /// Continues with another setup.
    pub(super) async fn reconfigure(&mut self, options: SetupOptions, save_silence: bool) {
        let tools = self.calls.registry();
        let rules = ModelRules::of(&options, &tools, &self.catalogue);
        let turns = TurnMode::of(&options, save_silence, &self.catalogue);
        let json_schema = self.catalogue.rules(&options.model).functions.json_schema;
        let setup = build_setup(&with_tools(options, &tools, json_schema), &self.catalogue);
        let of_model = self.catalogue.rules(&setup.model).clone();
        self.calls.set_sees(rules.sees);
        let before = Before { rules: std::mem::replace(&mut self.rules, rules), turns: self.you.turns() };
        // Of several changes in a row the service took none but the first one.
        self.rules_before.get_or_insert(before);
        self.change_turns(turns).await;
        let wanted = Configuration { setup, rules: of_model };
        self.send(live_proto::Command::Reconfigure(Box::new(wanted))).await;
    }

    /// The service took it.
    pub(super) async fn on_reconfigured(&mut self) {
        self.rules_before = None;
        self.watch.started_fresh();
        let told = match (self.is_fresh, self.rules.takes_history) {
            (false, _) => Told::Everything,
            (true, true) => Told::Words,
            (true, false) => Told::Nothing,
        };
        self.emit(Event::Reconfigured(told)).await;
    }

    /// The service refused it: what was in use before counts again.
    pub(super) async fn on_reconfiguration_refused(&mut self, cause: &CloseCause) {
        if let Some(Before { rules, turns }) = self.rules_before.take() {
            self.calls.set_sees(rules.sees);
            self.rules = rules;
            self.change_turns(turns).await;
        }
        self.emit(Event::ReconfigurationRefused(words_of(cause))).await;
    }

    async fn change_turns(&mut self, turns: TurnMode) {
        let events = self.you.change_turns(turns);
        self.emit_all(events).await;
    }
}
