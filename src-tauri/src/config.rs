//! What a run begins with: settings and profile, secrets, proxies, the endpoint, and the catalogues of what can be chosen.

pub(crate) mod account_models;
pub(crate) mod choices;
pub(crate) mod endpoint;
pub(crate) mod endpoint_name;
pub(crate) mod files;
pub(crate) mod functions;
pub(crate) mod local_models;
pub(crate) mod mcp_import;
pub(crate) mod mcp_servers;
pub(crate) mod model_options;
pub(crate) mod notes;
pub(crate) mod own_tools;
pub(crate) mod profile;
pub(crate) mod proxy;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod speech_models;
pub(crate) mod startup;
pub(crate) mod voice_samples;
