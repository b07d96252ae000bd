//! Lets through of a server's messages what is asked for, and counts the rest.

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage, ServerNotification};
use rmcp::transport::Transport;

use super::link::Link;

/// A connection whose notifications are those that we act on. The SDK starts a task for each that it gets.
pub(crate) struct Guarded<T> {
    inner: T,
    link: Arc<Link>,
}

impl<T> Guarded<T> {
    pub(crate) fn new(inner: T, link: Arc<Link>) -> Self {
        Self { inner, link }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Guarded<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let message = tokio::select! {
                message = self.inner.receive() => message?,
                () = self.link.given_up() => return None,
            };
            match &message {
                ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_) => return Some(message),
                ServerJsonRpcMessage::Request(_) => {
                    self.link.request();
                    return Some(message);
                }
                ServerJsonRpcMessage::Notification(notification) => {
                    self.link.unasked();
                    let is_wanted = matches!(
                        notification.notification,
                        ServerNotification::ToolListChangedNotification(_)
                            | ServerNotification::CancelledNotification(_)
                    );
                    if is_wanted {
                        return Some(message);
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}
