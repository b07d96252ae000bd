//! Values that a file names instead of holding them: `${env:NAME}`, `${NAME}`, `${NAME:-default}`, `${keyring:NAME}`,
//! `${input:NAME}` and `${userHome}`. Pure but for what it is told of its surroundings.

use super::{BadServer, Surroundings};

/// Puts values in.
pub(super) struct Filler<'a>(pub(super) &'a Surroundings<'a>);

impl Filler<'_> {
    /// The text with every value put in. What is put in is not looked at again.
    pub(super) fn fill(&self, written: &str) -> Result<String, BadServer> {
        let mut parts = written.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let Some((reference, rest)) = part.split_once('}') else {
                whole.push_str("${");
                whole.push_str(part);
                continue;
            };
            whole.push_str(&self.value(reference)?);
            whole.push_str(rest);
        }
        Ok(whole)
    }

    fn value(&self, reference: &str) -> Result<String, BadServer> {
        let Surroundings { variable, secret, .. } = self.0;
        let short = |text: &str| text.chars().take(100).collect::<String>();
        if let Some((name, default)) = reference.split_once(":-") {
            let set = variable(name).filter(|value| !value.is_empty());
            return Ok(set.unwrap_or_else(|| default.to_owned()));
        }
        match reference.split_once(':') {
            Some(("env", name)) => variable(name).ok_or_else(|| BadServer::NotSet(short(name))),
            // What VS Code asks for when it starts a server: kept by the app, once it was imported.
            Some(("keyring" | "input", name)) => secret(name).ok_or_else(|| BadServer::NoSecret(short(name))),
            None if reference == "userHome" => {
                let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
                variable(home).ok_or_else(|| BadServer::NotSet(home.to_owned()))
            }
            None if matches!(reference, "/" | "pathSeparator") => Ok(std::path::MAIN_SEPARATOR.to_string()),
            None if is_name(reference) => {
                let unset = if reference.chars().any(|c| c.is_ascii_lowercase()) {
                    // Such as `workspaceFolder`: an editor's, not the environment's.
                    BadServer::Unknown(short(reference))
                } else {
                    BadServer::NotSet(short(reference))
                };
                variable(reference).ok_or(unset)
            }
            Some(_) | None => Err(BadServer::Unknown(short(reference))),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
