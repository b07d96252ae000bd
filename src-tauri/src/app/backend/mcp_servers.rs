//! The backend's part for MCP servers: they start when the keyring has answered, which may hold a proxy's password, and end with the
//! window. A conversation gets the tools that are there when it starts.

use std::sync::Arc;

use tools::Registry;

use super::Task;
use super::outcome::Outcome;
use crate::config::functions::is_switched_off;
use crate::config::{mcp_servers, proxy};

impl Task {
    /// Starts those of the person's file, once.
    pub(super) fn start_servers(&mut self) {
        let Some(file) = self.mcp_file.take() else { return };
        let settings = self.state.settings.clone();
        let connector = proxy::for_tools(&settings, &self.secrets.clone().unwrap_or_default());
        self.answer_later(async move {
            let policy = mcp_servers::policy(&settings, &[]);
            Some(match file.start(&connector, &policy).await {
                Ok(servers) => Outcome::Servers(Arc::new(servers)),
                Err(error) => Outcome::ServerTroubles(vec![error]),
            })
        });
    }

    /// They start; what is wrong with them is told when each has had its time.
    pub(super) fn take_servers(&mut self, servers: Arc<mcp::Servers>) {
        self.servers = Some(servers.clone());
        self.answer_later(async move {
            servers.settled(mcp_servers::START_LIMIT).await;
            let troubles = mcp_servers::troubles(&servers.status());
            (!troubles.is_empty()).then_some(Outcome::ServerTroubles(troubles))
        });
    }

    /// These functions, and those of the servers as they are now, without those that were switched off.
    pub(super) fn with_servers(&self, functions: Registry) -> Arc<Registry> {
        let Some(servers) = &self.servers else { return Arc::new(functions) };
        let of_servers = servers.functions().into_iter();
        let on = of_servers.filter(|function| !is_switched_off(&self.state.settings, function.name()));
        Arc::new(functions.with(on.collect()))
    }

    /// Ends them.
    pub(super) async fn end_servers(&mut self) {
        if let Some(servers) = self.servers.take() {
            servers.end().await;
        }
    }
}
