//! Who asks: keys and tokens, where they come from, and the one header that they travel in.

mod access_token;
mod authorization;
mod credentials;
mod gcloud;
mod key;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use access_token::{Bearer, Source};
pub(crate) use authorization::Authorization;
pub use key::{ApiKey, BadKey};
