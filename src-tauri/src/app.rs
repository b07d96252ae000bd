//! What only the window needs: the window itself, its commands, and the task behind them.

pub mod backend;
pub mod commands;
pub(crate) mod global_shortcut;
pub(crate) mod gpu_fallback;
pub(crate) mod links;
pub mod preview;
pub(crate) mod saving;
pub(crate) mod state;
pub(crate) mod window;
