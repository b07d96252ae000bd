//! Names of tools as the model sees them: `server__tool`, of letters, digits and `_ . -`, 64 characters at most. Pure.
//!
//! The first `__` divides server and tool, so a server's part has none and does not end with `_`: one permission for all tools of
//! a server rests on that.

use std::collections::BTreeSet;

/// The longest name, in characters: other Gemini APIs take no more.
const MOST: usize = 64;
/// The longest part that names the server.
const SERVER_MOST: usize = 24;
/// What divides server and tool.
pub(crate) const DIVIDER: &str = "__";

/// What the names of a server's tools begin with: the server's own name in the letters that are allowed.
pub fn key_of(server: &str) -> String {
    let mut key = String::new();
    for c in server.chars().map(allowed) {
        if key.len() == SERVER_MOST {
            break;
        }
        if c != '_' || !key.ends_with('_') {
            key.push(c);
        }
    }
    let key = key.trim_matches('_').trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    if key.is_empty() { "server".to_owned() } else { key.to_owned() }
}

/// The same for all servers of a file, each its own.
pub fn keys<'a>(servers: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    servers.into_iter().map(|server| own(&mut taken, &key_of(server), SERVER_MOST + 4)).collect()
}

/// The names of a server's tools, in their order, each its own.
pub(crate) fn tool_names<'a>(key: &str, tools: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let named = |tool: &str| {
        let tool = if tool.is_empty() { "tool" } else { tool };
        format!("{key}{DIVIDER}{}", tool.chars().map(allowed).collect::<String>())
    };
    tools.into_iter().map(|tool| own(&mut taken, &named(tool), MOST)).collect()
}

/// This name or, when it is taken or too long, one like it with a number.
fn own(taken: &mut BTreeSet<String>, wanted: &str, most: usize) -> String {
    let mut name: String = wanted.chars().take(most).collect();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        let suffix = format!("_{number}");
        let kept: String = wanted.chars().take(most - suffix.len()).collect();
        name = kept + &suffix;
        number += 1;
    }
    name
}

fn allowed(c: char) -> char {
    if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_in_allowed_letters_without_a_divider() {
        for (server, key) in [
            ("time", "time"),
            ("My Files (work)", "My_Files_work"),
            ("__a__b__", "a_b"),
            ("9lives", "lives"),
            ("", "server"),
            ("äöü", "server"),
            ("a-very-long-name-of-a-server-of-mine", "a-very-long-name-of-a-se"),
            ("\u{1b}[2J<b>", "J_b"),
        ] {
            assert_eq!(key_of(server), key, "{server}");
        }
        assert_eq!(keys(["a b", "a_b", "a+b", "c"]), ["a_b", "a_b_2", "a_b_3", "c"]);
    }

    #[test]
    fn each_tool_has_a_name_of_its_own_that_leads_to_its_server() {
        let long = "x".repeat(100);
        let names = tool_names(
            "srv",
            ["get_weather", "a b", "a+b", "a_b", long.as_str(), long.as_str(), "_", "_", ""],
        );
        assert_eq!(names[..4], ["srv__get_weather", "srv__a_b", "srv__a_b_2", "srv__a_b_3"]);
        assert!(names[4].len() == MOST && names[5].len() == MOST && names[4] != names[5]);
        for name in &names {
            assert!(tools::is_name(name), "{name}");
            assert_eq!(name.split_once(DIVIDER).map(|(server, _)| server), Some("srv"), "{name}");
        }
    }
}
