//! Tool calls: each asks the person where its terms say so, then runs as its own task, and is answered by id and name, once.
//! Also creates the rows of the log. On the session task, which never waits here.

mod code;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tools::{CallContext, Function, Output, Person, PreparedCall, Registry, Scheduling, ToolError, Viewer};

use crate::clock::Moment;
use crate::event::{ToolCall, ToolState};
use crate::permissions::{CallDecision, Permissions, ToolRule, Verdict};

/// The most calls that are open at once; another one is answered with an error.
const AT_ONCE: usize = 64;
/// Pictures of functions that wait to be sent.
const PICTURES: usize = 4;
/// How long the person may take to allow a call.
const ASKING_LIMIT: Duration = Duration::from_mins(5);
/// How long the work of stopped calls may take to end.
const STOPPING_LIMIT: Duration = Duration::from_secs(2);

/// The response to a call.
#[derive(Debug)]
pub(crate) struct CallResult {
    /// The call's id.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// `{"output": …}` or `{"error": "…", "code": "…"}` (PROTOCOL.md 2.6).
    pub response: Value,
    /// When the model shall speak of it.
    pub scheduling: Scheduling,
}

/// What changed among the calls.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Rows that are new or changed.
    pub rows: Vec<ToolCall>,
    /// What the model is to be told.
    pub answers: Vec<CallResult>,
    /// A decision that outlasts the conversation.
    pub kept: Option<(String, ToolRule)>,
    /// A picture that a function shows the model: a JPEG as the camera's.
    pub picture: Option<Vec<u8>>,
}

/// A call without an answer.
#[derive(Debug)]
struct Open {
    /// The id and the name on the wire.
    id: String,
    name: String,
    row: ToolCall,
    scheduling: Scheduling,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The person is asked whether it may run.
    Asking { call: Box<PreparedCall>, until: u64 },
    /// It runs since a moment of the steady clock. With `reply` it waits for what the person types.
    Running { since: u64, abort: AbortHandle, reply: Option<oneshot::Sender<String>> },
}

/// A function's question to the person.
#[derive(Debug)]
struct Question {
    number: u32,
    text: String,
    reply: oneshot::Sender<String>,
}

/// The open calls.
#[derive(Debug)]
pub(crate) struct Calls {
    registry: Arc<Registry>,
    permissions: Permissions,
    /// Functions that may run until the conversation ends.
    granted: BTreeSet<String>,
    tasks: JoinSet<(u32, Result<Output, ToolError>)>,
    open: BTreeMap<u32, Open>,
    /// The row of code that has no result yet.
    code: Option<ToolCall>,
    last: u32,
    /// What running functions ask the person; both ends are ours.
    questions: (mpsc::Sender<Question>, mpsc::Receiver<Question>),
    /// What they show the model; both ends are ours.
    pictures: (mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>),
    /// The model sees.
    sees: bool,
}

impl Calls {
    /// None yet.
    pub(crate) fn new(registry: Arc<Registry>, permissions: Permissions) -> Self {
        Self {
            registry,
            permissions,
            granted: BTreeSet::new(),
            tasks: JoinSet::new(),
            open: BTreeMap::new(),
            code: None,
            last: 0,
            questions: mpsc::channel(AT_ONCE),
            pictures: mpsc::channel(PICTURES),
            sees: false,
        }
    }

    /// Whether the model sees pictures, from the next call on.
    pub(crate) fn set_sees(&mut self, sees: bool) {
        self.sees = sees;
    }

    /// The functions that calls mean.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Calls mean these functions from now on; those that run or wait keep theirs.
    pub(crate) fn set_registry(&mut self, registry: Arc<Registry>) {
        self.registry = registry;
    }

    /// Takes a call: it runs, waits for leave, or is refused at once.
    pub(crate) fn begin(&mut self, id: String, name: String, args: Value, now: Moment) -> Changes {
        self.last = self.last.wrapping_add(1);
        let number = self.last;
        let row = row::new(number, &id, &name, &args, now);
        let refusal = if id.len() > row::ID_BYTES || name.len() > row::ID_BYTES {
            Some(ToolError::TooLong)
        } else if self.open.values().any(|open| open.id == id) {
            Some(ToolError::DuplicateId)
        } else if self.open.len() >= AT_ONCE {
            Some(ToolError::TooMany)
        } else {
            None
        };
        let call = match refusal {
            Some(error) => Err(error),
            None => self.registry.prepare(&name, args),
        };
        let scheduling = scheduling(call.as_ref().ok().map(PreparedCall::function));
        let call = match call {
            Ok(call) => call,
            Err(error) => return refused(row, id, name, scheduling, error),
        };
        match self.permissions.decide(call.function(), &self.granted) {
            Verdict::Refuse => refused(row, id, name, scheduling, ToolError::Refused),
            Verdict::NobodyThere(hint) => refused(row, id, name, scheduling, ToolError::NeedsLeave { hint }),
            Verdict::Ask => {
                let row = ToolCall {
                    state: ToolState::Asking,
                    each_time: call.function().terms().consent == tools::Consent::AskEachTime,
                    ..row
                };
                let until = now.steady.saturating_add(ms(ASKING_LIMIT));
                let stage = Stage::Asking { call: Box::new(call), until };
                self.open.insert(number, Open { id, name, row: row.clone(), scheduling, stage });
                Changes { rows: vec![row], ..Changes::default() }
            }
            Verdict::Run => {
                let row = ToolCall { running_since: Some(now.wall), ..row };
                let stage = self.run(number, call, now);
                self.open.insert(number, Open { id, name, row: row.clone(), scheduling, stage });
                Changes { rows: vec![row], ..Changes::default() }
            }
        }
    }

    /// Starts the work of a call.
    fn run(&mut self, number: u32, call: PreparedCall, now: Moment) -> Stage {
        let context = if self.permissions.is_attended() {
            CallContext::with_person(Arc::new(AtTheLog { number, questions: self.questions.0.clone() }))
        } else {
            CallContext::unattended()
        };
        let context = if self.sees {
            context.with_viewer(Arc::new(ToModel { pictures: self.pictures.0.clone() }))
        } else {
            context
        };
        let abort = self.tasks.spawn(async move {
            let name = call.function().name().to_owned();
            // A panic fails only this call: the model gets an error.
            let called = threads::catch_async("tool", async {
                threads::test_point("tool");
                call.run(context).await
            });
            let result = called.await.unwrap_or_else(|death| {
                tracing::error!(%death, name, "a function panicked");
                Err(ToolError::Crashed)
            });
            (number, result)
        });
        Stage::Running { since: now.steady, abort, reply: None }
    }

    /// Waits for the next call to end or to ask; never returns while none does. Cancel safe.
    pub(crate) async fn next(&mut self, now: impl Fn() -> Moment) -> Changes {
        loop {
            tokio::select! {
                // In this order: a picture goes before the result of its call.
                biased;
                Some(picture) = self.pictures.1.recv() => {
                    return Changes { picture: Some(picture), ..Changes::default() };
                }
                Some(joined) = self.tasks.join_next() => {
                    let (number, result) = match joined {
                        Ok(done) => done,
                        Err(error) => match self.failed_task(&error) {
                            Some(number) => (number, Err(ToolError::Crashed)),
                            None => continue,
                        },
                    };
                    if let Some(open) = self.open.remove(&number) {
                        return open.finished(&result, now()).into();
                    }
                }
                Some(question) = self.questions.1.recv() => {
                    if let Some(row) = self.on_question(question) {
                        return Changes { rows: vec![row], ..Changes::default() };
                    }
                }
            }
        }
    }

    /// A task that gave no result: an aborted call has no response, any other fails.
    fn failed_task(&self, error: &JoinError) -> Option<u32> {
        let is_it =
            |open: &Open| matches!(&open.stage, Stage::Running { abort, .. } if abort.id() == error.id());
        let mut open = self.open.iter().filter(|(_, open)| !error.is_cancelled() && is_it(open));
        open.next().map(|(number, _)| *number)
    }

    fn on_question(&mut self, question: Question) -> Option<ToolCall> {
        let Question { number, text, reply: to } = question;
        let open = self.open.get_mut(&number)?;
        let Stage::Running { reply, .. } = &mut open.stage else { return None };
        *reply = Some(to);
        open.row.state = ToolState::Answering;
        open.row.question = Some(row::question(text));
        Some(open.row.clone())
    }

    /// Takes the person's decision about a call that asks, and about those of the same function that ask too.
    pub(crate) fn decide(&mut self, number: u32, decision: CallDecision, now: Moment) -> Changes {
        let mut changes = Changes::default();
        let Some(asked) = self.open.get(&number).filter(|open| open.is_asking()) else { return changes };
        let (name, each_time) = (asked.name.clone(), asked.row.each_time);
        // Leave for a longer time is not offered for it.
        let decision = match decision {
            CallDecision::Conversation | CallDecision::Always if each_time => CallDecision::Once,
            decision => decision,
        };
        match decision {
            CallDecision::Conversation => _ = self.granted.insert(name.clone()),
            CallDecision::Always => changes.kept = Some((name.clone(), ToolRule::Always)),
            CallDecision::Never => changes.kept = Some((name.clone(), ToolRule::Never)),
            CallDecision::Once | CallDecision::Refuse => {}
        }
        if let Some((name, rule)) = &changes.kept {
            self.permissions.rules.insert(name.clone(), *rule);
        }
        let is_for_all = !matches!(decision, CallDecision::Once | CallDecision::Refuse);
        let meant = |open: &Open| open.row.number == number || (is_for_all && open.name == name);
        let runs = matches!(decision, CallDecision::Once | CallDecision::Conversation | CallDecision::Always);
        self.settle(meant, runs, &mut changes, now);
        changes
    }

    /// Runs those that ask and are meant, or refuses them.
    fn settle(&mut self, meant: impl Fn(&Open) -> bool, runs: bool, changes: &mut Changes, now: Moment) {
        let asking = self.open.iter().filter(|(_, open)| open.is_asking() && meant(open));
        let numbers: Vec<u32> = asking.map(|(number, _)| *number).collect();
        for number in numbers {
            let Some(open) = self.open.remove(&number) else { continue };
            match open.stage {
                Stage::Asking { call, .. } if runs => {
                    let row = ToolCall {
                        state: ToolState::Running,
                        running_since: Some(now.wall),
                        each_time: false,
                        ..open.row
                    };
                    let stage = self.run(number, *call, now);
                    changes.rows.push(row.clone());
                    self.open.insert(number, Open { row, stage, ..open });
                }
                _ => changes.add(open.finished(&Err(ToolError::Refused), now)),
            }
        }
    }

    /// Takes what the person decided elsewhere, in the settings: it holds for calls that ask, too.
    pub(crate) fn set_rules(&mut self, rules: BTreeMap<String, ToolRule>, now: Moment) -> Changes {
        self.permissions.rules = rules;
        let mut changes = Changes::default();
        for runs in [true, false] {
            let wanted = |open: &Open| match &open.stage {
                Stage::Asking { call, .. } => match self.permissions.decide(call.function(), &self.granted) {
                    Verdict::Run => runs,
                    Verdict::Refuse | Verdict::NobodyThere(_) => !runs,
                    Verdict::Ask => false,
                },
                Stage::Running { .. } => false,
            };
            let numbers: BTreeSet<u32> =
                self.open.values().filter(|open| wanted(open)).map(|open| open.row.number).collect();
            self.settle(|open| numbers.contains(&open.row.number), runs, &mut changes, now);
        }
        changes
    }

    /// Gives a function what the person typed.
    pub(crate) fn answer(&mut self, number: u32, text: String) -> Changes {
        let Some(open) = self.open.get_mut(&number) else { return Changes::default() };
        let Stage::Running { reply, .. } = &mut open.stage else { return Changes::default() };
        let Some(reply) = reply.take() else { return Changes::default() };
        // When nobody waits for it any more, the call is ending.
        let _ = reply.send(text);
        open.row.state = ToolState::Running;
        open.row.question = None;
        Changes { rows: vec![open.row.clone()], ..Changes::default() }
    }

    /// Stops a call because the person wants it; the model is told.
    pub(crate) fn stop(&mut self, number: u32, now: Moment) -> Changes {
        let Some(open) = self.open.remove(&number) else { return Changes::default() };
        open.abort();
        open.finished(&Err(ToolError::Stopped), now).into()
    }

    /// Refuses calls that nobody allowed in time.
    pub(crate) fn expire(&mut self, now: Moment) -> Changes {
        let is_due = |open: &Open| matches!(open.stage, Stage::Asking { until, .. } if until <= now.steady);
        let due: Vec<u32> =
            self.open.iter().filter(|(_, open)| is_due(open)).map(|(number, _)| *number).collect();
        let mut changes = Changes::default();
        for open in due.iter().filter_map(|number| self.open.remove(number)) {
            changes.add(open.finished(&Err(ToolError::NotAnswered { limit: ASKING_LIMIT }), now));
        }
        changes
    }

    /// Cancels calls that the model withdrew: they are stopped and not answered. Returns the changed rows.
    pub(crate) fn cancel(&mut self, ids: &[String], now: Moment) -> Vec<ToolCall> {
        let meant = self.open.iter().filter(|(_, open)| ids.contains(&open.id));
        let numbers: Vec<u32> = meant.map(|(number, _)| *number).collect();
        numbers.iter().filter_map(|number| self.open.remove(number)).map(|open| open.cancelled(now)).collect()
    }

    /// Cancels all calls, because the conversation ends.
    pub(crate) fn cancel_all(&mut self, now: Moment) -> Vec<ToolCall> {
        let code = self.code_over();
        std::mem::take(&mut self.open).into_values().map(|open| open.cancelled(now)).chain(code).collect()
    }

    /// Stops all work and waits until it has ended: no program of a call outlives the conversation.
    pub(crate) fn shut_down(&mut self) -> impl Future<Output = ()> + use<> {
        let mut tasks = std::mem::take(&mut self.tasks);
        async move {
            if tokio::time::timeout(STOPPING_LIMIT, tasks.shutdown()).await.is_err() {
                tracing::warn!("a function does not stop");
            }
        }
    }

    /// Returns whether a call has no answer yet.
    pub(crate) fn busy(&self) -> bool {
        !self.open.is_empty()
    }
}

impl Open {
    fn is_asking(&self) -> bool {
        matches!(self.stage, Stage::Asking { .. })
    }

    fn abort(&self) {
        if let Stage::Running { abort, .. } = &self.stage {
            abort.abort();
        }
    }

    fn finished(self, result: &Result<Output, ToolError>, now: Moment) -> (ToolCall, CallResult) {
        let elapsed_ms = self.elapsed(now);
        let Self { id, name, mut row, scheduling, .. } = self;
        row.elapsed_ms = Some(elapsed_ms);
        row::finish(&mut row, result);
        (row, CallResult { id, name, response: row::response(result), scheduling })
    }

    fn cancelled(self, now: Moment) -> ToolCall {
        self.abort();
        let elapsed_ms = Some(self.elapsed(now));
        ToolCall { state: ToolState::Cancelled, elapsed_ms, each_time: false, question: None, ..self.row }
    }

    /// How long it has run, in ms; what the person took to allow it does not count.
    fn elapsed(&self, now: Moment) -> u32 {
        match self.stage {
            Stage::Asking { .. } => 0,
            Stage::Running { since, .. } => {
                u32::try_from(now.steady.saturating_sub(since)).unwrap_or(u32::MAX)
            }
        }
    }
}

impl Changes {
    fn add(&mut self, (row, answer): (ToolCall, CallResult)) {
        self.rows.push(row);
        self.answers.push(answer);
    }
}

impl From<(ToolCall, CallResult)> for Changes {
    fn from((row, answer): (ToolCall, CallResult)) -> Self {
        Self { rows: vec![row], answers: vec![answer], ..Self::default() }
    }
}

/// The person, who reads the log and types into it.
struct AtTheLog {
    number: u32,
    questions: mpsc::Sender<Question>,
}

impl Person for AtTheLog {
    fn ask(&self, question: String) -> std::pin::Pin<Box<dyn Future<Output = Option<String>> + Send>> {
        let (reply, typed) = oneshot::channel();
        let question = Question { number: self.number, text: question, reply };
        let questions = self.questions.clone();
        Box::pin(async move {
            questions.send(question).await.ok()?;
            typed.await.ok()
        })
    }
}

/// The model, which is shown what the camera would show it.
struct ToModel {
    pictures: mpsc::Sender<Vec<u8>>,
}

impl Viewer for ToModel {
    fn show(&self, picture: Vec<u8>) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send>> {
        let pictures = self.pictures.clone();
        Box::pin(async move {
            // It may take a second to scale one.
            match threads::blocking("picture", move || video::still_jpeg_of(&picture)).await {
                Some(Ok(jpeg)) => pictures.send(jpeg).await.is_ok(),
                Some(Err(error)) => {
                    tracing::debug!(%error, "a picture of a function can't be used");
                    false
                }
                None => false,
            }
        })
    }
}

/// A call that never opens: its row and its answer.
fn refused(mut row: ToolCall, id: String, name: String, scheduling: Scheduling, error: ToolError) -> Changes {
    row.elapsed_ms = Some(0);
    let result = Err(error);
    row::finish(&mut row, &result);
    (row, CallResult { id, name, response: row::response(&result), scheduling }).into()
}

fn scheduling(function: Option<&Function>) -> Scheduling {
    function.map_or(Scheduling::WhenIdle, |function| function.terms().scheduling)
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
