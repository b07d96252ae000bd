//! Code that the model runs in its own service, and what it printed, as rows of the log. Nothing of it runs here, so nobody is
//! asked and nothing is answered.

use serde_json::json;

use super::{Calls, row};
use crate::clock::Moment;
use crate::event::{ToolCall, ToolState};

/// The name of such a row.
const NAME: &str = "code_execution";
/// What the service says of code that ran.
const OK: &str = "OUTCOME_OK";

impl Calls {
    /// The model runs this code. One that has no result yet has none: its row ends.
    pub(crate) fn code(&mut self, code: &str, now: Moment) -> Vec<ToolCall> {
        let mut rows = Vec::from_iter(self.code_over());
        self.last = self.last.wrapping_add(1);
        let row = row::new(self.last, "", NAME, &json!({ "code": code }), now);
        self.code = Some(row.clone());
        rows.push(row);
        rows
    }

    /// What the code printed. `outcome` is the service's word for how it ended.
    pub(crate) fn code_result(
        &mut self,
        outcome: Option<&str>,
        output: &str,
        now: Moment,
    ) -> Option<ToolCall> {
        let row = self.code.take()?;
        let state = match outcome {
            None | Some(OK) => ToolState::Done,
            Some(_) => ToolState::Failed,
        };
        let elapsed = u32::try_from(now.wall.saturating_sub(row.at)).unwrap_or(u32::MAX);
        let said = if output.is_empty() { outcome.unwrap_or_default() } else { output };
        Some(ToolCall { state, elapsed_ms: Some(elapsed), result: Some(row::text(said)), ..row })
    }

    /// The reply is over: code without a result has none, as that of a search.
    pub(crate) fn code_over(&mut self) -> Option<ToolCall> {
        self.code.take().map(|row| ToolCall { state: ToolState::Done, ..row })
    }
}
