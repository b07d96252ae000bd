//! Servers of another program's file, in the common form and without the secrets that stand in it. Pure.

use serde_json::{Map, Value};

use super::{BadConfig, MAX_SERVERS, parsed, servers_of};

/// What a file of another program holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Import {
    /// Its servers by their names, as entries of `mcpServers`. Secrets are named, as `${keyring:…}`.
    pub servers: Map<String, Value>,
    /// The secrets that stood in it.
    pub secrets: Vec<ImportedSecret>,
}

/// A secret of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedSecret {
    /// Whose.
    pub server: String,
    /// What the server's entry calls it now.
    pub name: String,
    /// The secret.
    pub value: String,
}

/// Shows no secret.
impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import")
            .field("servers", &self.servers)
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

/// Reads a file in any of the usual forms. Headers are secret, and what `env` has under a name that says so.
///
/// # Errors
/// When it is no file of servers.
pub fn import(text: &str) -> Result<Import, BadConfig> {
    let file = parsed(text)?;
    let servers = servers_of(&file).ok_or(BadConfig::NoServers)?;
    if servers.len() > MAX_SERVERS {
        return Err(BadConfig::TooMany);
    }
    let mut import = Import { servers: Map::new(), secrets: Vec::new() };
    for (name, entry) in servers {
        let mut entry = entry.clone();
        for (field, is_secret) in [("headers", (|_| true) as fn(&str) -> bool), ("env", says_secret)] {
            let Some(values) = entry.get_mut(field).and_then(Value::as_object_mut) else { continue };
            for (key, value) in values {
                // What is named already is no secret, and what is no text is told when the file is read.
                let Value::String(text) = &*value else { continue };
                if is_secret(key) && !text.is_empty() && !text.contains("${") {
                    let named = secret_name(name, key);
                    let secret =
                        ImportedSecret { server: name.clone(), name: named.clone(), value: text.clone() };
                    import.secrets.push(secret);
                    *value = Value::String(format!("${{keyring:{named}}}"));
                }
            }
        }
        import.servers.insert(name.clone(), entry);
    }
    Ok(import)
}

fn says_secret(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    let says = ["AUTH", "CREDENTIAL", "PASSW", "SECRET", "TOKEN"].iter().any(|word| variable.contains(word));
    says || variable.ends_with("KEY") || variable.split('_').any(|part| matches!(part, "PASS" | "PAT"))
}

/// A name without what ends a reference.
fn secret_name(server: &str, key: &str) -> String {
    format!("{server}/{key}").chars().map(|c| if matches!(c, '{' | '}' | '$') { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::config::{Surroundings, Target, read, secret_names};

    #[test]
    fn secrets_go_apart_and_come_back_by_their_names() {
        let file = json!({"servers": {
            "git}hub": {"type": "http", "url": "https://h.example/mcp", "headers": {"Authorization": "Bearer abc"}},
            "mail": {
                "command": "mail",
                "env": {"MAIL_TOKEN": "t1", "APIKEY": "k1", "PATH_TO": "/x", "LEVEL": "info", "GH_PAT": "${env:GH}", "N_KEY": 5},
            },
        }});
        let Import { servers, secrets } = import(&file.to_string()).unwrap();
        let shown = serde_json::to_string(&servers).unwrap();
        assert!(!shown.contains("abc") && !shown.contains("t1") && !shown.contains("k1"), "{shown}");
        assert_eq!(servers["mail"]["env"]["PATH_TO"], "/x");
        assert_eq!(servers["mail"]["env"]["LEVEL"], "info");
        assert_eq!(servers["mail"]["env"]["GH_PAT"], "${env:GH}");
        assert_eq!(secrets.len(), 3);
        let text = json!({ "mcpServers": servers }).to_string();
        let mut names: Vec<String> = secrets.iter().map(|secret| secret.name.clone()).collect();
        names.sort();
        assert_eq!(secret_names(&text), names);
        let secret =
            |name: &str| secrets.iter().find(|known| known.name == name).map(|known| known.value.clone());
        let surroundings =
            Surroundings { folder: Path::new("/"), variable: &|_| Some("g".into()), secret: &secret };
        let read = read(&text, &surroundings).unwrap();
        let Ok(Target::Http { headers, .. }) = &read[0].target else { panic!("{read:?}") };
        assert_eq!(headers[0].1, "Bearer abc");
        assert!(read[1].target.is_ok());
    }
}
