//! Functions that need nothing of the computer: a fixed answer, and one that the person types.

use serde_json::Value;

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Declaration, Terms, Tool};

/// Always answers the same.
pub(super) struct FixedAnswer {
    pub(super) declaration: Declaration,
    pub(super) terms: Terms,
    pub(super) answer: Value,
}

impl Tool for FixedAnswer {
    fn declaration(&self) -> Declaration {
        self.declaration.clone()
    }

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn call(&self, _: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async { Ok(self.answer.clone()) })
    }
}

/// Asks the person, who types the answer in the log of calls.
pub(super) struct AskPerson {
    pub(super) declaration: Declaration,
    pub(super) terms: Terms,
    pub(super) question: String,
}

impl Tool for AskPerson {
    fn declaration(&self) -> Declaration {
        self.declaration.clone()
    }

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn call(&self, _: Value, context: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let person = context.person().ok_or(ToolError::NobodyThere)?;
            person.ask(self.question.clone()).await.map(Value::String).ok_or(ToolError::NobodyThere)
        })
    }
}
