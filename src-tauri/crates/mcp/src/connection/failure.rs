//! Errors of ours in the place of an answer that could not be taken: whoever waits for it is told.

use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};

pub(super) const TOO_LARGE: &str = "the answer is larger than 4 MiB and was not taken";
pub(super) const UNREADABLE: &str = "the answer can't be read";

/// The error that answers a request.
pub(super) fn failed(id: RequestId, reason: &'static str) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::new(ErrorCode::INTERNAL_ERROR, reason, None), Some(id))
}
