//! Takes secrets out of the environment before anything else runs. Every child process inherits it, also the window's web
//! process, and would get the keys in it.

/// Removes these variables and returns those that were set. Invalid Unicode is replaced.
///
/// Call it first in `main`: changing the environment while another thread reads it is undefined behaviour on most
/// systems.
pub fn take<'a>(names: &[&'a str]) -> Vec<(&'a str, String)> {
    let take = |name: &&'a str| {
        let value = std::env::var_os(name)?;
        std::env::remove_var(name);
        Some((*name, value.to_string_lossy().into_owned()))
    };
    names.iter().filter_map(take).collect()
}
