//! Changes the program's environment, before anything else runs. Every program that ours starts inherits what is there, and so does the
//! window's web process: a key in it would be theirs, too.

/// Removes these variables and returns those that were set, with the names as they were asked for. What is no Unicode comes
/// with replacement characters.
///
/// Must be the first thing that `main` does: the environment belongs to the whole process, and changing it while another
/// thread reads it is undefined behaviour on most systems.
pub fn take<'a>(names: &[&'a str]) -> Vec<(&'a str, String)> {
    let take = |name: &&'a str| {
        let value = std::env::var_os(name)?;
        std::env::remove_var(name);
        Some((*name, value.to_string_lossy().into_owned()))
    };
    names.iter().filter_map(take).collect()
}

/// Sets this variable for the programs that ours starts, unless somebody has set it.
///
/// The same holds as for [`take`]: no other thread may run yet.
pub fn set_default(name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        std::env::set_var(name, value);
    }
}
