//! The sound of a conversation on a sound card (a virtual one, under `cargo xtask bench audio`): the processor time,
//! and what the echo canceller achieves while the speaker leaks into the microphone. It only prints figures.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use audio::{Engine, EngineConfig, MicReceiver, Processing};
use dsp::synthetic;

type Shown = Result<(), Box<dyn std::error::Error>>;

/// How long each processor time is measured.
const SPAN: Duration = Duration::from_secs(10);

/// The duration of the reply for the echo, in s.
const REPLY: f32 = 30.0;

fn main() -> Shown {
    cost()?;
    echo()
}

fn show(line: &str) -> Shown {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn start(processing: Processing) -> Result<(Engine, MicReceiver), audio::AudioError> {
    let (engine, chunks, _) = Engine::start(EngineConfig { processing, ..EngineConfig::default() })?;
    Ok((engine, chunks))
}

/// Returns synthetic speech as a reply, at 24 kHz.
fn reply(seconds: f32) -> Vec<u8> {
    let voice = synthetic::speech(1, 120.0, seconds);
    let sample = |pair: &[f32]| ((pair[0] + pair[1]) * 16_384.0) as i16;
    voice.chunks_exact(2).flat_map(|pair| sample(pair).to_le_bytes()).collect()
}

/// Reads chunks for `span` and returns the mean square of each second.
fn hear(chunks: &mut MicReceiver, span: Duration) -> Vec<f64> {
    let (begun, mut seconds, mut sum, mut count) = (Instant::now(), Vec::new(), 0.0, 0);
    while begun.elapsed() < span {
        while let Some(chunk) = chunks.try_recv() {
            let samples = chunk.pcm.chunks_exact(2).map(|b| f64::from(i16::from_le_bytes([b[0], b[1]])));
            sum += samples.map(|sample| (sample / 32_768.0).powi(2)).sum::<f64>();
            count += 320;
            if count == 16_000 {
                seconds.push(sum / 16_000.0);
                (sum, count) = (0.0, 0);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    seconds
}

fn dbfs(squares: &[f64]) -> f64 {
    10.0 * (squares.iter().sum::<f64>() / squares.len().max(1) as f64 + 1e-12).log10()
}

/// Prints the processor time of each thread.
fn cost() -> Shown {
    let (engine, mut chunks) = start(Processing::default())?;
    hear(&mut chunks, Duration::from_secs(2));
    measure("listening", &mut chunks)?;
    engine.play(&reply(20.0), 24_000, 1)?;
    hear(&mut chunks, Duration::from_secs(2));
    measure("talking", &mut chunks)?;
    show(&format!("  {:?}", engine.counters()))
}

fn measure(what: &str, chunks: &mut MicReceiver) -> Shown {
    let (before, begun) = (spent(), Instant::now());
    hear(chunks, SPAN);
    let percent = |ns: u64| ns as f64 / begun.elapsed().as_nanos() as f64 * 100.0;
    let parts = spent().into_iter().filter_map(|(name, ns)| {
        let ns = ns.saturating_sub(before.get(&name).copied().unwrap_or(0));
        (percent(ns) >= 0.05).then_some((name, ns))
    });
    let parts: Vec<(String, u64)> = parts.collect();
    let sum: u64 = parts.iter().map(|(_, ns)| ns).sum();
    let list: Vec<String> = parts.iter().map(|(name, ns)| format!("{name} {:.2}", percent(*ns))).collect();
    show(&format!("{what}: {:.2} % of one core ({})", percent(sum), list.join(", ")))
}

/// Returns what each thread has spent, in ns, as Linux counts it.
fn spent() -> BTreeMap<String, u64> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let one = |task: std::fs::DirEntry| {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let ns = read("schedstat").split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        (format!("{}/{}", read("comm").trim(), task.file_name().to_string_lossy()), ns)
    };
    tasks.map(one).collect()
}

/// Plays the same reply with and without the canceller.
fn echo() -> Shown {
    let mut levels = Vec::new();
    for cancel_echo in [false, true] {
        let (engine, mut chunks) = start(Processing { cancel_echo, ..Processing::default() })?;
        engine.play(&reply(REPLY), 24_000, 1)?;
        engine.end_of_reply(1);
        let seconds = hear(&mut chunks, Duration::from_secs_f32(REPLY - 1.0));
        let (soon, settled) = (seconds.get(1..3), seconds.get(4..));
        let (Some(soon), Some(settled)) = (soon, settled) else { continue };
        levels.push((dbfs(soon), dbfs(settled)));
        let counters = engine.counters();
        show(&format!(
            "canceller {}: microphone {:.1} dBFS in the second and third second, {:.1} dBFS from 4 s",
            if cancel_echo { "on" } else { "off" },
            dbfs(soon),
            dbfs(settled),
        ))?;
        let each: Vec<String> = seconds.iter().map(|square| format!("{:.0}", dbfs(&[*square]))).collect();
        show(&format!("  second by second: {}", each.join(" ")))?;
        show(&format!("  {:?}", engine.echo()))?;
        show(&format!(
            "  taken for a voice {} times, underruns {}, overruns {}, device xruns {}, chunks lost {}",
            counters.ducked,
            counters.underruns,
            counters.overrun_frames,
            counters.device_xruns,
            counters.chunks_dropped
        ))?;
    }
    if let [off, on] = levels[..] {
        show(&format!("ERLE live: {:.1} dB soon, {:.1} dB from 4 s", off.0 - on.0, off.1 - on.1))?;
    }
    Ok(())
}
