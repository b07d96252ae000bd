//! What a process holds of memory and has used of processors, as Linux tells it.

use std::fs;
use std::io::{Error, Result};
use std::time::Duration;

/// Resident memory of this process, in bytes.
#[allow(dead_code, reason = "one of two benches uses it")]
pub(crate) fn resident() -> Result<u64> {
    resident_of(std::process::id())
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident_of(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| Error::other("no VmRSS in the status"))
}

/// Processor time of a process so far.
#[allow(dead_code, reason = "one of two benches uses it")]
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it may hold anything, a parenthesis too.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // utime and stime, the 14th and 15th field of all; a tick is 10 ms on every Linux that we know.
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| Error::other("no times in the stat"))?;
    Ok(Duration::from_millis((user + system) * 10))
}
