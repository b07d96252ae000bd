//! What MCP servers cost: ten of them that are connected and idle, in processor time of this process; and how soon a call is with
//! its program, from the moment at which a conversation would begin it to the first byte of the program. Figures only.
//!
//! The servers are the script of the tests, in Python: what they cost themselves is not ours.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use mcp::{Policy, ServerState, Servers, Surroundings, read_config};
use net::{Connector, ProxyChoice};
use serde_json::{Value, json};
use tools::{CallContext, Function, Registry};

const SERVERS: usize = 10;
/// How long they are idle; another number of seconds may be given in the environment.
const SPAN: Duration = Duration::from_mins(1);
const SPAN_VARIABLE: &str = "VIVAVOCE_MCP_SECONDS";
/// How many calls are measured of each kind.
const CALLS: usize = 500;
/// A program that is started for each call, as tools.toml names it.
const PROGRAM: &str = r#"
[[functions]]
name = "program"
description = "Says a word."
command = { program = "echo", args = ["1"] }
"#;

type Shown<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Shown {
    let span = std::env::var(SPAN_VARIABLE).ok().and_then(|seconds| seconds.parse().ok());
    let span = span.map_or(SPAN, Duration::from_secs);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(span))
}

async fn measure(span: Duration) -> Shown {
    let mut out = std::io::stdout();
    let here = std::env::temp_dir();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/server.py");
    let entries: serde_json::Map<String, Value> = (0..SERVERS)
        .map(|n| (format!("s{n}"), json!({"command": "python3", "args": [script, "good", "/tmp"]})))
        .collect();
    let surroundings = Surroundings { folder: &here, variable: &|_| None, secret: &|_| None };
    let configs = read_config(&json!({ "mcpServers": entries }).to_string(), &surroundings)?;
    let connector = Connector::new(ProxyChoice::None);
    let servers = Servers::start(configs, &connector, &Policy::default());
    servers.settled(Duration::from_mins(1)).await;
    let status = servers.status();
    let count = status.iter().filter(|server| server.state == ServerState::Running).count();
    assert_eq!(count, SERVERS, "{status:?}");
    // What follows their start is not idle.
    tokio::time::sleep(Duration::from_secs(2)).await;

    let (before, began) = (processor_time()?, Instant::now());
    tokio::time::sleep(span).await;
    let share = processor_time()?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
    writeln!(out, "{SERVERS} servers, idle for {} s: {:.4} % of a core", span.as_secs(), share * 100.0)?;

    let own = tools::read_tools_file(PROGRAM, &here, &connector, |_| false)?;
    let registry = Registry::of(servers.functions()).with(own);
    let heard = of(&registry, "s0__heard", |before, value| {
        let at = value.as_str().and_then(|text| text.parse::<u128>().ok()).unwrap_or_default();
        Duration::from_nanos(u64::try_from(at.saturating_sub(before)).unwrap_or(u64::MAX))
    });
    show(&mut out, "call → the server has read it", &heard.await?)?;
    let answered = |before: u128, _: &Value| {
        Duration::from_nanos(u64::try_from(now().saturating_sub(before)).unwrap_or(u64::MAX))
    };
    show(&mut out, "call → the server's answer", &of(&registry, "s0__heard", answered).await?)?;
    show(&mut out, "call → a program's output, started for it", &of(&registry, "program", answered).await?)?;
    servers.end().await;
    Ok(())
}

/// The times of many calls, one after the other.
async fn of(
    registry: &Registry,
    name: &str,
    took: impl Fn(u128, &Value) -> Duration,
) -> Shown<Vec<Duration>> {
    let is_there = registry.functions().map(Function::name).any(|known| known == name);
    assert!(is_there, "{name} is not declared");
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let before = now();
        let output = registry.prepare(name, json!({}))?.run(CallContext::unattended()).await?;
        times.push(took(before, &output.value));
    }
    times.sort();
    Ok(times)
}

fn show(out: &mut impl Write, what: &str, times: &[Duration]) -> Shown {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    writeln!(out, "{what}: median {:.2} ms, p95 {:.2} ms, most {:.2} ms", at(0.5), at(0.95), at(1.0))?;
    Ok(())
}

/// Nanoseconds since 1970: a clock that the other process has, too.
fn now() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// What this process has used of processors (Linux).
fn processor_time() -> Shown<Duration> {
    // The runtime in nanoseconds of each thread.
    let mut total = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        total += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}
