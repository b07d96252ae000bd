//! The app's processes in the system's list.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Returns the running app with this home folder.
pub(crate) fn app_of(home: &Path) -> Option<u32> {
    let program = Path::new(env!("CARGO_BIN_EXE_vivavoce")).canonicalize().unwrap();
    let wanted = format!("HOME={}", home.display());
    let is_it = |pid: &u32| {
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program)
            && environment_of(*pid).is_some_and(|all| all.contains(&wanted))
    };
    all().into_iter().find(is_it)
}

/// Returns when a process started, in seconds since 1970, to a hundredth.
pub(crate) fn started_at(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name before it may hold spaces. The start is field 22, in hundredths of a second since the system's.
    let after_name = stat.rsplit_once(')').unwrap().1;
    let since_boot: f64 = after_name.split_whitespace().nth(19).unwrap().parse().unwrap();
    let system = fs::read_to_string("/proc/stat").unwrap();
    let boot = system.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
    boot.trim().parse::<f64>().unwrap() + since_boot / 100.0
}

/// Returns all descendants of a process, with their program names.
pub(crate) fn below(pid: u32) -> Vec<(u32, String)> {
    let children: Vec<u32> = all().into_iter().filter(|child| parent_of(*child) == Some(pid)).collect();
    let mut found = Vec::new();
    for child in children {
        let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        found.push((child, name.trim().to_owned()));
        found.extend(below(child));
    }
    found
}

/// Returns the initial environment of a process.
pub(crate) fn environment_of(pid: u32) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).ok()?;
    Some(String::from_utf8_lossy(&bytes).split('\0').map(str::to_owned).collect())
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// Returns whether this process, and so its children, ignores SIGHUP (the first bit).
pub(crate) fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    u64::from_str_radix(ignored, 16).unwrap() & 1 == 1
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
