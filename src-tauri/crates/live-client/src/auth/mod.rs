//! Who asks: keys and tokens, where they come from, and the one header that they travel in.

mod access_token;
mod authorization;
mod credentials;
mod gcloud;
mod key;
mod renewal;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use authorization::Authorization;
pub use key::{ApiKey, BadKey};
pub(crate) use renewal::{TokenRenewal, TokenSource};
